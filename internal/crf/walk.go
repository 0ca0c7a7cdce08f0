package crf

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/zeebo/xxh3"
)

// weight is a weight, the sum of its squared gradients, and its label, which
// stands with them so that they are fetched at once.
type weight struct {
	w, squares float32
	label      uint32
}

// walk is one training by AdaGrad (Duchi, Hazan and Singer, Adaptive
// subgradient methods, JMLR 12, 2011), one example after another.
type walk struct {
	*trainer
	weights []weight
	links   *links
	lattice lattice
	// expected are the expected minus the observed counts of the edges.
	expected []float64
	sum      []float64
	sums     int
	thinned  example
}

// train does the walks side by side and averages their weights.
func (t *trainer) train() []float64 {
	var all [walks]*walk
	var done sync.WaitGroup
	for i := range all {
		all[i] = t.walk()
		done.Go(func() { all[i].run(uint64(i)) })
	}
	done.Wait()
	out := make([]float64, t.size())
	for _, k := range all {
		for i, v := range k.sum {
			out[i] += v / float64(k.sums) / walks
		}
	}
	for i := range t.labels {
		out[i] *= 1 - t.Drop
	}
	return out
}

func (t *trainer) walk() *walk {
	weights := make([]weight, t.size())
	for i, y := range t.labels {
		weights[i].label = uint32(y)
	}
	return &walk{trainer: t, weights: weights, links: newLinks(t.chain),
		expected: make([]float64, len(t.chain.Edges)), sum: make([]float64, t.size())}
}

// seed follows from the examples alone.
func (t *trainer) seed() uint64 {
	var h xxh3.Hasher
	var b [8]byte
	for _, e := range t.examples {
		for i, y := range e.labels {
			binary.LittleEndian.PutUint64(b[:], uint64(y)<<32|uint64(e.at[i+1]-e.at[i]))
			_, _ = h.Write(b[:]) // a hash takes everything
		}
	}
	return h.Sum64()
}

// run goes through the examples and sums the weights as they stand after each
// epoch of the last third: an average wavers less than its last term (Polyak
// and Juditsky 1992).
func (k *walk) run(number uint64) {
	dice := rand.New(rand.NewPCG(k.seed(), number))
	order := make([]int, len(k.examples))
	for i := range order {
		order[i] = i
	}
	for epoch := range k.Epochs {
		dice.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			k.learn(k.thin(&k.examples[i], dice))
		}
		if epoch >= k.Epochs*2/3 {
			k.sums++
			for i, w := range k.weights {
				k.sum[i] += float64(w.w)
			}
		}
	}
}

// thin leaves out the share Drop of an example's features. The weights are
// scaled down by as much in train, for in use all are there.
func (k *walk) thin(e *example, dice *rand.Rand) *example {
	if k.Drop <= 0 {
		return e
	}
	out := &k.thinned
	out.labels, out.at, out.known = e.labels, append(out.at[:0], 0), out.known[:0]
	limit := uint32(k.Drop * (1 << 32))
	for p := range e.labels {
		for _, f := range e.known[e.at[p]:e.at[p+1]] {
			if dice.Uint32() >= limit {
				out.known = append(out.known, f)
			}
		}
		out.at = append(out.at, int32(len(out.known)))
	}
	return out
}

// learn takes one step for one example.
func (k *walk) learn(e *example) {
	k.load(e)
	if _, ok := k.gradient(e); !ok {
		return
	}
	for p := range e.labels {
		delta := k.lattice.row(k.lattice.alpha, p)
		for y, d := range delta {
			// What is this small moves nothing, and most of it is.
			if d < 1e-3 && d > -1e-3 {
				delta[y] = 0
			}
		}
		for _, f := range e.known[e.at[p]:e.at[p+1]] {
			k.step(f, delta)
		}
	}
	k.stepLinks(e)
}

// load copies the weights between neighbours and sums those of features.
func (k *walk) load(e *example) {
	n, w := len(k.chain.Labels), k.weights[len(k.labels):]
	for i := range k.links.log {
		k.links.log[i] = float64(w[i].w)
	}
	w = w[len(k.links.log):]
	for _, s := range k.chain.Starts {
		k.links.start[s] = float64(w[s].w)
	}
	for y := range n {
		k.links.stop[y] = float64(w[n+y].w)
	}
	k.links.refresh()
	l := &k.lattice
	l.resize(len(e.labels), n)
	for p := range e.labels {
		row := l.row(l.score, p)
		for _, f := range e.known[e.at[p]:e.at[p+1]] {
			from, to := k.spans[f], k.spans[f+1]
			for _, w := range k.weights[from:to] {
				row[w.label] += float64(w.w)
			}
		}
	}
}

// gradient leaves the expected minus the observed counts of the labels in
// alpha, those of the edges in expected, and gives the negative logarithm of
// the likelihood.
func (k *walk) gradient(e *example) (value float64, ok bool) {
	l := &k.lattice
	value, ok = l.forwardBackward(k.links)
	if !ok {
		return 0, false
	}
	clear(k.expected)
	n := len(k.chain.Labels)
	for p, y := range e.labels {
		value -= l.row(l.score, p)[y]
		if p+1 < len(e.labels) {
			k.between(p)
			edge := k.edge[y*n+e.labels[p+1]]
			k.expected[edge]--
			value -= k.links.log[edge]
		}
		a, b := l.row(l.alpha, p), l.row(l.beta, p)
		for y := range a {
			a[y] *= b[y]
		}
		a[y]--
	}
	return value - k.links.start[e.labels[0]] - k.links.stop[e.labels[len(e.labels)-1]], true
}

// between adds the expected counts of the edges from position p to the next.
func (k *walk) between(p int) {
	l := &k.lattice
	a, after, e := l.row(l.alpha, p), l.row(l.beta, p+1), l.row(l.shifted, p+1)
	for y := range after {
		v := after[y] * e[y] * l.scale[p+1]
		if v < 1e-9 {
			continue
		}
		from, to := k.links.spans[y], k.links.spans[y+1]
		factors, g := k.links.factor[from:to], k.expected[from:to]
		for i, ed := range k.links.edges[from:to] {
			g[i] += v * a[ed.from] * factors[i]
		}
	}
}

// step moves the weights of a feature. The penalty is spread over the times
// the feature comes in an epoch.
func (k *walk) step(f int32, delta []float64) {
	from, to := k.spans[f], k.spans[f+1]
	weights := k.weights[from:to]
	penalty := float32(k.L2 / float64(k.counts[f]))
	for j := range weights {
		if d := delta[weights[j].label]; d != 0 {
			k.move(&weights[j], float32(d)+penalty*weights[j].w)
		}
	}
}

func (k *walk) move(w *weight, gradient float32) {
	w.squares += gradient * gradient
	w.w -= float32(k.Rate) * gradient / float32(math.Sqrt(float64(w.squares)+1e-8))
}

func (k *walk) stepLinks(e *example) {
	l, n := &k.lattice, len(k.chain.Labels)
	w := k.weights[len(k.labels):]
	penalty := float32(k.L2 / float64(len(k.examples)))
	for i, d := range k.expected {
		if d > 1e-3 || d < -1e-3 {
			k.move(&w[i], float32(d)+penalty*w[i].w)
		}
	}
	w = w[len(k.expected):]
	first, last := l.row(l.alpha, 0), l.row(l.alpha, l.length-1)
	for _, y := range k.chain.Starts {
		if first[y] != 0 {
			k.move(&w[y], float32(first[y])+penalty*w[y].w)
		}
	}
	for y := range n {
		if last[y] != 0 {
			k.move(&w[n+y], float32(last[y])+penalty*w[n+y].w)
		}
	}
}
