package geo

import "github.com/uber/h3-go/v4"

// Layout of an H3 index (h3geo.org, "H3 Index"): four bits of resolution from
// bit 52, then a digit of three bits for each resolution from 1 on, 7 where
// it is not used.
const (
	resolutionShift = 52
	digitBits       = 3
	deepest         = 15
)

// Cell returns the H3 cell of a point at resolution 9 (edges of about 200 m),
// 0 for degrees that are no point.
func Cell(lat, long float64) uint64 {
	if !Possible(lat, long) {
		return 0
	}
	cell, err := h3.LatLngToCell(h3.LatLng{Lat: lat, Lng: long}, 9)
	if err != nil {
		return 0
	}
	return uint64(cell)
}

// Parent returns the cell of a coarser resolution that a cell belongs to. The
// coarser cells of a point are made this way, so that counts of a cell are the
// sum of its children's; near an edge the parent may differ from the coarse
// cell whose outline holds the point.
func Parent(cell uint64, resolution int) uint64 {
	cell = cell&^(0xf<<resolutionShift) | uint64(resolution)<<resolutionShift
	unused := uint64(1)<<(digitBits*(deepest-resolution)) - 1
	return cell | unused
}
