package issue

import (
	"slices"

	"github.com/zeebo/xxh3"

	"huiliu/internal/textsim"
)

// blocks are lists of requests that share a key, in the order of their times.
type blocks struct {
	of     map[textsim.Gram][]int32
	o      *Options
	broken bool // a late request came into a block that is not compared whole
}

func newBlocks(o *Options) *blocks { return &blocks{of: map[textsim.Gram][]int32{}, o: o} }

// keys are a request's places and, with copies, the keys of its text.
func (n *node) keys(texts bool) []textsim.Gram {
	var keys []textsim.Gram
	for _, p := range n.places {
		keys = append(keys, p.gram)
	}
	if n.placeID != "" && n.level != Community {
		keys = append(keys, textsim.Gram(xxh3.HashString(n.placeID))+textsim.Gram(n.level))
	}
	if texts && n.long {
		keys = append(keys, textsim.Keys(n.whole)...)
	}
	return textsim.Set(keys)
}

// meet puts the node, which is nodes[i], into its blocks and returns whom it
// is to be compared with: those before it, and when it is late those after it,
// each once, in order.
func (b *blocks) meet(nodes []*node, i int, n *node, texts bool) []int32 {
	var met []int32
	for _, k := range n.keys(texts) {
		block := b.of[k]
		at, _ := slices.BinarySearchFunc(block, n, func(j int32, n *node) int { return before(nodes[j], n) })
		if at < len(block) && len(block) >= b.o.Neighbours {
			b.broken = true
		}
		met = append(met, block[max(0, at-b.o.Neighbours):]...)
		b.of[k] = slices.Insert(block, at, int32(i))
	}
	slices.Sort(met)
	met = slices.Compact(met)
	return slices.DeleteFunc(met, func(j int32) bool { return n.at.Sub(nodes[j].at).Abs() > b.o.Horizon })
}

// least is the size of the smallest block that two requests share, at least 2.
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
