package address

import (
	"cmp"
	"slices"
	"strings"
)

// Gazetteer is a source of names that a site knows: its communities, roads and
// compounds, or the divisions of the country. Names calls yield for each until
// it returns false; in which order does not matter.
type Gazetteer interface {
	Names(yield func(Kind, string) bool)
}

// Names is a Gazetteer of lists.
type Names map[Kind][]string

// Names gives each name once per list it is in.
func (n Names) Names(yield func(Kind, string) bool) {
	for k := range kinds {
		for _, s := range n[k] {
			if !yield(k, s) {
				return
			}
		}
	}
}

// longest is how many tokens of a name are looked up.
const longest = 16

// lexicon finds the known names that begin at a token. Its keys are hashes of
// token sequences: a name's own, and those of its beginnings so that a search
// can stop early.
type lexicon struct {
	// Bits of the kinds, those of short forms 32 higher; 0 for a mere beginning.
	names map[uint64]uint64
}

func newLexicon(sources ...Gazetteer) *lexicon {
	l := &lexicon{names: map[uint64]uint64{}}
	for _, s := range sources {
		if s == nil {
			continue
		}
		s.Names(func(k Kind, name string) bool {
			if k < kinds {
				l.add(k, name)
			}
			return true
		})
	}
	return l
}

func (l *lexicon) add(k Kind, name string) {
	tokens := tokenise(name)
	if len(tokens) < 2 || len(tokens) > longest {
		return
	}
	l.enter(tokens, 1<<k)
	for _, end := range generic[k] {
		if short, ok := strings.CutSuffix(name, end); ok {
			if tokens = tokenise(short); len(tokens) >= 2 {
				l.enter(tokens, 1<<(k+32))
			}
			return
		}
	}
}

// generic are the generic terms that are left out in short forms: 云溪 for
// 云溪街道. A road's stays, for what is before it names much else.
var generic = map[Kind][]string{
	District:  {"自治县", "区", "县", "市", "旗"},
	Town:      {"街道", "镇", "乡"},
	Community: {"社区", "村"},
	Compound:  {"小区"},
}

func (l *lexicon) enter(tokens []token, bits uint64) {
	var h uint64
	for _, t := range tokens {
		h = mix(h, t.hash)
		l.names[h] |= 0
	}
	l.names[h] |= bits
}

// match is a known name at tokens from to to-1.
type match struct {
	from, to int
	kinds    uint64
}

// find gives the longest known name at each token, longest first, without
// those that lie wholly inside a longer one.
func (l *lexicon) find(tokens []token) []match {
	if len(l.names) == 0 {
		return nil
	}
	var all []match
	for i := range tokens {
		var h uint64
		for j := i; j < len(tokens) && j < i+longest; j++ {
			h = mix(h, tokens[j].hash)
			kinds, ok := l.names[h]
			if !ok {
				break
			}
			if kinds != 0 {
				all = append(all, match{i, j + 1, kinds})
			}
		}
	}
	slices.SortFunc(all, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.to-b.from, a.to-a.from), cmp.Compare(a.from, b.from))
	})
	kept := all[:0]
	for _, m := range all {
		if !slices.ContainsFunc(kept, func(k match) bool { return k.from <= m.from && m.to <= k.to }) {
			kept = append(kept, m)
		}
	}
	return kept
}

// mix joins hashes in order (the finaliser of MurmurHash3, Appleby 2011).
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
