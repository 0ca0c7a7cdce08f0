package files

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"huiliu/ingest/connector"
	"huiliu/ingest/source"
)

// Connector reads a source's files below one root.
type Connector struct {
	root   Root
	tools  connector.Tools
	tables map[string]*settings
	order  []string
}

// New makes the connector from a source's definition (a connector.Factory). It
// checks all settings and touches no file.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	var form connectionForm
	faults := []error{def.Connection.Decode(&form)}
	if def.Connection.Absent() {
		faults = append(faults, badSetting.At(def.Place, "key", "connection", "value", "empty", "mend", "add connection: {root: folder}", "mend_zh", "补上 connection: {root: 文件夹}"))
	}
	return Over(def, tools, local{form.Root, def.Connection.Place()}, 0, errors.Join(faults...))
}

// Over makes the connector of a root that another protocol reaches: the tables'
// settings are the same. Files that changed less than settle ago wait for the
// next reading. It returns the tables' faults beside those of the connection,
// which are given.
func Over(def *source.Definition, tools connector.Tools, root Root, settle time.Duration, connection error) (connector.Connector, error) {
	c := &Connector{root: root, tools: tools, tables: map[string]*settings{}}
	faults := []error{connection}
	for i := range def.Tables {
		t := &def.Tables[i]
		s, err := parseSettings(t, def.Zone)
		s.settle = settle
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
	tree, err := c.root.Open(ctx)
	if err != nil {
		return err
	}
	defer tree.Close()
	var faults []error
	for _, name := range c.order {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := c.list(tree, c.tables[name])
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// list finds a table's files and faults when there must be some and are none.
func (c *Connector) list(tree Tree, s *settings) ([]*file, error) {
	files, err := list(tree, s)
	if err == nil && len(files) == 0 && !s.Optional {
		err = noFiles.At(s.place, "root", c.root.Name(), "pattern", strings.Join(s.Path, ", "))
	}
	return files, err
}

// Open implements connector.Connector.
func (c *Connector) Open(ctx context.Context, req connector.Request) (connector.Reader, error) {
	s, ok := c.tables[req.Table.Name]
	if !ok {
		return nil, fmt.Errorf("open files: the definition has no table %s", req.Table.Name)
	}
	mark, err := parseCursor(req.Cursor)
	if err != nil {
		return nil, err
	}
	tree, err := c.root.Open(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.list(tree, s); err != nil {
		tree.Close()
		return nil, err
	}
	return &reader{root: c.root, tree: tree, set: s, tools: c.tools, mark: mark, text: req.Cursor}, nil
}

// Close implements connector.Connector; nothing is held open between reads.
func (c *Connector) Close() error { return nil }
