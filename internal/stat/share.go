// Package stat is the arithmetic of honest numbers: intervals of shares and
// rates, and how long things take when some are not finished yet. Processors
// differ in the last bits of a float: who publishes a result rounds it first.
package stat

import "math"

// Interval is the range that a level of confidence leaves.
type Interval struct{ Low, High float64 }

// Wilson is the score interval of a share: successes of trials, at a level of
// confidence such as 0.95. Ok is false when there is nothing to divide by or
// the counts contradict each other. It is E. B. Wilson, Probable inference,
// JASA 22 (1927), without a continuity correction.
func Wilson(successes, trials int64, level float64) (i Interval, ok bool) {
	if trials <= 0 || successes < 0 || successes > trials {
		return Interval{}, false
	}
	z := normalQuantile((1 + level) / 2)
	n, p := float64(trials), float64(successes)/float64(trials)
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	below := 1 + z*z/n
	i = Interval{max(0, (middle-half)/below), min(1, (middle+half)/below)}
	// At the ends the bound is the end itself; rounding must not miss it.
	if successes == 0 {
		i.Low = 0
	}
	if successes == trials {
		i.High = 1
	}
	return i, true
}

// normalQuantile is the quantile of the standard normal distribution.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
