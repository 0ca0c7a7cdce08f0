package pair

import (
	"cmp"
	"math"
	"slices"

	"huiliu/internal/boost"
)

// lexical is multinomial logistic regression on which runs of tokens stand in
// both addresses or in one alone: it learns words, such as those that name a
// kind of place and those that change nothing. It is fitted by AdaGrad (Duchi,
// Hazan and Singer 2011).
type lexical struct {
	weights [Classes][]float32
}

const (
	lexicalSlots  = 1 << 18
	lexicalEpochs = 8
	lexicalRate   = 0.15
	// lexicalDecay is the L2 penalty of a weight each time it is used.
	lexicalDecay = 1e-4
)

// lexicon lists the slots of a pair, sorted: a run of one or two tokens with
// where it stands.
func lexicon(a, b *Address) []uint32 {
	var out []uint32
	put := func(run uint64, where uint64) {
		h := (run ^ where*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
		out = append(out, uint32(h>>32)%lexicalSlots)
	}
	for n := range 2 {
		x, y := a.grams[n], b.grams[n]
		for i, j := 0, 0; i < len(x) || j < len(y); {
			switch {
			case j == len(y) || i < len(x) && x[i].run < y[j].run:
				put(x[i].run, 1)
				i++
			case i == len(x) || y[j].run < x[i].run:
				put(y[j].run, 2)
				j++
			default:
				put(x[i].run, 3)
				i++
				j++
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fitLexical learns from lists of slots in the order of their contents, so
// that the order in which they come changes nothing.
func fitLexical(rows [][]uint32, classes []int, weights []float64) *lexical {
	m := &lexical{}
	var squares [Classes][]float32
	for c := range Classes {
		m.weights[c], squares[c] = make([]float32, lexicalSlots), make([]float32, lexicalSlots)
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(slices.Compare(scattered(rows[i]), scattered(rows[j])), slices.Compare(rows[i], rows[j]), classes[i]-classes[j])
	})
	for range lexicalEpochs {
		for _, i := range order {
			m.step(rows[i], classes[i], weights[classes[i]], &squares)
		}
	}
	return m
}

// scattered is a hash of a row, by which neighbours in order have nothing in
// common.
func scattered(row []uint32) []uint64 {
	h := uint64(len(row))
	for _, s := range row {
		h = (h ^ uint64(s)) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return []uint64{h}
}

func (m *lexical) step(row []uint32, class int, weight float64, squares *[Classes][]float32) {
	p := m.probabilities(row)
	x := length(row)
	for c := range Classes {
		g := p[c]
		if c == class {
			g--
		}
		g *= x * weight
		w, s := m.weights[c], squares[c]
		for _, slot := range row {
			d := float32(g) + lexicalDecay*w[slot]
			s[slot] += d * d
			w[slot] -= lexicalRate * d / (float32(math.Sqrt(float64(s[slot]))) + 1e-3)
		}
	}
}

// length makes all rows equally long.
func length(row []uint32) float64 { return 1 / math.Sqrt(float64(max(1, len(row)))) }

func (m *lexical) probabilities(row []uint32) []float64 {
	out := make([]float64, Classes)
	for c := range out {
		for _, slot := range row {
			out[c] += float64(m.weights[c][slot])
		}
		out[c] *= length(row)
	}
	boost.Softmax(out)
	return out
}
