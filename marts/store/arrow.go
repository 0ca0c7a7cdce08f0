package store

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Inlet is a view of the session's in-memory catalogue over Arrow batches. It
// stays while its batches change from statement to statement, because making
// a view writes to the in-memory database, and a transaction of DuckDB writes
// one database alone.
type Inlet struct {
	name    string
	batches []arrow.RecordBatch
	next    int
	schema  *arrow.Schema
}

// Inlet makes the view name with the columns of a schema. It must be called
// outside a transaction, and lasts as long as the session.
func (s *Session) Inlet(name string, schema *arrow.Schema) (*Inlet, error) {
	in := &Inlet{name: name, schema: schema}
	err := s.conn.Raw(func(any) error {
		release, err := s.arrow.RegisterView(inletReader{in}, name)
		if err == nil {
			s.inlets[in.Name()] = release
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("register view %s: %w", name, err)
	}
	return in, nil
}

// Name is the view's name as SQL writes it.
func (in *Inlet) Name() string { return "memory.main." + Ident(in.name) }

// Fill gives the view the batches that the next statement reads, instead of
// those before; the view gives each of them once. The caller keeps them alive
// until then.
func (in *Inlet) Fill(batches ...arrow.RecordBatch) { in.batches, in.next = batches, 0 }

// inletReader is how DuckDB reads an inlet: from statement to statement it
// comes to an end and begins again. Its memory is the inlet's matter.
type inletReader struct{ *Inlet }

var _ array.RecordReader = inletReader{}

func (inletReader) Retain()                     {}
func (inletReader) Release()                    {}
func (inletReader) Err() error                  { return nil }
func (r inletReader) Schema() *arrow.Schema     { return r.schema }
func (r inletReader) Record() arrow.RecordBatch { return r.RecordBatch() }

func (r inletReader) Next() bool {
	r.next++
	return r.next <= len(r.batches)
}

func (r inletReader) RecordBatch() arrow.RecordBatch { return r.batches[r.next-1] }

// Query runs a query and hands each Arrow batch of the answer to fn.
func (s *Session) Query(ctx context.Context, query string, fn func(arrow.RecordBatch) error) error {
	var reader array.RecordReader
	err := s.conn.Raw(func(any) (err error) {
		reader, err = s.arrow.QueryContext(ctx, query)
		return err
	})
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer reader.Release()
	for reader.Next() {
		if err := fn(reader.RecordBatch()); err != nil {
			return err
		}
	}
	return reader.Err()
}
