package heatmap

import (
	"database/sql"
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"

	"huiliu/internal/drawing"
	"huiliu/internal/geo"
)

// area is one community or cell with what is known of its shape.
type area struct {
	id, name string
	// rings are in degrees until project turns them into pixels.
	rings [][]drawing.Point
	// point stands for a community whose outline is not known.
	point *drawing.Point
	// at is where a label stands.
	at drawing.Point
}

// place gives a community its outline, else its point. A boundary that is no
// polygon is none.
func (a *area) place(lat, long sql.NullFloat64, boundary string) {
	if boundary != "" {
		if g, err := wkt.Unmarshal(boundary); err == nil {
			switch g := g.(type) {
			case orb.Polygon:
				a.polygon(g)
			case orb.MultiPolygon:
				for _, p := range g {
					a.polygon(p)
				}
			}
		}
	}
	if lat.Valid && long.Valid {
		a.point = &drawing.Point{X: long.Float64, Y: lat.Float64}
	}
}

func (a *area) polygon(p orb.Polygon) {
	for _, ring := range p {
		points := make([]drawing.Point, 0, len(ring))
		for i, c := range ring {
			if i == len(ring)-1 && i > 0 && c == ring[0] {
				break // closed by name
			}
			points = append(points, drawing.Point{X: c[0], Y: c[1]})
		}
		if len(points) > 2 {
			a.rings = append(a.rings, points)
		}
	}
}

// cell gives an H3 cell its outline, once.
func (a *area) cell(id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || len(a.rings) > 0 {
		return
	}
	var ring []drawing.Point
	for _, p := range geo.Outline(n) {
		ring = append(ring, drawing.Point{X: p.Long, Y: p.Lat})
	}
	if ring != nil {
		a.rings = [][]drawing.Point{ring}
	}
}

// drawn reports whether there is anything to draw.
func (a *area) drawn() bool { return len(a.rings) > 0 || a.point != nil }

const (
	viewWidth, viewHeight = 1000, 860 // the most that the map takes, in pixels
	// viewMargin leaves room for a name beside a point at the edge.
	viewMargin = 48
	// degreeMetres is a degree of latitude (WGS 84, mean).
	degreeMetres = 111_195
	// leastDegrees keeps a map of one point from being a point.
	leastDegrees = 0.01
)

// project turns degrees into pixels: equirectangular around the middle, which
// a sub-district, and even a city, can't be told from a conformal map by.
func (a *atlas) project() {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	grow := func(p drawing.Point) {
		west, east, south, north = min(west, p.X), max(east, p.X), min(south, p.Y), max(north, p.Y)
	}
	a.points(func(p *drawing.Point) { grow(*p) })
	if math.IsInf(west, 1) {
		return // nothing has a place
	}
	for _, pad := range [][2]*float64{{&west, &east}, {&south, &north}} {
		if short := leastDegrees - (*pad[1] - *pad[0]); short > 0 {
			*pad[0], *pad[1] = *pad[0]-short/2, *pad[1]+short/2
		}
	}
	narrow := math.Cos((south + north) / 2 * math.Pi / 180)
	scale := min((viewWidth-2*viewMargin)/((east-west)*narrow), (viewHeight-2*viewMargin)/(north-south))
	a.metres = degreeMetres / scale
	a.view = [2]float64{math.Ceil((east-west)*narrow*scale) + 2*viewMargin, math.Ceil((north-south)*scale) + 2*viewMargin}
	a.points(func(p *drawing.Point) {
		*p = drawing.Point{X: viewMargin + (p.X-west)*narrow*scale, Y: viewMargin + (north-p.Y)*scale}
	})
	for _, l := range a.kinds {
		for _, one := range l.areas {
			one.settle()
			if l.key == "community" && len(one.rings) > 0 {
				a.outlines = append(a.outlines, one)
			}
		}
	}
}

// points visits every point of every area once.
func (a *atlas) points(visit func(*drawing.Point)) {
	for _, l := range a.kinds {
		for _, one := range l.areas {
			for _, ring := range one.rings {
				for i := range ring {
					visit(&ring[i])
				}
			}
			if one.point != nil {
				visit(one.point)
			}
		}
	}
}

// settle finds the place of a label: the centroid of the largest ring.
func (a *area) settle() {
	if a.point != nil {
		a.at = *a.point
	}
	most := 0.0
	for _, ring := range a.rings {
		area, x, y := 0.0, 0.0, 0.0
		for i, p := range ring {
			next := ring[(i+1)%len(ring)]
			cross := p.X*next.Y - next.X*p.Y
			area, x, y = area+cross, x+(p.X+next.X)*cross, y+(p.Y+next.Y)*cross
		}
		if math.Abs(area) > most {
			most = math.Abs(area)
			a.at = drawing.Point{X: x / (3 * area), Y: y / (3 * area)}
		}
	}
}
