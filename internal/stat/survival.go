package stat

import (
	"math"
	"slices"
)

// Span is how long one thing took, or has taken so far.
type Span struct {
	// Time is in any unit, the same for all.
	Time float64
	// Ended says that it ended then; else it is censored: still open.
	Ended bool
}

// Step is the survival after one time at which something ended.
type Step struct {
	Time float64
	// AtRisk is how many had not ended or been censored just before, Ended how
	// many ended then.
	AtRisk, Ended int
	// Open is the share that lasts longer than Time.
	Open float64
	// Variance is Greenwood's, of Open.
	Variance float64
}

// KaplanMeier estimates what share lasts how long when some are not finished
// yet: E. L. Kaplan and P. Meier, JASA 53 (1958). What is censored at a time
// is at risk at it. Spans with a time that is no number or negative are left
// out.
func KaplanMeier(spans []Span) []Step {
	sorted := slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return math.IsNaN(s.Time) || s.Time < 0 })
	slices.SortFunc(sorted, func(a, b Span) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	var steps []Step
	open, greenwood := 1.0, 0.0
	for i := 0; i < len(sorted); {
		at, ended, j := sorted[i].Time, 0, i
		for ; j < len(sorted) && sorted[j].Time == at; j++ {
			if sorted[j].Ended {
				ended++
			}
		}
		if risk := len(sorted) - i; ended > 0 {
			open *= 1 - float64(ended)/float64(risk)
			if ended < risk {
				greenwood += float64(ended) / (float64(risk) * float64(risk-ended))
			}
			steps = append(steps, Step{Time: at, AtRisk: risk, Ended: ended, Open: open, Variance: open * open * greenwood})
		}
		i = j
	}
	return steps
}

// Quantile is the first time by which at least a share q has ended, such as
// 0.5 for the median, with its interval at a level of confidence: the times at
// which the log-log interval of the survival crosses it (R. Brookmeyer and J.
// Crowley, Biometrics 38 (1982)). Ok is false when too much is open to say;
// then a bound may be missing too: it is +Inf.
func Quantile(steps []Step, q, level float64) (time float64, i Interval, ok bool) {
	z := normalQuantile((1 + level) / 2)
	time, i = math.Inf(1), Interval{math.Inf(1), math.Inf(1)}
	for k := len(steps) - 1; k >= 0; k-- {
		s := &steps[k]
		low, high := s.bounds(z)
		if s.Open <= 1-q {
			time = s.Time
		}
		if low <= 1-q {
			i.Low = s.Time
		}
		if high <= 1-q {
			i.High = s.Time
		}
	}
	return time, i, !math.IsInf(time, 1)
}

// bounds is the interval of Open on the log(-log) scale, which stays between
// 0 and 1.
func (s *Step) bounds(z float64) (low, high float64) {
	if s.Open <= 0 || s.Open >= 1 {
		return s.Open, s.Open
	}
	v := math.Log(s.Open)
	half := z * math.Sqrt(s.Variance) / math.Abs(s.Open*v)
	return math.Exp(v * math.Exp(half)), math.Exp(v * math.Exp(-half))
}
