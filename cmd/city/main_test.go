package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs the command as a shell would and gives its exit code and texts.
func call(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(args, &o, &e)
	return code, o.String(), e.String()
}

func TestCommands(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "city")
	ports := []string{"--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--kafka", "127.0.0.1:0", "--sftp", "127.0.0.1:0"}
	serve := append([]string{"serve", "--dir", dir}, ports...)
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
		errs string
	}{
		{"nothing made yet", []string{"truth", "--dir", dir}, 3, "", "[city_not_made]"},
		{"too few residents", []string{"make", "--dir", dir, "--residents", "5"}, 2, "", "[city_size]"},
		{"no such department", []string{"make", "--dir", dir, "--department", "x"}, 2, "", "[city_department]"},
		{"make", []string{"make", "--dir", dir, "--residents", "1000", "--years", "1"}, 0, "made a city of 1000 residents", ""},
		{"advance", []string{"advance", "--dir", dir, "--days", "3"}, 0, "today is 2026-01-04", ""},
		{"advance by nothing", []string{"advance", "--dir", dir, "--days", "0"}, 2, "", "[city_size]"},
		{"truth", []string{"truth", "--dir", dir}, 0, "hidden hazards        23", ""},
		{"serve a command", append(serve, "--", "sh", "-c", `test -d "$CITY_DIR" && test -n "$CITY_HTTP$CITY_MQTT" && test -n "$CITY_SFTP" && test -s "$CITY_DIR/sftp/known_hosts" && exit 7`), 7, "", ""},
		{"serve a command that ends well", append(serve, "--", "true"), 0, "", ""},
		{"serve no command", append(serve, "--", "/nowhere/at/all"), 3, "", "[city_no_command]"},
		{"serve outward", []string{"serve", "--dir", dir, "--http", "0.0.0.0:0"}, 2, "", "[city_not_loopback]"},
		{"bench feed", []string{"bench-feed", "--rows", "2", "--format", "jsonl", "--out", "-"}, 0, `"service_request_id":"RX0000000002"`, ""},
		{"unknown flag", []string{"make", "--nonsense"}, 2, "", "nonsense"},
		{"help", []string{"--help"}, 0, "bench-feed", ""},
	} {
		code, out, errs := call(c.args...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) {
			t.Errorf("%s: exit code %d, want %d\n%s\n%s", c.name, code, c.code, out, errs)
		}
	}
}

func TestFaultsSpeakChinese(t *testing.T) {
	t.Setenv("HUILIU_LANG", "zh_CN")
	if _, _, errs := call("truth", "--dir", t.TempDir()); !strings.Contains(errs, "请先运行 city make") {
		t.Error(errs)
	}
}

func TestBenchFeedToFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feed.csv")
	if code, _, errs := call("bench-feed", "--rows", "10", "--changed", "4", "--out", path); code != 0 {
		t.Fatal(errs)
	}
	b, err := os.ReadFile(path)
	if err != nil || bytes.Count(b, []byte("\n")) != 11 {
		t.Errorf("%d lines, %v", bytes.Count(b, []byte("\n")), err)
	}
}
