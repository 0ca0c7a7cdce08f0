package link

import (
	"cmp"
	"math"
	"slices"

	"huiliu/transform/link/block"
)

// mostTogether is the greatest number of rows that are clustered at once: a
// component over it is first taken apart along its weakest links. It bounds
// memory (4 bytes for each pair of rows) and time.
const mostTogether = 1000

// Cluster puts rows into clusters by average linkage: two clusters become one
// while the mean probability of the pairs between them is at least the
// specification's Match, the best two first (Sokal & Michener 1958). Pairs
// that blocking missed are compared here, so a weak pair can't chain two
// things together, and one missed pair can't part a thing either.
//
// With the specification's Uneven only pairs that speak count: those that are
// matches, and those whose fields disagree more than one true pair in twenty
// does. Where little is known of a record, a pair may disagree in nothing that
// matters and yet be no match; that it knows too little must not part it from
// what others link it with.
//
// Each cluster is rows in ascending order, clusters are in the order of their
// first row; rows alone are clusters too. For two lists the clusters may hold
// many of each. What people decided goes before every probability: rows that are
// parted never meet, and what rows that are one belong to is one.
func (s *Scorer) Cluster(links []Link, d Decisions) [][]uint32 {
	decided := d.parted()
	kept := decided.without(above(links, logit(s.spec.Match)))
	var out [][]uint32
	for _, part := range s.components(kept) {
		out = append(out, s.averageLink(part, decided)...)
	}
	out = d.Join(out)
	linked := make([]bool, s.data.Table.Rows)
	for _, c := range out {
		for _, row := range c {
			linked[row] = true
		}
	}
	for row := range uint32(s.data.Table.Rows) {
		if !linked[row] {
			out = append(out, []uint32{row})
		}
	}
	slices.SortFunc(out, func(a, b []uint32) int { return cmp.Compare(a[0], b[0]) })
	return out
}

func above(links []Link, least float64) []Link {
	var out []Link
	for _, l := range links {
		if l.Bits >= least {
			out = append(out, l)
		}
	}
	return out
}

// component are rows that links connect, with those links.
type component struct {
	rows  []uint32
	links []Link
}

// components are the connected parts of at most mostTogether rows. A larger
// part is taken again without its weaker half of links until it is small
// enough; links of equal weight go together.
func (s *Scorer) components(links []Link) []component {
	var out []component
	pending := [][]Link{links}
	for len(pending) > 0 {
		own := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, c := range connected(own) {
			if len(c.rows) <= mostTogether {
				out = append(out, c)
				continue
			}
			if strong := strongerHalf(c.links); len(strong) > 0 {
				pending = append(pending, strong)
			} else {
				out = append(out, slabs(c)...)
			}
		}
	}
	return out
}

// strongerHalf are the links over the median weight, none when most have the
// greatest weight.
func strongerHalf(links []Link) []Link {
	bits := make([]float64, len(links))
	for i, l := range links {
		bits[i] = l.Bits
	}
	slices.Sort(bits)
	median := bits[len(bits)/2]
	var out []Link
	for _, l := range links {
		if l.Bits > median {
			out = append(out, l)
		}
	}
	return out
}

// slabs parts a component whose links are all as strong as each other into
// runs of rows: there are thousands of records alike and no telling them
// apart, so the bound on time comes first.
func slabs(c component) []component {
	var out []component
	for rows := range slices.Chunk(c.rows, mostTogether) {
		out = append(out, component{rows: rows})
	}
	return out
}

// connected are the connected parts in the order of their first row.
func connected(links []Link) []component {
	parent := map[uint32]uint32{}
	root := func(r uint32) uint32 {
		for {
			p, ok := parent[r]
			if !ok {
				parent[r] = r
				return r
			}
			if p == r {
				return r
			}
			parent[r] = parent[p]
			r = p
		}
	}
	for _, l := range links {
		a, b := l.Pair.Rows()
		x, y := root(a), root(b)
		parent[max(x, y)] = min(x, y)
	}
	rows := sortedRows(parent)
	place := map[uint32]int{}
	var out []component
	for _, r := range rows {
		top := root(r)
		at, ok := place[top]
		if !ok {
			at = len(out)
			place[top] = at
			out = append(out, component{})
		}
		out[at].rows = append(out[at].rows, r)
	}
	for _, l := range links {
		a, _ := l.Pair.Rows()
		at := place[root(a)]
		out[at].links = append(out[at].links, l)
	}
	return out
}

func sortedRows(m map[uint32]uint32) []uint32 {
	rows := make([]uint32, 0, len(m))
	for r := range m {
		rows = append(rows, r)
	}
	slices.Sort(rows)
	return rows
}

// averageLink clusters one component by the nearest-neighbour chain (Murtagh
// 1983), which for average linkage merges what the best-first order merges,
// in time in the square of the rows. A cluster whose nearest neighbour is
// under Match is done: merging others can't bring them nearer.
func (s *Scorer) averageLink(c component, d parted) [][]uint32 {
	n := len(c.rows)
	if n == 2 && len(c.links) == 1 && c.links[0].Bits >= logit(s.spec.Match) && len(d[c.rows[0]]) == 0 {
		return [][]uint32{c.rows}
	}
	near := s.matrix(c, d)
	members := make([][]uint32, n)
	alive := make([]bool, n)
	for i, r := range c.rows {
		members[i], alive[i] = []uint32{r}, true
	}
	var out [][]uint32
	var chain []int
	for next := 0; ; {
		if len(chain) == 0 {
			for next < n && !alive[next] {
				next++
			}
			if next == n {
				return out
			}
			chain = append(chain, next)
		}
		top := chain[len(chain)-1]
		best := near.nearest(alive, top, chain)
		switch {
		case best < 0 || float64(near.at(top, best)) < s.spec.Match:
			slices.Sort(members[top])
			out = append(out, members[top])
			alive[top] = false
			chain = chain[:len(chain)-1]
		case len(chain) > 1 && best == chain[len(chain)-2]:
			chain = chain[:len(chain)-2]
			a, b := min(top, best), max(top, best)
			near.merge(alive, a, b)
			members[a] = append(members[a], members[b]...)
			members[b], alive[b] = nil, false
		default:
			chain = append(chain, best)
		}
	}
}

// nearnesses are the pairs between the clusters of a component: the sum of the
// probabilities of those that speak, and how many they are. What is decided is
// infinitely near or far.
type nearnesses struct {
	n           int
	sum, spoken []float32
}

// at is the mean of what speaks, 0 where nothing does.
func (x *nearnesses) at(i, j int) float32 {
	at := i*x.n + j
	if x.spoken[at] == 0 {
		return 0
	}
	return x.sum[at] / x.spoken[at]
}

func (x *nearnesses) set(i, j int, sum, spoken float32) {
	x.sum[i*x.n+j], x.sum[j*x.n+i] = sum, sum
	x.spoken[i*x.n+j], x.spoken[j*x.n+i] = spoken, spoken
}

// matrix compares all pairs of a component.
func (s *Scorer) matrix(c component, d parted) *nearnesses {
	n := len(c.rows)
	near := &nearnesses{n, make([]float32, n*n), make([]float32, n*n)}
	at := make(map[uint32]int, n)
	for i, r := range c.rows {
		at[r] = i
	}
	known := make([]bool, n*n)
	d.fill(c.rows, at, near, known)
	for _, l := range c.links {
		a, b := l.Pair.Rows()
		i, j := at[a], at[b]
		if !known[i*n+j] {
			near.set(i, j, float32(l.Probability()), 1)
			known[i*n+j], known[j*n+i] = true, true
		}
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			if !known[i*n+j] {
				p, bits := s.Weigh(block.NewPair(c.rows[i], c.rows[j]))
				sum, spoken := s.speaks(p, bits)
				near.set(i, j, sum, spoken)
			}
		}
	}
	return near
}

// rareAmongTrue is one in twenty, in bits.
const rareAmongTrue = 4.321928094887363

// against is the weight of the fields that disagree: log2 of how often true
// pairs do, as nearly all others do.
func (s *Scorer) against(p Pattern) (bits float64) {
	for i := range s.weights {
		bits += math.Min(0, s.weights[i][p.Class(i)])
	}
	return bits
}

// conflicting is how near rows are that a sure key parts: further than any
// number of others can make up for, but a person's word does.
const conflicting = -1e6

// speaks gives what a pair of a weight counts for.
func (s *Scorer) speaks(p Pattern, bits float64) (sum, spoken float32) {
	switch {
	case bits < never/2:
		return conflicting, 1
	case s.spec.Uneven && bits < logit(s.spec.Match) && s.against(p) > -rareAmongTrue:
		return 0, 0
	}
	return float32(probability(bits)), 1
}

// nearest is the living cluster nearest to top; the one before it on the
// chain wins a tie, else the least place, so that chains end.
func (x *nearnesses) nearest(alive []bool, top int, chain []int) int {
	best := -1
	if len(chain) > 1 {
		best = chain[len(chain)-2]
	}
	for i := range x.n {
		if i != top && alive[i] && (best < 0 || x.at(top, i) > x.at(top, best)) {
			best = i
		}
	}
	return best
}

// merge puts cluster b into a. What is apart from either is apart from both.
func (x *nearnesses) merge(alive []bool, a, b int) {
	for i := range x.n {
		if !alive[i] || i == a || i == b {
			continue
		}
		sum, spoken := x.sum[a*x.n+i]+x.sum[b*x.n+i], x.spoken[a*x.n+i]+x.spoken[b*x.n+i]
		if x.sum[a*x.n+i] == apart || x.sum[b*x.n+i] == apart {
			sum = apart
		}
		x.set(a, i, sum, spoken)
	}
}

// OneToOne are the links of a matching in which each row has at most one: the
// greatest weight first, of equal weights the earlier pair. It is in the
// order of the pairs.
func (s *Scorer) OneToOne(links []Link) []Link {
	order := above(links, logit(s.spec.Match))
	slices.SortFunc(order, func(a, b Link) int {
		if a.Bits != b.Bits {
			return cmp.Compare(b.Bits, a.Bits)
		}
		return cmp.Compare(a.Pair, b.Pair)
	})
	taken := make([]bool, s.data.Table.Rows)
	var out []Link
	for _, l := range order {
		a, b := l.Pair.Rows()
		if !taken[a] && !taken[b] {
			taken[a], taken[b] = true, true
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b Link) int { return cmp.Compare(a.Pair, b.Pair) })
	return out
}
