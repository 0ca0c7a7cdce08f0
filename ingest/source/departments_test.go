package source_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/connector/files"
	"huiliu/ingest/connector/httpapi"
	"huiliu/ingest/connector/kafka"
	"huiliu/ingest/connector/mqtt"
	"huiliu/ingest/connector/sftp"
	"huiliu/ingest/connector/sqldb"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/geo"
	"huiliu/internal/seal"
	"huiliu/transform/normalise"
	"huiliu/transform/privacy"
)

var update = flag.Bool("update", false, "write what came out to testdata/want")

var factories = map[string]connector.Factory{"files": files.New, "kafka": kafka.New, "http": httpapi.New, "mqtt": mqtt.New, "sftp": sftp.New, "sql": sqldb.New}

// site is what the rows of testdata/want were made for: the bounds are the
// synthetic city's.
var site = normalise.Site{Bounds: &geo.Box{West: 120.03, South: 30.27, East: 120.09, North: 30.31}}

// TestDepartments reads each folder's testdata/raw through its connector, its
// contract and its map, and compares what came out with testdata/want. A new
// source is one more folder and not a line here.
func TestDepartments(t *testing.T) {
	for _, id := range source.Builtin() {
		t.Run(id, func(t *testing.T) {
			def := department(t, id)
			if def.ID != id {
				t.Errorf("the folder %s holds the definition of %s", id, def.ID)
			}
			factory, ok := factories[def.Connector]
			if !ok {
				t.Fatalf("no connector %s", def.Connector)
			}
			c, err := factory(def, connectortest.Tools(&connectortest.Keeper{}))
			if err != nil {
				t.Fatalf("make the connector: %v", err)
			}
			defer c.Close()
			for i := range def.Tables {
				table := &def.Tables[i]
				t.Run(table.Name, func(t *testing.T) {
					compare(t, filepath.Join(id, "testdata", "want", table.Name+".json"), read(t, def, table, c))
				})
			}
		})
	}
}

// department parses a folder's definition with its connection at testdata/raw.
func department(t *testing.T, id string) *source.Definition {
	t.Helper()
	text, ok := source.BuiltinText(id)
	if !ok {
		t.Fatalf("no definition %s", id)
	}
	raw := filepath.Join(id, "testdata", "raw")
	s, err := conf.Parse(id+"/source.yaml", text, feed(t, raw, text))
	if err != nil {
		t.Fatal(err)
	}
	def, err := source.Parse(s, text, overlay(t, raw, s))
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// TestDefaults holds the definitions to working without a variable set.
func TestDefaults(t *testing.T) {
	for _, id := range source.Builtin() {
		text, _ := source.BuiltinText(id)
		s, err := conf.Parse(id+"/source.yaml", text, func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		def, err := source.Parse(s, text, conf.Section{})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		c, err := factories[def.Connector](def, connectortest.Tools(&connectortest.Keeper{}))
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		c.Close()
		for _, table := range def.Tables {
			if len(table.Contract.Fields) == 0 {
				t.Errorf("%s.%s: the contract says of no field what it is", id, table.Name)
			}
		}
	}
}

func keeper(t *testing.T) *privacy.Keeper {
	t.Helper()
	box, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return privacy.NewKeeper(box)
}

// compare holds an outcome to its file, or writes it with -update.
func compare(t *testing.T, path string, got *outcome) {
	t.Helper()
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(got); err != nil {
		t.Fatal(err)
	}
	text := buffer.Bytes()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with -update, then read it)", err)
	}
	if line, w, g := firstDifference(want, text); line > 0 {
		t.Errorf("%s:%d: want %s\ngot  %s", path, line, w, g)
	}
}

func firstDifference(want, got []byte) (line int, w, g string) {
	a, b := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for i := range max(len(a), len(b)) {
		w, g = "nothing", "nothing"
		if i < len(a) {
			w = string(a[i])
		}
		if i < len(b) {
			g = string(b[i])
		}
		if w != g {
			return i + 1, w, g
		}
	}
	return 0, "", ""
}
