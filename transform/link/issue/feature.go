package issue

import (
	"cmp"
	"slices"
	"sync"
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
	words              []byte   // terms by gram, each once, as they are kept
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
	terms := make([]term, 0, len(by))
	for _, t := range by {
		terms = append(terms, t)
	}
	slices.SortFunc(terms, func(a, b term) int { return cmp.Compare(a.gram, b.gram) })
	f.words = encodeTerms(terms)
	_, _, set := f.grams()
	for _, k := range textsim.Keys(set) {
		f.copies = append(f.copies, uint64(k))
	}
}

// grams are the terms of title and body, each as often as it stands there, and
// those that copies are told by, a set that a short text has none of; all
// ascending.
func (f *features) grams() (title, body, whole []textsim.Gram) {
	r := &reader{b: f.words}
	r.terms(func(t term) {
		for range t.title {
			title = append(title, textsim.Gram(t.gram))
		}
		for range t.body {
			body = append(body, textsim.Gram(t.gram))
		}
		if t.whole {
			whole = append(whole, textsim.Gram(t.gram))
		}
	})
	return title, body, whole
}

// node is one request as it is compared under a model.
type node struct {
	*features
	id    string
	kept  *Kept // what is kept of it; part and issue are empty when fresh
	fresh bool
	named []name            // those that the model holds for names
	once  sync.Once         // for the words, which most nodes never need
	what  [2]textsim.Vector // title and body
	full  []textsim.Gram
}

// before orders requests in time, then by identifier.
func before(a, b *node) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id))
}

func (m *Model) node(id string, f *features) *node {
	n := &node{features: f, id: id}
	m.name(n)
	return n
}

// name picks those of a node's names that the model holds for names.
func (m *Model) name(n *node) {
	n.named = n.named[:0]
	for _, p := range n.names {
		if !m.wide[p.gram] {
			n.named = append(n.named, p)
		}
	}
}

// prepare weighs a node's terms. It may be called by several goroutines at once.
func (m *Model) prepare(n *node) {
	n.once.Do(func() {
		title, body, whole := n.grams()
		n.what, n.full = [2]textsim.Vector{m.rarity.Vector(title), m.rarity.Vector(body)}, whole
	})
}

// forget drops a node's words; prepare weighs them anew.
func (n *node) forget() { n.once, n.what, n.full = sync.Once{}, [2]textsim.Vector{}, nil }

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
