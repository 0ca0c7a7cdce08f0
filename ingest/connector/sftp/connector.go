package sftp

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/files"
	"huiliu/ingest/source"
)

// New makes the connector from a source's definition (a connector.Factory). It
// checks all settings, opens no connection and reads no key file.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	c, err := parseConnection(def.Connection)
	r := &root{connection: c, place: def.Connection.Place(), log: tools.Log}
	return files.Over(def, tools, r, c.Settle, err)
}

// root is a folder of the server.
type root struct {
	connection
	place string
	log   *slog.Logger
}

// Name implements files.Root.
func (r *root) Name() string { return "sftp://" + r.Address + " " + r.Root }

// Open implements files.Root.
func (r *root) Open(ctx context.Context) (files.Tree, error) {
	l, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	t := &tree{root: r, link: l}
	if err := t.enter(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// missing reports whether the server answered that something is not there or
// may not be read, which is no sign of a lost connection.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}
