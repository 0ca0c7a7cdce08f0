package heatmap

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"time"

	"huiliu/internal/drawing"
)

var (
	ink  = drawing.Hex("#1f2933")
	soft = drawing.Hex("#52606d")
)

// Measures of the picture in pixels: the map to the left, the legend beside
// it, the title above and the notes beneath.
const (
	figureMargin  = 24
	titleHeight   = 96
	legendWidth   = 250
	legendLine    = 30
	noteLine      = 24
	leastFigure   = 480 // of the part between title and notes
	pointRadius   = 15
	mostLabels    = 60
	figureSize    = 16
	emptyMapWidth = 640
)

// figure draws what a page shows first, for documents.
func (a *atlas) figure(s shown) *drawing.Picture {
	l := a.kinds[s.kind]
	width, height := max(a.view[0], emptyMapWidth), max(a.view[1], leastFigure)
	notes := a.figureNotes(s)
	p := &drawing.Picture{Width: width + legendWidth + 3*figureMargin, Height: titleHeight + height + figureMargin + float64(len(notes))*noteLine + 12, Title: a.title() + "，" + a.caption(s)}
	p.Write(drawing.Text{At: drawing.Point{X: figureMargin, Y: 44}, Size: 28, Color: ink, Content: a.title()})
	p.Write(drawing.Text{At: drawing.Point{X: figureMargin, Y: 76}, Size: 18, Color: soft, Content: a.caption(s)})
	a.drawMap(p, l, s, drawing.Point{X: figureMargin, Y: titleHeight})
	a.legend(p, l, s, drawing.Point{X: width + 2*figureMargin, Y: titleHeight})
	for i, note := range notes {
		p.Write(drawing.Text{At: drawing.Point{X: figureMargin, Y: titleHeight + height + figureMargin + float64(i)*noteLine + 6}, Size: 14, Color: soft, Content: note})
	}
	return p
}

// caption names month, category, unit and measure.
func (a *atlas) caption(s shown) string {
	measure := "当月" + unitNames[s.unit] + "数"
	if s.measure == asRate {
		measure = "每千常住人口当月" + unitNames[s.unit] + "数"
	}
	category := a.categories[s.category]
	if s.category == 0 {
		category = "全部类别"
	}
	return fmt.Sprintf("%s，%s，%s，按%s", a.chineseMonth(s.month), category, measure, a.kinds[s.kind].name)
}

func (a *atlas) drawMap(p *drawing.Picture, l *layer, s shown, at drawing.Point) {
	width, height := max(a.view[0], emptyMapWidth), max(a.view[1], leastFigure)
	p.Polygon(drawing.Rectangle(at.X, at.Y, width, height), nil, drawing.Hex("#cbd2d9"), 1)
	if !slices.ContainsFunc(l.areas, (*area).drawn) {
		p.Write(drawing.Text{At: drawing.Point{X: at.X + width/2, Y: at.Y + height/2}, Size: 18, Anchor: drawing.Middle, Color: soft, Content: "没有可上图的位置"})
		return
	}
	at = drawing.Point{X: at.X + (width-a.view[0])/2, Y: at.Y + (height-a.view[1])/2}
	cells := l.key != "community"
	if cells {
		for _, one := range a.outlines {
			p.Polygon(moved(one.rings, at), &drawing.Paint{Color: drawing.Hex("#f7f8fa")}, color.RGBA{}, 0)
		}
	}
	rows := map[int]*row{}
	for i, r := range l.cells[[2]int{s.month, s.category}] {
		rows[r.area] = &l.cells[[2]int{s.month, s.category}][i]
	}
	scale := l.scales()[min(1, s.category)][s.measure]
	for i, one := range l.areas {
		r := rows[i]
		paint := s.paint(r, scale)
		switch {
		case cells && (r == nil || len(one.rings) == 0):
		case cells:
			p.Polygon(moved(one.rings, at), &paint, drawing.Hex("#ffffff"), 0.8)
		case len(one.rings) > 0:
			p.Polygon(moved(one.rings, at), &paint, soft, 1.2)
		case one.point != nil:
			p.Polygon(drawing.Circle(drawing.Point{X: at.X + one.point.X, Y: at.Y + one.point.Y}, pointRadius), &paint, soft, 1.2)
		}
	}
	if cells {
		for _, one := range a.outlines {
			p.Polygon(moved(one.rings, at), nil, soft, 1.2)
		}
	}
	a.names(p, l, s, rows, at)
	if b := a.scaleBar(); b != nil {
		x, y := at.X+16, at.Y+a.view[1]-14
		p.Line([]drawing.Point{{X: x, Y: y - 5}, {X: x, Y: y}, {X: x + b.Length, Y: y}, {X: x + b.Length, Y: y - 5}}, ink, 1.5)
		p.Write(drawing.Text{At: drawing.Point{X: x + b.Length + 6, Y: y}, Size: 13, Color: ink, Content: b.Name, Halo: true})
	}
}

// names writes the communities' names, and what each shows beneath.
func (a *atlas) names(p *drawing.Picture, l *layer, s shown, rows map[int]*row, at drawing.Point) {
	list := l.areas
	if l.key != "community" {
		list = a.outlines
	}
	if len(list) > mostLabels {
		return
	}
	for i, one := range list {
		if !one.drawn() {
			continue
		}
		place := drawing.Point{X: at.X + one.at.X, Y: at.Y + one.at.Y - 4}
		if len(one.rings) == 0 {
			place.Y = at.Y + one.at.Y - pointRadius - 6
		}
		p.Write(drawing.Text{At: place, Size: figureSize, Anchor: drawing.Middle, Color: ink, Content: one.label(), Halo: true})
		if l.key == "community" && len(one.rings) > 0 {
			p.Write(drawing.Text{At: drawing.Point{X: place.X, Y: place.Y + 20}, Size: figureSize - 1, Anchor: drawing.Middle, Color: ink, Content: s.brief(rows[i]), Halo: true})
		}
	}
}

// paint is the look of an area.
func (s shown) paint(r *row, b bounds) drawing.Paint {
	value := 0.0
	switch s.state(r) {
	case "zero":
		return noneAtAll
	case "hidden":
		return hidden
	case "nobody":
		return nobody
	case "few":
		return tooFew
	}
	if value = float64(r.count(s.unit)); s.measure == asRate {
		value = number(r.rates[s.unit].value)
	}
	return drawing.Paint{Color: drawing.Hex(colours[b.class(value)])}
}

// state is why an area has the look it has; page.js says the same.
func (s shown) state(r *row) string {
	switch {
	case r == nil:
		return "zero"
	case r.suppressed:
		return "hidden"
	case s.measure == asRate && r.residents <= 0:
		return "nobody"
	case s.measure == asRate && r.rates[s.unit].class != "ok":
		return "few"
	case s.measure == asCount && r.count(s.unit) == 0:
		return "zero"
	}
	return "class"
}

func (s shown) brief(r *row) string {
	switch s.state(r) {
	case "zero":
		return "0 " + unitNames[s.unit]
	case "hidden":
		return "已隐去"
	case "nobody":
		return "无常住人口数"
	case "few":
		return "数据不足"
	}
	if s.measure == asRate {
		return digits(number(r.rates[s.unit].value)) + "/千人"
	}
	return fmt.Sprintf("%d %s", r.count(s.unit), unitNames[s.unit])
}

// digits writes a rate with three digits that count.
func digits(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func (a *atlas) legend(p *drawing.Picture, l *layer, s shown, at drawing.Point) {
	p.Write(drawing.Text{At: drawing.Point{X: at.X, Y: at.Y + 18}, Size: 17, Color: ink, Content: "图例（" + unitNames[s.unit] + [...]string{"数", "/千人"}[s.measure] + "）"})
	y := at.Y + 36
	add := func(paint drawing.Paint, text string) {
		p.Polygon(drawing.Rectangle(at.X, y, 34, 20), &paint, soft, 1)
		p.Write(drawing.Text{At: drawing.Point{X: at.X + 44, Y: y + 16}, Size: figureSize, Color: ink, Content: text})
		y += legendLine
	}
	unit := " " + unitNames[s.unit]
	if s.measure == asRate {
		unit = ""
	}
	for i, text := range l.scales()[min(1, s.category)][s.measure].labels(s.measure) {
		add(drawing.Paint{Color: drawing.Hex(colours[i])}, text+unit)
	}
	switch {
	case s.measure == asRate:
		add(noneAtAll, "当月无诉求")
		add(tooFew, "数据不足")
		add(nobody, "无常住人口数")
	case l.key == "community":
		add(noneAtAll, "0"+unit)
	}
	if a.role == "district" {
		add(hidden, "已隐去（数小或防倒推）")
	}
}

// figureNotes tell what is not on the map, and where it comes from.
func (a *atlas) figureNotes(s shown) []string {
	l := a.kinds[s.kind]
	var off [2]int64
	withheld, offWithheld := 0, 0
	for _, r := range l.cells[[2]int{s.month, s.category}] {
		if r.suppressed {
			withheld++
		}
		if !l.areas[r.area].drawn() {
			if r.suppressed {
				offWithheld++
			}
			off[0], off[1] = off[0]+r.requests, off[1]+r.issues
		}
	}
	var notes []string
	if off[0] > 0 {
		notes = append(notes, fmt.Sprintf("另有 %d 件（%d 事）没有可用位置，未上图。", off[0], off[1]))
	}
	if offWithheld > 0 {
		notes = append(notes, fmt.Sprintf("另有 %d 个区域没有可用位置，未上图，数已隐去。", offWithheld))
	}
	if withheld > 0 {
		notes = append(notes, fmt.Sprintf("%d 个区域的数过小，或为防倒推而隐去。", withheld))
	}
	notes = append(notes,
		"事：按地点、时间、类别和内容推断为同一问题的诉求归并为一件事。分级取 1、2、5、10……的整数，各月相同。数据不足：件数（事数）或人口不足 10。",
		fmt.Sprintf("数据截至 %s，快照 %s。示意图，界线不作划界依据。%s", a.asOf.Format(time.DateOnly), a.snapshot, a.audience()))
	return notes
}

func moved(rings [][]drawing.Point, by drawing.Point) [][]drawing.Point {
	out := make([][]drawing.Point, len(rings))
	for i, ring := range rings {
		for _, p := range ring {
			out[i] = append(out[i], drawing.Point{X: p.X + by.X, Y: p.Y + by.Y})
		}
	}
	return out
}
