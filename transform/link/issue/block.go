package issue

import (
	"slices"

	"huiliu/internal/textsim"
)

// blocks are lists of requests that share a key, in the order of their times:
// numbers of nodes that are in that order themselves.
type blocks struct {
	of    map[uint64][]int32
	nodes []*node
	o     *Options
}

// newBlocks puts nodes, which are in the order of their times, into blocks.
func newBlocks(nodes []*node, o *Options, texts bool) *blocks {
	b := &blocks{of: map[uint64][]int32{}, nodes: nodes, o: o}
	for i, n := range nodes {
		for _, k := range n.keys(texts) {
			b.of[k] = append(b.of[k], int32(i))
		}
	}
	return b
}

// salts part the keys of one sort from those of another.
const (
	saltSpot   = 0x9e3779b97f4a7c15
	saltNumber = 0xbf58476d1ce4e5b9
	saltPoint  = 0x94d049bb133111eb
)

// keys are a request's places and, with texts, its number and the keys of its
// text, each once.
func (n *node) keys(texts bool) []uint64 {
	keys := make([]uint64, 0, len(n.named)+len(n.spots)+len(n.copies)+6)
	for _, p := range n.named {
		keys = append(keys, p.gram)
	}
	for _, s := range n.spots {
		keys = append(keys, textsim.Mix(s.id^saltSpot*uint64(s.level)))
	}
	if n.located {
		keys = n.corners(keys)
	}
	if texts {
		for _, x := range [...]uint64{n.number, n.origin} {
			if x != 0 {
				keys = append(keys, textsim.Mix(x^saltNumber))
			}
		}
		keys = append(keys, n.copies...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// corners appends the four cells of twice nearMetres that a point lies in, of
// grids that are half a cell apart: two points within nearMetres of each other
// in both directions share one of them.
func (n *node) corners(keys []uint64) []uint64 {
	const side = 2 * nearMetres * 1000 // millimetres
	const origin = 1 << 40             // so that no row or column is negative
	for grid := range int64(4) {
		dy, dx := grid>>1*side/2, grid&1*side/2
		row := (metres(int64(n.lat), 0) + origin + dy) / side
		// A column is as wide as its row's latitude has it, whoever lies in it.
		lat := (row*side - dy - origin) * 1000 / 11132 * 100
		column := (metres(int64(n.long), int32(lat)) + origin + dx) / side
		keys = append(keys, textsim.Mix(textsim.Mix(uint64(row<<2+grid)^saltPoint)^uint64(column)))
	}
	return keys
}

// place is where a node is in a block, or would be.
func (b *blocks) place(block []int32, n *node) int {
	at, _ := slices.BinarySearchFunc(block, n, func(j int32, n *node) int { return before(b.nodes[j], n) })
	return at
}

// number is the number of one of the nodes.
func (b *blocks) number(n *node) int32 {
	at, _ := slices.BinarySearchFunc(b.nodes, n, before)
	return int32(at)
}

// near reports whether two nodes are within the horizon.
func (b *blocks) near(x, y *node) bool { return x.at.Sub(y.at).Abs() <= b.o.Horizon }

// earlier appends whom a node is to be compared with of those before it: in each
// block the last Neighbours, within the horizon.
func (b *blocks) earlier(dst []int32, i int32, texts bool) []int32 {
	n := b.nodes[i]
	from := len(dst)
	for _, k := range n.keys(texts) {
		block := b.of[k]
		at := b.place(block, n)
		for _, j := range block[max(0, at-b.o.Neighbours):at] {
			if b.near(b.nodes[j], n) {
				dst = append(dst, j)
			}
		}
	}
	slices.Sort(dst[from:])
	return dst[:from+len(slices.Compact(dst[from:]))]
}

// later calls fn for whom a node, which need not be among the nodes, stands
// before within Neighbours in some block, and tells whether the other has
// more than Neighbours before it there, the node included.
func (b *blocks) later(n *node, in bool, fn func(j int32, full bool)) {
	for _, k := range n.keys(true) {
		block := b.of[k]
		at := b.place(block, n)
		if in {
			at++
		}
		for p := at; p < min(len(block), at+b.o.Neighbours) && b.near(n, b.nodes[block[p]]); p++ {
			behind := p
			if !in {
				behind++
			}
			fn(block[p], behind > b.o.Neighbours)
		}
	}
}

// least is the size of the smallest block of places that two requests share,
// at least 2.
func (b *blocks) least(x, y *node) int {
	theirs := y.keys(false)
	least := 0
	for _, k := range x.keys(false) {
		if _, ok := slices.BinarySearch(theirs, k); ok && (least == 0 || len(b.of[k]) < least) {
			least = len(b.of[k])
		}
	}
	return max(2, least)
}
