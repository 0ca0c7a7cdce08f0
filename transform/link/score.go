package link

import (
	"context"
	"math"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"huiliu/transform/link/block"
)

// Link is a pair that is probable enough to be kept.
type Link struct {
	Pair    block.Pair
	Pattern Pattern
	// Bits is the weight: log2 of the odds that the pair is a match.
	Bits float64
}

// Probability that the pair is a match.
func (l Link) Probability() float64 { return probability(l.Bits) }

// Scorer weighs pairs of one Data by one Model. It is safe for use by many
// goroutines.
type Scorer struct {
	spec     *Spec
	plan     *plan
	data     *Data
	model    *Model
	comparer *Comparer
	// weights are the bits of each comparison and class.
	weights [][]float64
	// adjust are the adjustments of each distinct value by its frequency,
	// nil where there are none.
	adjust [][]float32
}

// NewScorer brings a model to records.
func NewScorer(spec *Spec, d *Data, m *Model) (*Scorer, error) {
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	if err := m.fits(p); err != nil {
		return nil, err
	}
	c, err := NewComparer(spec, d, m.Frequencies())
	if err != nil {
		return nil, err
	}
	return newScorer(spec, d, m, c)
}

// never is a weight that no other weighs up.
const never = -1e6

// Conflict tells of a weight whether a sure key speaks against the pair, and
// what the weight is without it.
func Conflict(bits float64) (rest float64, ok bool) {
	if bits > never/2 {
		return bits, false
	}
	return bits - never, true
}

// newScorer takes a comparer that was made with the model's frequencies.
func newScorer(spec *Spec, d *Data, m *Model, c *Comparer) (*Scorer, error) {
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	s := &Scorer{spec: spec, plan: p, data: d, model: m, comparer: c}
	for i := range m.Comparisons {
		own := []float64{0}
		for _, l := range m.Comparisons[i].Levels {
			own = append(own, l.Bits)
		}
		for class, l := range p.compare[i].levels {
			if l.Conflict() {
				own[class+1] = never
			}
		}
		s.weights = append(s.weights, own)
		s.adjust = append(s.adjust, s.adjustments(i))
	}
	return s, nil
}

// adjustments replace u of an exact agreement by the frequency of the very
// value: log2(u/tf), as Splink has it (its "term frequency adjustments"),
// where tf leaves out the records of the same thing.
func (s *Scorer) adjustments(i int) []float32 {
	c := &s.model.Comparisons[i]
	exact := s.comparer.columns[i].exact
	if !c.TF || exact == 0 {
		return nil
	}
	u := c.Levels[exact-1].U
	values := s.comparer.columns[i].column.Values
	out := make([]float32, len(values))
	for v := 1; v < len(values); v++ {
		out[v] = float32(math.Log2(u / c.Frequencies.share(s.data.hash(xxh3.HashString(values[v])), s.model.Own, u)))
	}
	return out
}

// Bits is the weight of a pair of the pattern given.
func (s *Scorer) Bits(pair block.Pair, p Pattern) float64 {
	bits := s.model.PriorBits
	for i := range s.weights {
		bits += s.weights[i][p.Class(i)] + s.adjustment(i, pair, p)
	}
	return bits
}

func (s *Scorer) adjustment(i int, pair block.Pair, p Pattern) float64 {
	if s.adjust[i] == nil || p.Class(i) != int(s.comparer.columns[i].exact) {
		return 0
	}
	a, _ := pair.Rows()
	return float64(s.adjust[i][s.comparer.columns[i].column.Rows[a]])
}

// Weigh compares one pair and gives its weight in bits.
func (s *Scorer) Weigh(pair block.Pair) (Pattern, float64) {
	p := s.comparer.Pattern(pair)
	return p, s.Bits(pair, p)
}

// Patterns compares pairs, in the order given.
func (s *Scorer) Patterns(ctx context.Context, pairs []block.Pair) ([]Pattern, error) {
	return s.comparer.Patterns(ctx, pairs)
}

// Links are the pairs whose probability is at least the specification's
// Review, in the order of the pairs; patterns are those of Comparer.Patterns.
func (s *Scorer) Links(ctx context.Context, pairs []block.Pair, patterns []Pattern) ([]Link, error) {
	least := logit(s.spec.Review)
	parts := make([][]Link, workers())
	var group errgroup.Group
	for part := range parts {
		group.Go(func() error {
			from, to := len(pairs)*part/len(parts), len(pairs)*(part+1)/len(parts)
			for i := from; i < to; i++ {
				if bits := s.Bits(pairs[i], patterns[i]); bits >= least {
					parts[part] = append(parts[part], Link{pairs[i], patterns[i], bits})
				}
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	var out []Link
	for _, p := range parts {
		out = append(out, p...)
	}
	return out, err
}

// logit is log2 of the odds of a probability.
func logit(p float64) float64 { return math.Log2(p / (1 - p)) }
