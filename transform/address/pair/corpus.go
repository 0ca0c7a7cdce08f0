package pair

import (
	"math"

	"github.com/zeebo/xxh3"

	"huiliu/transform/address/spell"
)

// orders is how long the counted runs of tokens are: 1 to 3.
const orders = 3

// slots is the size of a table of counts. Runs that share a slot are counted
// together, which makes rare ones a little less rare and bounds the memory.
const slots = 1 << 20

// Corpus knows how rare runs of tokens are in addresses. It takes 12 MiB,
// however many texts it has seen. Read only after it is built; it may then be
// used by many goroutines at once.
type Corpus struct {
	texts  int
	counts [orders][]uint32
}

// NewCorpus counts in how many of the texts each run of one to three tokens
// stands. Texts of one spelling count once. An empty corpus makes all equally
// rare.
func NewCorpus(texts []string) *Corpus {
	c := &Corpus{}
	for n := range c.counts {
		c.counts[n] = make([]uint32, slots)
	}
	seen := map[uint64]bool{}
	for _, text := range texts {
		normal := spell.Normal(text)
		key := xxh3.HashString(normal)
		if normal == "" || seen[key] {
			continue
		}
		seen[key] = true
		c.texts++
		tokens := hashes(spell.Tokens(normal))
		for n := range orders {
			once := map[uint64]bool{}
			for _, g := range runs(tokens, n+1) {
				if !once[g] {
					once[g] = true
					c.counts[n][g%slots]++
				}
			}
		}
	}
	return c
}

// rarity is the inverse document frequency ln((N+1)/(n+½)) of a run of n+1
// tokens, at least 0.
func (c *Corpus) rarity(n int, run uint64) float64 {
	if c == nil || c.texts == 0 {
		return 1
	}
	return max(0, math.Log(float64(c.texts+1)/(float64(c.counts[n][run%slots])+0.5)))
}

func hashes(tokens []string) []uint64 {
	out := make([]uint64, min(len(tokens), longest))
	for i := range out {
		out[i] = xxh3.HashString(tokens[i])
	}
	return out
}

// runs hashes the runs of n tokens, in their order.
func runs(tokens []uint64, n int) []uint64 {
	var out []uint64
	for i := 0; i+n <= len(tokens); i++ {
		out = append(out, join(tokens[i:i+n]))
	}
	return out
}

// join hashes tokens in their order; one token is its own hash.
func join(tokens []uint64) uint64 {
	h := tokens[0]
	for _, t := range tokens[1:] {
		h = (h<<23|h>>41)*0x9e3779b97f4a7c15 ^ t
	}
	return h
}
