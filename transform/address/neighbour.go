package address

import (
	"math"
	"slices"
)

// gram is the longest run of tokens whose neighbours are counted.
const gram = 4

// Neighbours tells from unlabelled addresses where words end: a run of tokens
// that many different ones follow is likely a whole (accessor variety and
// branching entropy: Jin and Tanaka-Ishii, Unsupervised segmentation of Chinese
// text by use of branching entropy, ACL 2006). It is immutable.
type Neighbours struct {
	known map[uint64]bins
}

// bins are the entropies to the left and right and the frequency of a run, on
// coarse scales from 1 to 15; zero is for a run that was not seen.
type bins struct{ left, right, often uint8 }

// CountNeighbours reads unlabelled addresses, in any order; equal ones count
// once. Runs seen once are left out, which bounds the memory.
func CountNeighbours(texts []string) *Neighbours {
	texts = slices.Compact(slices.Sorted(slices.Values(texts)))
	var left, right []pair
	for _, s := range texts {
		tokens := tokenise(s)
		for i := range tokens {
			var h uint64
			for j := i; j < min(len(tokens), i+gram); j++ {
				h = mix(h, tokens[j].shape)
				left = append(left, pair{h, shapeAt(tokens, i-1)})
				right = append(right, pair{h, shapeAt(tokens, j+1)})
			}
		}
	}
	n := &Neighbours{known: map[uint64]bins{}}
	entropies(left, func(h uint64, count int, e float64) {
		if count > 1 {
			n.known[h] = bins{left: coarse(e), often: uint8(min(15, 1+math.Log2(float64(count))))}
		}
	})
	entropies(right, func(h uint64, count int, e float64) {
		if b, ok := n.known[h]; ok {
			b.right = coarse(e)
			n.known[h] = b
		}
	})
	return n
}

type pair struct{ run, neighbour uint64 }

// shapeAt is the token's shape, or one that stands for the end of the text.
func shapeAt(tokens []token, i int) uint64 {
	if i < 0 || i >= len(tokens) {
		return 1
	}
	return tokens[i].shape
}

func coarse(entropy float64) uint8 { return uint8(min(15, 1+2*entropy)) }

// entropies gives for each run its count and the entropy of its neighbours in
// bits.
func entropies(pairs []pair, yield func(run uint64, count int, entropy float64)) {
	slices.SortFunc(pairs, func(a, b pair) int {
		switch {
		case a.run < b.run:
			return -1
		case a.run > b.run:
			return 1
		case a.neighbour < b.neighbour:
			return -1
		case a.neighbour > b.neighbour:
			return 1
		}
		return 0
	})
	for i := 0; i < len(pairs); {
		j, sum := i, 0.0
		for j < len(pairs) && pairs[j].run == pairs[i].run {
			k := j
			for k < len(pairs) && pairs[k] == pairs[j] {
				k++
			}
			n := float64(k - j)
			sum += n * math.Log2(n)
			j = k
		}
		n := float64(j - i)
		yield(pairs[i].run, j-i, math.Log2(n)-sum/n)
		i = j
	}
}

// run gives the bins of the tokens from i to j-1, zeros for what was not seen.
func (n *Neighbours) run(tokens []token, i, j int) bins {
	if i < 0 || j > len(tokens) || i >= j {
		return bins{}
	}
	var h uint64
	for _, t := range tokens[i:j] {
		h = mix(h, t.shape)
	}
	return n.known[h]
}
