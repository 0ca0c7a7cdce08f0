package httpapi

import (
	"strings"

	"github.com/zeebo/xxh3"
)

// watch finds out that a list changed while it was read by page numbers. When
// a record that was read comes again further on with other values, it was
// changed and has moved, and each boundary between pages behind its old place
// has let one record slip through unseen.
type watch struct {
	key  []string
	seen map[uint64]sighting
	// blind says that the watch can't see: there is no key, or too much.
	blind bool
	// moved says that a record moved; low is the earliest time that one of
	// those had at its old place, known unless lost.
	moved, lost bool
	low         int64
}

type sighting struct {
	sum uint64
	at  int64
	ok  bool
}

// mostSeen bounds the memory of a watch, about 100 MB.
const mostSeen = 2_000_000

func newWatch(key []string) *watch {
	w := &watch{key: key, seen: map[uint64]sighting{}}
	for _, k := range key {
		w.blind = w.blind || strings.HasPrefix(k, "$")
	}
	w.blind = w.blind || len(key) == 0
	return w
}

// see notes a record, its sum and its time (ok false when it has none).
func (w *watch) see(raw []byte, at int64, ok bool) {
	if w.blind {
		return
	}
	id := uint64(0)
	for _, k := range w.key {
		v := lookup(raw, k)
		if v == nil || string(v) == "null" {
			return // a record without its key is quarantined by the loader
		}
		id = xxh3.HashSeed(v, id)
	}
	s := sighting{xxh3.Hash(raw), at, ok}
	old, again := w.seen[id]
	if again && old.sum != s.sum {
		w.move(old)
	}
	if w.seen[id] = s; len(w.seen) > mostSeen {
		w.blind, w.seen = true, nil
	}
}

func (w *watch) move(old sighting) {
	if !old.ok {
		w.lost = true
	} else if !w.moved || old.at < w.low {
		w.low = old.at
	}
	w.moved = true
}
