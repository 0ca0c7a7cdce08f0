package crf

import "math"

// lattice is the working memory for one sequence: its labels' scores and the
// probabilities computed from them. Rows are positions, columns labels.
type lattice struct {
	n, length int
	score     []float64
	alpha     []float64
	beta      []float64
	shifted   []float64
	scale     []float64
	next      []float64
}

func (l *lattice) resize(length, n int) {
	l.n, l.length = n, length
	if cap(l.score) < length*n {
		size := length * n * 2
		l.score, l.alpha = make([]float64, size), make([]float64, size)
		l.beta, l.shifted = make([]float64, size), make([]float64, size)
	}
	if cap(l.scale) < length {
		l.scale = make([]float64, length*2)
	}
	if cap(l.next) < n {
		l.next = make([]float64, n)
	}
	l.score, l.alpha = l.score[:length*n], l.alpha[:length*n]
	l.beta, l.shifted = l.beta[:length*n], l.shifted[:length*n]
	l.scale, l.next = l.scale[:length], l.next[:n]
	clear(l.score)
}

func (l *lattice) row(m []float64, t int) []float64 { return m[t*l.n : (t+1)*l.n] }

// links are the weights between neighbours, as logarithms and as factors.
type links struct {
	edges []edge
	// spans[y] to spans[y+1] are the edges that lead to label y.
	spans  []int32
	log    []float64
	factor []float64
	start  []float64 // logarithms; -Inf for a label that may not stand first
	stop   []float64
	// top was taken out of the factors so that none of them overflows.
	top float64
}

type edge struct{ from, to int32 }

func newLinks(c Chain) *links {
	k := &links{spans: c.spans(), log: make([]float64, len(c.Edges)), factor: make([]float64, len(c.Edges)),
		start: make([]float64, len(c.Labels)), stop: make([]float64, len(c.Labels))}
	for _, e := range c.Edges {
		k.edges = append(k.edges, edge{int32(e[0]), int32(e[1])})
	}
	for i := range k.start {
		k.start[i] = math.Inf(-1)
	}
	for _, s := range c.Starts {
		k.start[s] = 0
	}
	k.refresh()
	return k
}

// refresh computes the factors from the logarithms.
func (k *links) refresh() {
	k.top = math.Inf(-1)
	for _, w := range k.log {
		k.top = max(k.top, w)
	}
	for i, w := range k.log {
		k.factor[i] = math.Exp(w - k.top)
	}
}

// forwardBackward fills alpha and beta, scaled so that their product at a
// position is the probability of the label there, and returns the logarithm
// of the partition function. Each position is shifted by its largest score
// before the exponential (log-sum-exp) and scaled to the sum one (Rabiner, A
// tutorial on hidden Markov models, 1989, section V.A). Ok is false when
// weights lie so far apart that every path underflows.
func (l *lattice) forwardBackward(k *links) (logZ float64, ok bool) {
	for t := range l.length {
		in, out := l.row(l.score, t), l.row(l.shifted, t)
		top := math.Inf(-1)
		for y, s := range in {
			if t == 0 {
				s += k.start[y]
			}
			if t == l.length-1 {
				s += k.stop[y]
			}
			out[y] = s
			top = max(top, s)
		}
		for y, s := range out {
			out[y] = math.Exp(s - top)
		}
		logZ += top
	}
	copy(l.row(l.alpha, 0), l.row(l.shifted, 0))
	for t := range l.length {
		a := l.row(l.alpha, t)
		if t > 0 {
			l.forward(k, t)
			logZ += k.top
		}
		var sum float64
		for _, v := range a {
			sum += v
		}
		if !(sum > 1e-280) || math.IsInf(sum, 1) {
			return 0, false
		}
		l.scale[t] = 1 / sum
		for y := range a {
			a[y] *= l.scale[t]
		}
		logZ += math.Log(sum)
	}
	last := l.row(l.beta, l.length-1)
	for y := range last {
		last[y] = 1
	}
	for t := l.length - 2; t >= 0; t-- {
		l.backward(k, t)
	}
	return logZ, true
}

func (l *lattice) forward(k *links, t int) {
	before, a, e := l.row(l.alpha, t-1), l.row(l.alpha, t), l.row(l.shifted, t)
	for y := range a {
		var sum float64
		from, to := k.spans[y], k.spans[y+1]
		factors := k.factor[from:to]
		for i, ed := range k.edges[from:to] {
			sum += before[ed.from] * factors[i]
		}
		a[y] = sum * e[y]
	}
}

func (l *lattice) backward(k *links, t int) {
	after, b, e := l.row(l.beta, t+1), l.row(l.beta, t), l.row(l.shifted, t+1)
	clear(b)
	for y := range after {
		v := after[y] * e[y] * l.scale[t+1]
		if v == 0 {
			continue
		}
		from, to := k.spans[y], k.spans[y+1]
		factors := k.factor[from:to]
		for i, ed := range k.edges[from:to] {
			b[ed.from] += v * factors[i]
		}
	}
}

// exact is forwardBackward in logarithms throughout: slow, but it bears any
// finite weights. Alpha and beta hold logarithms afterwards.
func (l *lattice) exact(k *links) (logZ float64) {
	fill := func(m []float64) {
		for i := range m {
			m[i] = math.Inf(-1)
		}
	}
	fill(l.alpha)
	fill(l.beta)
	for y := range l.n {
		l.alpha[y] = l.score[y] + k.start[y]
		l.row(l.beta, l.length-1)[y] = k.stop[y]
	}
	for t := 1; t < l.length; t++ {
		before, a, s := l.row(l.alpha, t-1), l.row(l.alpha, t), l.row(l.score, t)
		for i, e := range k.edges {
			a[e.to] = logAdd(a[e.to], before[e.from]+k.log[i])
		}
		for y := range a {
			a[y] += s[y]
		}
	}
	for t := l.length - 2; t >= 0; t-- {
		after, b, s := l.row(l.beta, t+1), l.row(l.beta, t), l.row(l.score, t+1)
		for i, e := range k.edges {
			b[e.from] = logAdd(b[e.from], after[e.to]+s[e.to]+k.log[i])
		}
	}
	logZ = math.Inf(-1)
	for y, a := range l.row(l.alpha, l.length-1) {
		logZ = logAdd(logZ, a+k.stop[y])
	}
	return logZ
}

// logAdd is log(exp a + exp b).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// viterbi gives the most probable labels (Viterbi 1967); of equals the first.
func (l *lattice) viterbi(k *links) []int {
	if l.length == 0 {
		return nil
	}
	best := make([]float64, l.n)
	for y := range best {
		best[y] = l.score[y] + k.start[y]
	}
	back := make([]int32, l.length*l.n)
	for t := 1; t < l.length; t++ {
		s := l.row(l.score, t)
		for y := range l.n {
			top, at := math.Inf(-1), int32(-1)
			for i := k.spans[y]; i < k.spans[y+1]; i++ {
				if v := best[k.edges[i].from] + k.log[i]; v > top {
					top, at = v, k.edges[i].from
				}
			}
			l.next[y], back[t*l.n+y] = top+s[y], at
		}
		copy(best, l.next)
	}
	y, top := 0, math.Inf(-1)
	for i, v := range best {
		if v+k.stop[i] > top {
			y, top = i, v+k.stop[i]
		}
	}
	out := make([]int, l.length)
	for t := l.length - 1; t >= 0; t-- {
		out[t] = y
		if t > 0 {
			y = int(back[t*l.n+y])
		}
	}
	return out
}
