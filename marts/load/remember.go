package load

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// addRecords writes what the store must remember of each record that is now
// the last of its key.
func (w *writing) addRecords(ctx context.Context) error {
	var m recordColumns
	for _, it := range w.pages {
		for i := range it.hashes {
			key := it.out.Records[i].Key
			if r := w.memory[key]; r != nil && r.item == it && r.position == i {
				m.add(key, it.feed.number, r)
				if !r.stored {
					w.l.keys.add(key)
				}
			}
		}
	}
	if len(m.key) == 0 {
		return nil
	}
	return w.insert(ctx, "remember records", w.l.inlets.records, `INSERT INTO store.load.record (_key, _check, feed, hash_hi, hash_lo, version, snapshot, transform, deleted, page)
		SELECT _key, _check, feed, hash_hi, hash_lo, version, nullif(snapshot, 0), transform, deleted, page FROM `+w.l.inlets.records.Name(), m.batch())
}

type recordColumns struct {
	key, check, hi, lo, transform, page []uint64
	feed                                []int32
	version, snapshot                   []int64
	hasVersion, deleted                 []bool
}

func (m *recordColumns) add(key uint64, feed int32, r *remembered) {
	m.key, m.check, m.hi, m.lo = append(m.key, key), append(m.check, r.check), append(m.hi, r.hash.Hi), append(m.lo, r.hash.Lo)
	m.transform, m.page, m.feed = append(m.transform, r.transform), append(m.page, r.page), append(m.feed, feed)
	m.version, m.snapshot = append(m.version, r.version), append(m.snapshot, r.snapshot)
	m.hasVersion, m.deleted = append(m.hasVersion, r.hasVersion), append(m.deleted, r.deleted)
}

func (m *recordColumns) batch() arrow.RecordBatch {
	valid := make([]byte, (len(m.key)+7)/8)
	for i, ok := range m.hasVersion {
		if ok {
			setBit(valid, i)
		}
	}
	return record([]string{"_key", "_check", "feed", "hash_hi", "hash_lo", "version", "snapshot", "transform", "deleted", "page"},
		[]arrow.Array{uint64s(m.key), uint64s(m.check), int32s(m.feed), uint64s(m.hi), uint64s(m.lo), int64s(m.version, valid),
			int64s(m.snapshot, nil), uint64s(m.transform), bools(m.deleted), uint64s(m.page)})
}
