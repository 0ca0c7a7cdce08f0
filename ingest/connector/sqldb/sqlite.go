package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// lite reads a file of SQLite.
type lite struct{ path string }

func newSQLite(c connection) *lite {
	path := c.Database
	if path == "" {
		path = strings.TrimPrefix(c.DSN, "file:")
	}
	return &lite{path}
}

func (l *lite) connect(ctx context.Context) (session, error) {
	at := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(l.path)}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)"}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return nil, err
	}
	s, err := openStandard(ctx, db)
	if err != nil {
		return nil, err
	}
	s.kind, s.row = liteColumn, liteRow
	return s, nil
}

func (l *lite) quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// value takes away the declared type, by which the driver would turn stored
// values into times and truth values.
func (l *lite) value(quoted string) string { return "+" + quoted }

func (l *lite) placeholder(int, *column) string { return "?" }

// argument reads the kind that a mark of SQLite carries before its text, since
// the column has none.
func (l *lite) argument(_ *column, text string) (any, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch kind {
	case page.Int.String():
		return strconv.ParseInt(rest, 10, 64)
	case page.Float.String():
		return strconv.ParseFloat(rest, 64)
	case page.Text.String():
		return rest, nil
	}
	return nil, fmt.Errorf("a mark of kind %q", kind)
}

func (l *lite) place() string { return "sqlite " + l.path }

func (l *lite) begin() []string { return []string{"BEGIN"} }

func (l *lite) clock() string { return "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')" }

// classify goes by the result codes of SQLite; which name is missing stands in
// the message alone.
func (l *lite) classify(err error) (*fault.Kind, string) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return Failed, "the driver failed"
	}
	message := e.Error()
	switch code := e.Code() & 0xff; {
	case strings.Contains(message, "no such table"):
		return NoTable, message
	case strings.Contains(message, "no such column"):
		return NoColumn, message
	case strings.Contains(message, "syntax error"), strings.Contains(message, "incomplete input"):
		return Syntax, message
	case code == 14, code == 26: // SQLITE_CANTOPEN, SQLITE_NOTADB
		return NoDatabase, message
	case code == 5, code == 6, code == 10: // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR
		return Unreachable, message
	}
	return Failed, message
}

// liteColumn goes by the rules of affinity (sqlite.org/datatype3.html, 3.1);
// the values decide.
func liteColumn(t *sql.ColumnType) column {
	c := column{name: t.Name(), native: strings.ToUpper(t.DatabaseTypeName())}
	switch n := c.native; {
	case strings.Contains(n, "INT"):
		c.kind = page.Int
	case strings.Contains(n, "CHAR"), strings.Contains(n, "CLOB"), strings.Contains(n, "TEXT"):
	case strings.Contains(n, "BLOB"):
		c.kind = page.Bytes
	case strings.Contains(n, "REAL"), strings.Contains(n, "FLOA"), strings.Contains(n, "DOUB"):
		c.kind = page.Float
	}
	return c
}

func liteRow(rows *sql.Rows, cols []column, r *standardResult) error {
	if len(r.values) != len(cols) {
		r.values, r.targets = make([]any, len(cols)), make([]any, len(cols))
		for i := range r.values {
			r.targets[i] = &r.values[i]
		}
	}
	if err := rows.Scan(r.targets...); err != nil {
		return err
	}
	if r.text == nil {
		r.text = make([]byte, 0, 256) // an empty text must not be nil, which is NULL
	}
	for _, v := range r.values {
		begin, kind := len(r.text), page.Text
		switch v := v.(type) {
		case nil:
			r.out = append(r.out, cell{})
			continue
		case int64:
			r.text, kind = strconv.AppendInt(r.text, v, 10), page.Int
		case float64:
			r.text, kind = strconv.AppendFloat(r.text, v, 'g', -1, 64), page.Float
		case bool:
			r.text, kind = strconv.AppendBool(r.text, v), page.Bool
		case []byte:
			r.out = append(r.out, cell{page.Bytes, append([]byte{}, v...)})
			continue
		case string:
			r.text = append(r.text, v...)
		case time.Time:
			r.text = append(r.text, v.Format(time.RFC3339Nano)...)
		default:
			return fmt.Errorf("a value of type %T", v)
		}
		// A full slice keeps later values from growing into this one.
		r.out = append(r.out, cell{kind, r.text[begin:len(r.text):len(r.text)]})
	}
	return nil
}
