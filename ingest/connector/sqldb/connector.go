package sqldb

import (
	"context"
	"errors"
	"slices"
	"strings"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

// Connector reads the tables of one database. Each reader has a session of its
// own.
type Connector struct {
	dialect  dialect
	settings connection
	def      *source.Definition
	tables   map[string]*read
	tools    connector.Tools
}

// New makes the connector of a definition. It touches no database; all faults
// of the settings are joined.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	settings, err := parseConnection(def.Connection)
	faults := []error{err}
	c := &Connector{settings: settings, def: def, tables: map[string]*read{}, tools: tools}
	if err == nil {
		c.dialect, err = newDialect(settings)
		if err != nil {
			// The driver's words may hold the password.
			faults = append(faults, conf.WrongValue.At(def.Connection.Get("dsn").Place(), "key", "dsn", "value", "this text", "want", "an address that the driver of "+settings.Dialect+" understands"))
		}
	}
	for i := range def.Tables {
		r, err := parseRead(&def.Tables[i])
		faults = append(faults, err)
		c.tables[def.Tables[i].Name] = r
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return c, nil
}

func newDialect(c connection) (dialect, error) {
	switch c.Dialect {
	case "postgres":
		return newPostgres(c)
	case "mysql":
		return newMySQL(c)
	}
	return newSQLite(c), nil
}

// Check connects, and asks for every table's columns and for rows that a
// keyset can't reach.
func (c *Connector) Check(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, c.settings.Timeout)
	defer cancel()
	s, err := c.dialect.connect(limited)
	if err != nil {
		return explain(ctx, c.dialect, c.dialect.place(), err)
	}
	var faults []error
	for i := range c.def.Tables {
		r := c.reader(connector.Request{Table: &c.def.Tables[i]})
		r.session = s
		faults = append(faults, explain(ctx, c.dialect, r.place, r.prepare(limited)))
	}
	return errors.Join(append(faults, s.close())...)
}

// Open begins to read a table after a mark. The database is asked at the
// first Next.
func (c *Connector) Open(_ context.Context, req connector.Request) (connector.Reader, error) {
	r := c.reader(req)
	m, err := parseMark(req.Cursor, r.read.Keyset)
	if err != nil {
		return nil, err
	}
	r.mark = m
	if len(r.read.Keyset) > 0 {
		return &keysetReader{reader: r, limit: page.MaxRecords}, nil
	}
	return &fullReader{reader: r}, nil
}

func (c *Connector) reader(req connector.Request) *reader {
	read := c.tables[req.Table.Name]
	r := &reader{
		dialect: c.dialect, settings: c.settings, table: req.Table, read: read, zone: c.def.Zone, name: req.Name, tools: c.tools,
		statement: statement{c.dialect, read}, place: c.dialect.place() + " " + read.origin(),
	}
	if r.name == "" {
		r.name = "read"
	}
	return r
}

// Close has nothing to give back: each reader closes its session.
func (c *Connector) Close() error { return nil }

// find returns the columns of names, and the name that is not there.
func find(columns []column, names []string) ([]*column, string) {
	var out []*column
	for _, n := range names {
		i := slices.IndexFunc(columns, func(c column) bool { return strings.EqualFold(c.name, n) })
		if exact := slices.IndexFunc(columns, func(c column) bool { return c.name == n }); exact >= 0 {
			i = exact
		}
		if i < 0 {
			return nil, n
		}
		out = append(out, &columns[i])
	}
	return out, ""
}
