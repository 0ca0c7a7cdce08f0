package issue

// counts counts pairs, their likeness scaled.
func (m *Model) counts(pairs []pair, scale float64) *cells {
	c := &cells{}
	for t := range c {
		for k := range c[t] {
			c[t][k] = make([]float64, len(m.edges)+1)
		}
	}
	for _, p := range pairs {
		c[p.time][p.category][m.bin(p.likeness*scale)] += p.weight
	}
	return c
}

// weigh turns pairs into the share of each cell that is one problem.
func (m *Model) weigh(near *[strata][]pair, far []pair) {
	for s := range near {
		if len(near[s]) == 0 {
			continue
		}
		m.share[s] = &cells{}
		seen, null := m.counts(near[s], 1), m.counts(far, scale(near[s], far))
		chance := m.chance(seen, null)
		var weight cells
		for t := range times {
			for k := range categories {
				share := make([]float64, len(m.edges)+1)
				weight[t][k] = make([]float64, len(share))
				// One pair more on either side, over all bins: a cell of few pairs
				// says little.
				more := 1 / float64(len(share))
				for i, n := range seen[t][k] {
					share[i] = 1 - (chance[k]*(null[t][k][i]+more)+more)/(n+more)
					weight[t][k][i] = n + more
				}
				m.share[s][t][k] = share
			}
		}
		m.smooth(s, &weight)
	}
}

// longAgo is the cell of times from which on most pairs at one place are two
// problems.
const longAgo = 4

// scale is by how much two problems at one place are more alike in words than
// two at different places: people of one estate write about what estates have.
// It is the empirical null of Efron (2004), matched at the median of pairs far
// apart in time, and never under 1.
func scale(near, far []pair) float64 {
	var old []pair
	for _, p := range near {
		if p.time >= longAgo {
			old = append(old, p)
		}
	}
	if len(old) == 0 || len(far) == 0 {
		return 1
	}
	a, b := quantile(likenesses(old), .5), quantile(likenesses(far), .5)
	if b <= 0 {
		return 1
	}
	return max(1, a/b)
}

// chance is how many pairs of a stratum come by chance for each far pair, by
// category: the ratio where next to none can be one problem, among pairs far
// apart in time that are no more alike than half of the null. Places have
// problems of their own kind, so that equal categories meet at one place more
// often than at two.
func (m *Model) chance(near, null *cells) (ratio [categories]float64) {
	for k := range categories {
		var all, below, n, f float64
		for i := range len(m.edges) + 1 {
			for t := range times {
				all += null[t][k][i]
			}
		}
		for i := 0; i <= len(m.edges) && below <= all/2; i++ {
			for t := range times {
				below += null[t][k][i]
				if t >= longAgo {
					n += near[t][k][i]
					f += null[t][k][i]
				}
			}
		}
		ratio[k] = (n + 1) / (f + 1)
	}
	return ratio
}

// rounds of fitting by turns bring both orders close to holding together; the
// last, in likeness, holds exactly.
const rounds = 4

// smooth makes a stratum's shares rise with likeness and fall with time.
func (m *Model) smooth(s int, weight *cells) {
	bins := len(m.edges) + 1
	for range rounds {
		for k := range categories {
			for i := range bins {
				var y, w [times]float64
				for t := range times {
					y[times-1-t], w[times-1-t] = m.share[s][t][k][i], weight[t][k][i]
				}
				rise(y[:], w[:])
				for t := range times {
					m.share[s][t][k][i] = y[times-1-t]
				}
			}
			for t := range times {
				rise(m.share[s][t][k], weight[t][k])
			}
		}
	}
	for t := range times {
		for k := range categories {
			for i, p := range m.share[s][t][k] {
				m.share[s][t][k][i] = max(0, p)
			}
		}
	}
}

// rise replaces y by the nearest rising sequence in weighted least squares, by
// pooling adjacent violators (Barlow et al., Statistical Inference under Order
// Restrictions, 1972).
func rise(y, w []float64) {
	type pool struct {
		mean, weight float64
		n            int
	}
	var pools []pool
	for i := range y {
		p := pool{y[i], w[i], 1}
		for len(pools) > 0 && pools[len(pools)-1].mean > p.mean {
			q := pools[len(pools)-1]
			pools = pools[:len(pools)-1]
			p = pool{(p.mean*p.weight + q.mean*q.weight) / (p.weight + q.weight), p.weight + q.weight, p.n + q.n}
		}
		pools = append(pools, p)
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			y[i] = p.mean
			i++
		}
	}
}

// link is what is known of a pair, in millionths: sums of whole numbers are the
// same in every order, sums of floats are not.
type link struct {
	share    int32 // probability that it is one problem
	likeness int32
}

const million = 1_000_000

// joins reports whether a link is strong enough to tie a component.
func (o *Options) joins(l link) bool { return float64(l.share)/million >= o.Probability }

// leastShare is what a pair needs to be kept; less counts as nothing.
const leastShare = million / 20

// copyShare is the probability given to near copies without a place in common
// to learn from.
const copyShare = 95 * million / 100

// compare weighs a pair by its words; ok is false for a pair that says nothing.
// A transfer is kept whatever its words.
func (m *Model) compare(a, b *node) (l link, ok bool) {
	w := common(a, b)
	sure := transferred(a, b)
	known := w > parted && m.share[w] != nil
	alone := !w.told() || len(a.copies) == 0 || len(b.copies) == 0 // no near copies
	if !known && !sure && alone {
		return l, false
	}
	if known && !sure && alone { // what the likest could say; shares rise with likeness
		list := m.share[w][timeCell(a, b)][categoryCell(a, b)]
		if int32(list[len(list)-1]*million+.5) < leastShare {
			return l, false
		}
	}
	m.prepare(a)
	m.prepare(b)
	likeness := alike(a, b)
	l.likeness = int32(likeness*million + .5)
	if known {
		l.share = int32(m.share[w][timeCell(a, b)][categoryCell(a, b)][m.bin(likeness)]*million + .5)
	}
	if w.told() && copies(a, b, w) {
		l.share = max(l.share, copyShare)
	}
	return l, sure || l.share >= leastShare
}
