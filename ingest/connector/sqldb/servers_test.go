package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
)

// server is one database to test with.
type server struct {
	dialect string
	dsn     string
}

// servers gives those that are there: SQLite always, the others where their
// variables hold an address. In CI a missing server is a failure.
func eachServer(t *testing.T, run func(t *testing.T, s *server)) {
	for _, c := range []struct{ dialect, variable, install string }{
		{"sqlite", "", ""},
		{"postgres", "HUILIU_TEST_POSTGRES", "postgresql"},
		{"mysql", "HUILIU_TEST_MYSQL", "mariadb-server"},
	} {
		t.Run(c.dialect, func(t *testing.T) {
			s := &server{dialect: c.dialect}
			if c.variable == "" {
				s.dsn = filepath.Join(t.TempDir(), "feed.db")
			} else if s.dsn = os.Getenv(c.variable); s.dsn == "" {
				need(t, c.variable, c.install)
			}
			run(t, s)
		})
	}
}

func need(t *testing.T, variable, install string) {
	t.Helper()
	text := fmt.Sprintf("%s is not set: install %s, start it, and set the variable to its address", variable, install)
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}

// exec writes through a connection of its own, which does not linger: the
// suite looks for goroutines left behind.
func (s *server) exec(t testing.TB, statements ...string) {
	t.Helper()
	ctx := context.Background()
	var run func(string) error
	if s.dialect == "postgres" {
		conn, err := pgx.Connect(ctx, s.dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		run = func(x string) error { _, err := conn.Exec(ctx, x); return err }
	} else {
		db, err := sql.Open(s.dialect, s.dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		run = func(x string) error { _, err := db.ExecContext(ctx, x); return err }
	}
	for _, x := range statements {
		if err := run(x); err != nil {
			t.Fatalf("%s: %v", clip(x), err)
		}
	}
}

func clip(s string) string { return s[:min(len(s), 200)] }

var tables atomic.Int64

// table makes a table of its own and drops it behind the test.
func (s *server) table(t testing.TB, columns string) string {
	t.Helper()
	name := fmt.Sprintf("t%d_%d_%d", os.Getpid(), time.Now().UnixNano()%1e9, tables.Add(1))
	s.exec(t, "CREATE TABLE "+name+" ("+columns+")")
	t.Cleanup(func() { s.exec(t, "DROP TABLE "+name) })
	return name
}

func (s *server) yaml(change, read string) string {
	return fmt.Sprintf("id: test\nconnector: sql\nconnection: {dialect: %s, dsn: \"%s\"}\ntables:\n  - name: row\n    change: %s\n    key: [id]\n    read: {%s}\n",
		s.dialect, s.dsn, change, strings.TrimSpace(read))
}

func (s *server) connector(t testing.TB, change, read string) connector.Connector {
	t.Helper()
	c, err := New(connectortest.Definition(t, s.yaml(change, read), nil), connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t testing.TB, c connector.Connector, cursor, name string) connector.Reader {
	t.Helper()
	r, err := c.Open(context.Background(), connector.Request{Table: &c.(*Connector).def.Tables[0], Cursor: cursor, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func ids(pages []connectortest.Page) string {
	var out []string
	for _, p := range pages {
		for _, it := range p.Items {
			out = append(out, it.Values["id"]+it.Reject)
		}
	}
	return strings.Join(out, " ")
}

func last(pages []connectortest.Page) connectortest.Page { return pages[len(pages)-1] }
