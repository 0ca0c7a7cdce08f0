package issue

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The values are those of sklearn 1.9.1, IsotonicRegression with weights.
func TestRise(t *testing.T) {
	y := []float64{.1, .5, .3, .2, .6, .4, .9, .8}
	rise(y, []float64{1, 2, 1, 4, 1, 3, 1, 1})
	for i, want := range []float64{.1, .3, .3, .3, .45, .45, .85, .85} {
		if math.Abs(y[i]-want) > 1e-12 {
			t.Errorf("value %d: %v, want %v", i, y[i], want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOf(rapid.Float64Range(0, 1)).Draw(t, "y")
		w := make([]float64, len(y))
		var sum, weight, after float64
		for i := range w {
			w[i] = rapid.Float64Range(.1, 9).Draw(t, "weight")
			sum, weight = sum+y[i]*w[i], weight+w[i]
		}
		rise(y, w)
		for i := range y {
			after += y[i] * w[i]
		}
		if !slices.IsSorted(y) || math.Abs(after-sum) > 1e-9*max(1, weight) {
			t.Fatalf("%v has mean %v, was %v", y, after, sum)
		}
	})
}

// shares are similarities in thousandths; scipy 1.17.1 makes of 1-share, by
// average linkage cut at a distance of one half, the groups 0-3, 4-7, 8 with
// 10, and 9 with 11.
var shares = [12][12]int32{
	{0, 861, 629, 416, 52, 204, 214, 46, 48, 400, 297, 145}, {861, 0, 927, 888, 208, 244, 304, 56, 265, 160, 366, 58},
	{629, 927, 0, 926, 364, 24, 314, 4, 247, 224, 131, 182}, {416, 888, 926, 0, 228, 342, 145, 180, 342, 249, 248, 146},
	{52, 208, 364, 228, 0, 965, 526, 955, 265, 147, 324, 304}, {204, 244, 24, 342, 965, 0, 728, 505, 342, 127, 207, 342},
	{214, 304, 314, 145, 526, 728, 0, 269, 316, 356, 211, 264}, {46, 56, 4, 180, 955, 505, 269, 0, 378, 183, 397, 124},
	{48, 265, 247, 342, 265, 342, 316, 378, 0, 608, 661, 208}, {400, 160, 224, 249, 147, 127, 356, 183, 608, 0, 576, 753},
	{297, 366, 131, 248, 324, 207, 211, 397, 661, 576, 0, 264}, {145, 58, 182, 146, 304, 342, 264, 124, 208, 753, 264, 0},
}

func TestClusterIsAverageLink(t *testing.T) {
	links := make([]map[int32]link, 12)
	for i := range links {
		links[i] = map[int32]link{}
		for j, s := range shares[i] {
			if i != j {
				links[i][int32(j)] = link{share: s * million / 1000}
			}
		}
	}
	o := DefaultOptions()
	o.Probability = .5
	got := cluster(&component{links: links}, &o)
	want := [][]int32{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 10}, {9, 11}}
	if !slices.EqualFunc(got, want, slices.Equal[[]int32]) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// star links every request to the first with one share: a chain that average
// link must not follow.
func star(n int, share int32) []map[int32]link {
	links := make([]map[int32]link, n)
	for i := range links {
		links[i] = map[int32]link{}
		if i > 0 {
			links[i][0], links[0][int32(i)] = link{share: share}, link{share: share}
		}
	}
	return links
}

func TestNoChain(t *testing.T) {
	o := DefaultOptions()
	for _, g := range cluster(&component{links: star(50, million)}, &o) {
		if len(g) > 2 {
			t.Errorf("a star made a group of %d", len(g))
		}
	}
}

func TestBurstTakesWeakerOnes(t *testing.T) {
	const n = 21
	make21 := func(between, last time.Duration, apart ...[2]int32) int {
		a := &area{m: &Model{}, o: ptr(DefaultOptions()), links: make([]map[int32]link, n), apart: apart}
		for i := range n {
			f := &features{at: begin.Add(time.Duration(i) * between)}
			if i == n-1 {
				f.at = a.nodes[i-1].at.Add(last)
			}
			a.nodes = append(a.nodes, &node{features: f, id: string(rune('a' + i))})
			for j := range i {
				share := int32(million * 9 / 10)
				if i == n-1 {
					share = million * 3 / 10
				}
				a.set(int32(i), int32(j), link{share: share})
			}
		}
		a.group()
		return len(a.issues)
	}
	if got := make21(time.Hour, time.Hour); got != 1 {
		t.Errorf("in the burst: %d issues", got)
	}
	if got := make21(time.Hour, 60*24*time.Hour); got != 2 {
		t.Errorf("long after the burst: %d issues", got)
	}
	if got := make21(10*24*time.Hour, time.Hour); got != 2 {
		t.Errorf("many over a long time are no burst: %d issues", got)
	}
	if got := make21(time.Hour, time.Hour, [2]int32{3, 20}); got != 2 {
		t.Errorf("held apart by a person: %d issues", got)
	}
}

func ptr[T any](v T) *T { return &v }
