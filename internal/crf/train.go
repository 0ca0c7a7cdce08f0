package crf

import (
	"cmp"
	"slices"

	"huiliu/internal/fault"
)

// Sequence is one example: the features of each position and, for training,
// its label. Both have the same length.
type Sequence struct {
	Features [][]uint32
	Labels   []int
}

// Options of Train; a zero field takes the value named beside it.
type Options struct {
	// L2 is the strength of the penalty L2/2·|w|²: 0.3.
	L2 float64
	// Rate is the length of the first steps: 0.15.
	Rate float64
	// Epochs is how often the examples are gone through: 10.
	Epochs int
	// Least is how often a feature must occur to have weights: 1.
	Least int
	// Drop is the share of features that are left out at random each time an
	// example is learned, so that none leans on another (Srivastava et al.,
	// Dropout, JMLR 15, 2014): 0.
	Drop float64
}

func (o Options) usual() Options {
	if o.L2 == 0 {
		o.L2 = .3
	}
	if o.Rate == 0 {
		o.Rate = .15
	}
	if o.Epochs == 0 {
		o.Epochs = 10
	}
	return o
}

// walks is how many times the whole training is done, side by side and each in
// its own order; the weights are averaged. It is fixed, for the sum depends on
// it.
const walks = 4

var badTraining = &fault.Kind{
	Code: "crf_bad_training", Class: fault.Input,
	Cause: fault.Text{EN: "the model can't be trained: {why}", ZH: "无法训练模型（{why}）"},
	Mend:  fault.Text{EN: "give labelled sequences that keep to the chain", ZH: "请提供符合标签顺序的标注序列"},
}

// Train fits a field to labelled sequences. It fails when there is none with
// an element, when a chain contradicts itself, and when a sequence's labels
// don't keep to the chain.
func Train(c Chain, data []Sequence, o Options) (*Model, error) {
	if why := c.fault(); why != "" {
		return nil, badTraining.At("train", "why", why)
	}
	data = slices.DeleteFunc(slices.Clone(data), func(s Sequence) bool { return len(s.Features) == 0 && len(s.Labels) == 0 })
	if len(data) == 0 {
		return nil, badTraining.At("train", "why", "there is no labelled sequence")
	}
	if why := c.keeps(data); why != "" {
		return nil, badTraining.At("train", "why", why)
	}
	slices.SortFunc(data, compareSequences)
	t := newTrainer(c, data, o.usual())
	return t.model(t.train()), nil
}

func (c Chain) keeps(data []Sequence) string {
	n := len(c.Labels)
	allowed, first := make([]bool, n*n), make([]bool, n)
	for _, e := range c.Edges {
		allowed[e[0]*n+e[1]] = true
	}
	for _, s := range c.Starts {
		first[s] = true
	}
	for _, s := range data {
		if len(s.Features) != len(s.Labels) {
			return "a sequence has not as many labels as positions"
		}
		for t, y := range s.Labels {
			if y < 0 || y >= n {
				return "a label is not declared"
			}
			if t == 0 && !first[y] || t > 0 && !allowed[s.Labels[t-1]*n+y] {
				return "labels follow each other in a way the chain forbids: " + c.Labels[y]
			}
		}
	}
	return ""
}

// compareSequences orders by content, so that the order of input is forgotten.
func compareSequences(a, b Sequence) int {
	if v := cmp.Compare(len(a.Features), len(b.Features)); v != 0 {
		return v
	}
	for t := range a.Features {
		if v := slices.Compare(a.Features[t], b.Features[t]); v != 0 {
			return v
		}
	}
	return slices.Compare(a.Labels, b.Labels)
}

// trainer holds the examples with features numbered from 0 and the places of
// the weights: those of features first, then edges, starts and stops.
type trainer struct {
	Options
	chain    Chain
	features []uint32
	counts   []int // how often each feature occurs
	spans    []int32
	labels   []uint8
	examples []example
	edge     []int32 // place of the edge from·n+to, -1 for none
}

type example struct {
	at     []int32 // at[t] to at[t+1] are the features of position t
	known  []int32
	labels []int
}

func newTrainer(c Chain, data []Sequence, o Options) *trainer {
	t := &trainer{Options: o, chain: c}
	t.number(data)
	n := len(c.Labels)
	t.edge = make([]int32, n*n)
	for i := range t.edge {
		t.edge[i] = -1
	}
	for i, e := range c.Edges {
		t.edge[e[0]*n+e[1]] = int32(i)
	}
	return t
}

// number finds the features that are frequent enough, the labels they are
// weighed for, and rewrites the examples.
func (t *trainer) number(data []Sequence) {
	all := make([]uint32, 0, 1024)
	for _, s := range data {
		for _, at := range s.Features {
			all = append(all, at...)
		}
	}
	slices.Sort(all)
	type counted struct {
		feature uint32
		times   int
	}
	var frequent []counted
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j] == all[i] {
			j++
		}
		if j-i >= t.Least {
			frequent = append(frequent, counted{all[i], j - i})
		}
		i = j
	}
	// The commonest first: what is needed most lies together in memory.
	slices.SortFunc(frequent, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.feature, b.feature))
	})
	for _, f := range frequent {
		t.features, t.counts = append(t.features, f.feature), append(t.counts, f.times)
	}
	index := newTable(t.features)
	seen := make([][4]uint64, len(t.features))
	for _, s := range data {
		e := example{at: []int32{0}, labels: s.Labels}
		for i, at := range s.Features {
			for _, f := range at {
				if k, ok := index.find(t.features, f); ok {
					e.known = append(e.known, int32(k))
					y := s.Labels[i]
					seen[k][y/64] |= 1 << (y % 64)
				}
			}
			e.at = append(e.at, int32(len(e.known)))
		}
		t.examples = append(t.examples, e)
	}
	t.spans = append(t.spans, 0)
	for k := range seen {
		for y := range t.chain.Labels {
			if seen[k][y/64]&(1<<(y%64)) != 0 {
				t.labels = append(t.labels, uint8(y))
			}
		}
		t.spans = append(t.spans, int32(len(t.labels)))
	}
}

func (t *trainer) size() int {
	return len(t.labels) + len(t.chain.Edges) + 2*len(t.chain.Labels)
}

// model keeps the weights rounded as they are stored, so that a model is the
// same before and after its bytes.
func (t *trainer) model(w []float64) *Model {
	m := &Model{chain: t.chain, links: newLinks(t.chain), spans: []int32{0}}
	places := make([]int, len(t.features))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(t.features[a], t.features[b]) })
	for _, i := range places {
		m.features = append(m.features, t.features[i])
		for j := t.spans[i]; j < t.spans[i+1]; j++ {
			m.labels = append(m.labels, t.labels[j])
			m.weights = append(m.weights, float32(round(w[j])))
		}
		m.spans = append(m.spans, int32(len(m.labels)))
	}
	n, edges := len(t.chain.Labels), w[len(t.labels):]
	for i := range m.links.log {
		m.links.log[i] = round(edges[i])
	}
	ends := edges[len(m.links.log):]
	for _, s := range t.chain.Starts {
		m.links.start[s] = round(ends[s])
	}
	for y := range n {
		m.links.stop[y] = round(ends[n+y])
	}
	m.links.refresh()
	m.index = newTable(m.features)
	return m.Prune(1 / unit)
}
