package build

import (
	"database/sql/driver"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/stat"
)

// The share's interval is statsmodels' for 37 of 120, the median's lifelines'
// for Freireich's remissions, each taken twice.
func TestIntervals(t *testing.T) {
	weeks := []float64{6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35}
	ended := []int{1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0}
	sure := tally{due: 120, onTime: 37, open: 24}
	for range 2 {
		for i, w := range weeks {
			sure.spans = append(sure.spans, stat.Span{Time: w, Ended: ended[i] == 1})
		}
	}
	few := tally{due: enough - 1, onTime: 7, spans: sure.spans[:enough-1]}
	unfinished := tally{due: 0, spans: make([]stat.Span, 40), open: 40}
	for name, c := range map[string]struct {
		t    tally
		want []driver.Value
	}{
		"enough":           {sure, []driver.Value{int64(120), int64(37), int64(308333), int64(232727), int64(395830), int64(42), int64(24), int64(23), int64(16), nil, "ok"}},
		"too few":          {few, []driver.Value{int64(29), int64(7), nil, nil, nil, int64(29), int64(0), nil, nil, nil, "not_enough"}},
		"nothing finished": {unfinished, []driver.Value{int64(0), int64(0), nil, nil, nil, int64(40), int64(40), nil, nil, nil, "not_enough"}},
	} {
		if d := cmp.Diff(c.want, c.t.values()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
