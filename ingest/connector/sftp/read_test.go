package sftp

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
)

func zip(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// book is a workbook of n rows.
func book(t *testing.T, n int) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i := range n + 1 {
		row := []any{"id", "name"}
		if i > 0 {
			row = []any{fmt.Sprint(i), fmt.Sprintf("居民%d", i)}
		}
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t *testing.T, connection, change, read, cursor string, now time.Time) connector.Reader {
	t.Helper()
	def := define(t, connection, change, read)
	tools := connectortest.Tools(&connectortest.Keeper{})
	if !now.IsZero() {
		tools.Now = func() time.Time { return now }
	}
	c, err := New(def, tools)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor, Name: "read"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func all(pages []connectortest.Page) (items []connectortest.Item, cursor string) {
	for _, p := range pages {
		items = append(items, p.Items...)
		cursor = p.Cursor
	}
	return items, cursor
}

func TestFormats(t *testing.T) {
	text, want := rows(1, 6000)
	for _, c := range []struct {
		name, file string
		text       []byte
	}{{"gzip", "a.csv.gz", zip(t, text)}, {"workbook", "a.xlsx", book(t, 6000)}, {"below folders", "x/y/a.csv", text}} {
		t.Run(c.name, func(t *testing.T) {
			server, dir := serve(t)
			write(t, dir, c.file, c.text)
			got, _ := all(connectortest.ReadAll(t, open(t, login(server, "/"), "append", "path: '**/a.*'", "", time.Time{})))
			if d := cmp.Diff(ids(want), ids(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestCut breaks the connection at many places of each format: what the
// reader gives over all tries is every record once.
func TestCut(t *testing.T) {
	text, want := rows(1, 60000)
	_, few := rows(1, 20000)
	for _, c := range []struct {
		name, file string
		text       []byte
		want       []connectortest.Item
	}{
		{"csv", "a.csv", text, want},
		{"gzip", "a.csv.gz", zip(t, text), want},
		{"workbook", "a.xlsx", book(t, 20000), few},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, dir := serve(t)
			write(t, dir, c.file, c.text)
			size := int64(len(c.text))
			for _, after := range []int64{1, size / 2, size, size + size/3, size + size/2, 2*size - 1} {
				r := open(t, login(server, "/"), "snapshot", "path: 'a.*'", "", time.Time{})
				server.CutAfter(after)
				var got []connectortest.Item
				b, failed := page.NewBuilder(), 0
				for {
					p, err := connectortest.Next(t, context.Background(), r, b)
					if err != nil {
						if failed++; failed > 3 || !Unreachable.Is(err) {
							t.Fatalf("cut after %d: %v", after, err)
						}
						continue
					}
					if got = append(got, p.Items...); p.Done {
						if !p.Snapshot.End {
							t.Errorf("cut after %d: the snapshot has no end", after)
						}
						break
					}
				}
				if failed == 0 || !server.Cut() {
					t.Errorf("cut after %d of %d bytes: nothing failed", after, size)
				}
				if d := cmp.Diff(ids(c.want), ids(got)); d != "" {
					t.Errorf("cut after %d: %d records, want %d", after, len(got), len(c.want))
				}
			}
		})
	}
}

// TestCutWhileListing: a listing that breaks off must not look like files that
// are gone, whose marks are dropped.
func TestCutWhileListing(t *testing.T) {
	server, dir := serve(t)
	text, _ := rows(1, 10)
	write(t, dir, "a.csv", text)
	r := open(t, login(server, "/"), "append", "path: '*.csv', optional: true", "", time.Time{})
	_, cursor := all(connectortest.ReadAll(t, r))
	server.Down()
	if p, err := connectortest.Next(t, context.Background(), r, page.NewBuilder()); !Unreachable.Is(err) {
		t.Errorf("read from a dead server: %+v, %v", p, err)
	}
	server.Up()
	if got, end := all(connectortest.ReadAll(t, r)); len(got) > 0 || end != cursor {
		t.Errorf("behind the break %d records are read again, mark %s, want %s", len(got), end, cursor)
	}
}

func TestUnfinished(t *testing.T) {
	server, dir := serve(t)
	text, _ := rows(1, 3)
	now := time.Now()
	touch := func(name string, ago time.Duration) {
		write(t, dir, name, text)
		if err := os.Chtimes(filepath.Join(dir, name), now, now.Add(-ago)); err != nil {
			t.Fatal(err)
		}
	}
	touch("whole.csv", time.Hour)
	touch("uploading.csv.filepart", time.Hour)
	touch("uploading.part", time.Hour)
	write(t, dir, "growing.csv", []byte("id,name\n7,居"))
	connection := strings.Replace(login(server, "/"), "settle: 0s", "settle: 10s", 1)
	got, cursor := all(connectortest.ReadAll(t, open(t, connection, "append", "path: '*', format: csv", "", now)))
	if ids(got) != "1 2 3" {
		t.Errorf("read %q, want the whole file alone", ids(got))
	}
	write(t, dir, "growing.csv", []byte("id,name\n7,居民7\n"))
	got, _ = all(connectortest.ReadAll(t, open(t, connection, "append", "path: '*', format: csv", cursor, now.Add(time.Minute))))
	if ids(got) != "7" {
		t.Errorf("a minute later %q, want the file that grew", ids(got))
	}
}

// TestKnownAgain: a file is known by its bytes, whatever it is named; the same
// rows under other bytes are another file.
func TestKnownAgain(t *testing.T) {
	server, dir := serve(t)
	text, _ := rows(1, 3)
	write(t, dir, "a.csv.gz", zip(t, text))
	_, cursor := all(connectortest.ReadAll(t, open(t, login(server, "/"), "append", "path: '*'", "", time.Time{})))
	if err := os.Rename(filepath.Join(dir, "a.csv.gz"), filepath.Join(dir, "archive.csv.gz")); err != nil {
		t.Fatal(err)
	}
	got, after := all(connectortest.ReadAll(t, open(t, login(server, "/"), "append", "path: '*'", cursor, time.Time{})))
	if len(got) != 0 || after != cursor {
		t.Errorf("the renamed file gave %q, mark %s, want none and %s", ids(got), after, cursor)
	}
	write(t, dir, "b.csv", text)
	if got, _ = all(connectortest.ReadAll(t, open(t, login(server, "/"), "append", "path: '*'", cursor, time.Time{}))); ids(got) != "1 2 3" {
		t.Errorf("other bytes gave %q", ids(got))
	}
}

// TestLinks: the department's root is a folder of the server, and beside it
// lies another's.
func TestLinks(t *testing.T) {
	server, dir := serve(t)
	for i, name := range []string{"other/secret.csv", "root/a.csv", "root/deep/b.csv"} {
		text, _ := rows(i, 1)
		write(t, dir, name, text)
	}
	for name, target := range map[string]string{
		"root/out.csv": "../other/secret.csv", "root/absolute.csv": "/other/secret.csv", "root/folder": "../other",
		"root/loop.csv": "loop.csv", "root/dangling.csv": "nowhere.csv", "root/beside.csv": "../rooted.csv",
		"root/inside": "deep", "root/deep/up.csv": "/root/a.csv", "root/home": ".",
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := rows(9, 1)
	write(t, dir, "rooted.csv", text)
	for pattern, want := range map[string]string{
		"'*.csv'": "1", "'folder/*.csv'": "", "'inside/b.csv'": "2", "'deep/up.csv'": "1", "'**/*.csv'": "1 2", "'home/a.csv'": "1",
	} {
		got, _ := all(connectortest.ReadAll(t, open(t, login(server, "/root"), "append", "optional: true, path: "+pattern, "", time.Time{})))
		if ids(got) != want {
			t.Errorf("%s gives %q, want %q", pattern, ids(got), want)
		}
	}
}
