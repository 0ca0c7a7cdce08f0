package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// The pairs are the test values of googollee/eviltransform.
func TestGCJ02(t *testing.T) {
	for _, c := range []struct {
		name            string
		lat, long       float64
		gcjLat, gcjLong float64
	}{
		{name: "Shanghai", lat: 31.1774276, long: 121.5272106, gcjLat: 31.17530398364597, gcjLong: 121.531541859215},
		{name: "Shenzhen", lat: 22.543847, long: 113.912316, gcjLat: 22.540796131694766, gcjLong: 113.9171764808363},
		{name: "Beijing", lat: 39.911954, long: 116.377817, gcjLat: 39.91334545536069, gcjLong: 116.38404722455657},
		{name: "Denver", lat: 39.7392, long: -104.9903, gcjLat: 39.7392, gcjLong: -104.9903},
		{name: "Brisbane", lat: -27.4698, long: 153.0251, gcjLat: -27.4698, gcjLong: 153.0251},
	} {
		lat, long := FromWGS84(GCJ02, c.lat, c.long)
		if !near(lat, c.gcjLat, 1e-9) || !near(long, c.gcjLong, 1e-9) {
			t.Errorf("%s: %v, %v", c.name, lat, long)
		}
		if lat, long = ToWGS84(GCJ02, c.gcjLat, c.gcjLong); !near(lat, c.lat, 1e-7) || !near(long, c.long, 1e-7) {
			t.Errorf("%s back: %v, %v", c.name, lat, long)
		}
	}
}

// The values are those of wandergis/coordtransform's gcj02tobd09 and
// wgs84togcj02 at 116.404, 39.915.
func TestBD09(t *testing.T) {
	lat, long := turn(39.915, 116.404)
	if !near(lat, 39.92133699351021, 1e-9) || !near(long, 116.41036949371029, 1e-9) {
		t.Errorf("GCJ-02 to BD-09: %v, %v", lat, long)
	}
	lat, long = FromWGS84(GCJ02, 39.915, 116.404)
	if !near(lat, 39.91640428150164, 1e-9) || !near(long, 116.41024449916938, 1e-9) {
		t.Errorf("WGS 84 to GCJ-02: %v, %v", lat, long)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := rapid.Float64Range(3, 54).Draw(t, "lat")
		long := rapid.Float64Range(73.5, 135.5).Draw(t, "long")
		for _, d := range []Datum{WGS84, GCJ02, BD09} {
			toLat, toLong := FromWGS84(d, lat, long)
			backLat, backLong := ToWGS84(d, toLat, toLong)
			if !near(backLat, lat, 1e-7) || !near(backLong, long, 1e-7) {
				t.Fatalf("%s: %v, %v came back as %v, %v", DatumNames[d], lat, long, backLat, backLong)
			}
		}
	})
}

// Values of h3-py 4.5.0: latlng_to_cell(lat, long, 9) and cell_to_parent.
func TestCell(t *testing.T) {
	for _, c := range []struct {
		lat, long  float64
		h7, h8, h9 uint64
	}{
		{22.708921, 114.346273, 609131373147455487, 613634972770631679, 618138572396691455},
		{39.911954, 116.377817, 608859667090636799, 613363266703327231, 617866866330173439},
		{31.1774276, 121.5272106, 608840908116328447, 613344507733213183, 617848107358748671},
		{51.12736095642616, -113.93417287574859, 608318719130599423, 612822318749581311, 617325918375116799},
		{40.7128, -74.006, 608725951773147135, 613229551394226175, 617733151020810239},
		{-33.8688, 151.2093, 611329441561313279, 615833041184489471, 620336640811597823},
		{0.0001, 0.0001, 610049622592716799, 614553222213795839, 619056821840379903},
	} {
		cell := Cell(c.lat, c.long)
		if cell != c.h9 || Parent(cell, 8) != c.h8 || Parent(cell, 7) != c.h7 {
			t.Errorf("%v, %v: %d, %d, %d", c.lat, c.long, Parent(cell, 7), Parent(cell, 8), cell)
		}
	}
	if Cell(113, 22) != 0 || Cell(math.NaN(), 0) != 0 {
		t.Error("what is no point has a cell")
	}
}

func TestBox(t *testing.T) {
	b := &Box{South: 22.6, West: 114.2, North: 22.8, East: 114.5}
	if !b.Contains(22.6, 114.5) || b.Contains(22.7, 113.8) || b.Contains(math.NaN(), 114.3) {
		t.Error("the box does not hold what it should")
	}
	if !(*Box)(nil).Contains(0, 0) {
		t.Error("no box must hold everything")
	}
}
