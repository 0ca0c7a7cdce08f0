package link

import (
	"math/rand/v2"
	"slices"

	"huiliu/transform/link/block"
)

// Possible is the number of pairs that could be compared: all of one list, or
// all between two.
func (d *Data) Possible() float64 {
	n, first := float64(d.Table.Rows), float64(d.Table.First)
	if first > 0 {
		return first * (n - first)
	}
	return n * (n - 1) / 2
}

// Sample draws pairs at random, each pair with the same probability and at
// most once; all pairs when there are no more than n. The drawing depends on
// the contents alone.
func (d *Data) Sample(n int) []block.Pair {
	rows, first := uint32(d.Table.Rows), uint32(d.Table.First)
	if d.Possible() <= float64(n) {
		return d.every()
	}
	random := rand.New(rand.NewPCG(d.Seed, d.Seed>>32))
	out := make([]block.Pair, 0, n)
	// Pairs drawn twice are few: the pairs are more than the draws, and the
	// loss lowers the sample by a part that bears on nothing.
	for range n {
		var a, b uint32
		if first > 0 {
			a, b = random.Uint32N(first), first+random.Uint32N(rows-first)
		} else {
			a, b = random.Uint32N(rows), random.Uint32N(rows-1)
			if b >= a {
				b++
			}
		}
		out = append(out, block.NewPair(a, b))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// every is all pairs.
func (d *Data) every() []block.Pair {
	rows, first := uint32(d.Table.Rows), uint32(d.Table.First)
	out := make([]block.Pair, 0, int(d.Possible()))
	for a := range rows {
		if first > 0 && a >= first {
			break
		}
		for b := max(a+1, first); b < rows; b++ {
			out = append(out, block.NewPair(a, b))
		}
	}
	return out
}
