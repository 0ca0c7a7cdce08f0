package issue

import (
	"cmp"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"huiliu/internal/geo"
	"huiliu/internal/textsim"
)

// The n-grams that texts are compared by, and how many runes two texts need at
// least to be called copies: shorter ones are equal by chance.
const (
	gramLow, gramHigh = 2, 3
	copyRunes         = 20
	// headRunes is how much of a body may name the place beside the title.
	headRunes = 120
)

// features are what is kept of a request: no model went into them and no text
// is left in them.
type features struct {
	at                 time.Time
	category, reporter uint64 // hashes, 0 for none
	number, origin     uint64
	channel            string
	spots              []spot // one of a level, the most exact first
	names              []name // by gram, each once
	located            bool
	lat, long          int32    // millionths of a degree
	terms              []term   // by gram, each once
	copies             []uint64 // MinHash keys, none for a text too short to be a copy
}

// spot is an identifier of a place.
type spot struct {
	id    uint64
	level Level
}

// name is the name of a place as a text gives it. A name of three characters
// before its suffix, and one that goes on with the number of a house, has the
// name of two characters for its tail.
type name struct {
	gram, tail uint64
	numbered   bool
	stretch    bool // a road or village: many problems have a place on it
}

// term is an n-gram: how often it says what in title and body, outside the
// names of places, and whether it stands in the text that copies are told by.
// 32 bits of its hash are enough, as a request has some hundred.
type term struct {
	gram        uint32
	title, body uint8
	whole       bool
}

// read takes a request apart.
func read(r *Request, o *Options) *features {
	hash := func(s string) uint64 {
		if s == "" {
			return 0
		}
		return max(1, o.key(xxh3.HashString(s)))
	}
	f := &features{at: r.At.UTC(), category: hash(r.Category), reporter: hash(r.Reporter),
		number: hash(r.Number), origin: hash(r.Origin), channel: r.Channel}
	for _, s := range append([]Spot{{r.Place.ID, r.Place.Level}}, r.Place.Within...) {
		if s.ID != "" && s.Level > Community && s.Level <= Building {
			f.spots = append(f.spots, spot{hash(s.ID), s.Level})
		}
	}
	slices.SortStableFunc(f.spots, func(a, b spot) int { return cmp.Compare(b.level, a.level) })
	f.spots = slices.CompactFunc(f.spots, func(a, b spot) bool { return a.level == b.level })
	if p := r.Place.Point; p != nil && geo.Possible(p.Lat, p.Long) {
		f.located, f.lat, f.long = true, int32(geo.Round(p.Lat)*1e6), int32(geo.Round(p.Long)*1e6)
	}
	f.readText(r, o)
	return f
}

// readText finds the names of places and the terms of a request.
func (f *features) readText(r *Request, o *Options) {
	title := textsim.Fold(nil, r.Title)
	body := textsim.Fold(nil, r.Body)
	body = body[:min(len(body), o.Runes)]
	address := textsim.Fold(nil, r.Place.Text)
	titleMask, bodyMask := make([]bool, len(title)), make([]bool, len(body))
	found := places(nil, title, titleMask)
	found = places(found, address, make([]bool, len(address)))
	head := min(len(body), headRunes)
	found = places(found, body[:head], bodyMask[:head])
	places(nil, body[head:], bodyMask[head:])
	maskNames(found, address, title, titleMask)
	maskNames(found, address, body, bodyMask)
	for _, p := range found {
		n := name{gram: o.key(uint64(p.gram)), numbered: p.numbered, stretch: p.stretch}
		if p.tail != 0 {
			n.tail = o.key(uint64(p.tail))
		}
		f.names = append(f.names, n)
	}
	slices.SortFunc(f.names, func(a, b name) int { return cmp.Compare(a.gram, b.gram) })
	f.names = slices.CompactFunc(f.names, func(a, b name) bool { return a.gram == b.gram })

	whole := body
	if len(body) < copyRunes {
		whole = append(append(title, 0), body...)
	}
	by := map[uint32]term{}
	add := func(grams []textsim.Gram, count func(*term)) {
		for _, g := range grams {
			gram := uint32(o.key(uint64(g)))
			t := by[gram]
			t.gram = gram
			count(&t)
			by[gram] = t
		}
	}
	const most = 255 // of one term in one text
	add(textsim.Grams(nil, title, gramLow, gramHigh, titleMask), func(t *term) { t.title = min(most-1, t.title) + 1 })
	add(textsim.Grams(nil, body, gramLow, gramHigh, bodyMask), func(t *term) { t.body = min(most-1, t.body) + 1 })
	if len(whole) >= copyRunes {
		add(textsim.Grams(nil, whole, gramHigh, gramHigh, nil), func(t *term) { t.whole = true })
	}
	for _, t := range by {
		f.terms = append(f.terms, t)
	}
	slices.SortFunc(f.terms, func(a, b term) int { return cmp.Compare(a.gram, b.gram) })
	for _, k := range textsim.Keys(f.whole()) {
		f.copies = append(f.copies, uint64(k))
	}
}

// grams are the terms of one part of the text, each as often as it stands there.
func (f *features) grams(count func(*term) uint8) (out []textsim.Gram) {
	for i := range f.terms {
		for range count(&f.terms[i]) {
			out = append(out, textsim.Gram(f.terms[i].gram))
		}
	}
	return out
}

func inTitle(t *term) uint8 { return t.title }
func inBody(t *term) uint8  { return t.body }

// whole are the terms that copies are told by, a set; none for a short text.
func (f *features) whole() []textsim.Gram {
	return f.grams(func(t *term) uint8 {
		if t.whole {
			return 1
		}
		return 0
	})
}

// node is one request as it is compared under a model.
type node struct {
	*features
	id    string
	kept  *Kept // what is kept of it; part and issue are empty when fresh
	fresh bool
	named []name            // those that the model holds for names
	what  [2]textsim.Vector // title and body
	full  []textsim.Gram
	ready bool
}

// before orders requests in time, then by identifier.
func before(a, b *node) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id))
}

func (m *Model) node(id string, f *features) *node {
	n := &node{features: f, id: id}
	for _, p := range f.names {
		if !m.wide[p.gram] {
			n.named = append(n.named, p)
		}
	}
	return n
}

// prepare weighs a node's terms, which most nodes never need.
func (m *Model) prepare(n *node) {
	if !n.ready {
		n.what = [2]textsim.Vector{m.rarity.Vector(n.grams(inTitle)), m.rarity.Vector(n.grams(inBody))}
		n.full, n.ready = n.whole(), true
	}
}

// alike is how alike two prepared requests are in what they say, 0 to 1: the
// mean of the cosines of titles and of bodies, of the parts that both have.
func alike(a, b *node) float64 {
	sum, parts := 0.0, 0
	for k := range a.what {
		if len(a.what[k]) > 0 && len(b.what[k]) > 0 {
			sum += textsim.Cosine(a.what[k], b.what[k])
			parts++
		}
	}
	return sum / float64(max(1, parts))
}

// copied is the Jaccard from which two texts are one text sent twice.
const copied = .8

// copies reports whether two prepared requests are near copies. One text about
// two places, as a form letter is, is no copy unless it is the same to the
// letter.
func copies(a, b *node, w where) bool {
	if len(a.full) == 0 || len(b.full) == 0 || w.conflict() {
		return false
	}
	least := copied
	if w == apart && len(a.named) > 0 && len(b.named) > 0 {
		least = 1
	}
	short, long := min(len(a.full), len(b.full)), max(len(a.full), len(b.full))
	return float64(short) >= least*float64(long) && textsim.Jaccard(a.full, b.full) >= least
}

// transferred reports whether one of two requests was made of the other.
func transferred(a, b *node) bool {
	return a.origin != 0 && a.origin == b.number || b.origin != 0 && b.origin == a.number
}
