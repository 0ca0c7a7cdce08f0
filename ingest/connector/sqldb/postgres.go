package sqldb

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// postgres speaks to PostgreSQL and to databases with its protocol. Values are
// asked for as text, which is exact for every type.
type postgres struct{ config *pgx.ConnConfig }

func newPostgres(c connection) (*postgres, error) {
	text := c.DSN
	if text == "" {
		pairs := [][2]string{{"host", c.Host}, {"user", c.User}, {"password", c.Password}, {"dbname", c.Database}}
		if c.Port != 0 {
			pairs = append(pairs, [2]string{"port", strconv.Itoa(c.Port)})
		}
		escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
		for _, p := range pairs {
			if p[1] != "" {
				text += p[0] + "='" + escape.Replace(p[1]) + "' "
			}
		}
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	config.ConnectTimeout = c.Timeout
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	for name, value := range map[string]string{
		"application_name": "huiliu", "timezone": "UTC", "datestyle": "ISO, YMD", "intervalstyle": "iso_8601",
		"bytea_output": "hex", "extra_float_digits": "1", "default_transaction_read_only": "on",
	} {
		config.RuntimeParams[name] = value
	}
	return &postgres{config}, nil
}

func (p *postgres) connect(ctx context.Context) (session, error) {
	conn, err := pgx.ConnectConfig(ctx, p.config.Copy())
	if err != nil {
		return nil, err
	}
	return &postgresSession{conn}, nil
}

func (p *postgres) quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (p *postgres) value(quoted string) string { return quoted }

func (p *postgres) placeholder(n int, _ *column) string { return "$" + strconv.Itoa(n) }

func (p *postgres) argument(_ *column, text string) (any, error) { return text, nil }

func (p *postgres) place() string {
	return "postgres " + net.JoinHostPort(p.config.Host, strconv.Itoa(int(p.config.Port))) + "/" + p.config.Database
}

func (p *postgres) begin() []string {
	return []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
}

func (p *postgres) clock() string {
	return "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
}

// classify goes by the codes of PostgreSQL's appendix A.
func (p *postgres) classify(err error) (*fault.Kind, string) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return Unreachable, networkMessage(err)
	}
	switch {
	case e.Code[:2] == "28", e.Code == "42501":
		return Denied, e.Message
	case e.Code == "3D000":
		return NoDatabase, e.Message
	case e.Code == "42P01", e.Code == "3F000":
		return NoTable, e.Message
	case e.Code == "42703":
		return NoColumn, e.Message
	case e.Code == "42601", e.Code == "42804", e.Code == "42883":
		return Syntax, e.Message
	case e.Code[:2] == "57", e.Code[:2] == "08", e.Code[:2] == "53":
		return Unreachable, e.Message
	}
	return Failed, e.Message + " (SQLSTATE " + e.Code + ")"
}

// networkMessage says what went wrong on the way, without what a driver adds
// of the address.
func networkMessage(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "no such host"
	}
	return "the connection ended"
}

type postgresSession struct{ conn *pgx.Conn }

func (s *postgresSession) exec(ctx context.Context, statement string) error {
	_, err := s.conn.Exec(ctx, statement)
	return err
}

func (s *postgresSession) query(ctx context.Context, statement string, args ...any) (result, error) {
	// The context also ends a result that is read later on, so that a closed
	// reader does not read the rest of a large table.
	rows, err := s.conn.Query(ctx, statement, append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, args...)...)
	if err != nil {
		return nil, err
	}
	return &postgresResult{rows: rows}, nil
}

func (s *postgresSession) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// A connection that is cut can't say goodbye; it is closed all the same.
	_ = s.conn.Close(ctx)
	return nil
}

type postgresResult struct {
	rows pgx.Rows
	cols []column
	row  []cell
	hex  []byte
}

func (r *postgresResult) columns() ([]column, error) {
	if r.cols == nil {
		for _, f := range r.rows.FieldDescriptions() {
			native, ok := postgresKinds[f.DataTypeOID]
			if !ok {
				native = postgresKind{"oid " + strconv.Itoa(int(f.DataTypeOID)), page.Text}
			}
			r.cols = append(r.cols, column{name: f.Name, native: native.name, kind: native.kind})
		}
	}
	return r.cols, nil
}

func (r *postgresResult) next() bool { return r.rows.Next() }

func (r *postgresResult) cells() ([]cell, error) {
	cols, err := r.columns()
	if err != nil {
		return nil, err
	}
	if r.hex == nil {
		r.hex = make([]byte, 0, 256) // empty bytes must not be nil, which is NULL
	}
	r.row, r.hex = r.row[:0], r.hex[:0]
	for i, raw := range r.rows.RawValues() {
		c := cell{cols[i].kind, raw}
		if c.kind == page.Bytes && raw != nil {
			begin := len(r.hex)
			r.hex, err = hex.AppendDecode(r.hex, []byte(strings.TrimPrefix(string(raw), `\x`)))
			if err != nil {
				return nil, err
			}
			c.text = r.hex[begin:len(r.hex):len(r.hex)]
		}
		r.row = append(r.row, c)
	}
	return r.row, nil
}

func (r *postgresResult) err() error { return r.rows.Err() }

func (r *postgresResult) close() { r.rows.Close() }

type postgresKind struct {
	name string
	kind page.Kind
}

// postgresKinds are the types by their fixed numbers (pg_type.dat); all others
// are text.
var postgresKinds = map[uint32]postgresKind{
	16: {"boolean", page.Bool}, 20: {"bigint", page.Int}, 21: {"smallint", page.Int}, 23: {"integer", page.Int},
	26: {"oid", page.Int}, 700: {"real", page.Float}, 701: {"double precision", page.Float}, 1700: {"numeric", page.Text},
	17: {"bytea", page.Bytes}, 114: {"json", page.JSON}, 3802: {"jsonb", page.JSON}, 1082: {"date", page.Date},
	1114: {"timestamp", page.LocalTime}, 1184: {"timestamptz", page.Instant},
	18: {"char", page.Text}, 25: {"text", page.Text}, 1042: {"character", page.Text}, 1043: {"varchar", page.Text},
	2950: {"uuid", page.Text}, 1083: {"time", page.Text}, 1186: {"interval", page.Text},
}
