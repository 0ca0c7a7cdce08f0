// Package house checks the plan of the house: which room may import which,
// that every package says what it is for, and that none is a drawer for odds
// and ends. It holds tests alone.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "huiliu/"

// rooms lists what the packages below a folder may import of the module, by
// folder; the longest folder that fits counts. Imports point only back along
// the data's way, from cmd to page.
var rooms = map[string][]string{
	"internal":            {"internal"},
	"sql":                 {"sql"},
	"ingest/page":         {"internal"},
	"ingest/broker":       {"internal", "ingest/page"},
	"ingest/source":       {"internal", "ingest/page", "ingest/source"},
	"ingest/connector":    {"internal", "ingest/page", "ingest/source", "ingest/connector"},
	"ingest/pull":         {"internal", "ingest/page", "ingest/source", "ingest/broker", "ingest/connector"},
	"transform/entity":    {"internal"},
	"transform/privacy":   {"internal", "transform/entity"},
	"transform/normalise": {"internal", "ingest/page", "ingest/source", "transform"},
	"transform/address":   {"internal", "transform/address"},
	"transform/suggest":   {"internal"},
	"transform/link":      {"internal", "transform/entity", "transform/privacy", "transform/address", "transform/link"},
	"marts/store":         {"internal", "sql", "transform/entity", "transform/privacy"},
	"marts/load":          {"internal", "ingest/page", "ingest/source", "ingest/broker", "transform", "marts/store", "sql"},
	"marts/build":         {"internal", "ingest/source", "sql", "transform", "marts/store"},
	"marts/query":         {"internal", "sql"},
	"marts/backup":        {"internal", "marts/store"},
	"marts/judgement":     {"internal", "marts/store", "transform/entity", "transform/privacy"},
	"marts/linkage":       {"internal", "marts/store", "transform"},
	"marts/suggestion":    {"internal", "marts/store", "transform"},
	"marts/gateway":       {"internal", "marts/query"},
	"jobs":                {"internal", "marts/query", "marts/build"},
	"console":             {"internal", "marts/query", "console"},
	"examples":            {},
	"fixtures":            {"internal", "fixtures"},
	"fixtures/addresses":  {"internal", "fixtures/addresses", "transform/address"},
	"cmd/city":            {"internal", "fixtures"},
	"cmd/huiliu":          {"internal", "ingest", "transform", "marts", "jobs", "console", "sql", "examples", "cmd/huiliu"},
}

// libraries lists the folders that alone may import a library, so that an
// engine can be changed in one place.
var libraries = map[string][]string{
	"github.com/duckdb/":              {"marts", "cmd/huiliu"},
	"github.com/segmentio/kafka-go":   {"ingest/broker", "ingest/connector"},
	"github.com/twmb/franz-go":        {"ingest/broker", "ingest/connector", "fixtures"},
	"github.com/mochi-mqtt/":          {"fixtures"},
	"modernc.org/sqlite":              {"ingest/connector", "fixtures", "cmd/huiliu/bench"},
	"github.com/pkg/sftp":             {"ingest/connector", "fixtures"},
	"golang.org/x/crypto/ssh":         {"ingest/connector", "fixtures"},
	"github.com/alecthomas/kong":      {"cmd"},
	"github.com/eclipse/paho.golang/": {"ingest/connector"},
}

// drawers are names that say nothing of what is inside.
var drawers = []string{"util", "utils", "helper", "helpers", "common", "shared", "types", "misc", "base"}

// listed is what go list says of one package.
type listed struct {
	ImportPath, Name, Doc string
	GoFiles, Imports      []string
}

func (p *listed) folder() string { return strings.TrimPrefix(p.ImportPath, module) }

func packages(t *testing.T) []listed {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-tags", "duckdb_arrow", "-json=ImportPath,Name,Doc,GoFiles,Imports", module+"...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

// below reports whether a folder is one of the others or lies in one.
func below(folder string, others ...string) bool {
	return slices.ContainsFunc(others, func(o string) bool { return folder == o || strings.HasPrefix(folder, o+"/") })
}

// room returns the folder of the plan that a package belongs to, "" for none.
func room(folder string) string {
	for f := folder; f != "."; f = path.Dir(f) {
		if _, ok := rooms[f]; ok {
			return f
		}
	}
	return ""
}

func TestImportsPointBackAlongTheDatasWay(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		where := room(p.folder())
		if where == "" {
			t.Errorf("%s has no room in the plan: give it one, with what it may import", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module); ok && !below(own, rooms[where]...) {
				t.Errorf("%s imports %s; %s may import only %s", p.ImportPath, i, where, strings.Join(rooms[where], ", "))
			}
		}
	}
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			for library, folders := range libraries {
				if strings.HasPrefix(i, library) && !below(p.folder(), folders...) {
					t.Errorf("%s imports %s, which is for %s alone", p.ImportPath, i, strings.Join(folders, ", "))
				}
			}
		}
	}
}

// builtOn names the protocols that are another one over a different wire: the
// same files, reached by SFTP.
var builtOn = map[string]string{module + "ingest/connector/sftp": module + "ingest/connector/files"}

// A protocol's folder may use the leaves beside it, never another protocol
// but the one it is built on;
// a job may use no other job. What imports the contract of connectors is a
// protocol.
func TestNeighboursDoNotKnowEachOther(t *testing.T) {
	const connector = module + "ingest/connector"
	all := packages(t)
	protocol := map[string]bool{}
	for _, p := range all {
		protocol[p.ImportPath] = strings.HasPrefix(p.ImportPath, connector+"/") && slices.Contains(p.Imports, connector)
	}
	for _, p := range all {
		for _, i := range p.Imports {
			if protocol[i] && strings.HasPrefix(p.ImportPath, connector) && builtOn[p.ImportPath] != i {
				t.Errorf("%s imports %s: one protocol knows no other", p.ImportPath, i)
			}
			own, job := strings.CutPrefix(i, module+"jobs/")
			if job && below(p.folder(), "jobs") && !below(p.folder(), "jobs/"+path.Dir(own+"/x")) {
				t.Errorf("%s imports %s: one job knows no other, and the schedule none", p.ImportPath, i)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
		last := path.Base(p.ImportPath)
		if slices.Contains(drawers, p.Name) || slices.Contains(drawers, last) {
			t.Errorf("%s is a drawer: name it after what it does", p.ImportPath)
		}
		// The folder of SQL texts can't be package sql, which is database/sql.
		if p.Name != "main" && p.Name != last && p.folder() != "sql" {
			t.Errorf("%s holds package %s: folder and package have one name", p.ImportPath, p.Name)
		}
	}
}

// Whoever adds a module looks at its licence.
func TestEveryModulesLicenceIsListed(t *testing.T) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dir := strings.TrimSpace(string(root))
	list, err := os.ReadFile(filepath.Join(dir, "docs", "licences.md"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("go", "mod", "edit", "-json", filepath.Join(dir, "go.mod")).Output()
	if err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var mod struct{ Require []struct{ Path string } }
	if err := json.Unmarshal(text, &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !strings.Contains(string(list), "| "+r.Path+" |") {
			t.Errorf("docs/licences.md does not list %s", r.Path)
		}
	}
}

func TestTheRulesBite(t *testing.T) {
	for folder, want := range map[string]string{
		"ingest/connector/files": "ingest/connector", "ingest/new": "", "cmd/huiliu/config": "cmd/huiliu", "internal/seal": "internal", "jobs/report": "jobs",
	} {
		if got := room(folder); got != want {
			t.Errorf("room of %s: %q, want %q", folder, got, want)
		}
	}
	if below("ingest/pagefold", "ingest/page") || !below("ingest/page", "ingest/page") || !below("ingest/page/x", "ingest") {
		t.Error("a folder is told by its whole name")
	}
}
