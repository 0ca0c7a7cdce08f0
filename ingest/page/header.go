package page

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Header is a page's place in the history of its stream. It travels beside
// the sealed bytes, in the clear: it holds no value of any record.
type Header struct {
	Site, Source, Table string
	// Stream names the sequence of pages: the table, or a backfill of it.
	Stream string
	// Epoch counts the writers of a stream; Writer is the nonce of the one
	// that opened this epoch.
	Epoch  int64
	Writer string
	// Seq counts the pages of an epoch; 0 is the empty page that opens it.
	Seq int64
	// CursorBefore and CursorAfter are the connector's own marks, opaque to
	// all but the connector.
	CursorBefore, CursorAfter string
	// Rows is how many records the page holds, Rejects how many rejects, and
	// Read how many the connector counted before encoding.
	Rows, Rejects, Read int64
	// Schema is a fingerprint of the fields' names and kinds; Definition one
	// of the source definition that the puller ran with.
	Schema, Definition string
	Snapshot           Snapshot
	// Sum is the SHA-256 of the unsealed payload.
	Sum [32]byte
}

// Opens reports whether the page opens an epoch: it then carries no records.
func (h *Header) Opens() bool { return h.Seq == 0 }

// Keys of the Kafka headers. They are a stored format: a golden test holds
// them.
const (
	keySite        = "site"
	keySource      = "source"
	keyTable       = "table"
	keyStream      = "stream"
	keyEpoch       = "epoch"
	keyWriter      = "writer"
	keySeq         = "seq"
	keyBefore      = "cursor_before"
	keyAfter       = "cursor_after"
	keyRows        = "rows"
	keyRejects     = "rejects"
	keyRead        = "read"
	keySchema      = "schema"
	keyDefinition  = "definition"
	keySnapshotID  = "snapshot"
	keySnapshotAt  = "snapshot_at"
	keySnapshotEnd = "snapshot_end"
	keyCount       = "source_count"
	keySum         = "sha256"
)

// Pair is one Kafka header.
type Pair struct{ Key, Value string }

// Pairs writes the header as Kafka headers, always in the same order.
func (h *Header) Pairs() []Pair {
	at := ""
	if !h.Snapshot.At.IsZero() {
		at = h.Snapshot.At.UTC().Format(time.RFC3339Nano)
	}
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return []Pair{
		{keySite, h.Site}, {keySource, h.Source}, {keyTable, h.Table}, {keyStream, h.Stream},
		{keyEpoch, n(h.Epoch)}, {keyWriter, h.Writer}, {keySeq, n(h.Seq)},
		{keyBefore, h.CursorBefore}, {keyAfter, h.CursorAfter},
		{keyRows, n(h.Rows)}, {keyRejects, n(h.Rejects)}, {keyRead, n(h.Read)},
		{keySchema, h.Schema}, {keyDefinition, h.Definition},
		{keySnapshotID, h.Snapshot.ID}, {keySnapshotAt, at},
		{keySnapshotEnd, strconv.FormatBool(h.Snapshot.End)}, {keyCount, n(h.Snapshot.Count)},
		{keySum, hex.EncodeToString(h.Sum[:])},
	}
}

// ParseHeader reads Kafka headers back. Unknown keys are passed over, so that
// a later writer may add some; a missing or malformed one is an error.
func ParseHeader(pairs []Pair) (Header, error) {
	var h Header
	p := headerParser{values: make(map[string]string, len(pairs))}
	for _, pair := range pairs {
		p.values[pair.Key] = pair.Value
	}
	h.Site, h.Source, h.Table = p.text(keySite), p.text(keySource), p.text(keyTable)
	h.Stream, h.Writer = p.text(keyStream), p.text(keyWriter)
	h.Epoch, h.Seq = p.number(keyEpoch), p.number(keySeq)
	h.CursorBefore, h.CursorAfter = p.text(keyBefore), p.text(keyAfter)
	h.Rows, h.Rejects, h.Read = p.number(keyRows), p.number(keyRejects), p.number(keyRead)
	h.Schema, h.Definition = p.text(keySchema), p.text(keyDefinition)
	h.Snapshot.ID, h.Snapshot.Count = p.text(keySnapshotID), p.number(keyCount)
	h.Snapshot.End = p.text(keySnapshotEnd) == "true"
	if at := p.text(keySnapshotAt); at != "" {
		t, err := time.Parse(time.RFC3339Nano, at)
		p.note(keySnapshotAt, err)
		h.Snapshot.At = t
	}
	sum, err := hex.DecodeString(p.text(keySum))
	if err == nil && len(sum) != len(h.Sum) {
		err = fmt.Errorf("%d bytes, want %d", len(sum), len(h.Sum))
	}
	p.note(keySum, err)
	copy(h.Sum[:], sum)
	return h, p.err
}

type headerParser struct {
	values map[string]string
	err    error
}

func (p *headerParser) note(key string, err error) {
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("page header %s: %w", key, err)
	}
}

func (p *headerParser) text(key string) string {
	v, ok := p.values[key]
	if !ok {
		p.note(key, fmt.Errorf("is missing"))
	}
	return v
}

func (p *headerParser) number(key string) int64 {
	s := p.text(key)
	if p.err != nil {
		return 0
	}
	v, err := strconv.ParseInt(s, 10, 64)
	p.note(key, err)
	return v
}
