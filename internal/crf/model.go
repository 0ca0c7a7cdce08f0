package crf

import "math"

// Model is a trained field. It is immutable and safe for concurrent use.
type Model struct {
	chain Chain
	links *links
	// features is ascending; the weights of feature i are those from
	// spans[i] to spans[i+1] of labels and weights.
	features []uint32
	spans    []int32
	labels   []uint8
	weights  []float32
	index    table
	bio      bool
}

// Labels are the names of the labels; the caller does not change them.
func (m *Model) Labels() []string { return m.chain.Labels }

// Size is the number of weights between features and labels.
func (m *Model) Size() int { return len(m.weights) }

// score fills a lattice with what each position's features say.
func (m *Model) score(features [][]uint32) *lattice {
	l := &lattice{}
	l.resize(len(features), len(m.chain.Labels))
	for t, at := range features {
		row := l.row(l.score, t)
		for _, f := range at {
			i, ok := m.index.find(m.features, f)
			if !ok {
				continue
			}
			for j := m.spans[i]; j < m.spans[i+1]; j++ {
				row[m.labels[j]] += float64(m.weights[j])
			}
		}
	}
	return l
}

// Viterbi gives the most probable labels, one a position. A chain that permits
// no sequence of this length gives the labels of the best path it can begin.
func (m *Model) Viterbi(features [][]uint32) []int {
	out := m.score(features).viterbi(m.links)
	for i, y := range out {
		out[i] = max(y, 0)
	}
	return out
}

// Marginals gives the probability of each label at each position, and the
// most probable labels beside them.
func (m *Model) Marginals(features [][]uint32) (labels []int, p [][]float64) {
	if len(features) == 0 {
		return nil, nil
	}
	l := m.score(features)
	labels = l.viterbi(m.links)
	logZ, ok := l.forwardBackward(m.links)
	if !ok {
		logZ = l.exact(m.links)
	}
	p = make([][]float64, len(features))
	for t := range p {
		a, b := l.row(l.alpha, t), l.row(l.beta, t)
		p[t] = make([]float64, l.n)
		for y := range p[t] {
			if ok {
				p[t][y] = a[y] * b[y]
			} else if v := a[y] + b[y] - logZ; !math.IsNaN(v) {
				p[t][y] = math.Exp(v)
			}
		}
	}
	for i, y := range labels {
		labels[i] = max(y, 0)
	}
	return labels, p
}

// Prune gives the model without the weights whose size is below least: it is
// smaller and hardly worse.
func (m *Model) Prune(least float64) *Model {
	out := &Model{chain: m.chain, links: m.links, spans: []int32{0}, bio: m.chain.isBIO()}
	for i, f := range m.features {
		for j := m.spans[i]; j < m.spans[i+1]; j++ {
			if math.Abs(float64(m.weights[j])) >= least {
				out.labels = append(out.labels, m.labels[j])
				out.weights = append(out.weights, m.weights[j])
			}
		}
		if n := int32(len(out.weights)); n > out.spans[len(out.spans)-1] {
			out.features = append(out.features, f)
			out.spans = append(out.spans, n)
		}
	}
	out.index = newTable(out.features)
	return out
}

// table finds a feature's place by open addressing, at half load or less.
type table struct {
	slots []int32
	shift uint
}

func newTable(features []uint32) table {
	t := table{shift: 31}
	for 1<<(32-t.shift) < 2*len(features) {
		t.shift--
	}
	t.slots = make([]int32, 1<<(32-t.shift))
	for i, f := range features {
		at := t.home(f)
		for t.slots[at] != 0 {
			at = (at + 1) & (len(t.slots) - 1)
		}
		t.slots[at] = int32(i) + 1
	}
	return t
}

// home spreads by Knuth's multiplicative hashing.
func (t table) home(f uint32) int { return int(f * 2654435769 >> t.shift) }

func (t table) find(features []uint32, f uint32) (int, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for at := t.home(f); ; at = (at + 1) & (len(t.slots) - 1) {
		i := t.slots[at]
		if i == 0 {
			return 0, false
		}
		if features[i-1] == f {
			return int(i - 1), true
		}
	}
}
