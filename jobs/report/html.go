package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed page.css
var pageStyle string

// HTML writes the document as one page that needs nothing beside it; each
// number is bound to its fact by data-fact.
func (d *Document) HTML() []byte {
	var out bytes.Buffer
	esc := template.HTMLEscapeString
	fmt.Fprintf(&out, "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n", esc(d.Title), pageStyle)
	runs := func(list []Run) string {
		var s strings.Builder
		for _, r := range list {
			if r.Fact == "" {
				s.WriteString(esc(r.Text))
			} else {
				fmt.Fprintf(&s, "<span data-fact=\"%s\">%s</span>", esc(r.Fact), esc(r.Text))
			}
		}
		return s.String()
	}
	for _, b := range d.Blocks {
		switch {
		case b.Heading != nil:
			n := b.Heading.Level + 1
			fmt.Fprintf(&out, "<h%d>%s%s</h%d>\n", n, esc(b.Heading.Ordinal), runs(b.Heading.Runs), n)
		case b.Table != nil:
			fmt.Fprintf(&out, "<div class=\"wide\"><table>\n<caption>%s</caption>\n<thead><tr>", esc(b.Table.Label))
			for _, c := range b.Table.Columns {
				fmt.Fprintf(&out, "<th>%s</th>", esc(c))
			}
			out.WriteString("</tr></thead>\n<tbody>\n")
			for _, row := range b.Table.Rows {
				out.WriteString("<tr>")
				for _, c := range row {
					fmt.Fprintf(&out, "<td>%s</td>", esc(c))
				}
				out.WriteString("</tr>\n")
			}
			out.WriteString("</tbody></table></div>\n")
		case b.Chart != nil:
			fmt.Fprintf(&out, "<figure aria-label=\"%s\">%s<figcaption>%s</figcaption></figure>\n", esc(b.Chart.Alt()), b.Chart.SVG, esc(b.Chart.Alt()))
		default:
			fmt.Fprintf(&out, "<p>%s</p>\n", runs(b.Paragraph))
		}
	}
	out.WriteString("</body>\n</html>\n")
	return out.Bytes()
}
