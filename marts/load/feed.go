package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/fault"
	"huiliu/transform/entity"
)

// Faults of a stream.
var (
	// StreamBroken is raised when a page does not continue its stream.
	StreamBroken = &fault.Kind{
		Code: "stream_broken", Class: fault.Failed,
		Cause: fault.Text{EN: "{why}", ZH: "页不能接续本流（{why}）"},
		Mend: fault.Text{
			EN: "nothing after this page is loaded; look at it with `huiliu topic cat`, and pull the source again: its next writer opens a new epoch",
			ZH: "此页之后未装载；用 `huiliu topic cat` 查看该页，再重新拉取此来源",
		},
	}
	// LogCut is raised when pages were removed from the log before they were
	// committed.
	LogCut = &fault.Kind{
		Code: "log_cut", Class: fault.Failed,
		Cause: fault.Text{EN: "offsets {from} to {to} are gone from the log before they were loaded", ZH: "日志中位点 {from} 至 {to} 在装载前已被删除"},
		Mend: fault.Text{
			EN: "the source is read again from the last committed mark; set retention.ms=-1 on the topic, and for a pushed source ask its sender to send the time again",
			ZH: "将从最后提交的标记重新读取来源；请把主题的 retention.ms 设为 -1，推送型来源请对方重发该时段",
		},
	}
	// UnreadablePage is raised for a page that can't be unsealed or decoded.
	UnreadablePage = &fault.Kind{
		Code: "page_unreadable", Class: fault.Failed,
		Cause: fault.Text{EN: "the page can't be read", ZH: "页无法读取"},
		Mend:  fault.Text{EN: "check that puller and loader use the same key file (HUILIU_KEY_FILE)", ZH: "确认拉取与装载使用同一密钥文件（HUILIU_KEY_FILE）"},
	}
	// LimitPassed is raised when too much of a source is bad.
	LimitPassed = &fault.Kind{
		Code: "source_limit", Class: fault.Failed,
		Cause: fault.Text{EN: "{bad} of {read} records are bad: more than the source's limit", ZH: "{read} 条中有 {bad} 条有问题，超过该来源的上限"},
		Mend:  fault.Text{EN: "see `huiliu quarantine list --source {source}`; mend the feed or raise limits in its definition", ZH: "用 `huiliu quarantine list --source {source}` 查看；修正数据或调高定义中的 limits"},
	}
)

// feed is one stream at the loader: its place in the log and its history.
type feed struct {
	*Feed
	number    int32
	source    string
	table     string
	topic     string
	logID     string
	change    string
	next      int64 // offset of the next message to take in
	state     page.State
	committed page.AckStream
	stopped   atomic.Bool
	busy      atomic.Bool // pages in the log are not handed on yet
	latest    int64       // time of the latest complete snapshot, microseconds
	entities  []*entity.Type
	counts    Counts
	stale     int64
	drift     map[string]bool // departures from the contract that were told
}

// Counts is one line of the ledger.
type Counts struct {
	Read, Replayed, New, Changed, Unchanged, Superseded, Deleted, Quarantined, Filtered, Vanished, Cells int64
}

// Add adds another line.
func (c *Counts) Add(o Counts) {
	c.Read += o.Read
	c.Replayed += o.Replayed
	c.New += o.New
	c.Changed += o.Changed
	c.Unchanged += o.Unchanged
	c.Superseded += o.Superseded
	c.Deleted += o.Deleted
	c.Quarantined += o.Quarantined
	c.Filtered += o.Filtered
	c.Vanished += o.Vanished
	c.Cells += o.Cells
}

// Balanced reports whether every record that came in has one fate.
func (c *Counts) Balanced() bool {
	return c.Read+c.Replayed == c.New+c.Changed+c.Unchanged+c.Superseded+c.Deleted+c.Quarantined+c.Filtered
}

func (l *Loader) openFeed(ctx context.Context, in *Feed) (*feed, error) {
	f := &feed{Feed: in, drift: map[string]bool{}, source: in.Definition.ID, table: in.Table.Name, topic: page.Topic(l.Site, in.Definition.ID), change: string(in.Table.Change)}
	for i := range in.Table.Maps {
		if t := entity.Find(in.Table.Maps[i].Entity); t != nil && !slices.Contains(f.entities, t) {
			f.entities = append(f.entities, t)
		}
	}
	if err := l.registerFeed(ctx, f); err != nil {
		return nil, err
	}
	if err := l.Broker.EnsureTopic(ctx, f.topic, len(in.Definition.Tables)); err != nil {
		return nil, err
	}
	if err := l.readStream(ctx, f); err != nil {
		return nil, err
	}
	if in.Table.Change == source.Snapshot {
		if err := l.readLatest(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, l.seek(ctx, f)
}

func (l *Loader) readLatest(ctx context.Context, f *feed) error {
	err := l.session.Conn().QueryRowContext(ctx, "SELECT coalesce(max(epoch_us(snapshot_at)), 0) FROM store.load.page WHERE source = ? AND source_table = ?", f.source, f.table).Scan(&f.latest)
	if err != nil {
		return fmt.Errorf("read latest snapshot of %s.%s: %w", f.source, f.table, err)
	}
	return nil
}

// registerFeed notes the table in load.feed and gives it its number.
func (l *Loader) registerFeed(ctx context.Context, f *feed) error {
	conn := l.session.Conn()
	err := conn.QueryRowContext(ctx, "SELECT feed FROM store.load.feed WHERE source = ? AND source_table = ?", f.source, f.table).Scan(&f.number)
	if errors.Is(err, sql.ErrNoRows) {
		err = conn.QueryRowContext(ctx, "SELECT coalesce(max(feed), 0) + 1 FROM store.load.feed").Scan(&f.number)
	}
	if err != nil {
		return fmt.Errorf("find feed %s.%s: %w", f.source, f.table, err)
	}
	_, err = conn.ExecContext(ctx, "INSERT OR REPLACE INTO store.load.feed VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		f.number, f.source, f.Definition.Name, f.table, f.change, f.Definition.Hash, fmt.Sprint(f.Transform.Version()), f.Definition.RetentionDays)
	if err != nil {
		return fmt.Errorf("register feed %s.%s: %w", f.source, f.table, err)
	}
	return nil
}

func (l *Loader) readStream(ctx context.Context, f *feed) error {
	conn := l.session.Conn()
	err := conn.QueryRowContext(ctx, "SELECT epoch, writer, seq, cursor, sum FROM store.load.stream WHERE source = ? AND stream = ?", f.source, f.table).
		Scan(&f.state.Epoch, &f.state.Writer, &f.state.Seq, &f.state.Cursor, &f.state.Sum)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read stream %s.%s: %w", f.source, f.table, err)
	}
	f.committed = page.AckStream{Source: f.source, Table: f.table, Stream: f.table, State: f.state}
	err = conn.QueryRowContext(ctx, "SELECT log_id, next FROM store.load.page_offset WHERE topic = ? AND partition = ?", f.topic, f.Table.Partition).
		Scan(&f.committed.LogID, &f.committed.Next)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read offset of %s.%s: %w", f.source, f.table, err)
	}
	return nil
}

// seek decides where to begin in the log: at the offset that the store holds;
// at the log's start when it is another log, or one that has forgotten; and
// past a log whose middle was cut away, so that the source is read again.
func (l *Loader) seek(ctx context.Context, f *feed) error {
	id, err := l.Broker.LogID(ctx, f.topic)
	if err != nil {
		return err
	}
	start, end, err := l.Broker.Bounds(ctx, f.topic, f.Table.Partition)
	if err != nil {
		return err
	}
	next := f.committed.Next
	switch {
	case f.committed.LogID == "" && next == 0, f.committed.LogID != id, end < next:
		next = start
	case next < start:
		l.problem(LogCut.At(f.place(next), "from", next, "to", start-1))
		next = end
		f.state.Epoch, f.state.Writer, f.state.Seq, f.state.Sum = f.state.Epoch+1, "loader", 0, ""
	}
	f.logID, f.next = id, next
	f.committed.State, f.committed.LogID, f.committed.Next = f.state, id, next
	return nil
}

func (f *feed) place(offset int64) string {
	return fmt.Sprintf("%s/%d@%d", f.topic, f.Table.Partition, offset)
}

// acknowledge tells the writers what is committed.
func (l *Loader) acknowledge(ctx context.Context) error {
	ack := page.Ack{Site: l.Site}
	for _, f := range l.feeds {
		ack.Streams = append(ack.Streams, f.committed)
	}
	value, err := ack.Encode()
	if err != nil {
		return fmt.Errorf("encode acknowledgement: %w", err)
	}
	offset, err := l.Broker.Produce(ctx, page.AckTopic(l.Site), 0, ackMessage(value))
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	if offset == 0 {
		return nil
	}
	if err := l.Broker.Trim(ctx, page.AckTopic(l.Site), 0, offset); err != nil {
		l.Log.Warn("trim acknowledgements", "error", err)
	}
	return nil
}
