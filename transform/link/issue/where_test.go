package issue

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWhere(t *testing.T) {
	o := DefaultOptions()
	m := fitted(t, nil)
	spots := func(list ...Spot) Place {
		if len(list) == 0 {
			return Place{}
		}
		return Place{ID: list[0].ID, Level: list[0].Level, Within: list[1:]}
	}
	words := func(text string) Place { return Place{Text: text} }
	point := func(p Place, lat, long float64) Place {
		p.Point = &Point{lat, long}
		return p
	}
	for _, c := range []struct {
		name string
		a, b Place
		want string // in Chinese
	}{
		{"nothing known", Place{}, Place{}, "无共同地点"},
		{"one building", spots(Spot{"b1", Building}), spots(Spot{"b1", Building}, Spot{"c", Compound}), "同一楼栋"},
		{"two buildings", spots(Spot{"b1", Building}), spots(Spot{"b2", Building}), "无共同地点"},
		{"two buildings, one point", point(spots(Spot{"b1", Building}), 30, 120), point(spots(Spot{"b2", Building}), 30, 120), "无共同地点"},
		{"two buildings of one compound", spots(Spot{"b1", Building}, Spot{"c", Compound}), spots(Spot{"b2", Building}, Spot{"c", Compound}), "同一小区，楼栋不同"},
		{"one of them known by its compound", spots(Spot{"b1", Building}, Spot{"c", Compound}), spots(Spot{"c", Compound}), "同一小区"},
		{"one house", spots(Spot{"h", House}), spots(Spot{"h", House}), "同一门牌"},
		{"two houses of one road", spots(Spot{"h", House}, Spot{"r", Road}), spots(Spot{"i", House}, Spot{"r", Road}), "同一道路，门牌不同"},
		{"a community is too wide", spots(Spot{"x", Community}), spots(Spot{"x", Community}), "无共同地点"},
		{"identifiers of two levels: the words", Place{ID: "b", Level: Building, Text: "柳岸小区3幢"}, Place{ID: "c", Level: Compound, Text: "柳岸小区三栋"}, "门牌或楼栋写法一致"},
		{"one name", words("柳岸小区"), words("柳岸小区3幢"), "提到同一地点"},
		{"two buildings in words", words("柳岸小区4幢"), words("柳岸小区3幢"), "提到同一地点，楼栋不同"},
		{"one point", point(Place{}, 30, 120), point(Place{}, 30.000001, 120.000001), "坐标相同"},
		{"near", point(Place{}, 30, 120), point(Place{}, 30.0001, 120.0001), "相距 30 米以内"},
		{"not near", point(Place{}, 30, 120), point(Place{}, 30.001, 120), "无共同地点"},
		{"a name, and far apart", point(words("柳岸小区"), 30, 120), point(words("柳岸小区"), 30.1, 120), "提到同一地点，坐标相距 120 米以上"},
	} {
		a := m.node("a", read(&Request{ID: "a", Place: c.a}, &o))
		b := m.node("b", read(&Request{ID: "b", Place: c.b}, &o))
		if got := common(a, b); got.words().ZH != c.want || common(b, a) != got {
			t.Errorf("%s: %s and %s, want %s", c.name, got.words().ZH, common(b, a).words().ZH, c.want)
		}
	}
}

// Every stratum has its own number, and words.
func TestStrata(t *testing.T) {
	for w := range where(strata) {
		if text := w.words(); text.EN == "" || text.ZH == "" {
			t.Errorf("stratum %d has no words", w)
		}
		if k := w.kind(); k >= kinds || w.distance() >= distances {
			t.Errorf("stratum %d is of kind %d", w, k)
		}
	}
}

// Points within nearMetres of each other meet in a block, wherever they are;
// farness agrees with the sphere but for the rounding of the cosine.
func TestPointsMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat, long := rapid.Float64Range(-60, 60).Draw(t, "lat"), rapid.Float64Range(-179, 179).Draw(t, "long")
		north, east := rapid.Float64Range(-40, 40).Draw(t, "north"), rapid.Float64Range(-40, 40).Draw(t, "east")
		at := func(lat, long float64) *node {
			r := Request{Place: Place{Point: &Point{lat, long}}}
			return &node{features: read(&r, ptr(DefaultOptions()))}
		}
		const degree = 111_320
		x, y := at(lat, long), at(lat+north/degree, long+east/degree/math.Cos(lat*math.Pi/180))
		far, metres := farness(x, y), math.Hypot(north, east)
		if metres < 28 && metres > 4 && far != 2 || metres > 32 && far != 3 {
			t.Fatalf("%.1f m are in cell %d", metres, far)
		}
		if far <= 2 && !slices.ContainsFunc(x.corners(nil), func(k uint64) bool { return slices.Contains(y.corners(nil), k) }) {
			t.Fatalf("%.1f m apart (%.1f, %.1f), and they don't meet", metres, north, east)
		}
	})
}

// Points farther apart than a cell is long share no block: else a place that
// has many requests would stand between those of another.
func TestFarPointsDoNotMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat, long := rapid.Float64Range(-60, 60).Draw(t, "lat"), rapid.Float64Range(-179, 179).Draw(t, "long")
		metres, way := rapid.Float64Range(100, 5000).Draw(t, "metres"), rapid.Float64Range(0, 2*math.Pi).Draw(t, "way")
		cells := func(north, east float64) []uint64 {
			r := Request{Place: Place{Point: &Point{lat + north/111_320, long + east/111_320/math.Cos(lat*math.Pi/180)}}}
			return (&node{features: read(&r, ptr(DefaultOptions()))}).corners(nil)
		}
		here, there := cells(0, 0), cells(metres*math.Cos(way), metres*math.Sin(way))
		if slices.ContainsFunc(here, func(k uint64) bool { return slices.Contains(there, k) }) {
			t.Fatalf("%.0f m apart, and they meet", metres)
		}
	})
}
