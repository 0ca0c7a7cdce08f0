package stat

import "math"

// Poisson is the exact interval of a count's expectation, at a level of
// confidence such as 0.95: F. Garwood, Fiducial limits for the Poisson
// distribution, Biometrika 28 (1936). For 0 it begins at 0. Divided by a
// denominator it is the interval of a rate.
func Poisson(count int64, level float64) (i Interval, ok bool) {
	if count < 0 || level <= 0 || level >= 1 {
		return Interval{}, false
	}
	tail := (1 - level) / 2
	if count > 0 {
		i.Low = gammaQuantile(float64(count), tail)
	}
	i.High = gammaQuantile(float64(count)+1, 1-tail)
	return i, true
}

// gammaQuantile is the quantile of the gamma distribution of shape a and
// scale 1, found by halving: half of the chi-square quantile with 2a degrees
// of freedom.
func gammaQuantile(a, p float64) float64 {
	low, high := 0.0, a+10*math.Sqrt(a)+20
	for gammaP(a, high) < p {
		high *= 2
	}
	for range 200 {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		if gammaP(a, middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return low + (high-low)/2
}

// gammaP is the regularised lower incomplete gamma function P(a, x): the
// series below a + 1, Lentz's continued fraction above it (NIST DLMF 8.11.4
// and 8.9.2).
func gammaP(a, x float64) float64 {
	if x <= 0 {
		return 0
	}
	lgamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - lgamma)
	const most, enough = 100_000, 1e-16
	if x < a+1 {
		term := 1 / a
		sum := term
		for k := 1; k < most && term > sum*enough; k++ {
			term *= x / (a + float64(k))
			sum += term
		}
		return front * sum
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	f := d
	for k := 1; k < most; k++ {
		n := float64(k)
		an := -n * (n - a)
		b += 2
		if d = an*d + b; math.Abs(d) < tiny {
			d = tiny
		}
		if c = b + an/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		step := d * c
		f *= step
		if math.Abs(step-1) < enough {
			break
		}
	}
	return 1 - front*f
}
