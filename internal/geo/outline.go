package geo

import "github.com/uber/h3-go/v4"

// Point is a point of the earth in degrees, WGS 84.
type Point struct{ Lat, Long float64 }

// Outline returns the corners of an H3 cell, counter-clockwise and without
// the first one again at the end; nil for what is no cell.
func Outline(cell uint64) []Point {
	if !h3.Cell(cell).IsValid() {
		return nil
	}
	boundary, err := h3.Cell(cell).Boundary()
	if err != nil {
		return nil
	}
	corners := make([]Point, len(boundary))
	for i, c := range boundary {
		corners[i] = Point{Lat: c.Lat, Long: c.Lng}
	}
	return corners
}
