package sqldb

import (
	"context"
	"time"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// dialect is what the engines do differently.
type dialect interface {
	// connect opens a read-only session.
	connect(ctx context.Context) (session, error)
	// quote quotes an identifier.
	quote(name string) string
	// value writes a column in a select list so that it comes as it is stored.
	value(quoted string) string
	// placeholder writes the n-th argument (from 1) for comparing with c.
	placeholder(n int, c *column) string
	// argument turns a cell of a mark into a driver's value.
	argument(c *column, text string) (any, error)
	// classify tells what kind of fault a driver's error is, and its message
	// without secrets and without values of rows.
	classify(err error) (*fault.Kind, string)
	// place names the database, without secrets.
	place() string
	// begin lists the statements that open one consistent, read-only view.
	begin() []string
	// clock is a query for the server's time as ISO text in UTC.
	clock() string
}

// session is one connection. A result must be closed before the next query.
type session interface {
	exec(ctx context.Context, statement string) error
	// query's result ends with its context; abandoning it drops the session.
	query(ctx context.Context, statement string, args ...any) (result, error)
	close() error
}

// result is the rows of a query.
type result interface {
	columns() ([]column, error)
	next() bool
	// cells gives the current row; the bytes are lent until next.
	cells() ([]cell, error)
	err() error
	close()
}

// column is what a database says of a column.
type column struct {
	name string
	// native is the database's own word for its type.
	native string
	kind   page.Kind
}

// cell is one value, as text of its kind; nil for NULL. Its kind is the
// column's, but in SQLite.
type cell struct {
	kind page.Kind
	text []byte
}

// clockLayout is the form of the server's time.
const clockLayout = "2006-01-02 15:04:05.999999"

// set puts a cell into the page. What does not read as its kind goes in as
// text: the page's column widens and the value stays whole.
func set(b *page.Builder, col int, c cell) {
	if c.text == nil {
		return
	}
	if !setKind(b, col, c) {
		setText(b, col, c.text)
	}
}

func setKind(b *page.Builder, col int, c cell) bool {
	switch c.kind {
	case page.Int:
		v, ok := parseInt(c.text)
		if ok {
			b.Int(col, v)
		}
		return ok
	case page.Float:
		v, ok := parseFloat(c.text)
		if ok {
			b.Float(col, v)
		}
		return ok
	case page.Bool:
		v, ok := parseBool(c.text)
		if ok {
			b.Bool(col, v)
		}
		return ok
	case page.Instant, page.LocalTime:
		t, ok := parseTime(c.text)
		switch {
		case !ok:
			return false
		case c.kind == page.Instant:
			b.Instant(col, t.UnixMicro())
		default:
			b.LocalTime(col, t.UnixMicro())
		}
		return true
	case page.Date:
		t, err := time.Parse(time.DateOnly, string(c.text))
		if err == nil {
			b.Date(col, int32(t.Unix()/86400))
		}
		return err == nil
	case page.Bytes:
		b.Bytes(col, c.text)
		return true
	case page.JSON:
		return setJSON(b, col, c.text)
	}
	return false
}
