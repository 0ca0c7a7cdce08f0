# Everything a person or CI does with this repository. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
TAGS     := -tags duckdb_arrow
LINTER   := v2.15.0
LINT     := .tools/bin/golangci-lint-$(LINTER)
CITY_DIR ?= var/city

# Real data for tests, where there are any; tests that use them skip without.
HUILIU_DATA ?= $(realpath ../shared/data)
ifneq ($(HUILIU_DATA),)
export HUILIU_DATA
endif

.PHONY: help build run test verify soak fmt lint clean check-format

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/huiliu and bin/city
	$(GO) build -trimpath $(TAGS) -o bin/ ./cmd/huiliu ./cmd/city

run: build ## make the synthetic city, serve it on loopback and run everything once over it
	@test -d $(CITY_DIR)/feeds || bin/city make --dir $(CITY_DIR)
	@bin/city serve --dir $(CITY_DIR) --http 127.0.0.1:0 --mqtt 127.0.0.1:0 --kafka 127.0.0.1:0 --sftp 127.0.0.1:0 -- bin/huiliu run

test: ## every test that needs no server
	$(GO) test $(TAGS) ./...

# The real servers are installed where they are missing, started privately and
# ended with this target, whatever becomes of the tests. CI=true turns a test
# that would skip for want of a server into a failure.
#
# It is built without -trimpath, which would compile DuckDB's bindings twice.
verify: check-format lint ## what CI runs: format, linters, boundaries, race detector, real servers
	$(GO) vet $(TAGS) ./...
	$(GO) build $(TAGS) -o bin/ ./cmd/huiliu ./cmd/city
	@.ci/servers.sh install
	@trap '.ci/servers.sh stop' EXIT; .ci/servers.sh start; eval "$$(.ci/servers.sh env)"; \
	  CI=true HUILIU_PROGRAM=$(CURDIR)/bin/huiliu $(GO) test -race $(TAGS) -timeout 75m ./...
	@if [ -n "$$HUILIU_DATA" ]; then bin/huiliu bench link; else echo 'HUILIU_DATA is not set: de-siloing is not measured'; fi

soak: ## the long tests, with the same servers: hours of kills and random input
	@.ci/servers.sh install
	@trap '.ci/servers.sh stop' EXIT; .ci/servers.sh start; eval "$$(.ci/servers.sh env)"; \
	  CI=true HUILIU_SOAK=1 $(GO) test $(TAGS) -count=1 -timeout 6h ./...

fmt: ## format the Go files
	gofmt -w cmd examples fixtures ingest internal marts sql transform

lint: $(LINT) ## run the linters of .golangci.yaml
	$(LINT) run

clean: ## remove what was built and what the servers left; var/ with your data stays
	-@.ci/servers.sh stop
	rm -rf bin .tools

check-format:
	@bad=$$(gofmt -l .); test -z "$$bad" || { printf 'not formatted (make fmt):\n%s\n' "$$bad"; exit 1; }

# Built from source, so that it speaks this Go's language version.
$(LINT):
	GOBIN=$(CURDIR)/.tools/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER)
	mv .tools/bin/golangci-lint $@
