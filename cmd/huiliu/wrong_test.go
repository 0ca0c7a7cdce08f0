package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs one command line in this process.
func call(t *testing.T, args ...string) (code int, out, complaint string) {
	t.Helper()
	var o, c bytes.Buffer
	code = execute(context.Background(), args, &o, &c)
	return code, o.String(), c.String()
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Every fault of a configuration is told at once, with its place and mend.
func TestWrongConfiguration(t *testing.T) {
	dir := folder(t, map[string]string{"huiliu.yaml": `
site: {id: x, zoen: Asia/Shanghai}
sources:
  - id: a
    connector: files
    every: "99 * * * *"
    connection: {root: "${NOWHERE_AT_ALL}"}
    tables:
      - {name: t, change: upsert, key: [id], read: {path: "*.csv", colour: red}, maps: [{entity: place, fields: {nmae: x}}]}
  - id: a
    connector: pigeon
    tables:
      - {name: t, change: sometimes, key: [id], contract: {columns: freeze, fields: {id: int}}, maps: [{entity: place, fields: {name: absent}}]}
`})
	code, _, complaint := call(t, "validate", "--config", filepath.Join(dir, "huiliu.yaml"), "--store", filepath.Join(dir, "var"))
	if code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	for _, want := range []string{"zoen", "did you mean zone", "99 * * * *", "NOWHERE_AT_ALL", "sometimes", "huiliu.yaml:", "→"} {
		if !strings.Contains(complaint, want) {
			t.Errorf("nothing is said of %q in\n%s", want, complaint)
		}
	}
	mended := strings.NewReplacer("zoen", "zone", "99 *", "9 *", "${NOWHERE_AT_ALL}", dir, "sometimes", "upsert")
	text, err := os.ReadFile(filepath.Join(dir, "huiliu.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "huiliu.yaml"), []byte(mended.Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, complaint = call(t, "validate", "--config", filepath.Join(dir, "huiliu.yaml"), "--store", filepath.Join(dir, "var"))
	if code != 2 || !strings.Contains(complaint, "config_source_twice") {
		t.Errorf("two sources with one id: exit code %d\n%s", code, complaint)
	}
	if code, _, _ := call(t, "validate", "--config", filepath.Join(dir, "none.yaml"), "--store", dir); code != 2 {
		t.Errorf("no configuration: exit code %d", code)
	}
	if code, _, _ := call(t, "fly"); code != 2 {
		t.Errorf("an unknown command: exit code %d", code)
	}
	if code, _, complaint := call(t, "query", "SELECT 1", "--store", filepath.Join(dir, "empty")); code != 3 || !strings.Contains(complaint, "no_snapshot") {
		t.Errorf("a query before the first run: exit code %d %s", code, complaint)
	}
}

// A source that does not answer stops itself alone; files that are not what
// they claim are set aside with a reason, and everything that is good is
// published.
func TestBadInputStopsNothingGood(t *testing.T) {
	dir := folder(t, map[string]string{
		"huiliu.yaml": `
site: {id: x}
sources:
  - id: dead
    connector: http
    connection: {url: "http://127.0.0.1:9", retry: {tries: 1}}
    tables:
      - {name: t, change: upsert, key: [id], read: {path: /x, records: list}, maps: [{entity: place, fields: {name: id}}]}
  - id: good
    connector: files
    connection: {root: "` + "${FEED}" + `"}
    tables:
      - {name: t, change: upsert, key: [id], read: {path: "*"}, maps: [{entity: place, fields: {place_no: id, name: name}}]}
`,
		"feed/good.csv":       "id,name\n1,甲\n2,乙\n3\n4,丁\n",
		"feed/liar.xlsx":      "this is no workbook",
		"feed/cut.csv.gz":     "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcaL\xd1",
		"feed/protected.xlsx": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600),
	})
	t.Setenv("FEED", filepath.Join(dir, "feed"))
	arguments := func(name string) []string {
		return []string{name, "--config", filepath.Join(dir, "huiliu.yaml"), "--store", filepath.Join(dir, "var"), "-q"}
	}
	code, out, complaint := call(t, arguments("run")...)
	if code != 1 || !strings.Contains(out, "dead") {
		t.Errorf("exit code %d, want 1, and the summary names the source:\n%s\n%s", code, out, complaint)
	}
	_, rows, _ := call(t, append(arguments("query"), "-o", "csv", "SELECT name FROM core.place ORDER BY name")...)
	if rows = strings.ReplaceAll(rows, "\r", ""); rows != "name\n丁\n乙\n甲\n" {
		t.Errorf("rows %q", rows)
	}
	_, quarantine, _ := call(t, append(arguments("query"), "-o", "csv", "SELECT DISTINCT split_part(origin, '/', -1) AS file FROM ops.quarantine ORDER BY 1")...)
	for _, file := range []string{"good.csv", "liar.xlsx", "cut.csv.gz", "protected.xlsx"} {
		if !strings.Contains(quarantine, file) {
			t.Errorf("%s is not in quarantine: %q", file, quarantine)
		}
	}
	if code, _, complaint := call(t, append(arguments("query"), "COPY (SELECT 1) TO '/tmp/x'")...); code != 2 || !strings.Contains(complaint, "query_refused") {
		t.Errorf("a writing query: exit code %d %s", code, complaint)
	}
}
