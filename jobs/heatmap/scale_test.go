package heatmap

import (
	"slices"
	"strings"
	"testing"
)

// The classes are round numbers up to what occurs, whatever lies between.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		first, most float64
		measure     int
		want        bounds
		labels      string
	}{
		{1, 230, asCount, bounds{1, 10, 20, 50, 100, 200}, "1 – 9|10 – 19|20 – 49|50 – 99|100 – 199|≥ 200"},
		{1, 7, asCount, bounds{1, 2, 5}, "1|2 – 4|≥ 5"},
		{1, 1, asCount, bounds{1}, "≥ 1"},
		{0, 83.2, asRate, bounds{0, 2, 5, 10, 20, 50}, "< 2|2 – 5|5 – 10|10 – 20|20 – 50|≥ 50"},
		{0, 0.3, asRate, bounds{0, 0.01, 0.02, 0.05, 0.1, 0.2}, "< 0.01|0.01 – 0.02|0.02 – 0.05|0.05 – 0.1|0.1 – 0.2|≥ 0.2"},
		{0, 0, asRate, bounds{0}, "≥ 0"},
	} {
		b := boundsTo(c.first, c.most)
		if !slices.Equal(b, c.want) || strings.Join(b.labels(c.measure), "|") != c.labels {
			t.Errorf("up to %v: %v %v", c.most, b, b.labels(c.measure))
		}
		if len(b) > len(colours) {
			t.Errorf("up to %v: %d classes and %d colours", c.most, len(b), len(colours))
		}
	}
	b := bounds{1, 2, 5}
	for value, want := range map[float64]int{0: 0, 1: 0, 1.9: 0, 2: 1, 4: 1, 5: 2, 500: 2} {
		if got := b.class(value); got != want {
			t.Errorf("class of %v: %d, want %d", value, got, want)
		}
	}
}

// A grey copy reads the same: each colour is darker than the one before, by
// its relative luminance (WCAG 2.2).
func TestColoursFallInLightness(t *testing.T) {
	before := 1.0
	for _, c := range colours {
		l := luminance(c)
		if before-l < 0.02 {
			t.Errorf("%s is as light as the colour before: %.3f, %.3f", c, l, before)
		}
		before = l
	}
}
