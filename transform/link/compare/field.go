package compare

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Null is the class of a pair of which one value is empty: it says nothing.
const Null = 0

// Value is one value of a field, prepared for comparing.
type Value struct {
	Text   string
	pinyin string
	terms  []weighed
}

// weighed is one kind of terms with its weight as a whole.
type weighed struct {
	terms Terms
	// own are the weights of the terms, nil when each weighs 1.
	own    []float32
	weight float64
}

// Field compares the values of one field by levels. Class 0 is Null, class i
// is the i-th level, the first that holds; the class after the last level is
// for all else.
type Field struct {
	levels []Level
	// kinds are the kinds of terms that levels need; kindOf is each level's.
	kinds  []kind
	kindOf []int
	// spelt says that a level compares pinyin.
	spelt bool
}

type kind struct {
	gram int
	rare bool
}

// NewField makes a comparison of levels, strongest first.
func NewField(levels []Level) *Field {
	f := &Field{levels: levels, kindOf: make([]int, len(levels))}
	for i, l := range levels {
		f.spelt = f.spelt || l.Measure == "pinyin"
		if !l.needsTerms() {
			continue
		}
		k := kind{l.Gram, l.Rare}
		at := -1
		for j, known := range f.kinds {
			if known == k {
				at = j
			}
		}
		if at < 0 {
			at = len(f.kinds)
			f.kinds = append(f.kinds, k)
		}
		f.kindOf[i] = at
	}
	return f
}

// Classes is the number of classes, Null and all else included.
func (f *Field) Classes() int { return len(f.levels) + 2 }

// Rare reports whether a level weighs terms by their rarity, and the terms of
// a text that it weighs.
func (f *Field) Rare() bool {
	for _, k := range f.kinds {
		if k.rare {
			return true
		}
	}
	return false
}

// Terms are all terms of a text that are weighed by their rarity.
func (f *Field) Terms(text string) Terms {
	var out Terms
	for _, k := range f.kinds {
		if k.rare {
			out = append(out, k.terms(text)...)
		}
	}
	return out.unique()
}

func (k kind) terms(text string) Terms {
	if k.gram == 0 {
		return Tokens(text)
	}
	return Grams(text, k.gram)
}

// Prepare makes a value; rarity weighs the terms of the idf levels.
func (f *Field) Prepare(text string, rarity Rarity) Value {
	v := Value{Text: text}
	if f.spelt {
		v.pinyin = Pinyin(text)
	}
	if text == "" || len(f.kinds) == 0 {
		return v
	}
	v.terms = make([]weighed, len(f.kinds))
	for i, k := range f.kinds {
		t := k.terms(text)
		w := rarity
		if !k.rare {
			w = nil
		}
		v.terms[i] = weighed{terms: t, weight: float64(len(t))}
		if w != nil {
			v.terms[i].weight = 0
			v.terms[i].own = make([]float32, len(t))
			for j, term := range t {
				v.terms[i].own[j] = float32(w(term))
				v.terms[i].weight += float64(v.terms[i].own[j])
			}
		}
	}
	return v
}

// Swap is a level that holds when two records have the values of two fields
// exchanged, which the values of one field alone can't tell.
type Swap struct {
	Class uint8
	Other string
}

// Swaps are the levels of swapped fields, strongest first.
func (f *Field) Swaps() []Swap {
	var out []Swap
	for i, l := range f.levels {
		if l.Measure == "swapped" {
			out = append(out, Swap{uint8(i + 1), l.Other})
		}
	}
	return out
}

// Exact is the class of equal values, 0 when no level is exact.
func (f *Field) Exact() uint8 {
	for i, l := range f.levels {
		if l.Measure == "exact" {
			return uint8(i + 1)
		}
	}
	return 0
}

// Class is the class of two values; levels of swapped fields are left out.
func (f *Field) Class(a, b *Value) uint8 {
	if a.Text == "" || b.Text == "" {
		return Null
	}
	// The common weight serves all levels of one kind of terms.
	common, last := 0.0, -1
	for i := range f.levels {
		l := &f.levels[i]
		if l.Measure == "swapped" {
			continue
		}
		if l.needsTerms() {
			k := f.kindOf[i]
			if k != last {
				common, last = a.terms[k].shared(&b.terms[k]), k
			}
			if l.alike(common, a.terms[k].weight, b.terms[k].weight) {
				return uint8(i + 1)
			}
			continue
		}
		if l.Measure == "pinyin" {
			if a.pinyin != "" && a.pinyin == b.pinyin {
				return uint8(i + 1)
			}
			continue
		}
		if l.holds(a.Text, b.Text) {
			return uint8(i + 1)
		}
	}
	return uint8(len(f.levels) + 1)
}

func (l *Level) alike(common, a, b float64) bool {
	if l.Measure == "jaccard" {
		return jaccard(common, a, b) >= l.Limit
	}
	return containment(common, a, b) >= l.Limit
}

// shared is the weight of the terms that both have.
func (x *weighed) shared(y *weighed) float64 {
	a, b := x.terms, y.terms
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			if x.own == nil {
				sum++
			} else {
				sum += float64(x.own[i])
			}
			i++
			j++
		}
	}
	return sum
}

// holds decides the measures that need no more than the two texts.
func (l *Level) holds(a, b string) bool {
	switch l.Measure {
	case "exact":
		return a == b
	case "checksum":
		return a == b && checks[l.Other](a)
	case "slip":
		return within(a, b, int(l.Limit)) <= int(l.Limit) && !(checks[l.Other](a) && checks[l.Other](b))
	case "conflict":
		return a != b && checks[l.Other](a) && checks[l.Other](b)
	case "begins":
		return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	case "damerau":
		return within(a, b, int(l.Limit)) <= int(l.Limit)
	case "jaro_winkler":
		return JaroWinkler(a, b) >= l.Limit
	case "prefix":
		return samePrefix(a, b, int(l.Limit))
	}
	return l.near(a, b)
}

// near decides the measures of numbers, dates and places.
func (l *Level) near(a, b string) bool {
	switch l.Measure {
	case "number", "ratio":
		x, okX := Number(a)
		y, okY := Number(b)
		limit := l.Limit
		if l.Measure == "ratio" {
			limit *= max(math.Abs(x), math.Abs(y))
		}
		return okX && okY && math.Abs(x-y) <= limit
	case "days":
		x, okX := Day(a)
		y, okY := Day(b)
		return okX && okY && math.Abs(float64(x-y)) <= l.Limit
	case "km":
		latA, longA, okA := Point(a)
		latB, longB, okB := Point(b)
		return okA && okB && Haversine(latA, longA, latB, longB) <= l.Limit
	}
	return false
}

// samePrefix reports whether both begin with the same n characters.
func samePrefix(a, b string, n int) bool {
	for range n {
		r, size := utf8.DecodeRuneInString(a)
		s, sizeB := utf8.DecodeRuneInString(b)
		if size == 0 || r != s || size != sizeB {
			return false
		}
		a, b = a[size:], b[sizeB:]
	}
	return true
}
