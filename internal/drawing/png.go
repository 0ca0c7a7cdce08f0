package drawing

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

var white = color.RGBA{255, 255, 255, 255}

// PNG draws the picture with a font, scale pixels for each of its own, on
// white.
func (p *Picture) PNG(f *Font, scale float64) ([]byte, error) {
	canvas := image.NewRGBA(image.Rect(0, 0, int(math.Ceil(p.Width*scale)), int(math.Ceil(p.Height*scale))))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(white), image.Point{}, draw.Src)
	for _, item := range p.items {
		switch item := item.(type) {
		case shape:
			item.raster(canvas, scale)
		case Text:
			if err := item.raster(canvas, f, scale); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, canvas); err != nil {
		return nil, fmt.Errorf("write PNG: %w", err)
	}
	return out.Bytes(), nil
}

func (s shape) raster(canvas *image.RGBA, scale float64) {
	rings := make([][]Point, len(s.rings))
	for i, ring := range s.rings {
		rings[i] = make([]Point, len(ring))
		for k, p := range ring {
			rings[i][k] = Point{p.X * scale, p.Y * scale}
		}
	}
	if s.fill != nil {
		var src image.Image = hatch{*s.fill, scale}
		if s.fill.Pattern == Solid {
			src = image.NewUniform(s.fill.Color)
		}
		fillRings(canvas, rings, src)
	}
	if s.width > 0 {
		strokeRings(canvas, rings, !s.open, s.width*scale, s.stroke)
	}
}

// fillRings fills the first ring and takes out of it those that lie inside:
// the rasterizer counts windings, so they are turned against each other.
func fillRings(canvas *image.RGBA, rings [][]Point, src image.Image) {
	z := newArea(canvas, rings, 1)
	for i, ring := range rings {
		inside := 0
		for k, other := range rings {
			if k != i && len(ring) > 0 && contains(other, ring[0]) {
				inside++
			}
		}
		z.add(ring, inside%2 == 0)
	}
	z.draw(canvas, src)
}

// area rasterizes only the part of the canvas that a shape lies in.
type area struct {
	*vector.Rasterizer
	box image.Rectangle
}

func newArea(canvas *image.RGBA, rings [][]Point, margin float64) area {
	west, north, east, south := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, ring := range rings {
		for _, p := range ring {
			west, east, north, south = min(west, p.X), max(east, p.X), min(north, p.Y), max(south, p.Y)
		}
	}
	box := image.Rectangle{}
	if west <= east {
		box = image.Rect(int(math.Floor(west-margin)), int(math.Floor(north-margin)), int(math.Ceil(east+margin)), int(math.Ceil(south+margin))).Intersect(canvas.Bounds())
	}
	return area{vector.NewRasterizer(box.Dx(), box.Dy()), box}
}

func (a area) draw(canvas *image.RGBA, src image.Image) { a.Draw(canvas, a.box, src, a.box.Min) }

// contains reports whether a point lies in a ring (ray casting).
func contains(ring []Point, p Point) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < (b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y)+a.X {
			in = !in
		}
	}
	return in
}

// add adds a ring in the direction that is asked for.
func (a area) add(ring []Point, positive bool) {
	if len(ring) < 3 {
		return
	}
	turn := 0.0
	for i, p := range ring {
		next := ring[(i+1)%len(ring)]
		turn += p.X*next.Y - next.X*p.Y
	}
	for i := range ring {
		p := ring[i]
		if (turn > 0) != positive {
			p = ring[len(ring)-1-i]
		}
		x, y := float32(p.X-float64(a.box.Min.X)), float32(p.Y-float64(a.box.Min.Y))
		if i == 0 {
			a.MoveTo(x, y)
		} else {
			a.LineTo(x, y)
		}
	}
	a.ClosePath()
}

// strokeRings draws each side as a rectangle and each corner as a round.
func strokeRings(canvas *image.RGBA, rings [][]Point, closed bool, width float64, c color.RGBA) {
	half := width / 2
	z := newArea(canvas, rings, half+1)
	for _, ring := range rings {
		for i, a := range ring {
			if width > 1 {
				z.add(round(a, half), true)
			}
			b := ring[(i+1)%len(ring)]
			length := math.Hypot(b.X-a.X, b.Y-a.Y)
			if length == 0 || !closed && i == len(ring)-1 {
				continue
			}
			dx, dy := (b.X-a.X)/length*half, (b.Y-a.Y)/length*half
			z.add([]Point{{a.X - dy, a.Y + dx}, {a.X + dy, a.Y - dx}, {b.X + dy, b.Y - dx}, {b.X - dy, b.Y + dx}}, true)
		}
	}
	z.draw(canvas, image.NewUniform(c))
}

func round(at Point, radius float64) []Point {
	const corners = 12
	out := make([]Point, corners)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		out[i] = Point{at.X + radius*cos, at.Y + radius*sin}
	}
	return out
}

// Circle returns a ring around a point.
func Circle(at Point, radius float64) [][]Point {
	const corners = 48
	out := make([]Point, corners)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		out[i] = Point{at.X + radius*cos, at.Y + radius*sin}
	}
	return [][]Point{out}
}

// hatch is a paint as an endless image.
type hatch struct {
	paint Paint
	scale float64
}

func (hatch) ColorModel() color.Model { return color.RGBAModel }
func (hatch) Bounds() image.Rectangle { return image.Rect(-1e9, -1e9, 1e9, 1e9) }

func (h hatch) At(x, y int) color.Color {
	fx, fy := math.Mod((float64(x)+.5)/h.scale, tile), math.Mod((float64(y)+.5)/h.scale, tile)
	away := math.Inf(1) // how far the point is from the ink, in pixels of the picture
	switch h.paint.Pattern {
	case Solid:
		return h.paint.Color
	case Dots:
		away = min(math.Hypot(fx-2, fy-2), math.Hypot(fx-6, fy-6)) - 1.1
	case Stripes, Crosses:
		away = line(fx+fy) - .7
		if h.paint.Pattern == Crosses {
			away = min(away, line(fx-fy+tile)-.7)
		}
	}
	share := min(1, max(0, .5-away*h.scale))
	mix := func(ink, ground uint8) uint8 {
		return uint8(math.Round(float64(ink)*share + float64(ground)*(1-share)))
	}
	c, g := h.paint.Color, h.paint.Ground
	return color.RGBA{mix(c.R, g.R), mix(c.G, g.G), mix(c.B, g.B), 255}
}

// line is the distance from the nearest diagonal, given the sum of x and y.
func line(sum float64) float64 {
	m := math.Mod(sum, tile)
	return min(m, tile-m) / math.Sqrt2
}

func (t Text) raster(canvas *image.RGBA, f *Font, scale float64) error {
	face, err := f.face(t.Size * scale)
	if err != nil {
		return err
	}
	width := float64(font.MeasureString(face, t.Content)) / 64
	x, y := t.At.X*scale-width*[...]float64{0, .5, 1}[t.Anchor], t.At.Y*scale
	write := func(dx, dy float64, c color.RGBA) {
		d := font.Drawer{Dst: canvas, Src: image.NewUniform(c), Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6(math.Round((x + dx) * 64)), Y: fixed.Int26_6(math.Round((y + dy) * 64))}}
		d.DrawString(t.Content)
	}
	if t.Halo {
		for i := range 8 {
			sin, cos := math.Sincos(math.Pi * float64(i) / 4)
			write(1.5*scale*cos, 1.5*scale*sin, white)
		}
	}
	write(0, 0, t.Color)
	return nil
}
