package httpapi

import (
	"context"
	"errors"
	"time"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/source"
)

// Connector reads the tables of one API.
type Connector struct {
	client *client
	tables map[string]*read
	order  []string
	zone   *time.Location
}

// New makes the connector of a definition. It touches no network; all faults
// of the settings are joined.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	settings, err := parseConnection(def.Connection)
	faults := []error{err}
	c := &Connector{tables: map[string]*read{}, zone: def.Zone}
	for i := range def.Tables {
		t := &def.Tables[i]
		r, err := parseRead(t)
		faults = append(faults, err)
		c.tables[t.Name] = r
		c.order = append(c.order, t.Name)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	c.client = newClient(settings, tools)
	return c, nil
}

// Check asks for the first page of each table.
func (c *Connector) Check(ctx context.Context) error {
	var faults []error
	for _, name := range c.order {
		settings := *c.tables[name]
		settings.Paging.Size = 1
		r := &reader{client: c.client, table: &source.Table{Name: name}, read: &settings, zone: c.zone, state: state{mark: mark{Version: markVersion}}}
		r.begin()
		u := r.address()
		_, err := c.client.get(ctx, u, settings.judge(u))
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Open begins to read a table after a mark.
func (c *Connector) Open(_ context.Context, req connector.Request) (connector.Reader, error) {
	settings, ok := c.tables[req.Table.Name]
	if !ok {
		return nil, errors.New("no table " + req.Table.Name)
	}
	m, err := parseMark(req.Cursor)
	if err != nil {
		return nil, err
	}
	r := &reader{client: c.client, table: req.Table, read: settings, zone: c.zone, name: req.Name, decoder: jsonrow.New(), watch: newWatch(req.Table.Key)}
	if r.name == "" {
		r.name = "read"
	}
	if run := m.Run; run != nil && r.full() && run.Name != r.name {
		m.Run = nil // another run's list: this one begins anew
	}
	r.mark, r.resumed = m, m.Run != nil
	return r, nil
}

// Close gives back idle connections.
func (c *Connector) Close() error {
	c.client.http.CloseIdleConnections()
	return nil
}
