package suggest

import (
	"cmp"
	"slices"

	"huiliu/internal/bayes"
)

// piece is a word at its place in a text.
type piece struct {
	from, to int
	weight   float64
}

// reasons finds the runs of a request's own words that raised a label over the
// mean of all labels. Words that overlap or touch are one run; a word that
// stands more than once gives each place its part.
func (m *Model) reasons(c *classifier, label int, title, body string, terms []bayes.Term) []Reason {
	raised := m.raised(c, label, terms)
	if len(raised) == 0 {
		return nil
	}
	places := map[string]int{}
	for _, part := range []part{{title, titleLetters}, {body, bodyLetters}} {
		words(part.text, part.letters, func(w string, _ int) { places[w]++ })
	}
	sum := map[string]float64{}
	for _, part := range []part{{title, titleLetters}, {body, bodyLetters}} {
		part.runs(func(w string) float64 { return raised[w] / float64(max(1, places[w])) }, sum)
	}
	var out []Reason
	for w, v := range sum {
		out = append(out, Reason{Words: w, Weight: rounded(v)})
	}
	slices.SortFunc(out, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Words, b.Words))
	})
	return first(out, most)
}

// leastRaise is by how much a word has to raise a label to be named, in nats:
// less does not show in a probability of two decimals.
const leastRaise = 0.01

// raised is by how much each word of the request raised the label, of those
// that did.
func (m *Model) raised(c *classifier, label int, terms []bayes.Term) map[string]float64 {
	out := map[string]float64{}
	for _, t := range terms {
		var mean float64
		for k := range c.Labels {
			mean += c.linear.Of(t.ID, k) / float64(len(c.Labels))
		}
		if v := c.Scale * t.Weight * (c.linear.Of(t.ID, label) - mean); v >= leastRaise {
			out[m.lexicon.words[t.ID]] = v
		}
	}
	return out
}

type part struct {
	text    string
	letters int
}

// runs adds up the weights of words that overlap, under the text they cover.
func (p part) runs(weight func(string) float64, into map[string]float64) {
	var pieces []piece
	var text []string
	flush := func() {
		if len(pieces) == 0 {
			return
		}
		var total float64
		for _, x := range pieces {
			total += x.weight
		}
		into[joined(text)] += total
		pieces, text = pieces[:0], text[:0]
	}
	words(p.text, p.letters, func(w string, at int) {
		v := weight(w)
		if n := len(pieces); v <= 0 || n > 0 && at >= pieces[n-1].to {
			flush()
		}
		if v > 0 {
			pieces, text = append(pieces, piece{at, at + len([]rune(w)), v}), append(text, w)
		}
	})
	flush()
}

// joined is the text that overlapping pairs cover: each adds its last
// character.
func joined(pairs []string) string {
	out := []rune(pairs[0])
	for _, w := range pairs[1:] {
		r := []rune(w)
		out = append(out, r[len(r)-1])
	}
	return string(out)
}
