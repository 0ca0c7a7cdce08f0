package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"huiliu/ingest/broker"
	"huiliu/ingest/page"
	"huiliu/transform/normalise"
)

// item is one page on its way from the log to a commit.
type item struct {
	feed   *feed
	next   int64 // offset after it
	header page.Header
	state  page.State
	// dropped says that the page moves the offset and nothing else.
	dropped bool
	stop    error
	replay  bool
	// only limits a replay to these positions, nil for all.
	only    map[int]bool
	sealed  []byte
	file    string
	origins []string
	places  []int64 // row in the origin, by record
	out     *normalise.Output
	hashes  []page.Hash
	bad     []quarantined
	rejects int64
	weight  int64
	free    func()

	id     uint64
	keep   []bool // by record: its rows are the ones that stay
	event  []bool // by record: its events count
	counts Counts
}

// halts reports whether the stream must stop before this page.
func (it *item) halts() bool { return it.stop != nil }

func (it *item) release() {
	if it.out != nil {
		it.out.Release()
		it.out = nil
	}
	it.admit()
}

// admit lets as many records in as this page holds.
func (it *item) admit() {
	if it.free != nil {
		it.free()
		it.free = nil
	}
}

func ackMessage(value []byte) broker.Message { return broker.Message{Value: value} }

// intake follows one partition, and hands on its pages in order, decoded and
// transformed.
func (l *Loader) intake(ctx context.Context, f *feed, done <-chan struct{}, items chan<- *item) error {
	last := int64(-1)
	f.busy.Store(true)
	defer f.busy.Store(false)
	for !f.stopped.Load() {
		if last < 0 {
			select {
			case <-done:
				_, end, err := l.Broker.Bounds(ctx, f.topic, f.Table.Partition)
				if err != nil {
					return err
				}
				last = end
			default:
			}
		}
		if last >= 0 && f.next >= last {
			return nil
		}
		batch, err := l.Broker.Fetch(ctx, f.topic, f.Table.Partition, f.next, l.wait(done))
		if errors.Is(err, broker.ErrOffsetGone) {
			return LogCut.At(f.place(f.next), "from", f.next, "to", "?").Because(err)
		}
		if err != nil {
			return fmt.Errorf("fetch %s: %w", f.place(f.next), err)
		}
		f.busy.Store(len(batch.Messages) > 0)
		for i := range batch.Messages {
			if f.stopped.Load() {
				return nil
			}
			it := l.take(ctx, f, &batch.Messages[i])
			next, halted := it.next, it.halts()
			if err := l.send(ctx, it, items); err != nil {
				return err
			}
			if halted {
				return nil
			}
			f.next = next
		}
	}
	return nil
}

// wait is how long to wait for a next page: short once the writers are done,
// so that an end is seen at once.
func (l *Loader) wait(done <-chan struct{}) time.Duration {
	select {
	case <-done:
		return 25 * time.Millisecond
	default:
		return idleCommit
	}
}

func (l *Loader) send(ctx context.Context, it *item, items chan<- *item) error {
	it.weight = min(max(it.header.Rows, 1), l.waiting)
	if err := l.room.Acquire(ctx, it.weight); err != nil {
		it.release()
		return err
	}
	weight := it.weight
	it.free = func() { l.room.Release(weight) }
	select {
	case items <- it:
		return nil
	case <-ctx.Done():
		it.release()
		return ctx.Err()
	}
}

// take follows the stream's rules for one message and prepares an accepted
// page. A page that the stream can't take ends in an item with stop set,
// which moves nothing.
func (l *Loader) take(ctx context.Context, f *feed, m *broker.Message) *item {
	it := &item{feed: f, next: m.Offset + 1}
	header, err := page.ParseHeader(m.Headers)
	if err == nil && (header.Source != f.source || header.Stream != f.table || header.Site != l.Site) {
		err = fmt.Errorf("the page belongs to %s/%s/%s", header.Site, header.Source, header.Stream)
	}
	if err != nil {
		return l.halt(it, StreamBroken.At(f.place(m.Offset), "why", err))
	}
	it.header = header
	outcome, why := f.state.Apply(&header)
	it.state = f.state
	switch outcome {
	case page.Repeat:
		if err := l.checkRepeat(ctx, f, &header); err != nil {
			return l.halt(it, StreamBroken.At(f.place(m.Offset), "why", err))
		}
		it.dropped = true
		return it
	case page.Stale:
		f.stale++
		l.Log.Warn("page of an older writer dropped", "place", f.place(m.Offset), "why", why)
		it.dropped = true
		return it
	case page.Broken:
		return l.halt(it, StreamBroken.At(f.place(m.Offset), "why", why))
	}
	if header.Opens() {
		it.dropped = true
		return it
	}
	p, err := page.Open(l.Box, header, m.Value)
	if err != nil {
		return l.halt(it, UnreadablePage.At(f.place(m.Offset)).Because(err))
	}
	it.sealed = m.Value
	if err := l.prepare(it, p); err != nil {
		return l.halt(it, err)
	}
	return it
}

func (l *Loader) halt(it *item, err error) *item {
	it.feed.stopped.Store(true)
	it.stop = err
	it.header.Rows = 0
	return it
}

// checkRepeat compares a page that claims to have come before with what was
// committed under its number; pages of this run that are not committed yet
// are covered by the state's own sum.
func (l *Loader) checkRepeat(ctx context.Context, f *feed, h *page.Header) error {
	if h.Opens() || h.Seq >= f.state.Seq {
		return nil
	}
	var sums, equal int64
	row := l.Store.DB().QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (sum = ?) FROM store.load.page WHERE source = ? AND stream = ? AND epoch = ? AND seq = ?",
		fmt.Sprintf("%x", h.Sum), f.source, f.table, h.Epoch, h.Seq)
	if err := row.Scan(&sums, &equal); err != nil {
		return fmt.Errorf("look up page %d: %w", h.Seq, err)
	}
	if sums > 0 && equal == 0 {
		return fmt.Errorf("page %d of epoch %d comes again with other bytes", h.Seq, h.Epoch)
	}
	return nil
}

// prepare does all the work on a page that needs no other page: contract,
// hashes, transform, quarantine.
func (l *Loader) prepare(it *item, p *page.Page) error {
	defer p.Batch.Release()
	f := it.feed
	if it.header.Read != it.header.Rows+it.header.Rejects {
		return StreamBroken.At(f.place(it.next-1), "why", fmt.Sprintf("the connector counted %d, the page holds %d", it.header.Read, it.header.Rows+it.header.Rejects))
	}
	it.id = pageID(&it.header)
	it.rejects = int64(len(p.Rejects))
	for i := range p.Rejects {
		it.bad = append(it.bad, l.rejected(it, &p.Rejects[i]))
	}
	if p.Batch.Len() == 0 {
		return nil
	}
	verdict := f.Contract.Check(p.Batch)
	if verdict.Freeze != nil {
		return verdict.Freeze
	}
	for _, d := range verdict.Drift {
		told := d.Field + "\x00" + d.What
		if f.drift[told] {
			continue
		}
		f.drift[told] = true
		l.Log.Warn("the feed departs from its contract", "source", f.source, "table", f.table, "field", d.Field, "what", d.What, "place", d.Place.String(), "accept", d.Edit)
	}
	out, err := f.Transform.Apply(p.Batch, verdict)
	if err != nil {
		return err
	}
	it.out = out
	l.survey(it, p, verdict)
	return nil
}

// survey keeps of the page what the commit needs after its memory is gone.
func (l *Loader) survey(it *item, p *page.Page, verdict normalise.Verdict) {
	n := p.Batch.Len()
	it.places = make([]int64, n)
	it.hashes = make([]page.Hash, n)
	hasher := page.NewHasher(p.Batch, it.feed.Table.Ignore)
	seen := map[string]bool{}
	for i := range n {
		it.hashes[i] = hasher.Sum(i)
		place := p.Batch.Place(i)
		it.places[i] = place.Row
		if !seen[place.Origin] {
			seen[place.Origin] = true
			it.origins = append(it.origins, place.Origin)
		}
	}
	for _, list := range [][]normalise.Bad{verdict.Rows, verdict.Cells, it.out.Bad} {
		for k := range list {
			it.bad = append(it.bad, l.refused(it, p.Batch, &list[k]))
		}
	}
	for _, b := range verdict.Rows {
		it.out.Records[b.Record].Fate = normalise.Quarantined
	}
	it.counts.Cells = 0
	for _, b := range it.bad {
		if b.field != "" {
			it.counts.Cells++
		}
	}
}
