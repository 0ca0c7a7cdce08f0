// Package geo is the earth as the house needs it: bounds, the Chinese map
// datums and their way back to WGS 84, and H3 cells. It knows no entity and
// no source.
package geo

import "math"

// Box is a rectangle of degrees, WGS 84. It never crosses the antimeridian.
type Box struct {
	South float64 `yaml:"south,required"`
	West  float64 `yaml:"west,required"`
	North float64 `yaml:"north,required"`
	East  float64 `yaml:"east,required"`
}

// Contains reports whether a point lies in the box, its edges included; a nil
// box holds every point.
func (b *Box) Contains(lat, long float64) bool {
	return b == nil || lat >= b.South && lat <= b.North && long >= b.West && long <= b.East
}

// Possible reports whether degrees can be a point of the earth.
func Possible(lat, long float64) bool {
	return math.Abs(lat) <= 90 && math.Abs(long) <= 180
}

// Round rounds degrees to six decimals, about a tenth of a metre.
func Round(degrees float64) float64 { return math.Round(degrees*1e6) / 1e6 }
