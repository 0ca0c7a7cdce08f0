package report

import (
	"fmt"
	"math"
	"strconv"

	"huiliu/internal/drawing"
)

// Measures of a chart in pixels.
const (
	chartWidth  = 720.0
	chartHeight = 360.0
	chartLeft   = 60.0
	chartBottom = 50.0
	chartTop    = 40.0
)

// series are the colours of a chart's bars, told apart in grey too.
var series = []string{"#1f5fa8", "#f0a63a"}

// drawChart draws the numbers of a table as bars, a group a line. font may be
// nil: there is no PNG then.
func drawChart(t *Table, font *drawing.Font) *Chart {
	p := &drawing.Picture{Width: chartWidth, Height: chartHeight, Title: t.Label}
	values, most := numbers(t)
	step := niceStep(most)
	top := step * math.Ceil(max(most, 1)/step)
	height := chartHeight - chartBottom - chartTop
	y := func(v float64) float64 { return chartTop + height*(1-v/top) }
	ink, rule := drawing.Hex("#1f2933"), drawing.Hex("#d7dde2")
	p.Polygon(drawing.Rectangle(0, 0, chartWidth, chartHeight), &drawing.Paint{Color: drawing.Hex("#ffffff")}, ink, 0)
	p.Write(drawing.Text{At: drawing.Point{X: chartWidth / 2, Y: 24}, Content: t.Label, Size: 18, Anchor: drawing.Middle, Color: ink})
	for v := 0.0; v <= top; v += step {
		p.Line([]drawing.Point{{X: chartLeft, Y: y(v)}, {X: chartWidth - 20, Y: y(v)}}, rule, 1)
		p.Write(drawing.Text{At: drawing.Point{X: chartLeft - 8, Y: y(v) + 5}, Content: strconv.FormatFloat(v, 'f', -1, 64), Size: 13, Anchor: drawing.End, Color: ink})
	}
	group := (chartWidth - 20 - chartLeft) / float64(len(values))
	bars := len(t.Columns) - 1
	for i, row := range values {
		left := chartLeft + group*(float64(i)+.15)
		width := group * .7 / float64(bars)
		for k, v := range row {
			if math.IsNaN(v) { // no number: no bar, which would be taken for a nought
				continue
			}
			p.Polygon(drawing.Rectangle(left+width*float64(k), y(v), width*.92, y(0)-y(v)), &drawing.Paint{Color: drawing.Hex(series[k%len(series)])}, ink, 0)
			p.Write(drawing.Text{At: drawing.Point{X: left + width*(float64(k)+.46), Y: y(v) - 4}, Content: strconv.FormatFloat(v, 'f', -1, 64), Size: 12, Anchor: drawing.Middle, Color: ink})
		}
		p.Write(drawing.Text{At: drawing.Point{X: chartLeft + group*(float64(i)+.5), Y: chartHeight - chartBottom + 20}, Content: t.Rows[i][0], Size: 13, Anchor: drawing.Middle, Color: ink})
	}
	for k := range bars {
		x := chartLeft + 150*float64(k)
		p.Polygon(drawing.Rectangle(x, chartHeight-22, 12, 12), &drawing.Paint{Color: drawing.Hex(series[k%len(series)])}, ink, 0)
		p.Write(drawing.Text{At: drawing.Point{X: x + 18, Y: chartHeight - 11}, Content: t.Columns[k+1], Size: 13, Color: ink})
	}
	c := &Chart{Table: t, SVG: p.SVG()}
	if font != nil {
		if png, err := p.PNG(font, 2); err == nil {
			c.PNG = png
		}
	}
	return c
}

// numbers are a table's columns behind the first, NaN where there is none, and
// the largest of them.
func numbers(t *Table) (out [][]float64, most float64) {
	for _, row := range t.Rows {
		var line []float64
		for _, cell := range row[1:] {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil || v < 0 {
				v = math.NaN()
			} else {
				most = max(most, v)
			}
			line = append(line, v)
		}
		out = append(out, line)
	}
	return out, most
}

// niceStep is the distance of a scale's lines: 1, 2 or 5 times a power of ten,
// five lines or so.
func niceStep(most float64) float64 {
	if most < 5 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most/5)))
	for _, m := range []float64{1, 2, 5, 10} {
		if most/(m*power) <= 6 {
			return m * power
		}
	}
	return 10 * power
}

// fileName names a chart's picture.
func (c *Chart) fileName() string { return fmt.Sprintf("%s.png", c.Table.ID) }
