package heatmap

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"huiliu/internal/drawing"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pageData is what the page's script reads.
type pageData struct {
	Months     []string    `json:"months"`
	Partial    int         `json:"partial"` // index of the month that is not over, -1 for none
	AsOf       string      `json:"asOf"`
	Categories []string    `json:"categories"`
	View       [2]float64  `json:"view"`
	Bar        *bar        `json:"bar,omitempty"`
	Outlines   []string    `json:"outlines"`
	Labels     []pageArea  `json:"labels"` // of communities, over cells
	Colours    []string    `json:"colours"`
	District   bool        `json:"district"`
	Kinds      []pageLayer `json:"kinds"`
	Start      pageStart   `json:"start"`
}

type pageStart struct {
	Month    int `json:"month"`
	Category int `json:"category"`
	Kind     int `json:"kind"`
	Unit     int `json:"unit"`
	Measure  int `json:"measure"`
}

type pageLayer struct {
	Key    string                 `json:"key"`
	Name   string                 `json:"name"`
	Areas  []pageArea             `json:"areas"`
	Scales [2][2]pageScale        `json:"scales"`
	Rows   map[string][]rowOfPage `json:"rows"`
}

type pageScale struct {
	Bounds bounds   `json:"bounds"`
	Labels []string `json:"labels"`
}

// pageArea has a path (d), or a point (p), or neither; t is where its label
// stands; mine says that it is an area of the site, drawn without requests.
type pageArea struct {
	Name  string      `json:"n"`
	Path  string      `json:"d,omitempty"`
	Point *[2]float64 `json:"p,omitempty"`
	At    *[2]float64 `json:"t,omitempty"`
	Mine  bool        `json:"mine,omitempty"`
}

// rowOfPage is a row in the short form that page.js explains.
type rowOfPage struct{ row }

// MarshalJSON writes [area], [area, requests, issues], or with residents all.
func (r rowOfPage) MarshalJSON() ([]byte, error) {
	out := fmt.Appendf(nil, "[%d", r.area)
	if !r.suppressed {
		out = fmt.Appendf(out, ",%d,%d", r.requests, r.issues)
		if r.residents > 0 {
			out = fmt.Appendf(out, ",%d,%q", r.residents, r.residentsAsOf)
			for _, q := range r.rates {
				out = fmt.Appendf(out, ",%s,%s,%s,%d", short(q.value), short(q.low), short(q.high), map[bool]int{true: 1}[q.class == "ok"])
			}
		}
	}
	return append(out, ']'), nil
}

// short is a decimal of the mart without zeros at its end.
func short(s string) string { return strconv.FormatFloat(number(s), 'f', -1, 64) }

// bar is a scale bar: its length in pixels and what it stands for.
type bar struct {
	Length float64 `json:"length"`
	Name   string  `json:"name"`
}

// scaleBar is the longest round distance that takes up to a fifth of the map.
func (a *atlas) scaleBar() *bar {
	if a.view[0] == 0 {
		return nil
	}
	var out *bar
	for _, metres := range []float64{50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000} {
		if length := metres / a.metres; out == nil || length <= a.view[0]/5 {
			name := strconv.FormatFloat(metres, 'f', -1, 64) + " 米"
			if metres >= 1000 {
				name = strconv.FormatFloat(metres/1000, 'f', -1, 64) + " 公里"
			}
			out = &bar{Length: math.Round(length*10) / 10, Name: name}
		}
	}
	return out
}

// page writes the page: one document that asks for nothing from anywhere.
func (a *atlas) page(s shown) ([]byte, error) {
	data, err := json.Marshal(a.pageData(s))
	if err != nil {
		return nil, fmt.Errorf("write data of page: %w", err)
	}
	patterns := drawing.PatternSVG("few", tooFew) + drawing.PatternSVG("nobody", nobody) + drawing.PatternSVG("hidden", hidden)
	var out bytes.Buffer
	// The script, the style and the patterns are the program's own; the data
	// are JSON in which < and > are escaped.
	err = pageTemplate.Execute(&out, map[string]any{
		"Title": a.title(), "AsOf": a.asOf.Format(time.DateOnly), "Snapshot": a.snapshot, "Audience": a.audience(), "Notes": a.notes(),
		"CSS": template.CSS(pageCSS), "JS": template.JS(pageJS), "Patterns": template.HTML(patterns), "Data": template.JS(data),
	})
	if err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	return out.Bytes(), nil
}

func (a *atlas) pageData(s shown) pageData {
	d := pageData{
		Partial: -1, AsOf: a.asOf.Format(time.DateOnly), Categories: a.categories, View: a.view, Bar: a.scaleBar(), Outlines: []string{}, Labels: []pageArea{}, Colours: colours,
		District: a.role == "district", Start: pageStart{s.month, s.category, s.kind, s.unit, s.measure},
	}
	for i, m := range a.months {
		d.Months = append(d.Months, m.Format("2006-01"))
		if a.partial(i) {
			d.Partial = i
		}
	}
	for _, one := range a.outlines {
		d.Outlines = append(d.Outlines, drawing.Path(one.rings, true))
		d.Labels = append(d.Labels, pageArea{Name: one.label(), At: tenth(one.at)})
	}
	for _, l := range a.kinds {
		d.Kinds = append(d.Kinds, l.pageLayer())
	}
	return d
}

func (l *layer) pageLayer() pageLayer {
	p := pageLayer{Key: l.key, Name: l.name, Rows: map[string][]rowOfPage{}}
	for _, one := range l.areas {
		area := pageArea{Name: one.label(), Mine: strings.HasPrefix(one.id, "community:")}
		switch {
		case len(one.rings) > 0:
			area.Path = drawing.Path(one.rings, true)
		case one.point != nil:
			area.Point = tenth(*one.point)
		}
		if l.key == "community" && one.drawn() {
			area.At = tenth(one.at)
		}
		p.Areas = append(p.Areas, area)
	}
	for level, byMeasure := range l.scales() {
		for measure, b := range byMeasure {
			p.Scales[level][measure] = pageScale{b, b.labels(measure)}
		}
	}
	for key, rows := range l.cells {
		list := make([]rowOfPage, len(rows))
		for i, r := range rows {
			list[i] = rowOfPage{r}
		}
		p.Rows[fmt.Sprintf("%d,%d", key[0], key[1])] = list
	}
	return p
}

func tenth(p drawing.Point) *[2]float64 {
	return &[2]float64{math.Round(p.X*10) / 10, math.Round(p.Y*10) / 10}
}
