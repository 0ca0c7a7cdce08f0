package load

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"huiliu/ingest/page"
	"huiliu/transform/normalise"
)

// remembered is what load.record knows of a key.
type remembered struct {
	check             uint64
	hash              page.Hash
	version, snapshot int64
	hasVersion        bool
	transform, page   uint64
	deleted, gone     bool
	stored            bool // in the store, not only in this batch
	// item and position of the record in this batch that holds the key now.
	item     *item
	position int
}

// lookup reads what the store remembers of the keys in a batch of pages.
func (l *Loader) lookup(ctx context.Context, items []*item) (map[uint64]*remembered, error) {
	total := 0
	var keys []uint64
	for _, it := range items {
		total += len(it.hashes)
		for i := range it.hashes {
			if key := it.out.Records[i].Key; l.keys.maybe(key) {
				keys = append(keys, key)
			}
		}
	}
	memory := make(map[uint64]*remembered, total)
	if len(keys) == 0 {
		return memory, nil
	}
	batch := keyBatch(keys)
	defer batch.Release()
	l.inlets.keys.Fill(batch)
	defer l.inlets.keys.Fill()
	query := `SELECT r._key, r._check, r.hash_hi, r.hash_lo, coalesce(r.version, 0), r.version IS NOT NULL, coalesce(r.snapshot, 0), r.transform, r.page, r.deleted
		FROM store.load.record r SEMI JOIN ` + l.inlets.keys.Name() + ` k ON r._key = k._key`
	err := l.session.Query(ctx, query, func(r arrow.RecordBatch) error {
		key, check := r.Column(0).(*array.Uint64), r.Column(1).(*array.Uint64)
		hi, lo := r.Column(2).(*array.Uint64), r.Column(3).(*array.Uint64)
		version, has, snapshot := r.Column(4).(*array.Int64), r.Column(5).(*array.Boolean), r.Column(6).(*array.Int64)
		transform, at, deleted := r.Column(7).(*array.Uint64), r.Column(8).(*array.Uint64), r.Column(9).(*array.Boolean)
		for i := range int(r.NumRows()) {
			memory[key.Value(i)] = &remembered{
				check: check.Value(i), hash: page.Hash{Hi: hi.Value(i), Lo: lo.Value(i)}, version: version.Value(i), hasVersion: has.Value(i),
				snapshot: snapshot.Value(i), transform: transform.Value(i), page: at.Value(i), deleted: deleted.Value(i), stored: true,
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up known records: %w", err)
	}
	return memory, nil
}

// classify gives each record of a page its one fate, in order, and books it.
func (l *Loader) classify(it *item, memory map[uint64]*remembered, changes *changes) {
	n := len(it.hashes)
	it.keep, it.event = make([]bool, n), make([]bool, n)
	if it.replay {
		it.counts.Replayed = int64(n)
		if it.only != nil {
			it.counts.Replayed = int64(len(it.only))
		}
	} else {
		it.counts.Read = int64(n) + it.rejects
		it.counts.Quarantined = it.rejects
	}
	for i := range n {
		if it.only != nil && !it.only[i] {
			continue
		}
		r := &it.out.Records[i]
		switch r.Fate {
		case normalise.Quarantined:
			it.counts.Quarantined++
		case normalise.Filtered:
			it.counts.Filtered++
		default:
			l.decide(it, i, r, memory, changes)
		}
	}
}

func (l *Loader) decide(it *item, i int, r *normalise.Record, memory map[uint64]*remembered, changes *changes) {
	incoming := remembered{
		check: r.Check, hash: it.hashes[i], version: r.Version, hasVersion: r.HasVersion, snapshot: snapshotMicros(&it.header),
		transform: it.feed.Transform.Version(), page: it.id, item: it, position: i,
	}
	known := memory[r.Key]
	if known != nil && known.check != r.Check {
		it.counts.Quarantined++
		it.bad = append(it.bad, quarantined{
			id: quarantineID(it.feed, "key_collision", "", fmt.Sprintf("%x.%x", it.hashes[i].Hi, it.hashes[i].Lo)), kind: kindRecord, code: "key_collision", position: int64(i), page: it.id, row: it.places[i], offset: -1,
			cause: "two keys have the same 64-bit hash", mend: "report this with the two keys: it happens once in 10^12 sites", sealed: l.Box.Seal(nil, nil, quarantineContext),
		})
		return
	}
	if r.Fate == normalise.Delete {
		l.decideDelete(&incoming, known, r.Key, memory, changes)
		return
	}
	switch {
	case known == nil && incoming.snapshot != 0 && incoming.snapshot < it.feed.latest:
		// It had vanished again before a snapshot that is loaded already.
		it.counts.Superseded++
		return
	case known == nil:
		it.counts.New++
		memory[r.Key] = &incoming
		it.keep[i], it.event[i] = true, true
		return
	case known.hash == incoming.hash && !known.deleted && known.transform == incoming.transform:
		it.counts.Unchanged++
		if incoming.snapshot > known.snapshot && known.version == incoming.version {
			changes.seenAgain(known, &incoming, r.Key)
		}
		return
	case it.replay && !supersedesOnReplay(&incoming, known), !it.replay && !supersedes(&incoming, known):
		it.counts.Superseded++
		return
	}
	it.counts.Changed++
	changes.replace(known, r.Key)
	incoming.stored = known.stored
	*known = incoming
	it.keep[i], it.event[i] = true, true
}

// decideDelete books a delete record; the row of its key, if there is one,
// ends softly.
func (l *Loader) decideDelete(incoming, known *remembered, key uint64, memory map[uint64]*remembered, changes *changes) {
	incoming.item.counts.Deleted++
	if known == nil {
		incoming.deleted, incoming.gone = true, true
		memory[key] = incoming
		return
	}
	if known.deleted || !ends(incoming, known) {
		return
	}
	changes.replaceRecord(known, key)
	changes.ended[key] = struct{}{}
	if incoming.hasVersion { // else the row's own version still tells what is older
		known.version, known.hasVersion = incoming.version, true
	}
	known.hash, known.snapshot, known.page = incoming.hash, incoming.snapshot, incoming.page
	known.deleted, known.gone = true, true
	if known.item == nil {
		known.item, known.position = incoming.item, incoming.position
	}
}

// ends reports whether a delete record ends what is known of its key. One
// without a version, such as a tombstone of a compacted topic, says only that
// it comes after all before it: that holds where it first came, and not where
// an archived page is done again behind later ones.
func ends(in, known *remembered) bool {
	if in.hasVersion || in.snapshot != 0 {
		return supersedes(in, known)
	}
	return !in.item.replay || in.hash == known.hash && in.page == known.page
}

// supersedes reports whether a record is later than what is known: by the
// source's version, then the snapshot's time, then, so that every order of
// arrival ends the same, the hash. A feed that gives neither version nor
// snapshot time has nothing but the order of arrival.
func supersedes(in, known *remembered) bool {
	if in.hasVersion != known.hasVersion {
		return in.hasVersion
	}
	if in.hasVersion && in.version != known.version {
		return in.version > known.version
	}
	if in.snapshot != known.snapshot {
		return in.snapshot > known.snapshot
	}
	if !in.hasVersion && in.snapshot == 0 || in.hash == known.hash {
		return true
	}
	if in.hash.Hi != known.hash.Hi {
		return in.hash.Hi > known.hash.Hi
	}
	return in.hash.Lo > known.hash.Lo
}

// supersedesOnReplay is the rule for archived pages: the record that made the
// row is done again with today's transform, an earlier version never wins, and
// the page that showed a record first doesn't bring back what has vanished.
func supersedesOnReplay(in, known *remembered) bool {
	if in.hash == known.hash {
		return in.page == known.page && !known.deleted
	}
	if !in.hasVersion && in.snapshot == 0 {
		return false
	}
	return supersedes(in, known)
}

func snapshotMicros(h *page.Header) int64 {
	if h.Snapshot.At.IsZero() {
		return 0
	}
	return h.Snapshot.At.UnixMicro()
}

// changes is what a batch does to rows that the store already has.
type changes struct {
	// replaced are keys whose rows and record are written anew; rewritten are
	// keys whose record alone is; ended are keys whose rows end.
	replaced, rewritten, ended map[uint64]struct{}
	// repeated says that one key came more than once in the batch, so that
	// events may repeat too.
	repeated bool
}

func newChanges() *changes {
	return &changes{replaced: map[uint64]struct{}{}, rewritten: map[uint64]struct{}{}, ended: map[uint64]struct{}{}}
}

// replace takes the place of what is known: rows in the store are to be
// deleted, rows earlier in this batch are left out.
func (c *changes) replace(known *remembered, key uint64) {
	delete(c.ended, key) // it is there again
	if known.stored {
		c.replaced[key] = struct{}{}
	}
	if known.item != nil {
		c.repeated = true
		known.item.keep[known.position] = false
	}
}

// seenAgain notes that a later snapshot shows the same record, so that a
// snapshot of a day between that arrives late can't bring back an older one.
func (c *changes) seenAgain(known, incoming *remembered, key uint64) {
	known.snapshot = incoming.snapshot
	if known.stored {
		c.rewritten[key] = struct{}{}
	}
	if known.item == nil {
		known.item, known.position = incoming.item, incoming.position
	}
}

func (c *changes) replaceRecord(known *remembered, key uint64) {
	if known.stored {
		c.rewritten[key] = struct{}{}
	}
	if known.item != nil {
		c.repeated = true
	}
}
