package textsim

import (
	"iter"
	"maps"
	"math"
	"slices"
)

// Rarity counts in how many texts each gram stands.
type Rarity struct {
	texts int
	in    map[Gram]int32
}

// NewRarity counts nothing yet.
func NewRarity() *Rarity { return &Rarity{in: map[Gram]int32{}} }

// Add counts one text's grams, each once. It sorts grams in place.
func (r *Rarity) Add(grams []Gram) {
	r.texts++
	slices.Sort(grams)
	for i, g := range grams {
		if i == 0 || g != grams[i-1] {
			r.in[g]++
		}
	}
}

// Trim forgets the grams of one text alone, which are most of them: Weight
// gives a gram that was never seen the same weight.
func (r *Rarity) Trim() {
	for g, n := range r.in {
		if n < 2 {
			delete(r.in, g)
		}
	}
}

// All gives the grams that are not forgotten, ascending, with the number of
// texts that each stands in.
func (r *Rarity) All() iter.Seq2[Gram, int32] {
	return func(yield func(Gram, int32) bool) {
		for _, g := range slices.Sorted(maps.Keys(r.in)) {
			if !yield(g, r.in[g]) {
				return
			}
		}
	}
}

// RestoreRarity is the Rarity of so many texts that All gave the grams of. It
// keeps the map.
func RestoreRarity(texts int, in map[Gram]int32) *Rarity { return &Rarity{texts: texts, in: in} }

// Texts is how many texts were counted.
func (r *Rarity) Texts() int { return r.texts }

// Weight is the inverse document frequency ln((N+1)/n) of Sparck Jones (1972),
// never under 0; a gram that was not seen counts as seen once.
func (r *Rarity) Weight(g Gram) float64 {
	return math.Log(float64(r.texts+1) / float64(max(1, r.in[g])))
}

// Term is a gram with its share of a vector's unit length.
type Term struct {
	Gram   Gram
	Weight float64
}

// Vector is a text's weighted grams, sorted by gram, of length 1; empty for a
// text without grams.
type Vector []Term

// Vector weighs grams by (1 + ln count) × rarity and brings them to length 1.
// It sorts grams in place. Grams that stand in every text have no weight.
func (r *Rarity) Vector(grams []Gram) Vector {
	slices.Sort(grams)
	var v Vector
	var square float64
	for i := 0; i < len(grams); {
		end := i
		for end < len(grams) && grams[end] == grams[i] {
			end++
		}
		w := (1 + math.Log(float64(end-i))) * r.Weight(grams[i])
		if w > 0 {
			v = append(v, Term{grams[i], w})
			square += w * w
		}
		i = end
	}
	for i := range v {
		v[i].Weight /= math.Sqrt(square)
	}
	return v
}

// Cosine is the cosine of two vectors, between 0 and 1; 0 when one is empty.
func Cosine(a, b Vector) float64 {
	var sum float64
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].Gram < b[j].Gram:
			i++
		case a[i].Gram > b[j].Gram:
			j++
		default:
			sum += a[i].Weight * b[j].Weight
			i, j = i+1, j+1
		}
	}
	return min(1, sum)
}
