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

// find lists, for every group, the bursts that it is near enough to, the nearest
// first of all; equal means go by the number of the group, then of the burst.
func (b *bursts) find() (out []absorption) {
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
			if mean > b.least() && b.smaller(g, int32(k)) {
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
	return b.o.dense(len(members), func(i int) time.Time { return b.nodes[members[i]].at })
}

// dense reports whether some Burst of n times, which ascend, are within BurstSpan.
func (o *Options) dense(n int, at func(i int) time.Time) bool {
	for i := o.Burst - 1; i < n; i++ {
		if at(i).Sub(at(i-o.Burst+1)) <= o.BurstSpan {
			return true
		}
	}
	return false
}

// join lets groups join bursts, the smallest first and each the nearest that will
// have it: a burst that has grown must be as near as it was alone, but may have
// come to last longer. None joins what people hold apart from it.
func (b *bursts) join(found []absorption, apart [][2]int32) forest {
	trees := newForest(len(b.groups))
	members := slices.Clone(b.groups)
	joined := make([]bool, len(b.groups))
	order := slices.Clone(found)
	slices.SortStableFunc(order, func(x, y absorption) int {
		return cmp.Compare(len(b.groups[x.group]), len(b.groups[y.group]))
	})
	for grown := true; grown; {
		grown = false
		for _, f := range order {
			x, y := trees.root(f.group), trees.root(f.into)
			if joined[f.group] || x == y || !b.within(members[x], members[y]) ||
				b.between(trees, members[x], members[y], y) <= b.least() || b.held(trees, x, y, apart) {
				continue
			}
			joined[f.group], grown = true, true
			trees.join(x, y)
			both := slices.Concat(members[x], members[y])
			slices.Sort(both)
			members[min(x, y)] = both
		}
	}
	return trees
}

// least is the mean share that a group must have more of to join a burst.
func (b *bursts) least() float64 {
	odds := b.o.Probability / (1 - b.o.Probability) / float64(b.o.Burst)
	return odds / (1 + odds)
}

// between is the mean share between the members of two trees.
func (b *bursts) between(trees forest, x, y []int32, root int32) float64 {
	sum := int64(0)
	for _, i := range x {
		for j, l := range b.links[i] {
			if trees.root(b.of[j]) == root {
				sum += int64(l.share)
			}
		}
	}
	return b.o.meanShare(sum, len(x), len(y))
}

// held reports whether people hold members of two trees apart.
func (b *bursts) held(trees forest, x, y int32, apart [][2]int32) bool {
	return slices.ContainsFunc(apart, func(p [2]int32) bool {
		i, j := trees.root(b.of[p[0]]), trees.root(b.of[p[1]])
		return i == x && j == y || i == y && j == x
	})
}
