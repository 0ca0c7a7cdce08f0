package pair

import (
	"cmp"
	"slices"
	"strings"

	"huiliu/transform/address/spell"
)

// Address is an address made ready to be compared.
type Address struct {
	// Normal is its spelling, Parts what it is made of.
	Normal string
	Parts  []Part

	words  []string
	tokens []uint64
	rare   []float64 // by token
	grams  [orders][]gram
	tail   []gram // runs of two behind the last relation
	zones  [fields][]gram
	length float64 // sum of rare
	reader Reader
}

// gram is a run of tokens and how rare it is.
type gram struct {
	run  uint64
	rare float64
}

// Reader makes addresses ready. Corpus and Parser may be nil.
type Reader struct {
	Corpus *Corpus
	Parser Parser
}

// Read makes an address ready. Any text is read; an empty one shares nothing
// with any other.
func (r Reader) Read(text string) *Address {
	a := &Address{Normal: spell.Normal(text), reader: r}
	parser := r.Parser
	if parser == nil {
		parser = byWords{}
	}
	a.Parts = parser.Parse(a.Normal)
	a.words = spell.Tokens(a.Normal)
	a.tokens = hashes(a.words)
	a.words = a.words[:len(a.tokens)]
	for n := range orders {
		a.grams[n] = r.weigh(n, a.tokens)
	}
	for _, t := range a.tokens {
		x := r.Corpus.rarity(0, t)
		a.rare = append(a.rare, x)
		a.length += x
	}
	a.tail = r.weigh(1, hashes(spell.Tokens(a.tailText())))
	for f := range fields {
		a.zones[f] = r.weigh(1, hashes(spell.Tokens(a.text(f))))
	}
	return a
}

// weigh lists the distinct runs of n+1 tokens by their hash. A single token
// has itself as its run of two, so that short texts are not empty.
func (r Reader) weigh(n int, tokens []uint64) []gram {
	var out []gram
	if len(tokens) == 1 && n > 0 {
		n = 0
	}
	for _, g := range runs(tokens, n+1) {
		out = append(out, gram{g, r.Corpus.rarity(n, g)})
	}
	slices.SortFunc(out, func(a, b gram) int { return cmp.Compare(a.run, b.run) })
	return slices.CompactFunc(out, func(a, b gram) bool { return a.run == b.run })
}

// text joins the parts of a field.
func (a *Address) text(f Field) string {
	var b strings.Builder
	for _, p := range a.Parts {
		if p.Field == f {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// values lists the parts of a field, each once, sorted.
func (a *Address) values(f Field) []string {
	var out []string
	for _, p := range a.Parts {
		if p.Field == f {
			out = append(out, p.Text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// tailText is what follows the last crossing, distance or house number: the
// place that is meant, while before it stands how to get there. It is empty
// where there is none of them or nothing follows.
func (a *Address) tailText() string {
	at := -1
	for i, p := range a.Parts {
		if p.Field == Crossing || p.Field == Offset || p.Field == Number {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	var b strings.Builder
	for _, p := range a.Parts[at+1:] {
		b.WriteString(p.Text)
	}
	return b.String()
}

// gramsOf weighs the runs of two of one part.
func (a *Address) gramsOf(p Part) []gram {
	return a.reader.weigh(1, hashes(spell.Tokens(p.Text)))
}
