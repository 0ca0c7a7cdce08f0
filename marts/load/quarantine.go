package load

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"huiliu/ingest/page"
	"huiliu/transform/normalise"
)

// Kinds of quarantine: bytes no record could be cut from, a whole record, one
// value of a record.
const (
	kindReject = "reject"
	kindRecord = "record"
	kindCell   = "cell"
)

// quarantineContext binds sealed quarantine bytes to their use.
const quarantineContext = "quarantine"

// quarantined is one row of load.quarantine.
type quarantined struct {
	id                             uint64
	kind, code, field, cause, mend string
	origin                         string
	row, offset, size              int64
	position                       int64 // of the record in its page, -1 for a reject
	sealed                         []byte
	page                           uint64
}

func (l *Loader) rejected(it *item, r *page.Reject) quarantined {
	return quarantined{
		id: quarantineID(it.feed, r.Code, "", r.Place.Origin+"\x00"+strconv.FormatInt(r.Place.Row, 10)+"\x00"+string(r.Raw)), kind: kindReject, code: r.Code, cause: r.Cause, mend: r.Mend,
		origin: r.Place.Origin, row: r.Place.Row, offset: r.Place.Offset, size: r.Size, position: -1,
		sealed: l.Box.Seal(nil, r.Raw, quarantineContext), page: it.id,
	}
}

func (l *Loader) refused(it *item, b *page.Batch, bad *normalise.Bad) quarantined {
	place := b.Place(bad.Record)
	kind, bytes := kindRecord, bad.Value
	if bad.Field != "" {
		kind = kindCell
	} else {
		bytes = recordJSON(b, bad.Record)
	}
	hash := it.hashes[bad.Record]
	return quarantined{
		id: quarantineID(it.feed, bad.Code, bad.Field, fmt.Sprintf("%x.%x", hash.Hi, hash.Lo)), kind: kind, code: bad.Code, field: bad.Field, cause: bad.Cause, mend: bad.Mend,
		origin: place.Origin, row: place.Row, offset: place.Offset, size: int64(len(bytes)), position: int64(bad.Record),
		sealed: l.Box.Seal(nil, bytes, quarantineContext), page: it.id,
	}
}

// quarantineID is the same whenever the same bad thing comes again, as from a
// source whose reads overlap: it then takes the place of the entry before.
func quarantineID(f *feed, code, field, content string) uint64 {
	return xxh3.HashString(f.source + "\x00" + f.table + "\x00" + code + "\x00" + field + "\x00" + content)
}

// pageID names a page in the store: the first bytes of its SHA-256, mixed
// with its stream and mark, since two pages may hold the same records.
func pageID(h *page.Header) uint64 {
	return binary.BigEndian.Uint64(h.Sum[:8]) ^ xxh3.HashString(h.Source+"\x00"+h.Stream+"\x00"+h.CursorBefore+"\x00"+h.CursorAfter)
}

// recordJSON writes a record as one JSON object of texts, for a person who
// looks at it.
func recordJSON(b *page.Batch, i int) []byte {
	out := []byte{'{'}
	for c, f := range b.Fields() {
		column := b.Column(c)
		if column.Null(i) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(f.Name)
		value, _ := json.Marshal(string(column.AppendText(nil, i)))
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}')
}

// quarantineColumns lays entries out for one insert.
type quarantineColumns struct {
	met                                                   map[uint64]bool
	id, page                                              []uint64
	source, table, kind, code, field, cause, mend, origin []string
	row, offset, size, position                           []int64
	sealed                                                [][]byte
}

func (q *quarantineColumns) add(it *item, b *quarantined) {
	if q.met == nil {
		q.met = map[uint64]bool{}
	}
	if q.met[b.id] {
		return
	}
	q.met[b.id] = true
	q.id, q.page, q.sealed = append(q.id, b.id), append(q.page, b.page), append(q.sealed, b.sealed)
	q.source, q.table = append(q.source, it.feed.source), append(q.table, it.feed.table)
	q.kind, q.code, q.field = append(q.kind, b.kind), append(q.code, b.code), append(q.field, b.field)
	q.cause, q.mend, q.origin = append(q.cause, b.cause), append(q.mend, b.mend), append(q.origin, b.origin)
	q.row, q.offset = append(q.row, b.row), append(q.offset, b.offset)
	q.size, q.position = append(q.size, b.size), append(q.position, b.position)
}

func (q *quarantineColumns) batch() arrow.RecordBatch {
	return record([]string{"id", "source", "source_table", "kind", "code", "field", "cause", "mend", "origin", "origin_row", "origin_offset", "size", "bytes", "page", "position"},
		[]arrow.Array{uint64s(q.id), texts(q.source), texts(q.table), texts(q.kind), texts(q.code), texts(q.field), texts(q.cause), texts(q.mend), texts(q.origin),
			int64s(q.row, nil), int64s(q.offset, nil), int64s(q.size, nil), blobs(q.sealed), uint64s(q.page), int64s(q.position, nil)})
}

func (q *quarantineColumns) idList() string {
	var out []byte
	for i, id := range q.id {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(out, id, 10)
	}
	return string(out)
}
