package place

import (
	"cmp"
	"slices"

	"huiliu/internal/fault"
)

// Place is what some rows have in common of where they are.
type Place struct {
	Level Level
	// Code is the building's number, empty where none is known.
	Code    string
	Members []Member
}

// Member is a signature in its place.
type Member struct {
	Signature Signature
	Rows      int
	Way       Way
	// Probability is how sure it is that the rows belong here, from 0 to 1: of
	// the rows with a building number that came by the same way, the share that
	// it led to their own number; of a building number, the share that agrees
	// with the rest of what its rows say. It is .5 where nothing could be
	// measured, and for a number that contradicts the rest of its row.
	Probability float64
	// Measured is how many rows the probability was measured on.
	Measured int
	Reason   fault.Text
}

// linker is one Link under way.
type linker struct {
	seen                          []Seen
	void                          map[string]bool // building numbers that are none
	roads, compounds, communities *names
}

// Link puts signatures into places: a partition, each in the order of its
// signatures, the places in the order of their first. Signatures given twice
// are counted together. The same signatures and counts give the same places in
// whatever order they come, in time near linear in their number.
func Link(seen []Seen) []Place {
	l := &linker{seen: together(seen)}
	l.voidCodes()
	l.unify()
	k := l.newKeys()
	c := k.newCodes()
	measured := k.measure(c)
	type place struct {
		key
		code string
	}
	at := map[place]int{}
	var out []Place
	for i := range l.seen {
		s := l.seen[i]
		x, m, code := k.settle(c, i)
		own := place{key: x}
		if code != "" {
			own = place{key{level: Building}, code}
		}
		n, ok := at[own]
		if !ok {
			n = len(out)
			at[own] = n
			out = append(out, Place{Level: own.level, Code: code})
		}
		v := measured[m]
		out[n].Members = append(out[n].Members, Member{Signature: s.Signature, Rows: s.Rows, Way: m.way,
			Probability: v.probability(), Measured: v.right + v.wrong, Reason: l.reason(s.Signature, x, m, code)})
	}
	return out
}

// together sorts signatures and adds up equal ones.
func together(seen []Seen) []Seen {
	sorted := slices.Clone(seen)
	slices.SortFunc(sorted, func(a, b Seen) int {
		return cmp.Or(a.Signature.compare(b.Signature), cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Long, b.Long))
	})
	var out []Seen
	for _, s := range sorted {
		s.Rows = max(1, s.Rows)
		if n := len(out); n > 0 && out[n-1].Signature == s.Signature {
			out[n-1].Rows += s.Rows
			continue
		}
		out = append(out, s)
	}
	return out
}

// settle gives a signature's key, the method, and the building number of its
// place. A building number that is given decides, also against what the rest of
// the row says.
func (k *keys) settle(c *codes, i int) (key, method, string) {
	s, x := k.seen[i].Signature, k.key[i]
	led := ""
	if k.leads(x) {
		led = c.number(x, k.community(s))
	}
	if code := k.code(s); code != "" {
		return x, method{way: ByCode, against: led != "" && led != code}, code
	}
	return x, method{way: k.way[i], respelled: k.respelled(s)}, led
}

// respelled reports whether a name was taken for another spelling.
func (k *keys) respelled(s Signature) bool {
	return s.Area == "" && (s.Road != k.road(s) || s.Compound != "" && s.Compound != k.compounds.label(k.sense(s)))
}

// measure counts for each method the rows whose building number it would have
// found without them, and missed.
func (k *keys) measure(c *codes) map[method]verdicts {
	out := map[method]verdicts{}
	for i := range k.seen {
		s := k.seen[i]
		x, code := k.key[i], k.code(s.Signature)
		if code == "" || !k.leads(x) {
			continue
		}
		found := c.without(x, code, s.Rows)
		if found == "" {
			continue
		}
		for _, m := range []method{{way: k.way[i], respelled: k.respelled(s.Signature)}, {way: ByCode}} {
			v := out[m]
			if found == code {
				v.right += s.Rows
			} else {
				v.wrong += s.Rows
			}
			out[m] = v
		}
	}
	return out
}

// unify brings the spellings of communities, roads and compounds together, in
// this order: each is context of the next.
func (l *linker) unify() {
	l.communities, l.roads, l.compounds = newNames(nil), newNames(roadEnds), newNames(compoundEnds)
	l.each(func(s *Seen, x Signature) {
		if x.Community != "" {
			l.communities.of(sense{name: x.Community}).see(s, "", "", "", "")
		}
	})
	l.communities.bySound()
	l.each(func(s *Seen, x Signature) {
		if x.Road == "" {
			return
		}
		mark := ""
		if x.Number != "" && x.Compound != "" {
			mark = x.Number + " " + x.Compound
		}
		l.roads.of(sense{name: x.Road}).see(s, mark, l.community(x), x.Number, l.code(x))
	})
	l.roads.unify()
	l.each(func(s *Seen, x Signature) {
		if x.Compound != "" {
			id := l.sense(x)
			l.compounds.of(id).see(s, id.mark, l.community(x), x.House, l.code(x))
		}
	})
	l.compounds.unify()
}

// each calls fn for what lies in the site.
func (l *linker) each(fn func(*Seen, Signature)) {
	for i := range l.seen {
		if l.seen[i].Signature.Area == "" {
			fn(&l.seen[i], l.seen[i].Signature)
		}
	}
}
