package report

import "strings"

// Markdown writes the document as CommonMark with tables. Charts are named by
// files beside it.
func (d *Document) Markdown() []byte {
	var out strings.Builder
	for _, b := range d.Blocks {
		switch {
		case b.Heading != nil:
			out.WriteString(strings.Repeat("#", b.Heading.Level+1) + " " + plain(b.Heading.Text()) + "\n\n")
		case b.Table != nil:
			out.WriteString(plain(b.Table.Label) + "\n\n")
			line := func(cells []string) {
				out.WriteString("|")
				for _, c := range cells {
					out.WriteString(" " + plain(c) + " |")
				}
				out.WriteString("\n")
			}
			line(b.Table.Columns)
			out.WriteString("|" + strings.Repeat("---|", len(b.Table.Columns)) + "\n")
			for _, row := range b.Table.Rows {
				line(row)
			}
			out.WriteString("\n")
		case b.Chart != nil:
			out.WriteString("![" + plain(b.Chart.Alt()) + "](" + b.Chart.Table.ID + ".svg)\n\n")
		default:
			out.WriteString(plain(text(b.Paragraph)) + "\n\n")
		}
	}
	return []byte(out.String())
}

var markdownSigns = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`, "[", `\[`, "]", `\]`, "#", `\#`, "$", `\$`, "\n", " ")

// plain escapes what Markdown would take for its own.
func plain(s string) string { return markdownSigns.Replace(s) }
