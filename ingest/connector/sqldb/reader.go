package sqldb

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

// reader is what both ways of reading have in common.
type reader struct {
	dialect  dialect
	settings connection
	table    *source.Table
	read     *read
	zone     *time.Location
	name     string
	tools    connector.Tools
	statement
	place   string
	mark    mark
	session session
	columns []column
	keys    []*column
	lag     time.Duration
	numbers []int // of the page's columns
}

// connect opens the session at the first need.
func (r *reader) connect(ctx context.Context) error {
	if r.session != nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, r.settings.Timeout)
	defer cancel()
	s, err := r.dialect.connect(limited)
	if err != nil {
		return explain(ctx, r.dialect, r.dialect.place(), err)
	}
	r.session = s
	if err := r.prepare(limited); err != nil {
		r.drop()
		return err
	}
	return nil
}

// prepare learns the columns and makes sure that the keyset can be used.
func (r *reader) prepare(ctx context.Context) error {
	found, err := r.session.query(ctx, r.describe())
	if err != nil {
		return explain(ctx, r.dialect, r.place, err)
	}
	r.columns, err = found.columns()
	if err == nil {
		found.next()
		err = found.err()
	}
	found.close()
	if err != nil {
		return explain(ctx, r.dialect, r.place, err)
	}
	if len(r.read.Keyset) == 0 {
		return nil
	}
	var missing string
	if r.keys, missing = find(r.columns, r.read.Keyset); missing != "" {
		return &failure{fault: NoColumn.At(r.place).Because(errors.New(missing))}
	}
	if err := r.checkKeyset(); err != nil {
		return err
	}
	return r.checkNulls(ctx)
}

func (r *reader) checkKeyset() error {
	_, dynamic := r.dialect.(*lite)
	for _, k := range r.keys {
		if !dynamic && (k.kind == page.Float || k.kind == page.Bytes || k.kind == page.JSON) {
			return &failure{fault: KeysetType.At(r.place, "column", k.name, "type", k.native)}
		}
	}
	timed := r.keys[0].kind == page.Instant || r.keys[0].kind == page.LocalTime
	r.lag = r.read.Lag
	switch {
	case r.lag == lagUnset && timed:
		r.lag = defaultLag
	case r.lag == lagUnset:
		r.lag = 0
	case r.lag > 0 && !timed && (!dynamic || r.keys[0].kind == page.Int):
		return &failure{fault: LagType.At(r.place, "column", r.keys[0].name, "type", r.keys[0].native)}
	}
	return nil
}

func (r *reader) checkNulls(ctx context.Context) error {
	found, err := r.session.query(ctx, r.nulls())
	if err != nil {
		return explain(ctx, r.dialect, r.place, err)
	}
	defer found.close()
	if found.next() {
		return &failure{fault: NullKeyset.At(r.place, "columns", strings.Join(r.read.Keyset, ", "))}
	}
	return explain(ctx, r.dialect, r.place, found.err())
}

// single returns the one text that a query gives.
func (r *reader) single(ctx context.Context, statement string) (string, error) {
	found, err := r.session.query(ctx, statement)
	if err != nil {
		return "", err
	}
	defer found.close()
	if !found.next() {
		return "", errors.Join(errors.New("no row"), found.err())
	}
	cells, err := found.cells()
	if err != nil || len(cells) == 0 {
		return "", errors.Join(errors.New("no value"), err)
	}
	text := string(cells[0].text)
	found.next()
	return text, found.err()
}

// take adds one row to the page.
func (r *reader) take(b *page.Builder, columns []column, cells []cell, row int64) error {
	size := 0
	for _, c := range cells {
		size += len(c.text)
	}
	if size > page.MaxBytes {
		reject, err := r.tools.Keep(page.Place{Origin: r.read.origin(), Row: row, Offset: -1}, bytes.NewReader(object(columns, cells)))
		if err != nil {
			return &outside{err}
		}
		b.Reject(reject)
		return nil
	}
	if b.Len() == 0 || len(r.numbers) != len(columns) {
		r.numbers = r.numbers[:0]
		for _, c := range columns {
			r.numbers = append(r.numbers, b.Column(c.name, c.kind))
		}
	}
	for i, c := range cells {
		set(b, r.numbers[i], c)
	}
	b.Origin(r.read.origin())
	b.End(page.Upsert, row, -1)
	return nil
}

// drop ends the session, so that the next call opens a new one.
func (r *reader) drop() {
	if r.session != nil {
		// What broke the session was reported where it happened.
		_ = r.session.close()
		r.session = nil
	}
}
