package normalise

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"
)

// events collects what the records of a page say has happened.
type events struct {
	ids, entities, names *texts
	at                   *growing
	on                   []int32
	number               []uint64
	record               []int32
	work                 []byte
}

// growing is a column of moments of a length that is not known beforehand.
type growing struct {
	values []int64
	has    []bool
}

func newEvents() *events {
	return &events{ids: &texts{ends: []int32{0}}, entities: &texts{ends: []int32{0}}, names: &texts{ends: []int32{0}}, at: &growing{}}
}

// reserve makes room for n more events whose ids have size bytes together.
func (e *events) reserve(n, size int) {
	e.ids.data, e.ids.ends = slices.Grow(e.ids.data, size), slices.Grow(e.ids.ends, n)
	e.entities.ends, e.names.ends = slices.Grow(e.entities.ends, n), slices.Grow(e.names.ends, n)
	e.at.values, e.at.has = slices.Grow(e.at.values, n), slices.Grow(e.at.has, n)
	e.on, e.number, e.record = slices.Grow(e.on, n), slices.Grow(e.number, n), slices.Grow(e.record, n)
}

func (t *texts) grow(v []byte) {
	t.data = append(t.data, v...)
	t.ends = append(t.ends, int32(len(t.data)))
}

// events reads a map's events of its records.
func (p *pass) events(m *compiledMap, records []int32, ids *texts, into *events) {
	into.reserve(len(m.events)*len(records), len(m.events)*len(ids.data))
	for _, e := range m.events {
		b := p.bind(e.value, p.batch)
		for row, i := range records {
			if len(ids.at(row)) == 0 {
				continue
			}
			at, out := p.moment(b, int(i))
			if out != good {
				p.refuse(int(i), b, out)
				continue
			}
			utc, day := int64(0), int32(at.day)
			if at.hasClock {
				utc = at.utc(b.clock)
				day = p.site.day(utc)
			}
			into.add(m, e.name, ids.at(row), i, utc, at.hasClock, day)
		}
	}
}

// add adds one event. Its number is the hash of the row, the kind and the
// moment: the same event told again has the same number.
func (e *events) add(m *compiledMap, name string, id []byte, record int32, utc int64, hasClock bool, day int32) {
	e.ids.grow(id)
	e.entities.grow([]byte(m.entity.Name))
	e.names.grow([]byte(name))
	e.at.values = append(e.at.values, utc)
	e.at.has = append(e.at.has, hasClock)
	e.on = append(e.on, day)
	e.record = append(e.record, record)
	w := append(append(e.work[:0], m.entity.Name...), 0)
	w = append(append(w, id...), 0)
	w = append(append(w, name...), 0)
	if hasClock {
		w = binary.BigEndian.AppendUint64(append(w, 't'), uint64(utc))
	} else {
		w = binary.BigEndian.AppendUint32(append(w, 'd'), uint32(day))
	}
	e.work = w
	e.number = append(e.number, xxh3.Hash(w))
}

func (e *events) batch() (arrow.RecordBatch, []int32) {
	n := len(e.number)
	if n == 0 {
		return nil, nil
	}
	has := newBitmap(n)
	for i, ok := range e.at.has {
		if ok {
			has.set(i)
		}
	}
	columns := []arrow.Array{
		e.ids.array(arrowTypes["VARCHAR"]), e.entities.array(arrowTypes["VARCHAR"]), e.names.array(arrowTypes["VARCHAR"]),
		build(arrowTypes["TIMESTAMP"], n, has, arrow.Int64Traits.CastToBytes(e.at.values)),
		build(arrowTypes["DATE"], n, nil, arrow.Int32Traits.CastToBytes(e.on)),
		build(arrowTypes["UBIGINT"], n, nil, arrow.Uint64Traits.CastToBytes(e.number)),
	}
	batch := array.NewRecordBatch(EventSchema, columns, int64(n))
	for _, c := range columns {
		c.Release()
	}
	return batch, e.record
}
