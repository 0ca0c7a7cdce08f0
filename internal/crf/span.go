package crf

// Span is a segment of a sequence: the positions From to To-1 are of the kind
// whose labels are 2·Kind and 2·Kind+1. P is the probability that the sequence
// has exactly this segment.
type Span struct {
	Kind, From, To int
	P              float64
}

// Spans cuts a sequence into segments so that the expected balance of right and
// wrong ones is best: it maximises the sum of P-price over the segments. With
// half the F1 that is reached as the price this is the best F1 to be expected
// (Dinkelbach, On nonlinear fractional programming, Management Science 13,
// 1967); with the price 0 it is the most right segments. The model's chain must
// be one of BIO; of another, and of no positions, there are none.
func (m *Model) Spans(features [][]uint32, price float64) []Span {
	if len(features) == 0 || !m.bio {
		return nil
	}
	l := m.score(features)
	if _, ok := l.forwardBackward(m.links); !ok {
		return spansOf(l.viterbi(m.links))
	}
	return newSpanner(l, m.links).best(price)
}

// spansOf reads segments from labels, each with the probability one.
func spansOf(labels []int) []Span {
	var out []Span
	for i, y := range labels {
		y = max(y, 0)
		if n := len(out); n > 0 && y%2 == 1 && out[n-1].Kind == y/2 {
			out[n-1].To = i + 1
			continue
		}
		out = append(out, Span{Kind: y / 2, From: i, To: i + 1, P: 1})
	}
	return out
}

// spanner computes the probabilities of segments from a lattice on which
// forwardBackward has run.
type spanner struct {
	l *lattice
	k *links
	// leave holds for each position and label the scaled mass of all that may
	// come after it when the segment ends there.
	leave []float64
	// enter and stay are the places of the edges B-k to I-k and I-k to I-k.
	enter, stay []int
}

func newSpanner(l *lattice, k *links) *spanner {
	s := &spanner{l: l, k: k, leave: make([]float64, l.length*l.n), enter: make([]int, l.n/2), stay: make([]int, l.n/2)}
	for y := 1; y < l.n; y += 2 {
		s.enter[y/2], s.stay[y/2] = int(k.spans[y]), int(k.spans[y])+1
	}
	for y := range l.n {
		l.row(s.leave, l.length-1)[y] = 1
	}
	for t := 0; t+1 < l.length; t++ {
		out, after, e := l.row(s.leave, t), l.row(l.beta, t+1), l.row(l.shifted, t+1)
		for y := 0; y < l.n; y += 2 {
			v := after[y] * e[y] * l.scale[t+1]
			from, to := k.spans[y], k.spans[y+1]
			for i := from; i < to; i++ {
				out[k.edges[i].from] += v * k.factor[i]
			}
		}
	}
	return s
}

// negligible is the mass below which a segment is not made longer.
const negligible = 1e-6

func (s *spanner) best(price float64) []Span {
	l := s.l
	type cut struct {
		value float64
		span  Span
		ok    bool
	}
	cuts := make([]cut, l.length+1)
	cuts[0].ok = true
	for from := range l.length {
		if !cuts[from].ok {
			continue
		}
		for kind := range l.n / 2 {
			mass := l.row(l.alpha, from)[2*kind]
			edge := s.enter[kind]
			for to := from + 1; ; to++ {
				p := mass * l.row(s.leave, to-1)[2*kind+min(1, to-1-from)]
				if v := cuts[from].value + p - price; !cuts[to].ok || v > cuts[to].value {
					cuts[to] = cut{v, Span{kind, from, to, min(1, p)}, true}
				}
				if to == l.length || mass < negligible {
					break
				}
				mass *= s.k.factor[edge] * l.row(l.shifted, to)[2*kind+1] * l.scale[to]
				edge = s.stay[kind]
			}
		}
	}
	var out []Span
	for at := l.length; at > 0; at = cuts[at].span.From {
		out = append(out, cuts[at].span)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
