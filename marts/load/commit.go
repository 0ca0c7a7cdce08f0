package load

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/store"
)

// commitAll commits what the intakes hand on until they end.
func (l *Loader) commitAll(ctx context.Context, items <-chan *item) error {
	for first := range items {
		if err := l.commit(ctx, l.chunks(first, items)); err != nil {
			return store.Explain(l.Store.Dir(), err)
		}
	}
	return ctx.Err()
}

// chunks are the pages of one transaction, as many at a time as one statement
// takes: until the transaction is large or old enough, or every stream has
// come to the end of its log. Small transactions cost much, since what is not
// a whole row group is written twice. A page that ends a snapshot ends the
// transaction too: what vanished must be seen before anything later is.
func (l *Loader) chunks(first *item, items <-chan *item) iter.Seq[[]*item] {
	return func(yield func([]*item) bool) {
		deadline := time.Now().Add(oldestCommit)
		rows, more := int64(0), true
		for more && rows < commitRows && time.Now().Before(deadline) {
			var chunk []*item
			chunk, more = l.gather(first, items)
			for _, it := range chunk {
				rows += it.header.Rows
			}
			if len(chunk) > 0 && !yield(chunk) {
				return
			}
			first = nil
		}
	}
}

// gather takes pages up to the size of a chunk; more is false when the
// transaction is to end behind them.
func (l *Loader) gather(first *item, items <-chan *item) (chunk []*item, more bool) {
	size, rows := l.chunkRows(), int64(0)
	take := func(it *item) (goOn bool) {
		it.admit() // the next pages are prepared while this one is written
		chunk = append(chunk, it)
		rows += it.header.Rows
		return !it.closesSnapshot()
	}
	if first != nil && !take(first) {
		return chunk, false
	}
	pause := time.NewTicker(pauseCheck)
	defer pause.Stop()
	for rows < size {
		select {
		case it, ok := <-items:
			if !ok || !take(it) {
				return chunk, false
			}
		case <-pause.C:
			if len(items) == 0 && !slices.ContainsFunc(l.feeds, func(f *feed) bool { return f.busy.Load() }) {
				return chunk, false
			}
		}
	}
	return chunk, true
}

// chunkRows is how many records a statement takes: few, so that little waits
// in memory, but more where much is known already, since each chunk looks
// through all known keys.
func (l *Loader) chunkRows() int64 {
	return min(max(l.known/knownPerRow, smallestChunk), commitRows)
}

// commit decides the fate of every record and writes all of it in one
// transaction, chunk by chunk.
func (l *Loader) commit(ctx context.Context, chunks iter.Seq[[]*item]) error {
	var batch []*item
	archive := newArchive()
	err := l.inTransaction(ctx, func() error {
		for chunk := range chunks {
			batch = append(batch, chunk...)
			for _, it := range chunk {
				l.archive(archive, it)
			}
			err := l.write(ctx, chunk)
			for _, it := range chunk {
				it.release()
			}
			if err != nil {
				return err
			}
		}
		return errors.Join(l.marks(ctx, batch), archive.Wait())
	})
	if err != nil {
		return errors.Join(err, archive.Wait())
	}
	last := l.settle(batch)
	if err := l.acknowledge(ctx); err != nil {
		return err
	}
	l.trim(ctx, last)
	return nil
}

var unbalanced = &fault.Kind{
	Code: "ledger_unbalanced", Class: fault.Failed,
	Cause: fault.Text{EN: "the page's ledger does not balance: {counts}", ZH: "该页台账不平：{counts}"},
	Mend:  fault.Text{EN: "nothing of this batch was loaded; report this as a defect with the page's place", ZH: "本批未装载；请将该位置作为缺陷报告"},
}

// live are the pages that carry something.
func live(batch []*item) []*item {
	var out []*item
	for _, it := range batch {
		if it.stop == nil && !it.dropped {
			out = append(out, it)
		}
	}
	return out
}

func (l *Loader) inTransaction(ctx context.Context, fn func() error) error {
	conn := l.session.Conn()
	if _, err := conn.ExecContext(ctx, "BEGIN TRANSACTION"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err := fn()
	if err == nil {
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	// The first error says what happened; a rollback fails only after the
	// transaction has ended by itself.
	_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

// settle moves the loader's own picture after a commit, and returns the last
// page of each stream in it.
func (l *Loader) settle(batch []*item) (last map[*feed]*item) {
	last = map[*feed]*item{}
	for _, it := range batch {
		f := it.feed
		if it.stop != nil {
			l.problem(it.stop)
			f.committed.Stopped = codeOf(it.stop)
			continue
		}
		if !it.dropped {
			f.counts.Add(it.counts)
			l.progress.Pages++
			l.progress.Records += it.counts.Read + it.counts.Replayed
			l.limit(it)
		}
		if !it.replay {
			f.committed.State, f.committed.Next, f.committed.LogID = it.state, it.next, f.logID
			last[f] = it
		}
	}
	if l.Committed != nil {
		l.Committed(l.progress)
	}
	return last
}

// trim removes committed pages from the log. It comes behind the
// acknowledgement: a writer that starts from an older one would find that
// pages are missing between its mark and the log's start.
func (l *Loader) trim(ctx context.Context, last map[*feed]*item) {
	for f, it := range last {
		if err := l.Broker.Trim(ctx, f.topic, f.Table.Partition, it.next); err != nil {
			l.Log.Warn("trim log", "topic", f.topic, "error", err)
		}
	}
}

// limit stops a source of which too much is bad.
func (l *Loader) limit(it *item) {
	d := it.feed.Definition
	count := l.bySource[d.ID]
	count.read += it.counts.Read
	count.bad += it.counts.Quarantined
	tooMany := d.Limits.Rows > 0 && count.bad > d.Limits.Rows
	tooLarge := d.Limits.Share > 0 && count.read >= 100 && float64(count.bad) > d.Limits.Share*float64(count.read)
	if !tooMany && !tooLarge || it.replay || it.feed.stopped.Load() {
		return
	}
	for _, f := range l.feeds {
		if f.source == d.ID {
			f.stopped.Store(true)
		}
	}
	l.problem(LimitPassed.At(d.ID, "bad", count.bad, "read", count.read, "source", d.ID))
}

func codeOf(err error) string {
	if f := fault.All(err); len(f) > 0 {
		return f[0].Code()
	}
	return "failed"
}

// joinErrors keeps a cancelled context from hiding the error behind it.
func joinErrors(errs ...error) error {
	var real []error
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			real = append(real, err)
		}
	}
	if len(real) > 0 {
		return errors.Join(real...)
	}
	return errors.Join(errs...)
}
