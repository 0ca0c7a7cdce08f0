package issue

import (
	"cmp"
	"slices"
	"time"
)

// burstMargin is how long before and after a burst a request may belong to it.
const burstMargin = 7 * 24 * time.Hour

// bursts joins groups to bursts: while very many write about one place, one
// more from there is about the same thing far more likely than on any other
// day, and its words need say less. Each group joins the larger burst that it
// is nearest to, once.
type bursts struct {
	nodes  []*node
	links  []map[int32]link
	groups [][]int32
	of     []int32 // group of a node
	o      *Options
}

// absorption is a group that may join a burst.
type absorption struct {
	mean        float64
	group, into int32
}

// find lists, for every group, the bursts that it may join, the nearest first
// of all; equal means go by the number of the group, then of the burst.
func (b *bursts) find() (out []absorption) {
	odds := b.o.Probability / (1 - b.o.Probability) / float64(b.o.Burst)
	least := odds / (1 + odds)
	for k := range b.groups {
		burst := b.groups[k]
		if !b.dense(burst) {
			continue
		}
		sums := map[int32]int64{}
		for _, i := range burst {
			for j, l := range b.links[i] {
				if g := b.of[j]; g != int32(k) {
					sums[g] += int64(l.share)
				}
			}
		}
		for g, sum := range sums {
			mean := b.o.meanShare(sum, len(burst), len(b.groups[g]))
			if mean > least && b.smaller(g, int32(k)) && b.within(b.groups[g], burst) {
				out = append(out, absorption{mean, g, int32(k)})
			}
		}
	}
	slices.SortFunc(out, func(x, y absorption) int {
		return cmp.Or(cmp.Compare(y.mean, x.mean), cmp.Compare(x.group, y.group), cmp.Compare(x.into, y.into))
	})
	return out
}

// smaller reports whether group a may join b and not the other way round.
func (b *bursts) smaller(x, y int32) bool {
	return cmp.Or(cmp.Compare(len(b.groups[x]), len(b.groups[y])), cmp.Compare(y, x)) < 0
}

// within reports whether a group began and ended near enough to a burst.
func (b *bursts) within(group, burst []int32) bool {
	first, last := b.nodes[burst[0]].at.Add(-burstMargin), b.nodes[burst[len(burst)-1]].at.Add(burstMargin)
	return !b.nodes[group[len(group)-1]].at.Before(first) && !b.nodes[group[0]].at.After(last)
}

// dense reports whether some Burst of the members came within BurstSpan.
func (b *bursts) dense(members []int32) bool {
	for i := b.o.Burst - 1; i < len(members); i++ {
		if b.nodes[members[i]].at.Sub(b.nodes[members[i-b.o.Burst+1]].at) <= b.o.BurstSpan {
			return true
		}
	}
	return false
}

// join lets each group join its nearest burst, the nearest pairs first, and
// none that people hold apart from what is there by then.
func (b *bursts) join(found []absorption, apart [][2]int32) forest {
	trees := newForest(len(b.groups))
	joined := make([]bool, len(b.groups))
	held := func(x, y int32) bool {
		return slices.ContainsFunc(apart, func(p [2]int32) bool {
			a, c := trees.root(b.of[p[0]]), trees.root(b.of[p[1]])
			return a == x && c == y || a == y && c == x
		})
	}
	for _, f := range found {
		if joined[f.group] {
			continue
		}
		x, y := trees.root(f.group), trees.root(f.into)
		if x == y || len(apart) > 0 && held(x, y) {
			continue
		}
		joined[f.group] = true
		trees.join(x, y)
	}
	return trees
}
