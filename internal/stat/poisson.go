package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// PoissonInterval returns the exact two-sided confidence limits of a Poisson
// mean of which count events were seen, at a level such as 0.95: half of
// 1 - level lies beyond each limit. The limits are counts of events; divided
// by person-time they are those of a rate. A count below zero, or a level that
// is not between 0 and 1, has none: both are NaN.
//
// Source: Garwood, "Fiducial limits for the Poisson distribution", Biometrika
// 28 (1936); by quantiles of chi-squared, low = χ²(α/2; 2n)/2 and
// high = χ²(1-α/2; 2n+2)/2, and low = 0 where n = 0.
func PoissonInterval(count int64, level float64) (low, high float64) {
	if count < 0 || !(level > 0 && level < 1) {
		return math.NaN(), math.NaN()
	}
	n, tail := float64(count), (1-level)/2
	if count > 0 {
		low = distuv.ChiSquared{K: 2 * n}.Quantile(tail) / 2
	}
	return low, distuv.ChiSquared{K: 2*n + 2}.Quantile(1-tail) / 2
}
