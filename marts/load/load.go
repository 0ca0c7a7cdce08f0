// Package load takes pages in and gives rows out: one DuckDB transaction
// covers the rows, the sealed values, the quarantine, the offsets, the marks
// and the ledger of a batch of pages, so that a process killed at any instant
// loses nothing and doubles nothing. The loader seeks to the offsets that
// DuckDB holds and never to what the broker remembers.
package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"huiliu/ingest/broker"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/seal"
	"huiliu/marts/store"
	"huiliu/transform/entity"
	"huiliu/transform/normalise"
)

const (
	// commitRows is how many records a transaction gathers before it commits:
	// two of DuckDB's row groups, since only full ones go straight to the file
	// instead of twice, through the write-ahead log and a checkpoint.
	commitRows = 245_760
	// smallestChunk is how many records are written at a time at least, and
	// knownPerRow how many known records call for one more.
	smallestChunk = 16_384
	knownPerRow   = 80
	// manyKnown is how many known records are worth more than one core to look
	// through.
	manyKnown = 1_000_000
	// waitingRows bounds the transformed records that wait to be written, where
	// a chunk is not more.
	waitingRows = 65_536
	// idleCommit is how long a stream waits at the end of its log for a next
	// page before it counts as idle; once the writers are done it hardly waits.
	idleCommit = 250 * time.Millisecond
	// oldestCommit is how long the first page of a batch waits at most for
	// streams that never pause.
	oldestCommit = 5 * time.Second
	// pauseCheck is how often a batch looks whether all streams are idle.
	pauseCheck = 5 * time.Millisecond
)

// Broker is what the loader needs of Kafka.
type Broker interface {
	EnsureTopic(ctx context.Context, topic string, partitions int) error
	Produce(ctx context.Context, topic string, partition int, m broker.Message) (int64, error)
	Fetch(ctx context.Context, topic string, partition int, offset int64, maxWait time.Duration) (broker.Batch, error)
	Bounds(ctx context.Context, topic string, partition int) (start, end int64, err error)
	Trim(ctx context.Context, topic string, partition int, before int64) error
	LogID(ctx context.Context, topic string) (string, error)
}

// Transform makes rows of a page's records.
type Transform interface {
	Version() uint64
	Schema(e *entity.Type) *arrow.Schema
	Apply(b *page.Batch, v normalise.Verdict) (*normalise.Output, error)
}

// Contract says whether a page keeps its promise.
type Contract interface {
	Check(b *page.Batch) normalise.Verdict
}

// Feed is one table of a source with what turns its pages into rows.
type Feed struct {
	Definition *source.Definition
	Table      *source.Table
	Transform  Transform
	Contract   Contract
}

// Options is what a loader works with.
type Options struct {
	Store  *store.Store
	Broker Broker
	Box    *seal.Box
	Site   string
	Feeds  []Feed
	// Run names the run in the ledger; AsOf is its day.
	Run  string
	AsOf time.Time
	// Now is the clock of run tables alone.
	Now func() time.Time
	Log *slog.Logger
	// Committed is called after each commit, nil for none.
	Committed func(Progress)
}

// Progress is how far a run has come, for a person who watches.
type Progress struct {
	Pages, Records int64
}

// Loader is the one writer of a store.
type Loader struct {
	Options
	session  *store.Session
	inlets   inlets
	feeds    []*feed
	known    int64 // records in load.record
	keys     knownKeys
	pages    int64 // number of the last page
	bySource map[string]*sourceCount
	progress Progress
	room     *semaphore.Weighted
	waiting  int64 // records that room holds
	mu       sync.Mutex
	problems []error
}

type sourceCount struct{ read, bad int64 }

// Open reads where the store stands, tells it to the writers, and returns a
// loader that is ready to load.
func Open(ctx context.Context, o Options) (*Loader, error) {
	session, err := o.Store.Session(ctx)
	if err != nil {
		return nil, err
	}
	l := &Loader{Options: o, session: session, bySource: map[string]*sourceCount{}}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(store.Explain(o.Store.Dir(), err), session.Close())
	}
	return l, nil
}

func (l *Loader) open(ctx context.Context) error {
	if err := l.readCounts(ctx); err != nil {
		return err
	}
	// A whole chunk is prepared while the one before it is written.
	l.waiting = max(waitingRows, l.chunkRows())
	l.room = semaphore.NewWeighted(l.waiting)
	if err := l.expireArchive(ctx); err != nil {
		return err
	}
	if err := l.sweepArchive(ctx); err != nil {
		return err
	}
	for i := range l.Feeds {
		f, err := l.openFeed(ctx, &l.Feeds[i])
		if err != nil {
			return err
		}
		l.feeds = append(l.feeds, f)
		if l.bySource[f.source] == nil {
			l.bySource[f.source] = &sourceCount{}
		}
	}
	if err := l.openInlets(); err != nil {
		return err
	}
	if err := l.Broker.EnsureTopic(ctx, page.AckTopic(l.Site), 1); err != nil {
		return err
	}
	return l.acknowledge(ctx)
}

func (l *Loader) readCounts(ctx context.Context) error {
	row := l.session.Conn().QueryRowContext(ctx, "SELECT (SELECT count(*) FROM store.load.record), (SELECT coalesce(max(number), 0) FROM store.load.page)")
	if err := row.Scan(&l.known, &l.pages); err != nil {
		return fmt.Errorf("read store's counts: %w", err)
	}
	return l.readKeys(ctx)
}

// readKeys fills the filter of known keys, a share of them at a time, since an
// answer is in memory whole.
func (l *Loader) readKeys(ctx context.Context) error {
	if l.known > mostKeys {
		l.keys.all = true
		return nil
	}
	l.keys.expect(l.known + l.known/8)
	parts := uint64(l.known/keysAtOnce + 1)
	for part := range parts {
		query := fmt.Sprintf("SELECT _key FROM store.load.record WHERE _key %% %d = %d", parts, part)
		err := l.session.Query(ctx, query, func(r arrow.RecordBatch) error {
			for _, key := range r.Column(0).(*array.Uint64).Uint64Values() {
				l.keys.add(key)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read known keys: %w", err)
		}
	}
	return nil
}

// Close gives the session back; the store stays open.
func (l *Loader) Close() error { return l.session.Close() }

// Drain loads until every stream has reached the end its log had when done
// was closed. A stream that must stop stops alone, and its fault is among
// Problems; an error of the store or the broker ends the whole.
func (l *Loader) Drain(ctx context.Context, done <-chan struct{}) error {
	if err := l.Store.Threads(ctx, 1); err != nil {
		return err
	}
	defer l.Store.WriteBehind()()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items := make(chan *item, 64)
	var intakes errgroup.Group
	for _, f := range l.feeds {
		intakes.Go(func() error {
			err := l.intake(ctx, f, done, items)
			if err != nil {
				cancel()
			}
			return err
		})
	}
	ended := make(chan error, 1)
	go func() {
		ended <- intakes.Wait()
		close(items)
	}()
	err := l.commitAll(ctx, items)
	cancel()
	for it := range items { // what waits after a failed commit is not lost: no offset has moved
		it.release()
	}
	return joinErrors(<-ended, err, l.Store.Threads(context.WithoutCancel(ctx), 0))
}

// Problems lists what went wrong with single streams.
func (l *Loader) Problems() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]error(nil), l.problems...)
}

func (l *Loader) problem(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, err)
}
