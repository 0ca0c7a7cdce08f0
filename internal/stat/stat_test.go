package stat

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b, tolerance float64) bool {
	return a == b || math.Abs(a-b) <= tolerance*max(1, math.Abs(b))
}

// The values are of statsmodels 0.15.0, proportion_confint(method="wilson").
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		successes, trials int64
		level, low, high  float64
	}{
		{0, 10, 0.95, 0.0, 0.2775327998628892},
		{1, 10, 0.95, 0.017876213095072896, 0.4041500267952385},
		{9, 10, 0.95, 0.5958499732047615, 0.9821237869049271},
		{10, 10, 0.95, 0.7224672001371107, 1},
		{37, 120, 0.95, 0.23272736988916298, 0.39582997723800684},
		{4870, 5012, 0.99, 0.9649794450582729, 0.9771094092638735},
		{5, 30, 0.9, 0.08356237232284014, 0.30492049976055946},
	} {
		i, ok := Wilson(c.successes, c.trials, c.level)
		if !ok || !near(i.Low, c.low, 1e-12) || !near(i.High, c.high, 1e-12) {
			t.Errorf("%d of %d: %v %v, want %v to %v", c.successes, c.trials, i, ok, c.low, c.high)
		}
	}
	for _, c := range [][2]int64{{0, 0}, {1, 0}, {-1, 5}, {6, 5}} {
		if i, ok := Wilson(c[0], c[1], 0.95); ok {
			t.Errorf("%d of %d: %v", c[0], c[1], i)
		}
	}
}

func TestWilsonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1_000_000).Draw(t, "n")
		k := rapid.Int64Range(0, n).Draw(t, "k")
		i, _ := Wilson(k, n, 0.95)
		wider, _ := Wilson(k, n, 0.99)
		other, _ := Wilson(n-k, n, 0.95)
		p := float64(k) / float64(n)
		switch {
		case !(0 <= i.Low && i.Low <= p && p <= i.High && i.High <= 1):
			t.Errorf("%v does not hold %v", i, p)
		case wider.Low > i.Low || wider.High < i.High:
			t.Errorf("99 %% is narrower: %v, %v", wider, i)
		case !near(i.Low, 1-other.High, 1e-9):
			t.Errorf("the failures' interval is no mirror: %v, %v", i, other)
		}
	})
}

// freireich are the weeks of remission under 6-mercaptopurine (E. J.
// Freireich and others, Blood 21 (1963)), the example that the estimator is
// taught with.
func freireich() []Span {
	weeks := []float64{6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35}
	ended := []int{1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0}
	out := make([]Span, len(weeks))
	for i := range weeks {
		out[i] = Span{weeks[i], ended[i] == 1}
	}
	return out
}

// The values are of lifelines 0.30.3, KaplanMeierFitter, whose interval is
// the log-log one.
func TestKaplanMeier(t *testing.T) {
	want := []struct{ time, open, low, high float64 }{
		{6, 0.857142857142857, 0.619718, 0.951552}, {7, 0.8067226890756299, 0.563147, 0.922809}, {10, 0.7529411764705878, 0.503200, 0.889362},
		{13, 0.6901960784313722, 0.431610, 0.849066}, {16, 0.6274509803921566, 0.367511, 0.804912}, {22, 0.5378151260504199, 0.267779, 0.746791}, {23, 0.44817927170868327, 0.188052, 0.680143},
	}
	steps := KaplanMeier(freireich())
	if len(steps) != len(want) {
		t.Fatalf("%v", steps)
	}
	for k, w := range want {
		low, high := steps[k].bounds(normalQuantile(0.975))
		if s := steps[k]; s.Time != w.time || !near(s.Open, w.open, 1e-12) || !near(low, w.low, 1e-6) || !near(high, w.high, 1e-6) {
			t.Errorf("%+v, %v to %v, want %+v", s, low, high, w)
		}
	}
	median, i, ok := Quantile(steps, 0.5, 0.95)
	if !ok || median != 23 || i.Low != 13 || !math.IsInf(i.High, 1) {
		t.Errorf("median %v, %v", median, i)
	}
	if quarter, _, ok := Quantile(steps, 0.25, 0.95); !ok || quarter != 13 {
		t.Errorf("a quarter has ended by %v", quarter)
	}
	if _, _, ok := Quantile(steps, 0.9, 0.95); ok {
		t.Error("nobody knows by when nine in ten end")
	}
	placebo := []float64{1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23}
	var all []Span
	for _, w := range placebo {
		all = append(all, Span{w, true})
	}
	if median, i, ok := Quantile(KaplanMeier(all), 0.5, 0.95); !ok || median != 8 || i != (Interval{4, 11}) {
		t.Errorf("placebo: %v, %v", median, i)
	}
}

func TestKaplanMeierProperties(t *testing.T) {
	span := rapid.Custom(func(t *rapid.T) Span {
		return Span{float64(rapid.IntRange(0, 40).Draw(t, "time")), rapid.Bool().Draw(t, "ended")}
	})
	rapid.Check(t, func(t *rapid.T) {
		spans := rapid.SliceOfN(span, 0, 60).Draw(t, "spans")
		steps := KaplanMeier(spans)
		open := 1.0
		for _, s := range steps {
			if s.Open > open || s.Open < 0 || s.Variance < 0 || s.Ended > s.AtRisk {
				t.Errorf("%+v after %v", s, open)
			}
			open = s.Open
		}
		shuffled := slices.Clone(spans)
		slices.Reverse(shuffled)
		if !slices.Equal(steps, KaplanMeier(shuffled)) {
			t.Error("the order of the spans counts")
		}
		// With nothing open it is the share that lasts longer.
		var ended []Span
		for _, s := range spans {
			ended = append(ended, Span{s.Time, true})
		}
		for _, s := range KaplanMeier(ended) {
			longer := 0
			for _, o := range ended {
				if o.Time > s.Time {
					longer++
				}
			}
			if !near(s.Open, float64(longer)/float64(len(ended)), 1e-12) {
				t.Errorf("%+v, but %d of %d last longer", s, longer, len(ended))
			}
		}
	})
	for _, spans := range [][]Span{nil, {{5, false}, {7, false}}, {{math.NaN(), true}, {-1, true}}} {
		if steps := KaplanMeier(spans); len(steps) != 0 {
			t.Errorf("%v: %v", spans, steps)
		}
		if _, _, ok := Quantile(nil, 0.5, 0.95); ok {
			t.Error("a median of nothing")
		}
	}
}
