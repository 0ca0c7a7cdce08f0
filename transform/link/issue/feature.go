package issue

import (
	"cmp"
	"slices"
	"strings"
	"time"

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

// text is one request as it was read, before the model weighs it.
type text struct {
	title, body []textsim.Gram // what: n-grams outside the names of places
	whole       []textsim.Gram // n-grams of all, a set
	places      []place        // where: by gram, each once
	long        bool
}

type place struct {
	gram     textsim.Gram
	word     string
	numbered bool // the name goes on with the number of a house
	stretch  bool // a road or village: many problems have a place on it
}

// read takes a request's text apart.
func read(r *Request, o *Options) text {
	title := textsim.Fold(nil, r.Title)
	body := textsim.Fold(nil, r.Body)
	body = body[:min(len(body), o.Runes)]
	address := textsim.Fold(nil, r.Place.Text)
	var t text
	titleMask, bodyMask := make([]bool, len(title)), make([]bool, len(body))
	t.places = places(t.places, title, titleMask)
	t.places = places(t.places, address, make([]bool, len(address)))
	head := min(len(body), headRunes)
	t.places = places(t.places, body[:head], bodyMask[:head])
	places(nil, body[head:], bodyMask[head:])
	slices.SortFunc(t.places, func(a, b place) int { return cmp.Compare(a.gram, b.gram) })
	t.places = slices.CompactFunc(t.places, func(a, b place) bool { return a.gram == b.gram })
	maskNames(t.places, title, titleMask)
	maskNames(t.places, body, bodyMask)
	t.title = textsim.Grams(nil, title, gramLow, gramHigh, titleMask)
	t.body = textsim.Grams(nil, body, gramLow, gramHigh, bodyMask)
	whole := body
	if len(body) < copyRunes {
		whole = append(append(title, 0), body...)
	}
	t.long = len(whole) >= copyRunes
	t.whole = textsim.Set(textsim.Grams(nil, whole, gramHigh, gramHigh, nil))
	return t
}

// node is one request as it is compared.
type node struct {
	id, title, category string
	reporter, channel   string
	at                  time.Time
	placeID             string
	level               Level
	places              []place // those that the model holds for names
	what                [2]textsim.Vector
	whole               []textsim.Gram
	long                bool
}

// before orders requests in time, then by identifier.
func before(a, b *node) int {
	return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id))
}

func (m *Model) node(r *Request, o *Options) *node {
	t := read(r, o)
	n := &node{id: r.ID, title: headline(r), category: r.Category, reporter: r.Reporter, channel: r.Channel,
		at: r.At, placeID: r.Place.ID, level: r.Place.Level, whole: t.whole, long: t.long}
	n.what = [2]textsim.Vector{m.rarity.Vector(t.title), m.rarity.Vector(t.body)}
	for _, p := range t.places {
		if !m.wide[p.gram] {
			n.places = append(n.places, p)
		}
	}
	return n
}

// headline is what an issue is called by: the title, or the beginning of the
// body up to 40 runes.
func headline(r *Request) string {
	s := strings.Join(strings.Fields(r.Title), " ")
	if s == "" {
		s = strings.Join(strings.Fields(r.Body), " ")
	}
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}

// alike is how alike two requests are in what they say, 0 to 1: the mean of
// the cosines of titles and of bodies, of the parts that both have.
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

// copies reports whether two requests are near copies. One text about two
// places, as a form letter is, is no copy unless it is the same to the letter.
func copies(a, b *node, stratum int) bool {
	if !a.long || !b.long || conflict(a, b) {
		return false
	}
	least := copied
	if stratum == apart && len(a.places) > 0 && len(b.places) > 0 {
		least = 1
	}
	short, long := min(len(a.whole), len(b.whole)), max(len(a.whole), len(b.whole))
	return float64(short) >= least*float64(long) && textsim.Jaccard(a.whole, b.whole) >= least
}

// The strata of what two requests have in common of a place: nothing; one name
// of a road or village with two characters before its suffix, or with three; one
// of a compound or house; several names; a name with the number of a house; or
// an identifier of a level.
const (
	apart = iota
	shortStretch
	longStretch
	shortName
	longName
	severalNames
	houseName
	byLevel // + Level
	strata  = byLevel + int(Building) + 1
)

// common tells the stratum of a pair and, where a name brought it together,
// the longest of the shared names.
func common(a, b *node) (stratum int, word string) {
	if a.placeID != "" && b.placeID != "" && a.level == b.level && a.level != Community {
		if a.placeID == b.placeID {
			return byLevel + int(a.level), ""
		}
		return apart, ""
	}
	shared := sharedNames(a.places, b.places)
	names, house := 0, false
	for i, x := range shared {
		if x.numbered && !house || x.numbered == house && len(x.word) > len(word) {
			word = x.word
		}
		house = house || x.numbered
		if !endOfOther(shared, i) {
			names++
		}
	}
	switch {
	case house:
		return houseName, word
	case names > 1:
		return severalNames, word
	case len(shared) == 0:
		return apart, ""
	}
	stratum = shortName
	if shared[0].stretch {
		stratum = shortStretch
	}
	if len(shared) > 1 {
		stratum++
	}
	return stratum, word
}

// endOfOther reports whether a name is the end of a longer one in the list: the
// same place named once.
func endOfOther(names []place, i int) bool {
	for k, other := range names {
		if k != i && strings.HasSuffix(other.word, names[i].word) {
			return true
		}
	}
	return false
}

// sharedNames are the names that stand in both lists, which are sorted by gram.
func sharedNames(a, b []place) (shared []place) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := cmp.Compare(a[i].gram, b[j].gram); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			shared = append(shared, a[i])
			i, j = i+1, j+1
		}
	}
	return shared
}

// conflict reports whether two places are surely not one.
func conflict(a, b *node) bool {
	return a.placeID != "" && b.placeID != "" && a.level == b.level && a.placeID != b.placeID
}
