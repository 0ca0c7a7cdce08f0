package files

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/fault"
)

// readFrom reads a table onward from a mark and tells of each page.
func readFrom(t *testing.T, def *source.Definition, cursor string) ([]connectortest.Page, string) {
	t.Helper()
	c, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pages := connectortest.ReadAll(t, r)
	return pages, pages[len(pages)-1].Cursor
}

// told writes the snapshots of pages short.
func told(pages []connectortest.Page) string {
	var out []string
	for _, p := range pages {
		s := fmt.Sprintf("%d", p.Read)
		if p.Snapshot.ID != "" {
			s += " of " + p.Snapshot.At.Format("01-02 15:04 -0700")
			if p.Snapshot.End {
				s += fmt.Sprintf(" end %d", p.Snapshot.Count)
			}
		}
		if len(p.Items) > 0 {
			s += " " + p.Items[0].Place.Origin + p.Items[0].Reject
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestSnapshots(t *testing.T) {
	root := t.TempDir()
	def := define(t, root, "snapshot", "path: '*.csv', order: date, date: 'state_{2006-01-02}*.csv'")
	write(t, root, "state_2026-02-01.csv", []byte("a\n1\n2\n"))
	write(t, root, "state_2026-01-31b.csv", []byte("a\n1\n"))
	write(t, root, "state_2026-02-02.csv", []byte("a\n"))
	write(t, root, "state_2026-02-03.csv", nil)
	write(t, root, "state_latest.csv", []byte("a\n9\n"))
	write(t, root, "state_2026-02-09.csv.tmp", []byte("a\n7\n"))
	write(t, root, "~$state_2026-02-09.csv", []byte("a\n7\n"))
	pages, cursor := readFrom(t, def, "")
	want := "1 of 01-31 00:00 +0800 end -1 state_2026-01-31b.csv; 2 of 02-01 00:00 +0800 end -1 state_2026-02-01.csv; " +
		"0 of 02-02 00:00 +0800 end -1; 0 of 02-03 00:00 +0800; 1 of 01-01 00:00 +0000 state_latest.csvfile_no_date"
	if got := told(pages); got != want {
		t.Errorf("snapshots:\n%s\nwant\n%s", got, want)
	}
	write(t, root, "state_2026-02-04.csv", []byte("a\n1\n")) // as it was on the first day
	pages, next := readFrom(t, def, cursor)
	if got := told(pages); got != "1 of 02-04 00:00 +0800 end -1 state_2026-02-04.csv" {
		t.Errorf("a state that comes back: %s", got)
	}
	if err := os.Remove(filepath.Join(root, "state_2026-02-01.csv")); err != nil {
		t.Fatal(err)
	}
	write(t, root, "state_2026-02-05.csv", []byte("a\n5\n"))
	_, pruned := readFrom(t, def, next)
	before, _ := parseCursor(next)
	after, _ := parseCursor(pruned)
	if len(before.Done) != 6 || len(after.Done) != 6 {
		t.Errorf("%d and %d files in the mark, want 6 and 6: one new, one gone", len(before.Done), len(after.Done))
	}
}

func TestCutFileClosesNoSnapshot(t *testing.T) {
	for _, c := range []struct {
		name, text string
		end        bool
	}{
		{"whole", "a,b\n1,2\n3,4", true},
		{"a short row within", "a,b\n1\n3,4\n", true},
		{"a short row at the end", "a,b\n1,2\n3\n", true},
		{"cut between values", "a,b\n1,2\n3", false},
		{"cut within quotes", "a,b\n1,2\n3,\"4", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, "x.csv", []byte(c.text))
			pages, _ := readFrom(t, define(t, root, "snapshot", "path: '*.csv'"), "")
			if last := pages[len(pages)-1]; last.Snapshot.End != c.end {
				t.Errorf("end %v, want %v: %s", last.Snapshot.End, c.end, shown(last.Items))
			}
		})
	}
}

func TestKnownByItsBytes(t *testing.T) {
	root := t.TempDir()
	def := define(t, root, "append", "path: '*.csv*'")
	write(t, root, "a.csv", []byte("a\n1\n"))
	pages, cursor := readFrom(t, def, "")
	if len(pages) != 1 || pages[0].Read != 1 {
		t.Fatalf("first reading: %s", told(pages))
	}
	if err := os.Rename(filepath.Join(root, "a.csv"), filepath.Join(root, "b.csv")); err != nil {
		t.Fatal(err)
	}
	if pages, again := readFrom(t, def, cursor); len(pages[0].Items) != 0 || again != cursor {
		t.Errorf("a renamed file was read again: %s", told(pages))
	}
	write(t, root, "b.csv.gz", zip([]byte("a\n1\n")))
	if pages, _ := readFrom(t, def, cursor); pages[0].Read != 1 {
		t.Errorf("other stored bytes were not read: %s", told(pages))
	}
}

func TestFileReplacedInTheMiddle(t *testing.T) {
	root := t.TempDir()
	def := define(t, root, "append", "path: '*.csv'")
	text, _ := people("csv", 0, 5000)
	write(t, root, "a.csv", text)
	c, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pages := connectortest.ReadAll(t, r)
	middle := pages[0].Cursor
	longer, want := people("csv", 0, 5100)
	write(t, root, "a.csv", longer)
	rest, _ := readFrom(t, def, middle)
	n := 0
	for _, p := range rest {
		n += len(p.Items)
	}
	if n != len(want) {
		t.Errorf("%d records of the new file, want all %d: the old bytes are gone", n, len(want))
	}
}

func TestManifest(t *testing.T) {
	root := t.TempDir()
	good, bad := []byte("{\"a\":1}\n{\"a\":2}\n"), []byte("{\"a\":3}\n")
	write(t, root, "e_1.jsonl", good)
	write(t, root, "e_2.jsonl", bad)
	write(t, root, "e_3.jsonl", []byte("{\"a\":4}\n"))
	write(t, root, "manifest_1.json", []byte(fmt.Sprintf(
		`{"date":"2026-01-01","files":[{"file":"e_1.jsonl","rows":2,"sha256":"%X"},{"file":"e_2.jsonl","rows":1,"sha256":"00"}]}`, sha256.Sum256(good))))
	write(t, root, "manifest_2.json", []byte("{"))
	pages, _ := readFrom(t, define(t, root, "snapshot", "path: 'e_*.jsonl', manifest: {path: 'manifest_*.json', list: files}"), "")
	want := "2 of 01-01 00:00 +0000 end 2 e_1.jsonl; 1 of 01-01 00:00 +0000 e_2.jsonlmanifest_mismatch; 1 of 01-01 00:00 +0000 end -1 e_3.jsonl"
	if got := told(pages); got != want {
		t.Errorf("pages:\n%s\nwant\n%s", got, want)
	}
}

func TestCursorGolden(t *testing.T) {
	c := cursor{Version: 1, Done: []string{"0011223344556677"}, Current: &current{
		SHA: strings.Repeat("ab", 32), Name: "甲.csv", position: position{Part: 1, Row: 4096, Offset: 99, Encoding: gb18030},
	}}
	want := `{"v":1,"done":["0011223344556677"],"current":{"sha":"` + strings.Repeat("ab", 32) + `","name":"甲.csv","part":1,"row":4096,"offset":99,"encoding":"gb18030"}}`
	if c.String() != want {
		t.Errorf("mark %s\nwant %s", c, want)
	}
	back, err := parseCursor(want)
	if err != nil || cmp.Diff(c.Done, back.Done) != "" || *back.Current != *c.Current {
		t.Errorf("read back %s, %v", back, err)
	}
	for _, text := range []string{"x", `{"v":2}`, `{"v":1,"other":1}`, `{"v":1,"current":{"sha":"","row":-1}}`} {
		if _, err := parseCursor(text); !badCursor.Is(err) {
			t.Errorf("mark %q: %v", text, err)
		}
	}
}

func TestFaults(t *testing.T) {
	root := t.TempDir()
	make := func(connection, read string) error {
		text := fmt.Sprintf("id: trial\nconnector: files\nconnection: {%s}\ntables:\n  - {name: t, change: append, key: [a], read: {%s}}\n", connection, read)
		s, err := conf.Parse("source.yaml", []byte(text), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		def, err := source.Parse(s, []byte(text), conf.Section{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
		if err != nil {
			return err
		}
		if err := c.Check(context.Background()); err != nil {
			return err
		}
		_, err = c.Open(context.Background(), connector.Request{Table: &def.Tables[0]})
		return err
	}
	for _, c := range []struct {
		name, connection, read string
		want                   []string
	}{
		{"all at once", "rot: x", "path: /abs, encoding: ebcdic, delimiter: ab, quote: '', order: date, header: 0, sheeet: x, sheet: '[', date: x.csv",
			[]string{"config_missing_key", "config_unknown_key", "config_unknown_key", "files_setting", "files_setting", "files_setting", "files_setting", "files_setting", "files_setting", "files_setting"}},
		{"no settings", "root: .", "", []string{"config_missing_key"}},
		{"no root", "root: " + root + "/none", "path: a", []string{"files_root_missing"}},
		{"no file", "root: " + root, "path: '*.csv'", []string{"files_no_match"}},
		{"no file needed", "root: " + root, "path: '*.csv', optional: true", nil},
		{"out of the root", "root: " + root, "path: '../*.csv'", []string{"files_setting"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := make(c.connection, c.read)
			var got []string
			for _, f := range fault.All(err) {
				got = append(got, f.Code())
				if f.Place == "" || f.Mend(fault.Chinese) == "" || strings.Contains(f.Error()+f.Mend(fault.Chinese), "{mend") {
					t.Errorf("%v lacks its place or mend", f)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("faults (- wanted, + got):\n%s\n%v", d, err)
			}
		})
	}
}

func TestDatesOfNames(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	for _, c := range []struct{ pattern, name, want string }{
		{"snapshot_{2006-01-02}.csv.gz", "sub/snapshot_2026-08-02.csv.gz", "2026-08-02T00:00:00+08:00"},
		{"房屋安全_{20060102}.xlsx", "房屋安全_20260101.xlsx", "2026-01-01T00:00:00+08:00"},
		{"*_{200601}.csv", "签约_202512.csv", "2025-12-01T00:00:00+08:00"},
		{"x_{2006-01-02}.csv", "x_2026-13-02.csv", ""},
		{"x_{2006-01-02}.csv", "y_2026-11-02.csv", ""},
	} {
		d, err := parseDate(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := d.of(c.name, zone)
		if ok != (c.want != "") || ok && at.Format(time.RFC3339) != c.want {
			t.Errorf("%s of %s: %s, %v; want %s", c.pattern, c.name, at.Format(time.RFC3339), ok, c.want)
		}
	}
}
