package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"huiliu/ingest/connector"
	"huiliu/ingest/source"
)

// Connector reads a source's files below one root folder.
type Connector struct {
	root   string
	tools  connector.Tools
	tables map[string]*settings
	order  []string
	place  string
}

// New makes the connector from a source's definition (a connector.Factory). It
// checks all settings and touches no file.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	var form connectionForm
	faults := []error{def.Connection.Decode(&form)}
	if def.Connection.Absent() {
		faults = append(faults, badSetting.At(def.Place, "key", "connection", "value", "empty", "mend", "add connection: {root: folder}", "mend_zh", "补上 connection: {root: 文件夹}"))
	}
	c := &Connector{root: form.Root, tools: tools, tables: map[string]*settings{}, place: def.Connection.Place()}
	for i := range def.Tables {
		t := &def.Tables[i]
		s, err := parseSettings(t, def.Zone)
		faults = append(faults, err)
		c.tables[t.Name] = s
		c.order = append(c.order, t.Name)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return c, nil
}

// Check says which patterns match no file.
func (c *Connector) Check(ctx context.Context) error {
	if _, err := os.Stat(c.root); err != nil {
		return rootMissing.At(c.place, "root", c.root)
	}
	var faults []error
	for _, name := range c.order {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := c.list(c.tables[name])
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// list finds a table's files and faults when there must be some and are none.
func (c *Connector) list(s *settings) ([]*file, error) {
	files, err := list(c.root, s)
	if err == nil && len(files) == 0 && !s.Optional {
		err = noFiles.At(s.place, "root", c.root, "pattern", strings.Join(s.Path, ", "))
	}
	return files, err
}

// Open implements connector.Connector.
func (c *Connector) Open(_ context.Context, req connector.Request) (connector.Reader, error) {
	s, ok := c.tables[req.Table.Name]
	if !ok {
		return nil, fmt.Errorf("open files: the definition has no table %s", req.Table.Name)
	}
	mark, err := parseCursor(req.Cursor)
	if err != nil {
		return nil, err
	}
	if _, err := c.list(s); err != nil {
		return nil, err
	}
	return &reader{root: c.root, set: s, tools: c.tools, mark: mark, text: req.Cursor}, nil
}

// Close implements connector.Connector; nothing is held open between reads.
func (c *Connector) Close() error { return nil }
