package query

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/internal/fault"
)

// snapshot writes a small published snapshot with a secret beside the role's
// folder, and returns the snapshots' folder.
func snapshot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, role := range Roles {
		if err := os.MkdirAll(filepath.Join(dir, "0001", role, "core", "request"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(dir, "0001", "analyst")
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for _, q := range []string{
		"ATTACH " + Quote(filepath.Join(folder, "huiliu.duckdb")) + " AS p",
		"CREATE SCHEMA p.mart", "CREATE SCHEMA p.ref",
		"CREATE TABLE p.mart.heat AS SELECT range AS n, '社区' || range AS name, (range / 4)::DECIMAL(18,3) AS rate FROM range(10)",
		"COMMENT ON TABLE p.mart.heat IS '热力'", "DETACH p",
		"COPY (SELECT 'r1' AS id UNION ALL SELECT '=cmd()' ORDER BY 1) TO " + Quote(filepath.Join(folder, "core", "request", "all.parquet")),
		"COPY (SELECT 'secret' AS s) TO " + Quote(filepath.Join(dir, "0001", "office", "core", "request", "s.parquet")),
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	m := `{"snapshot": "0001", "as_of": "2026-01-01", "tables": [
		{"name": "mart.heat", "label": "热力", "columns": []},
		{"name": "core.request", "label": "诉求", "parts": ["core/request/all.parquet"], "columns": [{"name": "id", "comment": "标识"}]}]}`
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(m), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("0001", filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func opened(t *testing.T) (*DB, string) {
	t.Helper()
	dir := snapshot(t)
	d, err := Open(context.Background(), dir, "analyst")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, dir
}

func one(t *testing.T, d *DB, text string) string {
	t.Helper()
	rows, err := d.Query(context.Background(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var out bytes.Buffer
	if err := WriteCSV(&out, rows); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	_, body, _ := strings.Cut(out.String(), "\n")
	return strings.TrimSpace(body)
}

func TestReadingWorks(t *testing.T) {
	d, _ := opened(t)
	for text, want := range map[string]string{
		"SELECT count(*) FROM mart.heat":                           "10",
		"select max(n) from mart.heat;":                            "9",
		"SELECT 1; -- done":                                        "1",
		"/* a; b */ SELECT ';' -- x;y":                             ";",
		"WITH a AS (SELECT n FROM mart.heat) SELECT sum(n) FROM a": "45",
		"VALUES (7)":                                                        "7",
		"FROM core.request SELECT count(*)":                                 "2",
		"SELECT n FROM mart.heat ORDER BY n DESC LIMIT 1":                   "9",
		"SELECT comment FROM duckdb_tables() WHERE table_name = 'heat'":     "热力",
		"SELECT comment FROM duckdb_columns() WHERE table_name = 'request'": "标识",
	} {
		if got := one(t, d, text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"DESCRIBE mart.heat", "SUMMARIZE mart.heat", "SHOW ALL TABLES", "EXPLAIN SELECT 1", "explain analyze SELECT * FROM mart.heat", "TABLE mart.heat"} {
		if one(t, d, text) == "" {
			t.Errorf("%s gives nothing", text)
		}
	}
}

func TestWritingIsRefused(t *testing.T) {
	d, dir := opened(t)
	folder := filepath.Join(dir, "0001", "analyst")
	for name, text := range map[string]string{
		"copy out":               "COPY (SELECT 1) TO '" + folder + "/x.csv'",
		"copy in":                "COPY mart.heat FROM '" + folder + "/x.csv'",
		"export":                 "EXPORT DATABASE '" + folder + "/x'",
		"import":                 "IMPORT DATABASE '" + folder + "/x'",
		"attach":                 "ATTACH '" + folder + "/x.duckdb' AS x",
		"detach":                 "DETACH huiliu",
		"install":                "INSTALL httpfs",
		"load":                   "LOAD httpfs",
		"set":                    "SET enable_external_access = true",
		"reset":                  "RESET allowed_directories",
		"pragma":                 "PRAGMA enable_profiling",
		"call":                   "CALL force_checkpoint()",
		"use":                    "USE memory",
		"create":                 "CREATE TABLE x AS SELECT 1",
		"create temp":            "CREATE TEMP TABLE x AS SELECT 1",
		"create macro":           "CREATE MACRO f() AS 1",
		"drop":                   "DROP TABLE mart.heat",
		"insert":                 "INSERT INTO mart.heat VALUES (1, 'a', 1)",
		"insert behind with":     "WITH a AS (SELECT 1) INSERT INTO mart.heat SELECT 1, 'a', 1 FROM a",
		"update":                 "UPDATE mart.heat SET n = 1",
		"delete":                 "DELETE FROM mart.heat",
		"begin":                  "BEGIN",
		"prepare":                "PREPARE p AS SELECT 1",
		"two statements":         "SELECT 1; SELECT 2",
		"two behind an escape":   `SELECT E'\''; COPY (SELECT 1) TO '` + folder + `/x.csv'`,
		"two behind a comment":   "SELECT 1 /* /* */ '*/ ; COPY (SELECT 1) TO '" + folder + "/x.csv' --'",
		"two behind a dollar":    "SELECT $a$ ' $a$; COPY (SELECT 1) TO '" + folder + "/x.csv'",
		"explain of a write":     "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + folder + "/x.csv'",
		"explain of two":         "EXPLAIN SELECT 1; DROP TABLE mart.heat",
		"explain with a bracket": "EXPLAIN (FORMAT json) COPY (SELECT 1) TO '" + folder + "/x.csv'",
		"nothing":                "  -- only a comment",
		"behind a NUL":           "SELECT 1\x00; DROP TABLE mart.heat",
		"brackets that close":    "SELECT 1) TO '" + folder + "/x.csv'; --",
	} {
		rows, err := d.Query(context.Background(), text)
		if err == nil {
			rows.Close()
		}
		if !Refused.Is(err) && !Wrong.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.WriteParquet(context.Background(), &bytes.Buffer{}, text); !Refused.Is(err) && !Wrong.Is(err) {
			t.Errorf("%s as parquet: %v", name, err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 3 {
		t.Errorf("the role's folder holds %v, %v", entries, err)
	}
	if got := one(t, d, "SELECT count(*) FROM mart.heat"); got != "10" {
		t.Errorf("after all that, %s rows", got)
	}
}

func TestNothingElseCanBeReached(t *testing.T) {
	d, dir := opened(t)
	folder := filepath.Join(dir, "0001", "analyst")
	office := filepath.Join(dir, "0001", "office")
	for name, text := range map[string]string{
		"a file":              "SELECT * FROM read_csv('/etc/passwd')",
		"a file as text":      "SELECT * FROM read_text('/etc/passwd')",
		"a file as bytes":     "SELECT * FROM read_blob('/etc/passwd')",
		"a file by its name":  "SELECT * FROM '/etc/hosts.csv'",
		"names of files":      "SELECT * FROM glob('/**')",
		"another role":        "SELECT * FROM read_parquet('" + office + "/core/request/s.parquet')",
		"another role by ..":  "SELECT * FROM read_parquet('" + folder + "/../office/core/request/s.parquet')",
		"another by pattern":  "SELECT * FROM read_parquet('" + folder + "/../*/core/request/*.parquet')",
		"through a query":     "SELECT * FROM query('COPY (SELECT 1) TO ''" + folder + "/x.csv''')",
		"a web address":       "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
		"the store by attach": "SELECT * FROM store.load.person",
	} {
		rows, err := d.Query(context.Background(), text)
		if err == nil {
			for rows.Next() {
				t.Errorf("%s: a row came", name)
			}
			err = rows.Err()
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFaultsSayWhatToDo(t *testing.T) {
	d, dir := opened(t)
	ctx := context.Background()
	_, err := d.Query(ctx, "SELECT * FROM mart.heet")
	faults := fault.All(err)
	if len(faults) != 1 || strings.Contains(faults[0].Cause(fault.English), "FROM (") || faults[0].Mend(fault.English) != "tables: mart.heat, core.request" {
		t.Errorf("an unknown table: %v", err)
	}
	_, err = d.Query(ctx, "SELECT * FROM core.requests")
	if faults = fault.All(err); len(faults) != 1 || faults[0].Mend(fault.English) != "tables: core.request, mart.heat" {
		t.Errorf("the likest table is not the first: %v", faults[0].Mend(fault.English))
	}
	if _, err := d.Query(ctx, "SELEC 1"); !Wrong.Is(err) {
		t.Errorf("bad SQL: %v", err)
	}
	if _, err := Open(ctx, dir, "mayor"); !Refused.Is(err) {
		t.Errorf("an unknown role: %v", err)
	}
	if _, err := Open(ctx, t.TempDir(), "analyst"); !NoSnapshot.Is(err) {
		t.Errorf("nothing published: %v", err)
	}
}

func TestAnAnswerIsBounded(t *testing.T) {
	d, _ := opened(t)
	ctx := context.Background()
	d.MaxRows = 3
	rows, err := d.Query(ctx, "SELECT n FROM mart.heat ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteCSV(&bytes.Buffer{}, rows); !TooLarge.Is(err) {
		t.Errorf("four rows of three: %v", err)
	}
	if rows, err = d.Query(ctx, "SELECT n FROM mart.heat ORDER BY n LIMIT 3"); err != nil {
		t.Fatal(err)
	}
	if err := WriteCSV(&bytes.Buffer{}, rows); err != nil {
		t.Errorf("three rows of three: %v", err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := d.Query(done, "SELECT 1"); !Stopped.Is(err) {
		t.Errorf("cancelled: %v", err)
	}
	// No machine answers this in a second.
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := d.Query(short, "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range * b.range % 7 = 3"); !Stopped.Is(err) {
		t.Errorf("out of time: %v", err)
	}
}

// A reader keeps its snapshot while newer ones are published, and whoever
// would remove it sees its lock.
func TestASnapshotIsPinned(t *testing.T) {
	d, dir := opened(t)
	if err := os.Remove(filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	if got := one(t, d, "SELECT count(*) FROM core.request"); got != "2" {
		t.Errorf("after a newer publish %s rows", got)
	}
}

// The views over Parquet are made when a snapshot is opened, so a store that
// was moved is read as before.
func TestAStoreCanBeMoved(t *testing.T) {
	dir := snapshot(t)
	moved := filepath.Join(t.TempDir(), "a b'c")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), moved, "analyst")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := one(t, d, "SELECT count(*) FROM core.request"); got != "2" {
		t.Errorf("%s rows", got)
	}
}

func TestFormats(t *testing.T) {
	d, _ := opened(t)
	ctx := context.Background()
	const text = "SELECT NULL AS nothing, '社区' AS name, 1234.50::DECIMAL(18,2) AS amount, 9007199254740993 AS large, DATE '2025-01-02' AS day, ['a', 'b'] AS list, id FROM core.request ORDER BY id"
	write := func(format func(*bytes.Buffer, *Rows) error) string {
		rows, err := d.Query(ctx, text)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := format(&out, rows); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := write(func(w *bytes.Buffer, r *Rows) error { return WriteCSV(w, r) }); !strings.Contains(got, `,社区,1234.50,9007199254740993,2025-01-02,"[a, b]",'=cmd()`) {
		t.Errorf("csv: %s", got)
	}
	got := write(func(w *bytes.Buffer, r *Rows) error { return WriteJSON(w, r) })
	if !json.Valid([]byte(got)) || !strings.Contains(got, `"nothing": null, "name": "社区", "amount": 1234.50, "large": 9007199254740993, "day": "2025-01-02", "list": ["a","b"]`) {
		t.Errorf("json: %s", got)
	}
	got = write(func(w *bytes.Buffer, r *Rows) error { return WriteTable(w, r, 1) })
	lines := strings.Split(got, "\n")
	if !strings.Contains(got, "1 more row") || displayWidth(lines[0]) < 40 {
		t.Errorf("table:\n%s", got)
	}
	var parquet bytes.Buffer
	if err := d.WriteParquet(ctx, &parquet, text); err != nil || !bytes.HasPrefix(parquet.Bytes(), []byte("PAR1")) {
		t.Errorf("parquet: %d bytes, %v", parquet.Len(), err)
	}
}

// Whatever text passes, DuckDB runs it as a read: within brackets it is still
// one SELECT.
func FuzzReading(f *testing.F) {
	for _, s := range []string{"SELECT 1", `SELECT E'\''; DROP TABLE x`, "EXPLAIN SELECT 1;", "/* /* */ SELECT", "$$", "SELECT 1; -- x"} {
		f.Add(s)
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		f.Fatal(err)
	}
	d := &DB{db: sql.OpenDB(c)}
	d.db.SetMaxOpenConns(1)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := d.reading(context.Background(), text)
		if err != nil {
			return
		}
		s.explain = ""
		again, err := d.reading(context.Background(), s.limited(1))
		if err != nil || again.explain != "" {
			t.Fatalf("%q passed, and as a part of a query does not: %v", text, err)
		}
	})
}
