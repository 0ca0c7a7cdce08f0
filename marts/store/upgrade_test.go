package store

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/sql/schema"
)

var update = flag.Bool("update", false, "write the form of this schema to testdata")

// earlier makes a store of SQL text and returns its folder.
func earlier(t *testing.T, statements ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	raw(t, dir, statements...)
	return dir
}

// firstStore is the text of the earliest store there was.
func firstStore(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/first.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// raw runs statements on a store's file with nothing of this package between.
// The last may be a query; its rows come back as texts.
func raw(t *testing.T, dir string, statements ...string) (out []string) {
	t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(dir, "store", "huiliu.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range statements[:len(statements)-1] {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := db.Query(statements[len(statements)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for columns, _ := rows.Columns(); rows.Next(); {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = v.String
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// tables says of every table what DuckDB would make it with.
func tables(t *testing.T, dir string) []string {
	t.Helper()
	return raw(t, dir, "SELECT sql FROM duckdb_tables() WHERE schema_name = 'load' ORDER BY table_name")
}

func upgrade(t *testing.T, dir string) error {
	t.Helper()
	s, err := Open(context.Background(), dir, Options{})
	if err == nil {
		err = s.Close()
	}
	return err
}

const someRows = `
INSERT INTO load.feed VALUES (1, 'houses', '住建', 'building', 'upsert', 'd', 7, 400);
INSERT INTO load.building (id, source, source_table, building_no, lifts, _key, _page, _row) SELECT 'houses.building:' || i, 'houses', 'building', i, i % 5, i, 1, i FROM range(20000) r(i);
INSERT INTO load.record SELECT i, i, 1, i, i, NULL, NULL, 7, false, 1 FROM range(20000) r(i);
INSERT INTO load.run VALUES ('r', 'run', DATE '2026-01-01', TIMESTAMP '2026-01-01', NULL, 'ok', [], 'v');
`

// content is what must outlive an upgrade.
const content = `SELECT (SELECT string_agg(f::VARCHAR, ',') FROM load.feed f), (SELECT count(*) || ' ' || sum(lifts::BIGINT) || ' ' || bit_xor(hash(id, building_no, lifts::BIGINT, _key, _page, _row)) FROM load.building),
	(SELECT count(*) || ' ' || bit_xor(hash(r)) FROM load.record r), (SELECT string_agg(r::VARCHAR, ',') FROM load.run r)`

// Whatever a store's form was, it is brought to the form of a new store, its
// rows are kept in their order, and a second opening writes nothing.
func TestUpgrade(t *testing.T) {
	fresh := t.TempDir()
	if err := upgrade(t, fresh); err != nil {
		t.Fatal(err)
	}
	want := tables(t, fresh)
	for name, change := range map[string]string{
		"the first store":            "SELECT 1",
		"a table that was not there": "DROP TABLE load.visit",
		"a column in the middle":     "ALTER TABLE load.building DROP COLUMN safety_grade",
		"a column that came last":    "ALTER TABLE load.building DROP COLUMN lifts; ALTER TABLE load.building ADD COLUMN lifts BIGINT; UPDATE load.building SET lifts = building_no::BIGINT % 5",
		"a column of another type":   "ALTER TABLE load.building ALTER lifts TYPE VARCHAR",
	} {
		t.Run(name, func(t *testing.T) {
			dir := earlier(t, firstStore(t)+someRows, change, "SELECT 1")
			before := raw(t, dir, content)
			if len(before) != 1 || !strings.Contains(before[0], "20000") {
				t.Fatalf("the store before: %v", before)
			}
			if slices.Equal(tables(t, dir), want) {
				t.Fatal("nothing is to be brought up")
			}
			if err := upgrade(t, dir); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, tables(t, dir)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(before, raw(t, dir, content)); d != "" {
				t.Error(d)
			}
			if got := raw(t, dir, "SELECT count(*) FROM (SELECT _row, lag(_row) OVER (ORDER BY rowid) AS b FROM load.building) WHERE _row <= b"); got[0] != "0" {
				t.Error("the rows lie in another order")
			}
			file := filepath.Join(dir, "store", "huiliu.duckdb")
			once, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := upgrade(t, dir); err != nil {
				t.Fatal(err)
			}
			if twice, err := os.ReadFile(file); err != nil || !bytes.Equal(once, twice) {
				t.Errorf("a second opening wrote: %v", err)
			}
		})
	}
}

// What people wrote beside decisions and verdicts before notes were masked is
// masked when the store is brought up, and once only.
func TestUpgradeMasksNotes(t *testing.T) {
	dir := t.TempDir()
	if err := upgrade(t, dir); err != nil {
		t.Fatal(err)
	}
	raw(t, dir, `UPDATE load.meta SET value = '3' WHERE key = 'schema';
		INSERT INTO load.verdict VALUES (1, 'f', 'r', '1', 's', 'right', '王工', '致电 13812345678 核实', TIMESTAMP '2026-01-01', DATE '2026-01-01'), (2, 'f', 'r', '1', 's', 'wrong', '王工', '', TIMESTAMP '2026-01-01', DATE '2026-01-01');
		INSERT INTO load.link_decision VALUES (1, 'person', 'a', 'b', 'same', '王工', '电话13812345678', TIMESTAMP '2026-01-01', DATE '2026-01-01');`, "SELECT 1")
	for range 2 {
		if err := upgrade(t, dir); err != nil {
			t.Fatal(err)
		}
		if got := raw(t, dir, "SELECT string_agg(note, '|' ORDER BY number) || '|' || (SELECT note FROM load.link_decision) FROM load.verdict"); got[0] != "致电 138****5678 核实||电话138****5678" {
			t.Errorf("the notes are %q", got)
		}
	}
}

// A column that this program does not know stays, with its values.
func TestUpgradeDropsNothing(t *testing.T) {
	dir := earlier(t, firstStore(t)+someRows, "ALTER TABLE load.building DROP COLUMN safety_grade; ALTER TABLE load.building ADD COLUMN storeys_known INTEGER; UPDATE load.building SET storeys_known = _row", "SELECT 1")
	for range 2 {
		if err := upgrade(t, dir); err != nil {
			t.Fatal(err)
		}
		if got := raw(t, dir, "SELECT count(*) FROM load.building WHERE storeys_known = _row"); got[0] != "20000" {
			t.Errorf("%v rows have the column's value", got)
		}
	}
}

// An upgrade that can't be done says so and leaves the store as it was, to the
// program that wrote it: here a reject of a time when its position in the page
// was not noted.
func TestUpgradeThatFails(t *testing.T) {
	dir := earlier(t, firstStore(t)+someRows, "INSERT INTO load.quarantine VALUES (1, 'houses', 'building', 'reject', 'c', NULL, '', '', '', 1, 1, 1, NULL, 1, 'r', 'open')", "ALTER TABLE load.building DROP COLUMN safety_grade", "SELECT 1")
	forms, rows := tables(t, dir), raw(t, dir, content)
	for range 2 {
		if err := upgrade(t, dir); !NotBroughtUp.Is(err) || !strings.Contains(err.Error(), "quarantine") {
			t.Fatalf("got %v", err)
		}
		if d := cmp.Diff(forms, tables(t, dir)) + cmp.Diff(rows, raw(t, dir, content)); d != "" {
			t.Fatal(d)
		}
	}
}

// A store of a later schema is refused and not touched.
func TestUpgradeOfALaterStore(t *testing.T) {
	dir := earlier(t, firstStore(t)+someRows, "UPDATE load.meta SET value = '999'", "ALTER TABLE load.building DROP COLUMN lifts", "SELECT 1")
	forms := tables(t, dir)
	if err := upgrade(t, dir); !Newer.Is(err) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff(forms, tables(t, dir)); d != "" {
		t.Error(d)
	}
}

// A process killed at any instant of an upgrade leaves the former store or the
// new one, whole.
func TestUpgradeKilled(t *testing.T) {
	first := earlier(t, firstStore(t)+someRows, "SELECT 1")
	old, rows := tables(t, first), raw(t, first, content)
	bytesOf, err := os.ReadFile(filepath.Join(first, "store", "huiliu.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	if out, err := child(first).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	span, upgraded := time.Since(started), tables(t, first)
	tries, met := 12, map[string]int{}
	if os.Getenv("HUILIU_SOAK") != "" {
		tries = 300
	}
	for range tries {
		dir := earlier(t, "SELECT 1")
		if err := os.WriteFile(filepath.Join(dir, "store", "huiliu.duckdb"), bytesOf, 0o600); err != nil {
			t.Fatal(err)
		}
		c := child(dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(span) * 3 / 2)))
		_ = c.Process.Kill()
		_ = c.Wait()
		switch forms := tables(t, dir); {
		case slices.Equal(forms, old):
			met["former"]++
		case slices.Equal(forms, upgraded):
			met["new"]++
		default:
			t.Fatalf("half a store: %s", cmp.Diff(old, forms))
		}
		if d := cmp.Diff(rows, raw(t, dir, content)); d != "" {
			t.Fatal(d)
		}
		if err := upgrade(t, dir); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(upgraded, tables(t, dir)) + cmp.Diff(rows, raw(t, dir, content)); d != "" {
			t.Fatal(d)
		}
	}
	t.Log(met)
}

// child is this test binary as a process that opens a store and ends.
func child(dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "HUILIU_STORE_CHILD="+dir)
	return c
}

// The stored form has one number: who changes a table raises it, so that an
// older program refuses the store instead of writing rows without what is new,
// and tells of it in CHANGELOG.md. `go test ./marts/store -update` then writes
// the new form; that of a number which was given out never changes.
func TestFormHasItsNumber(t *testing.T) {
	dir := t.TempDir()
	if err := upgrade(t, dir); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(strings.Join(tables(t, dir), "\n"), ", ", ",\n  ") + "\n"
	file := fmt.Sprintf("testdata/schema-%d.sql", schema.Version)
	want, err := os.ReadFile(file)
	if os.IsNotExist(err) && *update {
		want, err = []byte(got), os.WriteFile(file, []byte(got), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("the stored form is no longer that of schema %d; raise schema.Version, note it in CHANGELOG.md and run with -update:\n%s", schema.Version, d)
	}
	changes, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(changes), fmt.Sprintf("\n| %d | ", schema.Version)) {
		t.Errorf("CHANGELOG.md tells nothing of schema %d", schema.Version)
	}
}
