package geo

import (
	"math"
	"testing"
)

// Values of h3-py 4.5.0: cell_to_boundary(int_to_str(613634972770631679)).
func TestOutline(t *testing.T) {
	got := Outline(613634972770631679)
	if len(got) != len(outline) {
		t.Fatalf("%d corners, want %d", len(got), len(outline))
	}
	for i, p := range got {
		if math.Abs(p.Lat-outline[i].Lat) > 1e-9 || math.Abs(p.Long-outline[i].Long) > 1e-9 {
			t.Errorf("corner %d at %v, want %v", i, p, outline[i])
		}
	}
	for _, cell := range []uint64{0, 5, math.MaxUint64} {
		if Outline(cell) != nil {
			t.Errorf("%d is no cell", cell)
		}
	}
}

var outline = []Point{
	{22.70317576858359, 114.34964605411352},
	{22.707872708503473, 114.35030688065066},
	{22.71103854233421, 114.34630472936166},
	{22.709507410864518, 114.34164155274463},
	{22.704810282718164, 114.3409808037972},
	{22.701644474262324, 114.34498315386449},
}
