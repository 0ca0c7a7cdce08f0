package store

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Register shows Arrow batches of one schema as a view of the session's
// in-memory catalogue until release is called. It must be called outside a
// transaction: DuckDB's transactions write one database, and the view is a
// write to memory. A view gives its rows once.
func (s *Session) Register(view string, batches []arrow.RecordBatch) (func(), error) {
	if len(batches) == 0 {
		return nil, fmt.Errorf("view %s: no batches", view)
	}
	reader, err := array.NewRecordReader(batches[0].Schema(), batches)
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", view, err)
	}
	var unregister func()
	err = s.conn.Raw(func(any) error {
		unregister, err = s.arrow.RegisterView(reader, view)
		return err
	})
	if err != nil {
		reader.Release()
		return nil, fmt.Errorf("register view %s: %w", view, err)
	}
	return func() {
		// The view lies in the session's own memory; dropping it fails only
		// together with the session.
		_, _ = s.conn.ExecContext(context.Background(), "DROP VIEW IF EXISTS memory.main."+Ident(view))
		unregister()
		reader.Release()
	}, nil
}

// Query runs a query that reads Arrow batches as the view named view and
// hands each batch of the answer to fn, outside a transaction.
func (s *Session) Query(ctx context.Context, view string, batches []arrow.RecordBatch, query string, fn func(arrow.RecordBatch) error) error {
	release, err := s.Register(view, batches)
	if err != nil {
		return err
	}
	defer release()
	var reader array.RecordReader
	err = s.conn.Raw(func(any) error {
		reader, err = s.arrow.QueryContext(ctx, query)
		return err
	})
	if err != nil {
		return fmt.Errorf("query over %s: %w", view, err)
	}
	defer reader.Release()
	for reader.Next() {
		if err := fn(reader.RecordBatch()); err != nil {
			return err
		}
	}
	return reader.Err()
}
