// Package pull runs sources: it opens a connector at the stream's mark,
// fills pages, and publishes them, sealed, one at a time. It never opens the
// store: what it must know of the loader comes over the acknowledgement
// topic.
package pull

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"huiliu/ingest/broker"
	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/fault"
	"huiliu/internal/seal"
)

// SourcesAtOnce is how many sources are read at the same time.
const SourcesAtOnce = 4

// tries is how often a failed read is tried again from the last mark before
// the source is given up for this run.
const tries = 4

// Faults of pulling.
var (
	// SourceFailed is raised when a source does not answer; the other sources
	// go on.
	SourceFailed = &fault.Kind{
		Code: "source_failed", Class: fault.Failed,
		Cause: fault.Text{EN: "the source could not be read", ZH: "来源读取失败"},
		Mend:  fault.Text{EN: "check it with `huiliu sources test {source}`; the next run goes on from the last mark", ZH: "用 `huiliu sources test {source}` 检查；下次运行从上次的标记继续"},
	}
	// NoAck is raised when no loader has ever spoken on this log.
	NoAck = &fault.Kind{
		Code: "no_acknowledgement", Class: fault.Missing,
		Cause: fault.Text{EN: "no loader has acknowledged anything on {topic}", ZH: "主题 {topic} 上没有装载程序的确认"},
		Mend:  fault.Text{EN: "start `huiliu load --follow` on the site's store first: the marks lie there", ZH: "请先在该站点的库上启动 `huiliu load --follow`：标记保存在库里"},
	}
	// StaleAck is raised when pages that the loader has not acknowledged are
	// gone from the log.
	StaleAck = &fault.Kind{
		Code: "acknowledgement_stale", Class: fault.Failed,
		Cause: fault.Text{EN: "the loader has acknowledged up to offset {next}, the log begins at {start}", ZH: "装载程序只确认到位点 {next}，而日志从 {start} 开始"},
		Mend:  fault.Text{EN: "start the loader: it finds what is missing in the log, and the source is then read again from its mark", ZH: "请启动装载程序：它会查明日志缺失的部分，随后从标记处重新读取该来源"},
	}
	// StreamStopped is raised when the loader has stopped a stream.
	StreamStopped = &fault.Kind{
		Code: "stream_stopped", Class: fault.Failed,
		Cause: fault.Text{EN: "the log holds a page that does not continue its stream ({why})", ZH: "日志中有不能接续的页（{why}）"},
		Mend:  fault.Text{EN: "look at it with `huiliu topic cat`; nothing is read behind it", ZH: "用 `huiliu topic cat` 查看；其后不再读取"},
	}
)

// Broker is what a puller needs of Kafka.
type Broker interface {
	EnsureTopic(ctx context.Context, topic string, partitions int) error
	Produce(ctx context.Context, topic string, partition int, m broker.Message) (int64, error)
	Fetch(ctx context.Context, topic string, partition int, offset int64, maxWait time.Duration) (broker.Batch, error)
	Bounds(ctx context.Context, topic string, partition int) (start, end int64, err error)
	LogID(ctx context.Context, topic string) (string, error)
}

// Source is one source and the connector that reads it.
type Source struct {
	Definition *source.Definition
	Connector  connector.Connector
}

// Options is what a puller works with.
type Options struct {
	Broker  Broker
	Box     *seal.Box
	Site    string
	Sources []Source
	// Run names full reads that have no name of their own.
	Run string
	Log *slog.Logger
	Now func() time.Time
	// Published is called after each page went out, nil for none.
	Published func(source, table string, records int64)
	// AckWait is how long to wait for the loader's acknowledgement.
	AckWait time.Duration
	// FullRefresh reads every table from its beginning.
	FullRefresh bool
}

// Result is how the pulling of one source ended.
type Result struct {
	Source  string
	Read    int64
	Pages   int64
	Seconds float64
	Err     error
}

// Run pulls every source once, several at a time, and reports on each in the
// order given. A source that fails does not stop the others.
func Run(ctx context.Context, o Options) []Result {
	results := make([]Result, len(o.Sources))
	group := &errgroup.Group{}
	group.SetLimit(SourcesAtOnce)
	for i := range o.Sources {
		group.Go(func() error {
			started := o.Now()
			p := &puller{Options: o, src: &o.Sources[i], result: &results[i]}
			results[i].Source = o.Sources[i].Definition.ID
			results[i].Err = p.pull(ctx)
			results[i].Seconds = o.Now().Sub(started).Seconds()
			return nil
		})
	}
	_ = group.Wait() // every error is in its source's result
	return results
}

type puller struct {
	Options
	src    *Source
	mu     sync.Mutex
	result *Result
}

func (p *puller) pull(ctx context.Context) error {
	d := p.src.Definition
	topic := page.Topic(p.Site, d.ID)
	if err := p.Broker.EnsureTopic(ctx, topic, len(d.Tables)); err != nil {
		return err
	}
	var faults []error
	for i := range d.Tables {
		if err := p.table(ctx, topic, &d.Tables[i]); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			faults = append(faults, p.explain(&d.Tables[i], err))
		}
	}
	return errors.Join(faults...)
}

// explain keeps a fault that already says what to do, and gives any other
// error the source's own.
func (p *puller) explain(t *source.Table, err error) error {
	if len(fault.All(err)) > 0 {
		return err
	}
	d := p.src.Definition
	return SourceFailed.At(d.ID+"."+t.Name, "source", d.ID).Because(err)
}

// table opens the stream's next epoch and reads until nothing more is there.
// A failed read is taken up again from the last page that went out.
func (p *puller) table(ctx context.Context, topic string, t *source.Table) error {
	w, err := openWriter(ctx, p.Options, p.src.Definition, t)
	if err != nil {
		return err
	}
	cursor := w.state.Cursor
	if p.FullRefresh {
		cursor = ""
	}
	wait := backoff.NewExponentialBackOff()
	for try := 1; ; {
		before := w.state.Seq
		cursor, err = p.read(ctx, w, t, cursor)
		if err == nil || ctx.Err() != nil || final(err) {
			return err
		}
		if w.state.Seq > before {
			try = 1
			wait.Reset()
		}
		if try++; try > tries {
			return err
		}
		rest := max(wait.NextBackOff(), retryAfter(err))
		p.Log.Warn("read failed, trying again", "source", p.src.Definition.ID, "table", t.Name, "pause", rest, "error", err)
		if err := pause(ctx, rest); err != nil {
			return err
		}
	}
}

// final tells errors that no further try mends.
func final(err error) bool {
	var r connector.Retryable
	if errors.As(err, &r) {
		_, again := r.RetryAfter()
		return !again
	}
	for _, f := range fault.All(err) {
		if f.Kind.Class == fault.Input {
			return true
		}
	}
	return false
}

func retryAfter(err error) time.Duration {
	var r connector.Retryable
	if errors.As(err, &r) {
		d, _ := r.RetryAfter()
		return d
	}
	return 0
}

// read publishes pages until the source has no more, and returns the mark it
// has reached.
func (p *puller) read(ctx context.Context, w *writer, t *source.Table, cursor string) (reached string, err error) {
	reader, err := p.src.Connector.Open(ctx, connector.Request{Table: t, Cursor: cursor, Name: p.Run})
	if err != nil {
		return cursor, fmt.Errorf("open %s: %w", t.Name, err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	committer, pushed := reader.(connector.Committer)
	b := page.NewBuilder()
	for {
		b.Reset()
		progress, err := reader.Next(ctx, b)
		if err != nil {
			return cursor, fmt.Errorf("read %s: %w", t.Name, err)
		}
		if !b.Empty() || progress.Cursor != cursor || progress.Snapshot.End {
			if err := w.publish(ctx, b, progress); err != nil {
				return cursor, err
			}
			cursor = progress.Cursor
			p.count(t, progress.Read)
			if pushed {
				if err := w.awaitCommit(ctx); err != nil {
					return cursor, err
				}
				if err := committer.Committed(ctx, cursor); err != nil {
					return cursor, fmt.Errorf("acknowledge to sender: %w", err)
				}
			}
		}
		if progress.Done {
			return cursor, nil
		}
	}
}

func (p *puller) count(t *source.Table, read int64) {
	p.mu.Lock()
	p.result.Read += read
	p.result.Pages++
	p.mu.Unlock()
	if p.Published != nil {
		p.Published(p.src.Definition.ID, t.Name, read)
	}
}
