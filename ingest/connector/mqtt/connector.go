package mqtt

import (
	"context"
	"errors"
	"sync"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/source"
)

// Connector takes in the tables of one broker, each over a session of its own.
type Connector struct {
	settings connection
	def      *source.Definition
	tables   map[string]*read
	tools    connector.Tools

	mu      sync.Mutex
	readers map[string]*reader
}

// New makes the connector of a definition. It touches no network; all faults
// of the settings are joined.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	settings, err := parseConnection(def.Connection)
	faults := []error{err}
	c := &Connector{settings: settings, def: def, tables: map[string]*read{}, tools: tools, readers: map[string]*reader{}}
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

// clientID names the session of a table: the first has the configured id, so
// that a table more does not rename it.
func (c *Connector) clientID(t *source.Table) string {
	if len(c.def.Tables) == 0 || c.def.Tables[0].Name == t.Name {
		return c.settings.ClientID
	}
	return c.settings.ClientID + "-" + t.Name
}

// Check connects with a session that leaves nothing behind.
func (c *Connector) Check(ctx context.Context) error {
	l, err := dial(ctx, &c.settings, session{clientID: c.settings.ClientID + "-check", clean: true, window: 1})
	if err != nil {
		return err
	}
	l.close()
	return nil
}

// Open begins to take in a table's messages; the broker is asked at the first
// Next. An older reader of the table is closed: the session has one owner.
func (c *Connector) Open(_ context.Context, req connector.Request) (connector.Reader, error) {
	settings, ok := c.tables[req.Table.Name]
	if !ok {
		return nil, errors.New("no table " + req.Table.Name)
	}
	m, err := parseMark(req.Cursor)
	if err != nil {
		return nil, err
	}
	r := &reader{connection: &c.settings, read: settings, clientID: c.clientID(req.Table), tools: c.tools, decoder: jsonrow.New(), mark: m}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.readers[req.Table.Name]; old != nil {
		err = old.Close()
	}
	c.readers[req.Table.Name] = r
	return r, err
}

// Close ends every connection.
func (c *Connector) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var faults []error
	for _, t := range c.def.Tables {
		if r := c.readers[t.Name]; r != nil {
			faults = append(faults, r.Close())
		}
	}
	return errors.Join(faults...)
}
