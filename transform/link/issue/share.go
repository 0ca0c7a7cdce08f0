package issue

// weigh turns counts into the share of pairs of each cell that are one
// problem.
func (m *Model) weigh(near *[strata]*counts, far *counts) {
	for s := range near {
		chance := m.chance(near[s], far)
		var weight [times][categories][]float64
		for t := range times {
			for k := range categories {
				share := make([]float64, len(m.edges)+1)
				weight[t][k] = make([]float64, len(share))
				for i, seen := range near[s][t][k] {
					// One pair more that is none: a cell of few pairs says little.
					expected := chance*far[t][k][i] + 1
					share[i] = max(0, 1-expected/(seen+1))
					weight[t][k][i] = seen + 1
				}
				m.share[s][t][k] = share
			}
		}
		m.smooth(s, &weight)
	}
}

// chance is how many pairs of a stratum come by chance for each far pair: the
// ratio where next to none can be one problem, among pairs far apart in time
// that are no more alike than most far pairs.
func (m *Model) chance(near, far *counts) float64 {
	var n, f float64
	for t := times - 2; t < times; t++ {
		for k := range categories {
			for i := 0; i < (len(m.edges)+1)/2 && i < 3; i++ {
				n += near[t][k][i]
				f += far[t][k][i]
			}
		}
	}
	return (n + 1) / (f + 1)
}

// rounds of fitting by turns bring both orders close to holding together; the
// last, in likeness, holds exactly.
const rounds = 4

// smooth makes a stratum's shares rise with likeness and fall with time.
func (m *Model) smooth(s int, weight *[times][categories][]float64) {
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

// link is what is known of a pair.
type link struct {
	share    int32 // probability that it is one problem, in millionths
	likeness int32 // in millionths
	stratum  int8
	copied   bool
}

// million is one in fixed point: sums of whole numbers are the same in every
// order, sums of floats are not.
const million = 1_000_000

// leastShare is what a pair needs to be kept; less counts as nothing.
const leastShare = million / 20

// copyShare is the probability given to near copies without a place in common
// to learn from.
const copyShare = 95 * million / 100

// compare weighs a pair; ok is false for a pair that says nothing.
func (m *Model) compare(a, b *node) (l link, ok bool) {
	s, _ := common(a, b)
	l.stratum = int8(s)
	l.copied = !conflict(a, b) && s < byLevel && copies(a, b)
	if s == apart && !l.copied {
		return l, false
	}
	likeness := alike(a, b)
	l.likeness = int32(likeness*million + .5)
	if s != apart {
		l.share = int32(m.share[s][timeCell(a, b)][categoryCell(a, b)][m.bin(likeness)]*million + .5)
	}
	if l.copied {
		l.share = max(l.share, copyShare)
	}
	return l, l.share >= leastShare
}
