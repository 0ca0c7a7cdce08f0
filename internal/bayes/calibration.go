package bayes

import (
	"cmp"
	"math"
	"slices"

	"huiliu/internal/stat"
)

// Judged is a suggestion whose truth is known: the probability that was given
// to it, and whether it was right.
type Judged struct {
	Probability float64
	Right       bool
}

// The bounds between which Scale looks, as natural logarithms.
const (
	lowestScale  = -7.0
	highestScale = 9.0
)

// Scale finds the factor by which scores are multiplied before Softmax so that
// the probabilities of the true classes have the least mean logarithmic loss:
// temperature scaling, its factor 1 ÷ temperature (Guo, Pleiss, Sun and
// Weinberger 2017, On calibration of modern neural networks, ICML). Scores are
// those of rows which the fit has not seen. Where all of n of them are right
// that factor would have no end; so the true class is aimed at with 1 − 1/(n+2)
// and the others share the rest (Platt 1999, Probabilistic outputs for support
// vector machines). The loss is convex in the factor and is searched by golden
// sections of its logarithm. Without rows it is 1.
func Scale(scores [][]float64, classes []int) float64 {
	if len(scores) == 0 {
		return 1
	}
	loss := func(x float64) float64 { return smoothed(scores, classes, math.Exp(x)) }
	ratio := (math.Sqrt(5) - 1) / 2
	low, high := lowestScale, highestScale
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	atA, atB := loss(a), loss(b)
	for high-low > 1e-4 {
		if atA <= atB {
			high, b, atB = b, a, atA
			a = high - ratio*(high-low)
			atA = loss(a)
		} else {
			low, a, atA = a, b, atB
			b = low + ratio*(high-low)
			atB = loss(b)
		}
	}
	return math.Exp((low + high) / 2)
}

// smoothed is LogLoss with the aims of Scale.
func smoothed(scores [][]float64, classes []int, scale float64) float64 {
	rest := 1 / float64(len(scores)+2)
	var sum float64
	for i, s := range scores {
		top := slices.Max(s)
		var all, others float64
		for c, v := range s {
			all += math.Exp(scale * (v - top))
			if c != classes[i] {
				others += v
			}
		}
		aim := s[classes[i]]
		if len(s) > 1 {
			aim = (1-rest)*aim + rest*others/float64(len(s)-1)
		}
		sum += math.Log(all) + scale*(top-aim)
	}
	return sum / float64(len(scores))
}

// LogLoss is the mean of −ln of the probability given to the true class, in
// nats.
func LogLoss(scores [][]float64, classes []int, scale float64) float64 {
	var sum float64
	for i, s := range scores {
		sum -= math.Log(max(Softmax(s, scale)[classes[i]], 1e-300))
	}
	return sum / float64(len(scores))
}

// Brier is the mean squared distance between the probabilities of all classes
// and the truth, from 0 to 2 (Brier 1950, Verification of forecasts expressed
// in terms of probability). Without rows it is 0.
func Brier(probabilities [][]float64, classes []int) float64 {
	var sum float64
	for i, p := range probabilities {
		for c, v := range p {
			if c == classes[i] {
				v--
			}
			sum += v * v
		}
	}
	return sum / float64(max(1, len(probabilities)))
}

// CalibrationError is the expected calibration error: the mean distance
// between probability and share of right ones over bins of equal width, each
// weighed by its rows (Naeini, Cooper and Hauskrecht 2015, AAAI). A
// probability of 1 is in the last bin. Without rows it is 0.
func CalibrationError(judged []Judged, bins int) float64 {
	if len(judged) == 0 || bins < 1 {
		return 0
	}
	gap := make([]float64, bins)
	for _, j := range judged {
		at := min(bins-1, max(0, int(j.Probability*float64(bins))))
		gap[at] += j.Probability
		if j.Right {
			gap[at]--
		}
	}
	var sum float64
	for _, g := range gap {
		sum += math.Abs(g)
	}
	return sum / float64(len(judged))
}

// Threshold is the least probability from which suggestions may be accepted:
// of those at or above it, the lower end of Wilson's interval of the share
// that is right, at the given level, is not under rate. This is selective
// classification with a stated risk (Geifman and El-Yaniv 2017, Selective
// classification for deep neural networks, NeurIPS; Wilson's interval stands
// in for their binomial bound). Where no row lies between it and rate, it is
// rate: the rows say the same of both, and a calibrated probability of rate is
// right that often. Ok is false where no probability will do: then nothing may
// be accepted.
func Threshold(judged []Judged, rate, level float64) (threshold float64, ok bool) {
	sorted := slices.Clone(judged)
	slices.SortFunc(sorted, func(a, b Judged) int { return cmp.Compare(b.Probability, a.Probability) })
	var right int64
	for i, j := range sorted {
		if j.Right {
			right++
		}
		// Equal probabilities are accepted together or not at all.
		if i+1 < len(sorted) && sorted[i+1].Probability == j.Probability {
			continue
		}
		if bound, fits := stat.Wilson(right, int64(i+1), level); fits && bound.Low >= rate {
			threshold, ok = j.Probability, true
			if i+1 == len(sorted) || sorted[i+1].Probability < rate {
				threshold = min(threshold, rate)
			}
		}
	}
	return threshold, ok
}
