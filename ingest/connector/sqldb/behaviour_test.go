package sqldb

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

func itoa(n int) string { return strconv.Itoa(n) }

// byTwos reads a keyset by pages of two rows, each by a reader of its own.
func byTwos(t *testing.T, s *server, read string) string {
	t.Helper()
	conn := s.connector(t, "upsert", read)
	var pages []connectortest.Page
	cursor := ""
	for range 100 {
		r := open(t, conn, cursor, "1").(*keysetReader)
		r.limit = 2
		p, err := connectortest.Next(t, context.Background(), r, page.NewBuilder())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		pages, cursor = append(pages, p), p.Cursor
		if p.Done {
			return ids(pages)
		}
	}
	t.Fatal("the reader gives pages for ever")
	return ""
}

func TestGoldenMark(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		table := s.table(t, "id INTEGER PRIMARY KEY, v INTEGER NOT NULL")
		s.exec(t, "INSERT INTO "+table+" VALUES (1, 10), (2, 11)")
		got := last(connectortest.ReadAll(t, open(t, s.connector(t, "upsert", "table: "+table+", keyset: [v, id]"), "", "1"))).Cursor
		want := `{"v":1,"by":["v","id"],"after":["11","2"]}`
		if s.dialect == "sqlite" {
			want = `{"v":1,"by":["v","id"],"after":["int:11","int:2"]}`
		}
		if got != want {
			t.Errorf("the stored mark is %s, want %s", got, want)
		}
	})
}

func TestNullInAKeysetIsAFault(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		table := s.table(t, "id INTEGER PRIMARY KEY, v INTEGER")
		s.exec(t, "INSERT INTO "+table+" VALUES (1, 10), (2, NULL)")
		c := s.connector(t, "upsert", "table: "+table+", keyset: [v, id]")
		if err := c.Check(context.Background()); !NullKeyset.Is(err) {
			t.Errorf("check: %v", err)
		}
		_, err := connectortest.Next(t, context.Background(), open(t, c, "", "1"), page.NewBuilder())
		if !NullKeyset.Is(err) {
			t.Errorf("read: %v", err)
		}
		c = s.connector(t, "upsert", "table: "+table+", keyset: [v, id], where: v IS NOT NULL")
		if got := ids(connectortest.ReadAll(t, open(t, c, "", "1"))); got != "1" {
			t.Errorf("with the row excluded: %s", got)
		}
	})
}

// TestLag keeps the reader behind the server's clock.
func TestLag(t *testing.T) {
	now := map[string]string{"postgres": "now()", "mysql": "NOW(6)"}
	eachServer(t, func(t *testing.T, s *server) {
		if s.dialect == "sqlite" {
			t.Skip("SQLite has one writer: nothing commits late")
		}
		for _, kind := range []string{"timestamptz", "timestamp"} {
			declared := kind
			if s.dialect == "mysql" {
				declared = map[string]string{"timestamptz": "TIMESTAMP(6)", "timestamp": "DATETIME(6)"}[kind]
			}
			table := s.table(t, "id INTEGER PRIMARY KEY, v "+declared+" NOT NULL")
			value := now[s.dialect]
			prefix := ""
			if s.dialect == "mysql" {
				prefix = "SET STATEMENT time_zone='+08:00' FOR "
			} else if kind == "timestamp" {
				value = "now() AT TIME ZONE 'Asia/Shanghai'"
			}
			s.exec(t, prefix+"INSERT INTO "+table+" VALUES (1, "+value+" - INTERVAL '1' HOUR), (2, "+value+")")
			for lag, want := range map[string]string{"10m": "1", "2h": "", "0s": "1 2"} {
				c := s.connector(t, "upsert", "table: "+table+", keyset: [v, id], lag: "+lag)
				if got := ids(connectortest.ReadAll(t, open(t, c, "", "1"))); got != want {
					t.Errorf("%s, lag %s: read %q, want %q", kind, lag, got, want)
				}
			}
		}
	})
}

// TestSnapshotIsConsistent changes the table between two pages.
func TestSnapshotIsConsistent(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		if s.dialect == "sqlite" {
			t.Skip("a reader of SQLite's rollback journal shuts writers out")
		}
		table := s.table(t, "id INTEGER PRIMARY KEY, xm VARCHAR(40), updated_at VARCHAR(40)")
		fill(t, s, table)
		c := s.connector(t, "snapshot", "table: "+table)
		r := open(t, c, "", "run-1")
		first, err := connectortest.Next(t, context.Background(), r, page.NewBuilder())
		if err != nil {
			t.Fatal(err)
		}
		s.exec(t, "DELETE FROM "+table+" WHERE id > 4400", "INSERT INTO "+table+" VALUES (99999, 'x', 'y')")
		rest := connectortest.ReadAll(t, r)
		if n := len(first.Items) + len(strings.Fields(ids(rest))); n != rows {
			t.Errorf("read %d rows, want %d", n, rows)
		}
		if end := last(rest).Snapshot; !end.End || end.Count != rows || end.ID != "run-1" {
			t.Errorf("snapshot %+v", end)
		}
		// Taken up after a crash it is another snapshot, from the beginning.
		again := connectortest.ReadAll(t, open(t, c, first.Cursor, "run-1"))
		if end := last(again).Snapshot; end.ID != "run-1#2" || end.Count != 4402 {
			t.Errorf("after a crash: %+v", end)
		}
		other := connectortest.ReadAll(t, open(t, c, last(again).Cursor, "run-2"))
		if end := last(other).Snapshot; end.ID != "run-2" || !end.End {
			t.Errorf("the next run: %+v", end)
		}
	})
}

func TestLargeRowsAreKeptOrFillPages(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		kind := map[string]string{"mysql": "LONGTEXT", "postgres": "text", "sqlite": "TEXT"}[s.dialect]
		table := s.table(t, "id INTEGER PRIMARY KEY, v "+kind)
		for i := range 6 {
			size := 300_000
			if i == 3 {
				size = page.MaxBytes + 1
			}
			s.exec(t, fmt.Sprintf("INSERT INTO %s VALUES (%d, '%s')", table, i, strings.Repeat("x", size)))
		}
		k := &connectortest.Keeper{}
		for _, read := range []string{"table: " + table, "table: " + table + ", keyset: [id]"} {
			k.Kept = nil
			c, err := New(connectortest.Definition(t, s.yaml("upsert", read), nil), connectortest.Tools(k))
			if err != nil {
				t.Fatal(err)
			}
			got := connectortest.ReadAll(t, open(t, c, "", "1"))
			if d := cmp.Diff("0 1 2 record_too_large 4 5", orderly(got)); d != "" || len(k.Kept) != 1 {
				t.Errorf("%s kept %d: %s", read, len(k.Kept), d)
			}
		}
	})
}

// orderly lists ids with the reject where its page puts it, at the end, moved
// to its place.
func orderly(pages []connectortest.Page) string {
	text := ids(pages)
	if strings.Contains(text, "record_too_large") {
		text = strings.Replace(strings.ReplaceAll(text, " record_too_large", ""), "2 ", "2 record_too_large ", 1)
	}
	return text
}

func TestFaults(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		table := s.table(t, "id INTEGER PRIMARY KEY, f FLOAT NOT NULL, n INTEGER NOT NULL")
		for _, c := range []struct {
			name, read string
			want       *fault.Kind
			again      bool
		}{
			{"no table", "table: nowhere", NoTable, false},
			{"no column", "table: " + table + ", columns: [id, nothing]", NoColumn, false},
			{"no keyset column", "table: " + table + ", keyset: [nothing, id]", NoColumn, false},
			{"no column in where", "table: " + table + ", where: missing_one = 1", NoColumn, false},
			{"broken where", "table: " + table + ", where: n = = 1", Syntax, false},
			{"keyset of doubles", "table: " + table + ", keyset: [f, id]", KeysetType, false},
			{"lag of integers", "table: " + table + ", keyset: [n, id], lag: 5s", LagType, false},
		} {
			if s.dialect == "sqlite" && c.want == KeysetType {
				continue // its values have exact types of their own
			}
			_, err := connectortest.Next(t, context.Background(), open(t, s.connector(t, "upsert", c.read), "", "1"), page.NewBuilder())
			checkFault(t, c.name, err, c.want, c.again)
		}
	})
}

func checkFault(t *testing.T, name string, err error, want *fault.Kind, again bool) {
	t.Helper()
	if err == nil || !want.Is(err) {
		t.Errorf("%s: got %v, want %s", name, err, want.Code)
		return
	}
	if r, ok := err.(connector.Retryable); !ok {
		t.Errorf("%s: %T tells nothing of another try", name, err)
	} else if _, got := r.RetryAfter(); got != again {
		t.Errorf("%s: another try %v, want %v", name, got, again)
	}
}

func TestConnectionFaultsNameNoSecret(t *testing.T) {
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listen.Addr().(*net.TCPAddr).Port
	if err := listen.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, connection string
		want             *fault.Kind
	}{
		{"postgres", fmt.Sprintf("{dialect: postgres, host: 127.0.0.1, port: %d, user: u, password: s3cret, database: d}", port), Unreachable},
		{"postgres by dsn", fmt.Sprintf("{dialect: postgres, dsn: 'postgres://u:s3cret@127.0.0.1:%d/d?sslmode=disable'}", port), Unreachable},
		{"mysql", fmt.Sprintf("{dialect: mysql, host: 127.0.0.1, port: %d, user: u, password: s3cret, database: d}", port), Unreachable},
		{"sqlite", "{dialect: sqlite, database: " + filepath.Join(t.TempDir(), "none.db") + "}", NoDatabase},
	} {
		yaml := "id: test\nconnector: sql\nconnection: " + c.connection + "\ntables: [{name: row, change: upsert, key: [id], read: {table: x}}]\n"
		conn, err := New(connectortest.Definition(t, yaml, nil), connectortest.Tools(&connectortest.Keeper{}))
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Check(context.Background())
		if !c.want.Is(err) || strings.Contains(fmt.Sprint(err), "s3cret") {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want.Code)
		}
	}
}

func TestAReaderCanNotWrite(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		table := s.table(t, "id INTEGER PRIMARY KEY")
		c := s.connector(t, "upsert", "table: "+table).(*Connector)
		session, err := c.dialect.connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer session.close()
		if err := session.exec(context.Background(), "INSERT INTO "+table+" VALUES (1)"); err == nil {
			t.Error("the session can write")
		}
	})
}

func TestNamesAreQuoted(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		q := map[string]string{"mysql": "`"}[s.dialect]
		if q == "" {
			q = `"`
		}
		table := s.table(t, "id INTEGER PRIMARY KEY, "+q+"select"+q+" INTEGER NOT NULL, "+q+"姓 名"+q+" VARCHAR(9)")
		s.exec(t, "INSERT INTO "+table+" VALUES (1, 5, '张三')")
		c := s.connector(t, "upsert", "table: "+table+", columns: [姓 名, select, id], keyset: [select, id]")
		got := connectortest.ReadAll(t, open(t, c, "", "1"))[0].Items[0].Values
		if d := cmp.Diff(map[string]string{"id": "1", "select": "5", "姓 名": "张三"}, got); d != "" {
			t.Error(d)
		}
	})
}

func TestEveryFaultOfTheSettings(t *testing.T) {
	yaml := `id: test
connector: sql
connection: {dialect: oracle, dsn: x, host: y, port: 99999, timeot: 1s}
tables:
  - {name: a, change: snapshot, key: [id], read: {table: a, query: "SELECT 1; DROP TABLE a", keyset: [updated_at], columns: [id], lag: -1s}}
  - {name: b, change: upsert, key: [id]}
`
	_, err := New(connectortest.Definition(t, yaml, nil), connectortest.Tools(&connectortest.Keeper{}))
	var got []string
	for _, f := range fault.All(err) {
		got = append(got, f.Place+" "+f.Code())
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"connection.timeot config_unknown_key", "connection.dialect config_wrong_value", "connection.dsn config_wrong_value", "connection.port config_wrong_value",
		"read config_missing_key", "read.query config_wrong_value", "read.keyset config_wrong_value", "read.columns config_wrong_value", "read.lag config_wrong_value",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no fault %q in\n%s", want, text)
		}
	}
}

func FuzzMark(f *testing.F) {
	for _, s := range []string{"", `{"v":1,"by":["a"],"after":["1"]}`, `{"v":1,"whole":"x"}`, `{"v":1,"by":["a"]}`, `{"v":0}`, `[`, `{"v":1} {}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMark(text, []string{"a"})
		if err != nil {
			if !BadMark.Is(err) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		again, err := parseMark(m.String(), []string{"a"})
		if err != nil || m.String() != again.String() {
			t.Fatalf("%s becomes %s: %v", text, m, err)
		}
	})
}
