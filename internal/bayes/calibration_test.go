package bayes

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var (
	someScores  = [][]float64{{1, 0.5, 0}, {0.2, 0.1, 0.9}, {0, 1, 0.3}, {0.7, 0.6, 0.1}, {0.1, 0.2, 0.3}}
	someClasses = []int{0, 2, 0, 1, 2}
)

// References: the minimum that SciPy 1.17.1's minimize_scalar finds of the loss
// with Platt's aims; scikit-learn 1.9.1's log_loss and brier_score_loss with
// scale_by_half=False.
func TestAgainstReference(t *testing.T) {
	scale := Scale(someScores, someClasses)
	var probabilities [][]float64
	for _, s := range someScores {
		probabilities = append(probabilities, Softmax(s, 1))
	}
	for _, c := range []struct {
		name              string
		got, want, within float64
	}{
		{"scale", scale, 1.1527275754123623, 1e-4},
		{"loss at the scale", LogLoss(someScores, someClasses, scale), 0.9872455057182803, 1e-5},
		{"loss", LogLoss(someScores, someClasses, 1), 0.9936989568674504, 1e-12},
		{"brier", Brier(probabilities, someClasses), 0.5892201555975034, 1e-12},
		{"scale of nothing", Scale(nil, nil), 1, 0},
		{"brier of nothing", Brier(nil, nil), 0, 0},
	} {
		if !(math.Abs(c.got-c.want) <= c.within) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestCalibrationError(t *testing.T) {
	for _, c := range []struct {
		name   string
		judged []Judged
		bins   int
		want   float64
	}{
		{"nothing", nil, 10, 0},
		{"no bins", []Judged{{0.5, true}}, 0, 0},
		{"sure and right", []Judged{{1, true}, {1, true}}, 10, 0},
		{"sure and wrong", []Judged{{1, false}}, 10, 1},
		{"half and half", []Judged{{0.5, true}, {0.5, false}}, 10, 0},
		// Two at 0.65 with one right are 0.15 off each, one at 0.9 is 0.1 off.
		{"two bins", []Judged{{0.65, true}, {0.65, false}, {0.9, true}}, 10, (2*0.15 + 0.1) / 3},
	} {
		if got := CalibrationError(c.judged, c.bins); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestThreshold(t *testing.T) {
	many := func(p float64, right, wrong int) []Judged {
		return append(slices.Repeat([]Judged{{p, true}}, right), slices.Repeat([]Judged{{p, false}}, wrong)...)
	}
	for _, c := range []struct {
		name   string
		judged []Judged
		want   float64
		ok     bool
	}{
		{"nothing", nil, 0, false},
		{"too few to vouch", many(0.9, 5, 0), 0, false},
		{"all right", many(0.95, 100, 0), 0.9, true},
		{"all right below the rate", many(0.7, 100, 0), 0.7, true},
		{"rows between it and the rate", slices.Concat(many(0.99, 100, 0), many(0.95, 0, 100)), 0.99, true},
		{"the sure ones", slices.Concat(many(0.9, 100, 2), many(0.4, 20, 30)), 0.9, true},
		{"never", many(0.9, 50, 50), 0, false},
		{"equal ones stay together", many(0.9, 100, 100), 0, false},
		{"a bad first does not bar the rest", slices.Concat(many(0.99, 0, 1), many(0.9, 200, 0)), 0.9, true},
	} {
		if got, ok := Threshold(c.judged, 0.9, 0.8); got != c.want || ok != c.ok {
			t.Errorf("%s: got %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestThresholdKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		judged := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Judged {
			return Judged{rapid.Float64Range(0, 1).Draw(t, "p"), rapid.IntRange(0, 9).Draw(t, "luck") > 0}
		}), 0, 200).Draw(t, "judged")
		threshold, ok := Threshold(judged, 0.8, 0.8)
		again, okAgain := Threshold(rapid.Permutation(judged).Draw(t, "order"), 0.8, 0.8)
		if threshold != again || ok != okAgain {
			t.Fatal("another order gives another threshold")
		}
		var right, all float64
		for _, j := range judged {
			if ok && j.Probability >= threshold {
				all++
				if j.Right {
					right++
				}
			}
		}
		if ok && right/all < 0.8 {
			t.Fatalf("%v of %v accepted are right", right, all)
		}
	})
}
