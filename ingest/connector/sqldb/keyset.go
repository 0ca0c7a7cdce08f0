package sqldb

import (
	"context"
	"slices"
	"strconv"
	"time"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
)

// keysetReader reads the rows behind a mark, one query a page.
type keysetReader struct {
	*reader
	// limit is how many rows a query asks for: what is asked for and does not
	// fit the page crosses the network for nothing.
	limit int
}

// Next reads the next rows in the order of the keyset.
func (r *keysetReader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if err := ctx.Err(); err != nil {
		return connector.Progress{}, err
	}
	progress, err := r.page(ctx, b)
	if err != nil {
		r.drop()
		return connector.Progress{}, explain(ctx, r.dialect, r.place, err)
	}
	return progress, nil
}

func (r *keysetReader) page(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if err := r.connect(ctx); err != nil {
		return connector.Progress{}, err
	}
	limited, cancel := context.WithTimeout(ctx, r.settings.Timeout)
	defer cancel()
	text, args, err := r.text(limited)
	if err != nil {
		return connector.Progress{}, err
	}
	rows, err := r.session.query(limited, text, args...)
	if err != nil {
		return connector.Progress{}, err
	}
	defer rows.close()
	return r.fill(rows, b)
}

func (r *keysetReader) fill(rows result, b *page.Builder) (connector.Progress, error) {
	columns, err := rows.columns()
	if err != nil {
		return connector.Progress{}, err
	}
	at := r.positions(columns)
	next, taken := r.mark, 0
	for !b.Full() && rows.next() {
		cells, err := rows.cells()
		if err != nil {
			return connector.Progress{}, err
		}
		if err := r.take(b, r.columns, cells, 0); err != nil {
			return connector.Progress{}, err
		}
		next.After = r.after(cells, at)
		taken++
	}
	if err := rows.err(); err != nil {
		return connector.Progress{}, err
	}
	done := !b.Full() && taken < r.limit
	r.adapt(taken, b.Full())
	if taken > 0 {
		next.By = r.read.Keyset
		r.mark = next
	}
	return connector.Progress{Cursor: r.mark.String(), Read: int64(taken), Snapshot: page.Snapshot{Count: -1}, Done: done}, nil
}

// adapt asks for fewer rows where they are large.
func (r *keysetReader) adapt(taken int, full bool) {
	if full && taken < r.limit {
		r.limit = max(2*taken, 16)
	} else if r.limit < page.MaxRecords {
		r.limit = min(2*r.limit, page.MaxRecords)
	}
}

func (r *keysetReader) positions(columns []column) []int {
	var at []int
	for _, k := range r.keys {
		at = append(at, slices.IndexFunc(columns, func(c column) bool { return c.name == k.name }))
	}
	return at
}

// after is the mark behind a row.
func (r *keysetReader) after(cells []cell, at []int) []string {
	_, dynamic := r.dialect.(*lite)
	out := make([]string, len(at))
	for i, p := range at {
		out[i] = string(cells[p].text)
		if dynamic {
			out[i] = cells[p].kind.String() + ":" + out[i]
		}
	}
	return out
}

// text writes the next query and its arguments.
func (r *keysetReader) text(ctx context.Context) (string, []any, error) {
	var conditions []string
	var args []any
	var failed error
	bind := func(k *column, text string) string {
		v, err := r.dialect.argument(k, text)
		if err != nil {
			failed = &failure{fault: BadMark.At(r.place).Because(err)}
		}
		args = append(args, v)
		return r.dialect.placeholder(len(args), k)
	}
	if len(r.mark.After) > 0 {
		conditions = append(conditions, r.behind(r.keys, func(i int) string { return bind(r.keys[i], r.mark.After[i]) }))
	}
	if r.lag > 0 {
		bound, err := r.bound(ctx)
		if err != nil {
			return "", nil, err
		}
		conditions = append(conditions, r.column(r.keys[0].name)+" <= "+bind(r.keys[0], bound))
	}
	text := r.list(r.columns) + r.where(conditions...) + r.order(r.read.Keyset) + " LIMIT " + strconv.Itoa(r.limit)
	return text, args, failed
}

// bound is the time, in the column's own terms, that is not to be passed yet.
func (r *keysetReader) bound(ctx context.Context) (string, error) {
	text, err := r.single(ctx, r.dialect.clock())
	if err != nil {
		return "", err
	}
	now, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		return "", err
	}
	at := now.Add(-r.lag)
	switch r.keys[0].kind {
	case page.LocalTime:
		at = at.In(r.zone)
	case page.Text: // SQLite's times are text
		return "text:" + at.In(r.zone).Format("2006-01-02 15:04:05"), nil
	}
	return at.Format(clockLayout), nil
}

// Close ends the session.
func (r *keysetReader) Close() error {
	r.drop()
	return nil
}
