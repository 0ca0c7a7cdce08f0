package link

import (
	"math"

	"huiliu/internal/fault"
)

// Bounds of the fit.
const (
	// mostRounds and still end the EM: no weight moved by still bits in a
	// round, or the rounds are used up.
	mostRounds = 500
	still      = 1e-4
	// pseudo is the count added to each class, so that no class that was
	// never seen has an infinite weight (Jeffreys' half).
	pseudo = 0.5
)

// NothingToFit is raised when there are no pairs to learn from.
var NothingToFit = &fault.Kind{
	Code: "link_nothing_to_fit", Class: fault.Input,
	Cause: fault.Text{EN: "no two records share a block", ZH: "没有任何两条记录落入同一分块"},
	Mend:  fault.Text{EN: "write wider blocking rules, or use a model that was fitted before", ZH: "放宽分块规则，或使用先前拟合的模型"},
}

// Evidence is what weights are learned from; no labels are in it.
type Evidence struct {
	// Candidates are the patterns of the blocked pairs, Random those of pairs
	// drawn at random.
	Candidates, Random []Tally
	// Possible is the number of all pairs, blocked or not.
	Possible float64
	// Rows is the number of records, from which the first guess at the
	// number of matches is made.
	Rows int
}

// Fit estimates the model by EM.
//
// Each pattern γ is a mixture: λ·Πm(γ) + (1-λ)·Πu(γ) (Fellegi & Sunter 1969;
// Winkler 1988). λ is the share of matches among all possible pairs: the
// expected matches among the candidates over Possible, as pairs outside all
// blocks are taken for non-matches. The share among candidates would make
// every weight depend on how wide the blocking is. m is learned from the
// candidates; u from the random pairs, each counted by its probability of
// being no match, so that a small set, whose random pairs hold matches, has
// no biased u. Missing values are left out of both (class 0 weighs nothing).
//
// In each round the ratios m/u are made to fall from a stronger level to a
// weaker one by pooling neighbours that break the order (Ayer et al. 1955):
// levels are declared in order of strength, and chance may not turn them.
func Fit(spec *Spec, e Evidence, frequencies []Frequencies) (*Model, error) {
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	if len(e.Candidates) == 0 || len(e.Random) == 0 {
		return nil, NothingToFit.At("link")
	}
	em := newEM(p, e)
	rounds := 0
	for ; rounds < mostRounds; rounds++ {
		if em.round(e) < still {
			break
		}
	}
	return em.model(p, e, rounds, frequencies), nil
}

// em holds the parameters by comparison and class.
type em struct {
	lambda float64
	m, u   [][]float64
	weight [][]float64
}

func newEM(p *plan, e Evidence) *em {
	f := &em{
		// Half as many matches as records, to begin with.
		lambda: math.Min(0.5, float64(e.Rows)/2/math.Max(1, e.Possible)),
	}
	for _, c := range p.compare {
		n := c.field.Classes()
		m := make([]float64, n)
		// Matches mostly agree: four fifths in the strongest level, then
		// half of what is left in each next one.
		left := 1.0
		for class := 1; class < n; class++ {
			share := 0.5
			if class == 1 {
				share = 0.8
			}
			m[class] = left * share
			left -= m[class]
		}
		f.m = append(f.m, m)
		f.u = append(f.u, make([]float64, n))
		f.weight = append(f.weight, make([]float64, n))
	}
	f.fillU(e, func(Pattern) float64 { return 1 })
	f.reweigh()
	return f
}

// round is one step of EM; it returns the greatest change of a weight in
// bits.
func (f *em) round(e Evidence) float64 {
	sums := zeros(f.m)
	matches := 0.0
	for _, t := range e.Candidates {
		n := t.Pairs * probability(f.bits(t.Pattern))
		matches += n
		add(sums, t.Pattern, n)
	}
	f.lambda = math.Min(0.999, math.Max(matches, pseudo)/math.Max(1, e.Possible))
	share(f.m, sums)
	f.fillU(e, func(p Pattern) float64 { return 1 - probability(f.bits(p)) })
	return f.reweigh()
}

// fillU estimates u from the random pairs, each counted by keep.
func (f *em) fillU(e Evidence, keep func(Pattern) float64) {
	sums := zeros(f.u)
	for _, t := range e.Random {
		add(sums, t.Pattern, t.Pairs*keep(t.Pattern))
	}
	share(f.u, sums)
}

// bits is the weight of a pattern: log2 of the odds that it is a match.
func (f *em) bits(p Pattern) float64 {
	sum := math.Log2(f.lambda / (1 - f.lambda))
	for i := range f.weight {
		sum += f.weight[i][p.Class(i)]
	}
	return sum
}

// reweigh makes the weights of m and u and returns their greatest change.
func (f *em) reweigh() float64 {
	change := 0.0
	for i := range f.m {
		falling(f.m[i][1:], f.u[i][1:])
		for class := 1; class < len(f.m[i]); class++ {
			w := math.Log2(f.m[i][class] / f.u[i][class])
			change = math.Max(change, math.Abs(w-f.weight[i][class]))
			f.weight[i][class] = w
		}
	}
	return change
}

// falling pools neighbouring classes until m/u falls from each to the next:
// pooled classes keep their u and share m in proportion to it.
func falling(m, u []float64) {
	type pool struct {
		m, u float64
		n    int
	}
	var pools []pool
	for i := range m {
		pools = append(pools, pool{m[i], u[i], 1})
		for k := len(pools) - 1; k > 0 && pools[k].m*pools[k-1].u > pools[k-1].m*pools[k].u; k-- {
			pools[k-1] = pool{pools[k-1].m + pools[k].m, pools[k-1].u + pools[k].u, pools[k-1].n + pools[k].n}
			pools = pools[:k]
		}
	}
	i := 0
	for _, p := range pools {
		for end := i + p.n; i < end; i++ {
			if p.n > 1 {
				m[i] = u[i] * p.m / p.u
			}
		}
	}
}

func zeros(like [][]float64) [][]float64 {
	out := make([][]float64, len(like))
	for i := range like {
		out[i] = make([]float64, len(like[i]))
	}
	return out
}

func add(sums [][]float64, p Pattern, n float64) {
	for i := range sums {
		sums[i][p.Class(i)] += n
	}
}

// share turns counts into shares of the pairs that have both values.
func share(into, sums [][]float64) {
	for i := range sums {
		all := 0.0
		for _, n := range sums[i][1:] {
			all += n + pseudo
		}
		for class := 1; class < len(sums[i]); class++ {
			into[i][class] = (sums[i][class] + pseudo) / all
		}
	}
}

// probability of a weight in bits.
func probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }
