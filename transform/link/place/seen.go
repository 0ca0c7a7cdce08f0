package place

import (
	"cmp"
	"slices"
)

// Seen is a signature with the rows that have it.
type Seen struct {
	Signature Signature
	// Rows is how many there are; less than one counts as one.
	Rows int
	// Lat and Long are where most of them say it is, WGS 84 degrees, both 0
	// where none does. Only names of compounds are compared by it.
	Lat, Long float64
}

// Tally counts signatures and where their rows say they are. The zero value is
// empty; the order of rows leaves no trace.
type Tally struct {
	rows   map[Signature]int
	points map[Signature]map[[2]int32]int
}

// grain is how many parts of a degree points are kept in: about eleven metres.
const grain = 1e4

// Add counts a row. A point of 0, 0, or none, is given as 0, 0.
func (t *Tally) Add(s Signature, lat, long float64) {
	if t.rows == nil {
		t.rows, t.points = map[Signature]int{}, map[Signature]map[[2]int32]int{}
	}
	t.rows[s]++
	if lat == 0 || long == 0 || lat < -90 || lat > 90 || long < -180 || long > 180 {
		return
	}
	if t.points[s] == nil {
		t.points[s] = map[[2]int32]int{}
	}
	t.points[s][[2]int32{int32(lat * grain), int32(long * grain)}]++
}

// Seen lists the signatures in order, each with the median of its points, which
// a few far ones don't move.
func (t *Tally) Seen() []Seen {
	out := make([]Seen, 0, len(t.rows))
	for s, n := range t.rows {
		lat, long := middle(t.points[s])
		out = append(out, Seen{s, n, lat, long})
	}
	slices.SortFunc(out, func(a, b Seen) int { return a.Signature.compare(b.Signature) })
	return out
}

func middle(points map[[2]int32]int) (lat, long float64) {
	var lats, longs []weighted
	for p, n := range points {
		lats = append(lats, weighted{float64(p[0]) / grain, n})
		longs = append(longs, weighted{float64(p[1]) / grain, n})
	}
	return median(lats), median(longs)
}

type weighted struct {
	value float64
	rows  int
}

// median is the lower weighted median, 0 of nothing.
func median(values []weighted) float64 {
	slices.SortFunc(values, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	all, sum := 0, 0
	for _, v := range values {
		all += v.rows
	}
	for _, v := range values {
		if sum += v.rows; 2*sum >= all {
			return v.value
		}
	}
	return 0
}
