package crf

import (
	"encoding/binary"
	"math"

	"github.com/zeebo/xxh3"

	"huiliu/internal/fault"
)

const (
	// magic begins a stored model; its last character is the version.
	magic = "HLCRF1"
	// unit is how many steps a stored weight has from 0 to 1.
	unit = 512.0
	// most is the largest stored weight, in steps.
	most = 1 << 15
)

var badModel = &fault.Kind{
	Code: "crf_bad_model", Class: fault.Input,
	Cause: fault.Text{EN: "these bytes are not a whole model: {why}", ZH: "模型文件不完整或已损坏（{why}）"},
	Mend:  fault.Text{EN: "train the model again or copy it again", ZH: "请重新训练或重新复制模型文件"},
}

func round(w float64) float64 {
	return math.Round(max(-most, min(most, w*unit))) / unit
}

// Bytes gives the model in its stored form: the chain, the weights between
// labels, then per feature the distance from the last one and its weights,
// all as variable-length integers, and a check sum (XXH3) at the end.
func (m *Model) Bytes() []byte {
	var b []byte
	put := func(v int) { b = binary.AppendUvarint(b, uint64(v)) }
	weight := func(w float64) { b = binary.AppendVarint(b, int64(math.Round(w*unit))) }
	put(len(m.chain.Labels))
	for _, l := range m.chain.Labels {
		put(len(l))
		b = append(b, l...)
	}
	put(len(m.chain.Starts))
	for _, s := range m.chain.Starts {
		put(s)
		weight(m.links.start[s])
	}
	for _, w := range m.links.stop {
		weight(w)
	}
	put(len(m.chain.Edges))
	for i, e := range m.chain.Edges {
		put(e[0])
		put(e[1])
		weight(m.links.log[i])
	}
	put(len(m.features))
	last := uint32(0)
	for i, f := range m.features {
		put(int(f - last))
		last = f
		put(int(m.spans[i+1] - m.spans[i]))
		for j := m.spans[i]; j < m.spans[i+1]; j++ {
			b = append(b, m.labels[j])
			weight(float64(m.weights[j]))
		}
	}
	return sealed(b)
}

// sealed puts the body between its magic and check sum.
func sealed(body []byte) []byte {
	b := append([]byte(magic), body...)
	return binary.BigEndian.AppendUint64(b, xxh3.Hash(b))
}

// Decode reads what Bytes wrote. Bytes that are cut, changed or of another
// version are refused; it never panics and allocates no more than a small
// multiple of the input.
func Decode(b []byte) (*Model, error) {
	if len(b) < len(magic)+8 || string(b[:len(magic)]) != magic {
		return nil, badModel.At("model", "why", "it does not begin as one")
	}
	body, sum := b[:len(b)-8], binary.BigEndian.Uint64(b[len(b)-8:])
	if xxh3.Hash(body) != sum {
		return nil, badModel.At("model", "why", "its check sum differs")
	}
	r := &reader{b: body[len(magic):]}
	m := r.model()
	switch {
	case r.failed:
		return nil, badModel.At("model", "why", "it contradicts itself")
	case len(r.b) > 0:
		return nil, badModel.At("model", "why", "more follows than belongs to it")
	}
	return m, nil
}

// reader takes values from the front; after a failure it gives zeros.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) fail() { r.failed, r.b = true, nil }

// count reads an integer of at most limit.
func (r *reader) count(limit int) int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(limit) {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *reader) weight() float64 {
	v, n := binary.Varint(r.b)
	if n <= 0 || v > most || v < -most {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return float64(v) / unit
}

func (r *reader) text() string {
	n := r.count(len(r.b))
	if n > len(r.b) {
		r.fail()
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// model reads the body. Counts are bounded by the bytes left, for every
// counted thing takes at least one.
func (r *reader) model() *Model {
	var c Chain
	for range r.count(min(maxLabels, len(r.b))) {
		c.Labels = append(c.Labels, r.text())
	}
	n := len(c.Labels)
	starts := make([]float64, 0, n)
	for range r.count(n) {
		c.Starts = append(c.Starts, r.count(n))
		starts = append(starts, r.weight())
	}
	stops := make([]float64, n)
	for i := range stops {
		stops[i] = r.weight()
	}
	var edges []float64
	for range r.count(len(r.b)) {
		c.Edges = append(c.Edges, [2]int{r.count(n), r.count(n)})
		edges = append(edges, r.weight())
	}
	if r.failed || c.fault() != "" {
		r.fail()
		return nil
	}
	m := &Model{chain: c, links: newLinks(c), bio: c.isBIO()}
	for i, s := range c.Starts {
		m.links.start[s] = starts[i]
	}
	copy(m.links.stop, stops)
	copy(m.links.log, edges)
	m.links.refresh()
	r.features(m)
	return m
}

func (r *reader) features(m *Model) {
	last, n := 0, len(m.chain.Labels)
	m.spans = []int32{0}
	for i := range r.count(len(r.b)) {
		step := r.count(math.MaxUint32)
		if last += step; i > 0 && step == 0 || last > math.MaxUint32 {
			r.fail()
		}
		before := -1
		for range r.count(n) {
			if len(r.b) == 0 || int(r.b[0]) >= n || int(r.b[0]) <= before {
				r.fail()
				break
			}
			before = int(r.b[0])
			m.labels = append(m.labels, r.b[0])
			r.b = r.b[1:]
			m.weights = append(m.weights, float32(r.weight()))
		}
		if r.failed {
			return
		}
		m.features = append(m.features, uint32(last))
		m.spans = append(m.spans, int32(len(m.labels)))
	}
	m.index = newTable(m.features)
}
