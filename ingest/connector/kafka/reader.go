package kafka

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// reader reads one topic, partition by partition.
type reader struct {
	connector *Connector
	read      *read
	decoder   *jsonrow.Decoder
	mark      mark // behind the last page

	client  *kgo.Client
	end     map[int32]int64 // where each partition ended when the read began
	at      mark            // behind the last record taken
	reading int32           // the partition that the client consumes, -1 for none
	pending []*kgo.Record
	closed  bool
}

// pollRecords is how many messages one poll takes at most.
const pollRecords = 1024

// Next implements connector.Reader.
func (r *reader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	p, err := r.next(ctx, b)
	if err != nil {
		r.reset()
		return connector.Progress{}, err
	}
	r.mark = r.at.clone()
	p.Cursor = r.mark.String()
	if p.Done {
		r.end = nil // the next call looks for more
	}
	return p, nil
}

func (r *reader) next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	p := connector.Progress{Snapshot: page.Snapshot{Count: -1}}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	if r.closed {
		return p, errors.New("the reader is closed")
	}
	if r.end == nil {
		if err := r.begin(ctx); err != nil {
			return p, err
		}
	}
	for _, partition := range slices.Sorted(maps.Keys(r.end)) {
		for r.at.Next[partition] < r.end[partition] {
			if b.Full() {
				return p, nil
			}
			if err := r.take(ctx, b, partition, &p); err != nil {
				return p, err
			}
		}
	}
	r.consume(-1)
	p.Done = true
	return p, nil
}

// begin finds out where the read goes from and to.
func (r *reader) begin(ctx context.Context) error {
	if r.client == nil {
		client, err := r.connector.dial()
		if err != nil {
			return err
		}
		r.client, r.reading = client, -1
	}
	topic := r.read.Topic
	s, err := describe(ctx, r.client, &r.connector.settings, topic)
	if err != nil {
		return err
	}
	r.at = r.mark.clone()
	if r.at.Topic != "" && r.at.Topic != s.id {
		r.connector.tools.Log.Warn("the topic was made again and is read from its beginning", "topic", topic)
		r.at.Next = nil
	}
	if r.at.Next == nil {
		r.at.Next = map[int32]int64{}
	}
	r.at.Topic = s.id
	var lost []error
	for _, p := range slices.Sorted(maps.Keys(s.start)) {
		next, known := r.at.Next[p]
		switch {
		case !known:
			r.at.Next[p] = s.start[p]
		case next < s.start[p]:
			lost = append(lost, Gone.At(fmt.Sprintf("%s/%d", topic, p), "from", next, "to", s.start[p]-1))
		case next > s.end[p]:
			lost = append(lost, Shorter.At(fmt.Sprintf("%s/%d", topic, p), "next", next, "end", s.end[p]))
		}
	}
	r.end = s.end
	return errors.Join(lost...)
}

// consume makes the client fetch one partition from where the read stands.
func (r *reader) consume(partition int32) {
	if r.reading == partition {
		return
	}
	topic := r.read.Topic
	if r.reading >= 0 {
		r.client.RemoveConsumePartitions(map[string][]int32{topic: {r.reading}})
	}
	r.pending = nil
	if r.reading = partition; partition >= 0 {
		r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(r.at.Next[partition])}})
	}
}

// take puts messages of a partition into the page.
func (r *reader) take(ctx context.Context, b *page.Builder, partition int32, p *connector.Progress) error {
	r.consume(partition)
	if len(r.pending) == 0 {
		if err := r.poll(ctx, partition); err != nil {
			return err
		}
	}
	origin := fmt.Sprintf("%s/%d", r.read.Topic, partition)
	for len(r.pending) > 0 && !b.Full() && r.at.Next[partition] < r.end[partition] {
		record := r.pending[0]
		r.pending = r.pending[1:]
		// What came after the read began is the next read's, even when nothing
		// is left before it.
		r.at.Next[partition] = min(record.Offset+1, r.end[partition])
		if record.Offset >= r.end[partition] || record.Attrs.IsControl() {
			continue // a control record is a transaction's own note
		}
		b.Origin(origin)
		p.Read++
		if err := r.record(b, record, page.Place{Origin: origin, Row: record.Offset + 1, Offset: record.Offset}); err != nil {
			return err
		}
	}
	return nil
}

// poll waits for messages of the partition. A partition that gives none for
// long, though its end is not reached, is asked anew.
func (r *reader) poll(ctx context.Context, partition int32) error {
	limit := r.connector.settings.Timeout
	waited, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	fetched := r.client.PollRecords(waited, pollRecords)
	place := fmt.Sprintf("%s/%d@%d", r.read.Topic, partition, r.at.Next[partition])
	for _, e := range fetched.Errors() {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(e.Err, kerr.OffsetOutOfRange):
			return Gone.At(place, "from", r.at.Next[partition], "to", "?").Because(e.Err)
		case e.Err != nil && len(fetched.Records()) == 0:
			return explain(place, r.read.Topic, e.Err)
		}
	}
	r.pending = fetched.Records()
	return nil
}

// record adds one message.
func (r *reader) record(b *page.Builder, m *kgo.Record, place page.Place) error {
	if m.Value == nil {
		return r.deletion(b, m, place)
	}
	if len(m.Value) > page.MaxBytes {
		kept, err := r.connector.tools.Keep(place, bytes.NewReader(m.Value))
		if err != nil {
			return fmt.Errorf("keep the message at %s: %w", place, err)
		}
		b.Reject(kept)
		return nil
	}
	r.name(b, m.Key)
	if err := r.decoder.Append(b, m.Value); err != nil {
		b.Undo()
		b.Reject(rejected(place, m.Value, err))
		return nil
	}
	r.envelope(b, m)
	b.End(page.Upsert, place.Row, place.Offset)
	return nil
}

// deletion adds what a message without a value says: the record of its key is
// no more.
func (r *reader) deletion(b *page.Builder, m *kgo.Record, place page.Place) error {
	key := bytes.TrimSpace(m.Key)
	var err error
	switch {
	case len(key) == 0:
		err = noKey.At(place.String())
	case key[0] == '{':
		err = r.decoder.Append(b, key)
	case r.read.Key == "":
		err = noKey.At(place.String())
	default:
		r.name(b, key)
	}
	if err != nil {
		b.Undo()
		b.Reject(rejected(place, m.Key, err))
		return nil
	}
	r.envelope(b, m)
	b.End(page.Delete, place.Row, place.Offset)
	return nil
}

// name sets the field that the key stands for; the value's own comes after it.
// A key that a JSON serializer wrote as a text stands for what it quotes.
func (r *reader) name(b *page.Builder, key []byte) {
	if r.read.Key == "" || len(key) == 0 || key[0] == '{' {
		return
	}
	var text string
	if key[0] != '"' || json.Unmarshal(key, &text) != nil {
		text = strings.ToValidUTF8(string(key), "\uFFFD")
	}
	b.Text(b.Column(r.read.Key, page.Text), []byte(text))
}

// envelope sets what the message says beside its value.
func (r *reader) envelope(b *page.Builder, m *kgo.Record) {
	b.Int(b.Column("$partition", page.Int), int64(m.Partition))
	b.Int(b.Column("$offset", page.Int), m.Offset)
	if !m.Timestamp.IsZero() && m.Timestamp.Unix() >= 0 {
		b.Instant(b.Column("$timestamp", page.Instant), m.Timestamp.UnixMicro())
	}
}

func rejected(place page.Place, raw []byte, err error) page.Reject {
	for _, f := range fault.All(err) {
		return page.Reject{Place: place, Code: f.Code(), Cause: f.Cause(lang), Mend: f.Mend(lang), Raw: raw}
	}
	return page.Reject{Place: place, Code: jsonrow.Syntax.Code, Cause: err.Error(), Mend: noKey.At("").Mend(lang), Raw: raw}
}

// reset goes back to the last page: what the client fetched ahead is dropped.
func (r *reader) reset() {
	if r.client != nil {
		r.client.CloseAllowingRebalance()
		r.client = nil
	}
	r.end, r.pending, r.reading = nil, nil, -1
}

// Close implements connector.Reader.
func (r *reader) Close() error {
	r.reset()
	r.closed = true
	r.connector.forget(r)
	return nil
}
