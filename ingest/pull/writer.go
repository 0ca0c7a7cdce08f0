package pull

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"huiliu/ingest/broker"
	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

// openings is how often a writer tries to win an epoch before it gives up:
// losing means that another puller of the same stream starts at this moment.
const openings = 5

// ackPoll is how long one fetch waits for an acknowledgement.
const ackPoll = 200 * time.Millisecond

// writer is the one writer of a stream's epoch.
type writer struct {
	Options
	def   *source.Definition
	table *source.Table
	topic string
	nonce string
	state page.State
	next  int64 // offset up to which the partition was followed
}

// openWriter follows the stream from the loader's acknowledgement to its end,
// opens the next epoch, and reads back to its own opening: whatever an older
// writer slipped in before it counts, whatever comes after does not.
func openWriter(ctx context.Context, o Options, def *source.Definition, t *source.Table) (*writer, error) {
	nonce := make([]byte, 8)
	rand.Read(nonce)
	w := &writer{Options: o, def: def, table: t, topic: page.Topic(o.Site, def.ID), nonce: hex.EncodeToString(nonce)}
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	for range openings {
		won, err := w.openEpoch(ctx)
		if err != nil || won {
			return w, err
		}
	}
	return nil, fmt.Errorf("another puller keeps opening %s.%s", def.ID, t.Name)
}

// begin takes the loader's word for where the stream stands.
//
// The loader goes on meanwhile: it acknowledges, then trims. So a word from
// before the log's start is an old one, and the newer is there or on its way;
// following the log from there would miss the pages between.
func (w *writer) begin(ctx context.Context) error {
	deadline := w.Now().Add(w.AckWait)
	for {
		ack, err := w.latestAck(ctx)
		if err != nil {
			return err
		}
		known := ack.Find(w.def.ID, w.table.Name)
		start, end, err := w.Broker.Bounds(ctx, w.topic, w.table.Partition)
		if err != nil {
			return err
		}
		id, err := w.Broker.LogID(ctx, w.topic)
		if err != nil {
			return err
		}
		w.state, w.next = known.State, known.Next
		switch {
		case known.LogID != id || w.next > end:
			w.next = start
		case w.next < start && w.Now().After(deadline):
			return StaleAck.At(fmt.Sprintf("%s/%d", w.topic, w.table.Partition), "next", w.next, "start", start)
		case w.next < start:
			if err := pause(ctx, ackPoll); err != nil {
				return err
			}
			continue
		}
		return w.follow(ctx, end)
	}
}

// follow applies the pages up to an offset to the writer's picture.
func (w *writer) follow(ctx context.Context, end int64) error {
	for w.next < end {
		batch, err := w.Broker.Fetch(ctx, w.topic, w.table.Partition, w.next, ackPoll)
		if err != nil {
			return fmt.Errorf("follow %s: %w", w.topic, err)
		}
		for _, m := range batch.Messages {
			h, err := page.ParseHeader(m.Headers)
			if err != nil {
				return StreamStopped.At(fmt.Sprintf("%s/%d@%d", w.topic, w.table.Partition, m.Offset), "why", err)
			}
			if h.Stream != w.table.Name {
				continue
			}
			if outcome, why := w.state.Apply(&h); outcome == page.Broken {
				return StreamStopped.At(fmt.Sprintf("%s/%d@%d", w.topic, w.table.Partition, m.Offset), "why", why)
			}
			w.next = m.Offset + 1
		}
		if len(batch.Messages) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (w *writer) openEpoch(ctx context.Context) (bool, error) {
	h := w.header()
	h.Epoch, h.Seq = w.state.Epoch+1, 0
	h.CursorBefore, h.CursorAfter = w.state.Cursor, w.state.Cursor
	empty := page.NewBuilder()
	payload, err := empty.Encode(&h)
	if err != nil {
		return false, err
	}
	offset, err := w.produce(ctx, &h, payload)
	if err != nil {
		return false, err
	}
	if err := w.follow(ctx, offset+1); err != nil {
		return false, err
	}
	return w.state.Epoch == h.Epoch && w.state.Writer == w.nonce, nil
}

func (w *writer) header() page.Header {
	return page.Header{
		Site: w.Site, Source: w.def.ID, Table: w.table.Name, Stream: w.table.Name, Writer: w.nonce,
		Epoch: w.state.Epoch, Definition: w.def.Hash, Snapshot: page.Snapshot{Count: -1},
	}
}

// publish sends one page and moves the writer's picture behind it.
func (w *writer) publish(ctx context.Context, b *page.Builder, p connector.Progress) error {
	h := w.header()
	h.Seq = w.state.Seq + 1
	h.CursorBefore, h.CursorAfter = w.state.Cursor, p.Cursor
	h.Read, h.Snapshot = p.Read, p.Snapshot
	payload, err := b.Encode(&h)
	if err != nil {
		return err
	}
	if _, err := w.produce(ctx, &h, payload); err != nil {
		return err
	}
	if outcome, why := w.state.Apply(&h); outcome != page.Accept {
		return fmt.Errorf("page does not continue its own stream: %s", why)
	}
	return nil
}

func (w *writer) produce(ctx context.Context, h *page.Header, payload []byte) (int64, error) {
	m := broker.Message{Headers: h.Pairs(), Value: page.Seal(w.Box, h, payload)}
	offset, err := w.Broker.Produce(ctx, w.topic, w.table.Partition, m)
	if err != nil {
		return 0, fmt.Errorf("publish page %d of %s.%s: %w", h.Seq, h.Source, h.Table, err)
	}
	return offset, nil
}

// latestAck reads the last acknowledgement, waiting for a first one.
func (w *writer) latestAck(ctx context.Context) (*page.Ack, error) {
	topic := page.AckTopic(w.Site)
	deadline := w.Now().Add(w.AckWait)
	for {
		ack, err := w.lastAck(ctx, topic)
		if err != nil || ack != nil {
			return ack, err
		}
		if w.Now().After(deadline) {
			return nil, NoAck.At(topic, "topic", topic)
		}
		if err := pause(ctx, ackPoll); err != nil {
			return nil, err
		}
	}
}

// pause waits, unless the run ends before.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) lastAck(ctx context.Context, topic string) (*page.Ack, error) {
	_, end, err := w.Broker.Bounds(ctx, topic, 0)
	if errors.Is(err, broker.ErrNoTopic) || err == nil && end == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	batch, err := w.Broker.Fetch(ctx, topic, 0, end-1, ackPoll)
	if errors.Is(err, broker.ErrOffsetGone) || err == nil && len(batch.Messages) == 0 {
		return nil, nil // a newer one has just taken its place
	}
	if err != nil {
		return nil, err
	}
	return page.ParseAck(batch.Messages[len(batch.Messages)-1].Value)
}

// awaitCommit waits until the loader has committed the writer's last page: a
// pushed message may be acknowledged to its sender only then.
func (w *writer) awaitCommit(ctx context.Context) error {
	topic := page.AckTopic(w.Site)
	for {
		ack, err := w.lastAck(ctx, topic)
		if err != nil {
			return err
		}
		if ack != nil {
			s := ack.Find(w.def.ID, w.table.Name)
			if s.Epoch == w.state.Epoch && s.Seq >= w.state.Seq {
				return nil
			}
			if s.Epoch > w.state.Epoch || s.Stopped != "" {
				return fmt.Errorf("the loader no longer follows this writer (epoch %d, %s)", s.Epoch, s.Stopped)
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
