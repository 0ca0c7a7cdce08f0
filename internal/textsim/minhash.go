package textsim

import "slices"

// Bands and rows of the MinHash keys: two texts whose sets of grams have
// Jaccard J share a key with probability 1-(1-J^rows)^bands, half at J = .54,
// .98 at J = .8.
const (
	bands = 8
	rows  = 4
)

// Keys gives the banded MinHash keys of a text's grams (Broder, On the
// resemblance and containment of documents, 1997; banding as in Leskovec,
// Rajaraman, Ullman, Mining of Massive Datasets, section 3.4). A text without
// grams has none. Equal sets of grams have equal keys in every order.
func Keys(grams []Gram) []Gram {
	if len(grams) == 0 {
		return nil
	}
	var least [bands * rows]uint64
	for i := range least {
		least[i] = ^uint64(0)
	}
	for _, g := range grams {
		for i := range least {
			least[i] = min(least[i], Mix(uint64(g)+uint64(i+1)*0x9e3779b97f4a7c15))
		}
	}
	keys := make([]Gram, bands)
	for b := range keys {
		k := Mix(uint64(b) + 1)
		for _, x := range least[b*rows : (b+1)*rows] {
			k = Mix(k ^ x)
		}
		keys[b] = Gram(k)
	}
	return keys
}

// Mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection
// whose every output bit hangs on every input bit.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Set sorts grams in place and drops repeats.
func Set(grams []Gram) []Gram {
	slices.Sort(grams)
	return slices.Compact(grams)
}

// Jaccard is the shared part of two sets as Set makes them: 0 when both are
// empty.
func Jaccard(a, b []Gram) float64 {
	shared := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			shared++
			i, j = i+1, j+1
		}
	}
	if len(a)+len(b) == 0 {
		return 0
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}
