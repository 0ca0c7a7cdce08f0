package link

import (
	"context"

	"huiliu/transform/link/block"
)

// leastGain is the share of all expected matches that a rule has to add to be
// taken.
const leastGain = 0.0005

// RuleWorth is what one blocking rule is worth beside the others.
type RuleWorth struct {
	block.Count
	// Found are the matches expected among the rule's own pairs: the sum of
	// their probabilities. Gain and Extra are the expected matches and the
	// pairs that it added when it was taken.
	Found float64 `json:"found"`
	Gain  float64 `json:"gain"`
	Extra int     `json:"extra"`
	// Taken says that the rule is worth its pairs.
	Taken bool `json:"taken"`
}

// Choose measures the blocking rules of a specification and says which are
// worth their pairs, with no labels: a model fitted on the pairs of all rules
// gives each pair a probability, and rules are taken one after the other, the
// one with the most new expected matches for each new pair first, until the
// pairs would be over budget or no rule adds a two-thousandth of what all
// find. It returns the rules taken in that order, then the others in the
// order of the specification.
//
// Found of all rules over that of one is its recall among what any rule
// finds; what no rule finds is not seen.
func Choose(ctx context.Context, spec *Spec, records *Records, budget int) ([]RuleWorth, error) {
	r, err := Run(ctx, spec, records, nil)
	if err != nil {
		return nil, err
	}
	if r.Scorer == nil {
		return nil, NothingToFit.At("link")
	}
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	c := &chooser{budget: budget}
	patterns, err := r.Scorer.comparer.Patterns(ctx, r.Pairs)
	if err != nil {
		return nil, err
	}
	c.pairs, c.chance, c.covered = r.Pairs, make([]float32, len(r.Pairs)), make([]bool, len(r.Pairs))
	for i, pair := range r.Pairs {
		c.chance[i] = float32(probability(r.Scorer.Bits(pair, patterns[i])))
		c.all += float64(c.chance[i])
	}
	for _, rule := range p.rules {
		own, counts, err := block.Pairs(ctx, &r.Data.Table, []block.Rule{rule}, p.limits)
		if err != nil {
			return nil, err
		}
		worth := RuleWorth{Count: counts[0]}
		places := c.places(own)
		for _, at := range places {
			worth.Found += float64(c.chance[at])
		}
		c.rules, c.own = append(c.rules, worth), append(c.own, places)
	}
	return c.choose(), nil
}

// chooser covers the expected matches greedily.
type chooser struct {
	budget  int
	all     float64
	pairs   []block.Pair
	chance  []float32
	covered []bool
	rules   []RuleWorth
	// own are each rule's pairs as places in pairs.
	own [][]uint32
}

// places finds pairs among all; both are in ascending order.
func (c *chooser) places(own []block.Pair) []uint32 {
	out := make([]uint32, 0, len(own))
	at := 0
	for _, p := range own {
		for c.pairs[at] < p {
			at++
		}
		out = append(out, uint32(at))
	}
	return out
}

func (c *chooser) choose() []RuleWorth {
	var taken []RuleWorth
	for used := 0; ; {
		best, bestGain, bestExtra := -1, 0.0, 0
		for i := range c.own {
			if c.rules[i].Taken {
				continue
			}
			gain, extra := c.gain(c.own[i])
			fits := used+extra <= c.budget && gain >= leastGain*c.all && extra > 0
			if fits && (best < 0 || gain/float64(extra) > bestGain/float64(bestExtra)) {
				best, bestGain, bestExtra = i, gain, extra
			}
		}
		if best < 0 {
			break
		}
		for _, at := range c.own[best] {
			c.covered[at] = true
		}
		used += bestExtra
		c.rules[best].Taken, c.rules[best].Gain, c.rules[best].Extra = true, bestGain, bestExtra
		taken = append(taken, c.rules[best])
	}
	for _, r := range c.rules {
		if !r.Taken {
			taken = append(taken, r)
		}
	}
	return taken
}

// gain is what pairs would add to those covered.
func (c *chooser) gain(own []uint32) (gain float64, extra int) {
	for _, at := range own {
		if !c.covered[at] {
			gain += float64(c.chance[at])
			extra++
		}
	}
	return gain, extra
}
