package link

import (
	"math"
	"slices"

	"huiliu/transform/link/block"
)

// Decisions are what people decided of pairs of rows. Where two rows are
// decided both ways, by themselves or through others, they stay apart: what a
// person took apart must not come together again unseen.
type Decisions struct {
	// Same are pairs that are one thing, Apart pairs that are two.
	Same, Apart []block.Pair
}

// apart is how near rows are that a person parted.
var apart = float32(math.Inf(-1))

// parted are the rows that each row is decided to be apart from.
type parted map[uint32][]uint32

func (d Decisions) parted() parted {
	out := parted{}
	for _, p := range d.Apart {
		a, b := p.Rows()
		out[a], out[b] = append(out[a], b), append(out[b], a)
	}
	return out
}

func (p parted) are(a, b uint32) bool { return slices.Contains(p[a], b) }

// without drops the links between rows that are apart.
func (p parted) without(links []Link) []Link {
	if len(p) == 0 {
		return links
	}
	var out []Link
	for _, l := range links {
		if !p.are(l.Pair.Rows()) {
			out = append(out, l)
		}
	}
	return out
}

// fill writes what is decided of a component's rows into its matrix.
func (p parted) fill(rows []uint32, at map[uint32]int, near *nearnesses, known []bool) {
	n := len(rows)
	for i, r := range rows {
		for _, other := range p[r] {
			if j, ok := at[other]; ok && j != i {
				near.set(i, j, apart, 1)
				known[i*n+j], known[j*n+i] = true, true
			}
		}
	}
}

// Join puts the clusters together whose rows are decided to be one, unless rows
// of the two are decided to be apart: what a person says of two rows tears
// neither out of its cluster. Rows in no cluster are clusters of themselves.
// Pairs are heard in their order.
func (d Decisions) Join(clusters [][]uint32) [][]uint32 {
	if len(d.Same) == 0 {
		return clusters
	}
	of := map[uint32]int{}
	for i, c := range clusters {
		for _, r := range c {
			of[r] = i
		}
	}
	place := func(r uint32) int {
		if at, ok := of[r]; ok {
			return at
		}
		clusters = append(clusters, []uint32{r})
		of[r] = len(clusters) - 1
		return of[r]
	}
	p := d.parted()
	for _, pair := range slices.Sorted(slices.Values(d.Same)) {
		a, b := pair.Rows()
		x, y := place(a), place(b)
		if x == y || slices.ContainsFunc(clusters[y], func(r uint32) bool {
			return slices.ContainsFunc(p[r], func(other uint32) bool { at, ok := of[other]; return ok && at == x })
		}) {
			continue
		}
		for _, r := range clusters[y] {
			of[r] = x
		}
		clusters[x] = append(clusters[x], clusters[y]...)
		slices.Sort(clusters[x])
		clusters[y] = nil
	}
	return slices.DeleteFunc(clusters, func(c []uint32) bool { return len(c) == 0 })
}
