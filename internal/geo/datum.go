package geo

import "math"

// Datum is the system that coordinates are given in.
type Datum uint8

const (
	// WGS84 is the system of GPS; CGCS2000 differs from it by centimetres.
	WGS84 Datum = iota
	// GCJ02 is the shifted system of Chinese web maps (AutoNavi, Tencent).
	GCJ02
	// BD09 is Baidu's further shift of GCJ-02.
	BD09
)

// DatumNames are the names that source definitions use, by Datum.
var DatumNames = []string{"wgs84", "gcj02", "bd09"}

// ParseDatum reads a datum's name.
func ParseDatum(name string) (Datum, bool) {
	for i, n := range DatumNames {
		if n == name {
			return Datum(i), true
		}
	}
	return WGS84, false
}

// The ellipsoid of Krasovsky 1940, on which GCJ-02 shifts. The polynomial was
// never published officially; this is the form known since 2010, for which
// googollee/eviltransform holds the test values.
const (
	krasovskyAxis         = 6378245.0
	krasovskyEccentricity = 0.00669342162296594323
)

// shifted reports whether GCJ-02 shifts a point at all: the rectangle that
// the public implementations agree on.
func shifted(lat, long float64) bool {
	return long >= 72.004 && long <= 137.8347 && lat >= 0.8293 && lat <= 55.8271
}

// shift is the distance in degrees from WGS 84 to GCJ-02 at a WGS 84 point.
func shift(lat, long float64) (dLat, dLong float64) {
	x, y := long-105, lat-35
	root := math.Sqrt(math.Abs(x))
	common := 20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)
	dLat = -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root +
		(common+20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi)+160*math.Sin(y/12*math.Pi)+320*math.Sin(y/30*math.Pi))*2/3
	dLong = 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root +
		(common+20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi)+150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	sin, cos := math.Sincos(lat * math.Pi / 180)
	w := 1 - krasovskyEccentricity*sin*sin
	dLat = dLat * 180 / (krasovskyAxis * (1 - krasovskyEccentricity) / (w * math.Sqrt(w)) * math.Pi)
	dLong = dLong * 180 / (krasovskyAxis / math.Sqrt(w) * cos * math.Pi)
	return dLat, dLong
}

// bdTurn is the frequency of BD-09's own distortion.
const bdTurn = math.Pi * 3000 / 180

// FromWGS84 turns WGS 84 degrees into another datum's.
func FromWGS84(d Datum, lat, long float64) (float64, float64) {
	if d == WGS84 {
		return lat, long
	}
	if shifted(lat, long) {
		dLat, dLong := shift(lat, long)
		lat, long = lat+dLat, long+dLong
	}
	if d == GCJ02 {
		return lat, long
	}
	return turn(lat, long)
}

// turn is the step from GCJ-02 to BD-09, as wandergis/coordtransform has it.
func turn(lat, long float64) (float64, float64) {
	z := math.Hypot(long, lat) + 0.00002*math.Sin(lat*bdTurn)
	theta := math.Atan2(lat, long) + 0.000003*math.Cos(long*bdTurn)
	sin, cos := math.Sincos(theta)
	return z*sin + 0.006, z*cos + 0.0065
}

// precision is how near the way back comes, degrees: a hundredth of what is
// kept.
const precision = 1e-8

// ToWGS84 turns degrees of a datum into WGS 84 by going the known way forth
// until it arrives, to 1e-7 degrees. At the edge of the shifted rectangle,
// where two WGS 84 points can have one image, it gives the nearer. Points
// that GCJ-02 does not shift come back as they are.
func ToWGS84(d Datum, lat, long float64) (float64, float64) {
	if d == WGS84 || d == GCJ02 && !shifted(lat, long) {
		return lat, long
	}
	guessLat, guessLong := lat, long
	for range 30 {
		gotLat, gotLong := FromWGS84(d, guessLat, guessLong)
		offLat, offLong := gotLat-lat, gotLong-long
		guessLat, guessLong = guessLat-offLat, guessLong-offLong
		if math.Abs(offLat) < precision && math.Abs(offLong) < precision {
			break
		}
	}
	return guessLat, guessLong
}
