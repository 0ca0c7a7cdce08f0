package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/store"
)

// commitAll gathers pages and commits them until the intakes end.
func (l *Loader) commitAll(ctx context.Context, items <-chan *item) error {
	for {
		batch, open := l.gather(items)
		if len(batch) > 0 {
			// The next batch is prepared while this one commits.
			for _, it := range batch {
				it.admit()
			}
			err := l.commit(ctx, batch)
			for _, it := range batch {
				it.release()
			}
			if err != nil {
				return store.Explain(l.Store.Dir(), err)
			}
		}
		if !open {
			return ctx.Err()
		}
	}
}

// gather waits for a page and takes what follows it, up to a transaction's
// size, until every stream has come to the end of its log: small commits cost
// much, since what is not a whole row group is written twice. A page that
// ends a snapshot ends the batch too: what vanished must be seen before
// anything later is.
func (l *Loader) gather(items <-chan *item) (batch []*item, open bool) {
	first, open := <-items
	if !open {
		return nil, false
	}
	batch, rows := append(batch, first), first.header.Rows
	if first.closesSnapshot() {
		return batch, true
	}
	oldest := time.NewTimer(oldestCommit)
	defer oldest.Stop()
	pause := time.NewTicker(pauseCheck)
	defer pause.Stop()
	for rows < commitRows {
		select {
		case it, ok := <-items:
			if !ok {
				return batch, false
			}
			batch = append(batch, it)
			rows += it.header.Rows
			if it.closesSnapshot() {
				return batch, true
			}
		case <-pause.C:
			if len(items) == 0 && !slices.ContainsFunc(l.feeds, func(f *feed) bool { return f.busy.Load() }) {
				return batch, true
			}
		case <-oldest.C:
			return batch, true
		}
	}
	return batch, true
}

// commit decides the fate of every record in a batch and writes all of it in
// one transaction.
func (l *Loader) commit(ctx context.Context, batch []*item) error {
	archived := l.archive(batch)
	pages := live(batch)
	memory, err := l.lookup(ctx, pages)
	if err != nil {
		return err
	}
	changes := newChanges()
	for _, it := range pages {
		l.classify(it, memory, changes)
		if !it.counts.Balanced() {
			return unbalanced.At(it.feed.place(it.next-1), "counts", fmt.Sprintf("%+v", it.counts))
		}
	}
	w := &writing{l: l, batch: batch, pages: pages, memory: memory, changes: changes}
	defer w.release()
	if err := w.prepare(); err != nil {
		return err
	}
	if err := l.inTransaction(ctx, func() error {
		if err := w.write(ctx); err != nil {
			return err
		}
		return <-archived
	}); err != nil {
		return err
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
			l.known += it.counts.New
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
