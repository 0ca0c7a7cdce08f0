package drawing

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"strconv"
	"strings"
)

// families are the fonts that a viewer looks for, free ones first.
const families = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','WenQuanYi Micro Hei','WenQuanYi Zen Hei','PingFang SC','Microsoft YaHei',sans-serif"

// tile is the side of the square that a pattern repeats, in pixels.
const tile = 8

// SVG writes the picture as one document that needs nothing beside it; equal
// pictures give equal bytes.
func (p *Picture) SVG() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" role="img" font-family="%[3]s">`+"\n", Number(p.Width), Number(p.Height), families)
	fmt.Fprintf(&out, "<title>%s</title>\n", escape(p.Title))
	patterns := p.patterns(&out)
	for _, item := range p.items {
		switch item := item.(type) {
		case shape:
			item.svg(&out, patterns)
		case Text:
			item.svg(&out)
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// patterns defines each pattern that is used, in the order of its first use.
func (p *Picture) patterns(out *bytes.Buffer) map[Paint]string {
	names := map[Paint]string{}
	out.WriteString("<defs>")
	for _, item := range p.items {
		s, ok := item.(shape)
		if !ok || s.fill == nil || s.fill.Pattern == Solid || names[*s.fill] != "" {
			continue
		}
		names[*s.fill] = fmt.Sprintf("p%d", len(names)+1)
		out.WriteString(PatternSVG(names[*s.fill], *s.fill))
	}
	out.WriteString("</defs>\n")
	return names
}

// PatternSVG writes an SVG pattern element of a name, for pages that fill
// with the same patterns as a picture.
func PatternSVG(id string, p Paint) string {
	drawn := ""
	switch p.Pattern {
	case Stripes, Crosses:
		d := "M-2,2L2,-2M0,8L8,0M6,10L10,6"
		if p.Pattern == Crosses {
			d += "M-2,6L2,10M0,0L8,8M6,-2L10,2"
		}
		drawn = fmt.Sprintf(`<path d="%s" stroke="%s" stroke-width="1.4"/>`, d, css(p.Color))
	case Dots:
		drawn = fmt.Sprintf(`<circle cx="2" cy="2" r="1.1" fill="%[1]s"/><circle cx="6" cy="6" r="1.1" fill="%[1]s"/>`, css(p.Color))
	}
	return fmt.Sprintf(`<pattern id="%s" width="%d" height="%d" patternUnits="userSpaceOnUse"><rect width="%[2]d" height="%[3]d" fill="%[4]s"/>%[5]s</pattern>`, id, tile, tile, css(p.Ground), drawn)
}

func (s shape) svg(out *bytes.Buffer, patterns map[Paint]string) {
	fill := "none"
	switch {
	case s.fill == nil:
	case s.fill.Pattern == Solid:
		fill = css(s.fill.Color)
	default:
		fill = "url(#" + patterns[*s.fill] + ")"
	}
	fmt.Fprintf(out, `<path d="%s" fill="%s" fill-rule="evenodd"`, Path(s.rings, !s.open), fill)
	if s.width > 0 {
		fmt.Fprintf(out, ` stroke="%s" stroke-width="%s" stroke-linejoin="round" stroke-linecap="round"`, css(s.stroke), Number(s.width))
	}
	out.WriteString("/>\n")
}

func (t Text) svg(out *bytes.Buffer) {
	fmt.Fprintf(out, `<text x="%s" y="%s" font-size="%s" fill="%s" text-anchor="%s"`, Number(t.At.X), Number(t.At.Y), Number(t.Size), css(t.Color), [...]string{"start", "middle", "end"}[t.Anchor])
	if t.Halo {
		out.WriteString(` stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`)
	}
	fmt.Fprintf(out, ">%s</text>\n", escape(t.Content))
}

// Path writes rings as the data of an SVG path, to a tenth of a pixel.
func Path(rings [][]Point, closed bool) string {
	var out strings.Builder
	for _, ring := range rings {
		for i, p := range ring {
			letter := byte('L')
			if i == 0 {
				letter = 'M'
			}
			out.WriteByte(letter)
			out.WriteString(Number(p.X))
			out.WriteByte(',')
			out.WriteString(Number(p.Y))
		}
		if closed && len(ring) > 0 {
			out.WriteByte('Z')
		}
	}
	return out.String()
}

// Number writes a length to a tenth of a pixel, as short as it can be.
func Number(v float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

func css(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func escape(s string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(s)) // a buffer takes everything
	return out.String()
}
