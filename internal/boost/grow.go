package boost

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"unsafe"
)

// unit is the step of whole-number gradients.
const unit = 1 << 32

// sum is what a histogram adds up: gradients and Hessians in units.
type sum struct{ g, h int64 }

const binBytes = int(unsafe.Sizeof(sum{}))

func (a sum) less(b sum) sum { return sum{a.g - b.g, a.h - b.h} }

// fit is the state of learning.
type fit struct {
	t       *table
	classes []int
	s       Setting
	scores  [][]float64 // by class, by row
	slopes  [][]sum     // by class, by row
}

func newFit(t *table, classes []int, s Setting, base []float64) *fit {
	f := &fit{t: t, classes: classes, s: s}
	for _, b := range base {
		f.scores = append(f.scores, slices.Repeat([]float64{b}, t.rows))
		f.slopes = append(f.slopes, make([]sum, t.rows))
	}
	return f
}

// round grows one tree for each class on the same drawn rows, the classes side
// by side, and adds them to the scores.
func (f *fit) round(round int) []tree {
	f.slope()
	drawn := f.draw(round)
	trees := make([]tree, f.s.Classes)
	var wait sync.WaitGroup
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	for class := range trees {
		room <- struct{}{}
		wait.Go(func() {
			defer func() { <-room }()
			g := &grower{f: f, slopes: f.slopes[class], columns: f.drawColumns(round, class)}
			trees[class] = g.grow(slices.Clone(drawn))
			for row := range f.t.rows {
				f.scores[class][row] += trees[class].binned(f.t, row)
			}
		})
	}
	wait.Wait()
	return trees
}

// slope takes the gradients and Hessians of the loss at the scores.
func (f *fit) slope() {
	p := make([]float64, f.s.Classes)
	for row, own := range f.classes {
		for c := range p {
			p[c] = f.scores[c][row]
		}
		Softmax(p)
		w := f.s.weight(own)
		for c, q := range p {
			g := q
			if c == own {
				g--
			}
			h := max(2*q*(1-q), 1e-8)
			f.slopes[c][row] = sum{int64(math.Round(g * w * unit)), int64(math.Round(h * w * unit))}
		}
	}
}

// draw lists the rows of a round, in order.
func (f *fit) draw(round int) []int32 {
	out := make([]int32, 0, f.t.rows)
	for row, key := range f.t.keys {
		if f.s.RowShare >= 1 || portion(mix(key^mix(f.s.Seed+uint64(round)))) < f.s.RowShare {
			out = append(out, int32(row))
		}
	}
	return out
}

// drawColumns lists the columns of a tree: as many as the share says, at least
// one, those with the least random numbers.
func (f *fit) drawColumns(round, class int) []int {
	n := len(f.t.cuts)
	all := make([]int, n)
	for c := range all {
		all[c] = c
	}
	keep := max(1, int(math.Ceil(f.s.ColumnShare*float64(n))))
	if keep == n {
		return all
	}
	seed := mix(mix(f.s.Seed+0x9e37) + uint64(round)*uint64(f.s.Classes) + uint64(class))
	slices.SortFunc(all, func(a, b int) int {
		x, y := mix(seed+uint64(a)), mix(seed+uint64(b))
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return a - b
	})
	all = all[:keep]
	slices.Sort(all)
	return all
}

// mix scatters a number over 64 bits: the finaliser of SplitMix64 (Steele, Lea
// and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// portion maps a random number to [0, 1).
func portion(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// grower grows one tree.
type grower struct {
	f       *fit
	slopes  []sum
	columns []int
}

// open is a leaf that may still be split.
type open struct {
	node  int
	depth int
	rows  []int32
	total sum
	bins  [][]sum // by drawn column
	best  split
}

// split is the best cut of a leaf; gain is 0 where there is none.
type split struct {
	gain   float64
	column int // index among the drawn columns
	cut    int
	left   sum
}

func (g *grower) grow(rows []int32) tree {
	first := &open{rows: rows, bins: g.histogram(rows)}
	for _, r := range rows {
		first.total.g += g.slopes[r].g
		first.total.h += g.slopes[r].h
	}
	t := tree{{left: -1, value: g.value(first.total)}}
	g.find(first)
	leaves := []*open{first}
	for len(leaves) < g.f.s.Leaves {
		at := best(leaves)
		if at < 0 {
			break
		}
		l, r := g.divide(leaves[at], len(t))
		parent := &t[leaves[at].node]
		column := g.columns[leaves[at].best.column]
		*parent = node{column: column, bin: uint8(leaves[at].best.cut), cut: g.f.t.cuts[column][leaves[at].best.cut], left: len(t)}
		t = append(t, node{left: -1, value: g.value(l.total)}, node{left: -1, value: g.value(r.total)})
		leaves[at] = l
		leaves = append(leaves, r)
	}
	return t
}

// best picks the leaf with the greatest gain, the oldest of equals; -1 is none.
func best(leaves []*open) int {
	at, gain := -1, 0.0
	for i, l := range leaves {
		if l.best.gain > gain {
			at, gain = i, l.best.gain
		}
	}
	return at
}

// value is the step of a leaf: -G/(H+λ) by the rate (Chen & Guestrin, 5).
func (g *grower) value(s sum) float64 {
	h := float64(s.h)/unit + g.f.s.L2
	if h <= 0 {
		return 0
	}
	return -float64(s.g) / unit / h * g.f.s.Rate
}

// divide splits a leaf into two, the children's nodes being next and next+1.
// The smaller side is counted, the other is what remains.
func (g *grower) divide(o *open, next int) (l, r *open) {
	column := g.columns[o.best.column]
	bins, cut := g.f.t.bins[column], uint8(o.best.cut)
	right := make([]int32, 0, len(o.rows))
	left := o.rows[:0]
	for _, row := range o.rows {
		if bins[row] <= cut {
			left = append(left, row)
		} else {
			right = append(right, row)
		}
	}
	l = &open{node: next, depth: o.depth + 1, rows: left, total: o.best.left}
	r = &open{node: next + 1, depth: o.depth + 1, rows: right, total: o.total.less(o.best.left)}
	if l.depth >= g.f.s.Depth {
		return l, r
	}
	small, large := l, r
	if len(left) > len(right) {
		small, large = r, l
	}
	small.bins = g.histogram(small.rows)
	large.bins = o.bins
	for c := range large.bins {
		for b := range large.bins[c] {
			large.bins[c][b] = large.bins[c][b].less(small.bins[c][b])
		}
	}
	g.find(l)
	g.find(r)
	return l, r
}

// histogram adds up the slopes of rows by the bins of each drawn column.
func (g *grower) histogram(rows []int32) [][]sum {
	slopes := make([]sum, len(rows))
	for i, r := range rows {
		slopes[i] = g.slopes[r]
	}
	out := make([][]sum, len(g.columns))
	for i, c := range g.columns {
		cuts := g.f.t.cuts[c]
		if len(cuts) == 0 {
			continue
		}
		var h [256]sum
		bins := g.f.t.bins[c]
		for k, r := range rows {
			at := &h[bins[r]]
			at.g += slopes[k].g
			at.h += slopes[k].h
		}
		out[i] = slices.Clone(h[:len(cuts)+1])
	}
	return out
}

// find looks for the cut with the greatest gain (Chen & Guestrin, 7, without
// the half), the first of equals.
func (g *grower) find(o *open) {
	s := g.f.s
	least := int64(s.MinHessian * unit)
	part := func(x sum) float64 {
		q := float64(x.g) / unit
		return q * q / (float64(x.h)/unit + s.L2)
	}
	whole := part(o.total)
	for i, bins := range o.bins {
		var left sum
		for b := 0; b+1 < len(bins); b++ {
			if bins[b] == (sum{}) {
				continue
			}
			left.g += bins[b].g
			left.h += bins[b].h
			right := o.total.less(left)
			if left.h < least || left.h == 0 {
				continue
			}
			if right.h < least || right.h == 0 {
				break
			}
			gain := part(left) + part(right) - whole
			if gain > o.best.gain && gain > s.MinGain && gain > 1e-9 {
				o.best = split{gain: gain, column: i, cut: b, left: left}
			}
		}
	}
}
