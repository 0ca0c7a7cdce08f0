package link

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"huiliu/transform/link/compare"
)

// mostFrequencies is how many values or terms a model remembers for each
// field. All others count as being as frequent as the last of these, or
// rather less: as one.
const mostFrequencies = 20_000

// Frequencies are how often the values and the terms of one field occur. They
// are kept as hashes: a model holds no clear text. Records.Keyed keeps whoever
// has a model without the key from learning values by hashing guesses.
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
				values[d.hash(xxh3.HashString(column.Values[v]))] = times[v]
			}
			if c.field.Rare() {
				for _, t := range c.field.Terms(column.Values[v]) {
					terms[t] += times[v]
				}
			}
		}
		if d.keyed != nil {
			terms = rehashed(terms, d.keyed)
		}
		out[i].Values, out[i].Terms = most(values), most(terms)
	}
	return out, nil
}

func rehashed(counts map[uint64]int, keyed func(uint64) uint64) map[uint64]int {
	out := make(map[uint64]int, len(counts))
	for h, n := range counts {
		out[keyed(h)] = n
	}
	return out
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
	if len(all) == 0 {
		return nil // as a model that is read back has it
	}
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

// share is the share of records that have the value of a hash though they are
// another thing than a record that has it; never under one record.
//
// A value that n records have is either that of one thing, whose records are
// then all n, or that of several, of which one has own records. How many
// records a thing has is taken for geometric with the mean, seen from a
// record, of own: so p = 2/(own+1), and one thing has n with probability
// p(1-p)^(n-1). That a value has several things is as likely beforehand as u,
// the share of all other pairs that agree, makes it: rows·u/own; n is then
// anything. The share is the mean of both, each by its probability.
func (f *Frequencies) share(hash uint64, own, u float64) float64 {
	n, rows := math.Max(1, float64(f.Values[hexadecimal(hash)])), math.Max(1, float64(f.Rows))
	p := 2 / (own + 1)
	one, several := p*math.Pow(1-p, n-1), rows*u/own/n
	others := math.Max(1, n-own+1)
	return (one + several*others) / (one + several) / rows
}

// rarity weighs terms by their inverse document frequency.
func (f *Frequencies) rarity(hash func(uint64) uint64) compare.Rarity {
	if f.terms == nil {
		f.terms = make(map[uint64]int, len(f.Terms))
		for text, n := range f.Terms {
			if b, err := hex.DecodeString(text); err == nil && len(b) == 8 {
				f.terms[binary.BigEndian.Uint64(b)] = n
			}
		}
	}
	terms, rows := f.terms, float64(f.Rows)
	return func(term uint64) float64 { return compare.IDF(float64(max(1, terms[hash(term)])), rows) }
}
