// Package drawing is a small picture of polygons, lines and texts that is
// written as SVG and as PNG and looks the same in both: for documents, which
// take no script. It knows no map and no chart.
package drawing

import "image/color"

// Point is a place on the picture in pixels, x to the right and y down.
type Point struct{ X, Y float64 }

// Pattern is how an area is filled.
type Pattern uint8

const (
	// Solid fills with one colour.
	Solid Pattern = iota
	// Stripes are lines of the colour, rising to the right, on the ground.
	Stripes
	// Dots are dots of the colour on the ground.
	Dots
	// Crosses are lines of the colour in both directions on the ground.
	Crosses
)

// Paint fills an area. Ground is what lies beneath a pattern.
type Paint struct {
	Color, Ground color.RGBA
	Pattern       Pattern
}

// Anchor says which end of a text stands at its place.
type Anchor uint8

const (
	// Start sets a text to the right of its place, as Middle and End set it
	// around and to the left of it.
	Start Anchor = iota
	// Middle sets a text around its place.
	Middle
	// End sets a text to the left of its place.
	End
)

// Text is one line of text; At is on its baseline, Size in pixels.
type Text struct {
	At      Point
	Size    float64
	Anchor  Anchor
	Color   color.RGBA
	Content string
	// Halo draws a white edge around the letters, so that they can be read on
	// any ground.
	Halo bool
}

// Picture is what is drawn, in order: later things lie on earlier ones.
type Picture struct {
	Width, Height float64
	// Title is told to those who can't see the picture.
	Title string
	items []any
}

// shape is a closed area or an open line.
type shape struct {
	rings  [][]Point
	open   bool
	fill   *Paint
	stroke color.RGBA
	width  float64
}

// Polygon draws closed rings, the first around and the others holes in it, or
// several side by side. Without fill it is an outline; without width it has
// none.
func (p *Picture) Polygon(rings [][]Point, fill *Paint, stroke color.RGBA, width float64) {
	p.items = append(p.items, shape{rings: rings, fill: fill, stroke: stroke, width: width})
}

// Line draws an open line.
func (p *Picture) Line(points []Point, stroke color.RGBA, width float64) {
	p.items = append(p.items, shape{rings: [][]Point{points}, open: true, stroke: stroke, width: width})
}

// Write draws a text.
func (p *Picture) Write(t Text) { p.items = append(p.items, t) }

// Rectangle returns the ring of an upright rectangle.
func Rectangle(left, top, width, height float64) [][]Point {
	return [][]Point{{{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}}}
}

// Hex reads a colour such as #fe9929; anything else is black.
func Hex(s string) color.RGBA {
	c := color.RGBA{A: 255}
	if len(s) != 7 || s[0] != '#' {
		return c
	}
	var v [3]uint8
	for i := range v {
		v[i] = digit(s[1+2*i])<<4 | digit(s[2+2*i])
	}
	c.R, c.G, c.B = v[0], v[1], v[2]
	return c
}

func digit(b byte) uint8 {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	}
	return 0
}
