package sqldb

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
)

// fullReader reads the whole in one consistent transaction.
type fullReader struct {
	*reader
	view *view
}

// view is the open transaction: a result that is read over several pages.
type view struct {
	ctx    context.Context
	cancel context.CancelFunc
	rows   result
	id     string
	count  int64
	read   int64
}

// Next reads the next rows of the snapshot, which begins anew after an error.
func (r *fullReader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if err := ctx.Err(); err != nil {
		return connector.Progress{}, err
	}
	if r.view == nil && r.mark.Whole == r.name {
		return connector.Progress{Cursor: r.mark.String(), Snapshot: page.Snapshot{Count: -1}, Done: true}, nil
	}
	progress, err := r.page(ctx, b)
	if err != nil {
		r.abandon()
		return connector.Progress{}, explain(ctx, r.dialect, r.place, err)
	}
	return progress, nil
}

func (r *fullReader) page(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if err := r.connect(ctx); err != nil {
		return connector.Progress{}, err
	}
	if r.view == nil {
		if err := r.begin(ctx); err != nil {
			return connector.Progress{}, err
		}
	}
	// The result outlives this call; the caller's end ends it all the same.
	v := r.view
	stop := context.AfterFunc(ctx, v.cancel)
	defer stop()
	taken := int64(0)
	for !b.Full() {
		if !v.rows.next() {
			if err := errors.Join(v.rows.err(), v.ctx.Err()); err != nil {
				return connector.Progress{}, err
			}
			return r.finish(taken), nil
		}
		cells, err := v.rows.cells()
		if err != nil {
			return connector.Progress{}, err
		}
		if err := r.take(b, r.columns, cells, v.read+taken+1); err != nil {
			return connector.Progress{}, err
		}
		taken++
	}
	v.read += taken
	r.mark.Read = v.read
	return connector.Progress{Cursor: r.mark.String(), Read: taken, Snapshot: page.Snapshot{ID: v.id, Count: -1}}, nil
}

// begin opens the transaction, counts in it, and asks for all rows.
func (r *fullReader) begin(ctx context.Context) error {
	for _, s := range r.dialect.begin() {
		if err := r.session.exec(ctx, s); err != nil {
			return err
		}
	}
	text, err := r.single(ctx, r.count())
	if err != nil {
		return err
	}
	count, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return err
	}
	if r.mark.Part != r.name {
		r.mark = mark{Version: markVersion, Part: r.name}
	}
	v := &view{count: count, id: r.name}
	if r.mark.Begun > 0 {
		v.id += "#" + strconv.FormatInt(r.mark.Begun+1, 10)
	}
	v.ctx, v.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if v.rows, err = r.session.query(v.ctx, r.list(r.columns)+r.where()+r.order(r.orderBy())); err != nil {
		v.cancel()
		return err
	}
	r.mark.Begun, r.mark.Read = r.mark.Begun+1, 0
	r.view = v
	return nil
}

// orderBy is the table's key, as far as it is columns.
func (r *fullReader) orderBy() []string {
	var out []string
	for _, k := range r.read.key {
		if keys, _ := find(r.columns, []string{k}); len(keys) == 1 && !strings.HasPrefix(k, "$") {
			out = append(out, keys[0].name)
		}
	}
	return out
}

func (r *fullReader) finish(taken int64) connector.Progress {
	v := r.view
	r.mark = mark{Version: markVersion, Whole: r.name}
	r.abandon()
	return connector.Progress{
		Cursor: r.mark.String(), Read: taken, Done: true,
		Snapshot: page.Snapshot{ID: v.id, End: true, Count: v.count},
	}
}

// abandon drops the transaction with its session; the server rolls it back.
func (r *fullReader) abandon() {
	if r.view != nil {
		r.view.cancel()
		r.view.rows.close()
		r.view = nil
	}
	r.drop()
}

// Close ends the transaction and the session.
func (r *fullReader) Close() error {
	r.abandon()
	return nil
}
