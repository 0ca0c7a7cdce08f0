package link

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/zeebo/xxh3"

	"huiliu/transform/link/compare"
)

// mostFrequencies is how many values or terms a model remembers for each
// field. All others count as being as frequent as the last of these, or
// rather less: as one.
const mostFrequencies = 20_000

// Frequencies are how often the values and the terms of one field occur. They
// are kept as hashes: a model holds no clear text. Whoever may not learn a
// value by hashing guesses has to be kept from the model, or the values are
// to be pseudonyms.
type Frequencies struct {
	// Rows is the number of records with a value.
	Rows int `json:"rows"`
	// Values and Terms are counts by the hexadecimal XXH3 hash; only those
	// over 1, at most 20,000 of each, the most frequent ones.
	Values map[string]int `json:"values,omitempty"`
	Terms  map[string]int `json:"terms,omitempty"`

	terms map[uint64]int
}

// Frequency counts the values and terms of all comparisons that weigh by
// them.
func Frequency(spec *Spec, d *Data) ([]Frequencies, error) {
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	out := make([]Frequencies, len(p.compare))
	for i, c := range p.compare {
		if !c.TF && !c.field.Rare() {
			continue
		}
		column := d.Table.Columns[c.Field]
		times := make([]int, len(column.Values))
		for _, v := range column.Rows {
			times[v]++
		}
		out[i].Rows = len(column.Rows) - times[0]
		values, terms := map[uint64]int{}, map[uint64]int{}
		for v := 1; v < len(times); v++ {
			if c.TF && times[v] > 1 {
				values[xxh3.HashString(column.Values[v])] = times[v]
			}
			if c.field.Rare() {
				for _, t := range c.field.Terms(column.Values[v]) {
					terms[t] += times[v]
				}
			}
		}
		out[i].Values, out[i].Terms = most(values), most(terms)
	}
	return out, nil
}

// most keeps the most frequent.
func most(counts map[uint64]int) map[string]int {
	type counted struct {
		hash  uint64
		times int
	}
	var all []counted
	for h, n := range counts {
		if n > 1 {
			all = append(all, counted{h, n})
		}
	}
	slices.SortFunc(all, func(a, b counted) int {
		if a.times != b.times {
			return b.times - a.times
		}
		return cmp.Compare(a.hash, b.hash)
	})
	out := map[string]int{}
	for _, c := range all[:min(len(all), mostFrequencies)] {
		out[hexadecimal(c.hash)] = c.times
	}
	return out
}

func hexadecimal(h uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], h)
	return hex.EncodeToString(b[:])
}

// share is the share of records that have the value.
func (f *Frequencies) share(value string) float64 {
	n := max(1, f.Values[hexadecimal(xxh3.HashString(value))])
	return float64(n) / float64(max(1, f.Rows))
}

// rarity weighs terms by their inverse document frequency.
func (f *Frequencies) rarity() compare.Rarity {
	if f.terms == nil {
		f.terms = make(map[uint64]int, len(f.Terms))
		for text, n := range f.Terms {
			if b, err := hex.DecodeString(text); err == nil && len(b) == 8 {
				f.terms[binary.BigEndian.Uint64(b)] = n
			}
		}
	}
	terms, rows := f.terms, float64(f.Rows)
	return func(term uint64) float64 { return compare.IDF(float64(max(1, terms[term])), rows) }
}
