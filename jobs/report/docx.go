package report

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Fonts are the faces of a document by their use, each the name of one face as
// a word processor lists it. An office that lacks one sees its substitute.
type Fonts struct {
	Title string `yaml:"title"`
	// Body is also that of tables' cells.
	Body string `yaml:"body"`
	// Heading1 is also that of captions and tables' heads.
	Heading1   string `yaml:"heading1"`
	Heading2   string `yaml:"heading2"`
	PageNumber string `yaml:"page_number"`
}

// OfficialFonts are those that GB/T 9704-2012 asks for.
var OfficialFonts = Fonts{Title: "方正小标宋简体", Body: "仿宋_GB2312", Heading1: "黑体", Heading2: "楷体_GB2312", PageNumber: "宋体"}

// faceLength is how many UTF-16 units a face's name may have (LF_FACESIZE of
// the Windows GDI, less the closing zero).
const faceLength = 31

// IsFace reports whether a text can be the name of one face. A list of faces,
// as CSS has them, is none: a word processor would look for all of it.
func IsFace(name string) bool {
	return name != "" && name == strings.TrimSpace(name) && len(utf16.Encode([]rune(name))) <= faceLength && !strings.ContainsFunc(name, func(r rune) bool {
		return strings.ContainsRune(`,;，；"<>`, r) || !unicode.IsPrint(r)
	})
}

// substitutes are faces that a machine without the official ones may have.
var substitutes = map[string]string{"方正小标宋简体": "华文中宋", "仿宋_GB2312": "仿宋", "楷体_GB2312": "楷体"}

// Measures of GB/T 9704-2012 in twentieths of a point: A4, margins of 37 mm
// above, 35 mm below, 28 mm left and 26 mm right, 22 lines of 28 characters.
const (
	pageWidth, pageHeight                            = 11906, 16838
	marginTop, marginBottom, marginLeft, marginRight = 2098, 1984, 1587, 1474
	linePitch                                        = 579
	// charSpace makes 28 characters of 16 points fill a line of 156 mm. A grid
	// of characters would say the same, but gives each two cells where they
	// are a little wider than one.
	charSpace = -4
	textWidth = pageWidth - marginLeft - marginRight
)

// DOCX writes the document in Office Open XML (ECMA-376), as Word and WPS
// open it. Equal documents give equal bytes.
func (d *Document) DOCX(fonts Fonts) ([]byte, error) {
	w := &docxWriter{fonts: fonts}
	body := w.body(d)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	parts := []struct {
		name    string
		content []byte
	}{
		{"[Content_Types].xml", []byte(contentTypes)}, {"_rels/.rels", []byte(packageRels)}, {"docProps/core.xml", []byte(fmt.Sprintf(coreProps, escape(d.Title)))},
		{"word/_rels/document.xml.rels", w.rels()}, {"word/document.xml", body}, {"word/fontTable.xml", w.fontTable()},
		{"word/footer1.xml", w.footer("right")}, {"word/footer2.xml", w.footer("left")}, {"word/settings.xml", []byte(settingsPart)}, {"word/styles.xml", w.styles()},
	}
	for _, p := range w.pictures {
		parts = append(parts, struct {
			name    string
			content []byte
		}{"word/media/" + p.fileName(), p.PNG})
	}
	for _, p := range parts {
		to, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate})
		if err == nil {
			_, err = io.Copy(to, bytes.NewReader(p.content))
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", p.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return out.Bytes(), nil
}

type docxWriter struct {
	fonts    Fonts
	out      strings.Builder
	pictures []*Chart
	marks    int
}

func escape(s string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(s)) // a strings.Builder takes everything
	return out.String()
}

func (w *docxWriter) body(d *Document) []byte {
	w.out.WriteString(xml.Header + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>`)
	styles := []string{"Title", "Heading1", "Heading2"}
	for _, b := range d.Blocks {
		switch {
		case b.Heading != nil:
			w.paragraph(styles[min(b.Heading.Level, 2)], append([]Run{{Text: b.Heading.Ordinal}}, b.Heading.Runs...))
		case b.Table != nil:
			w.paragraph("Caption", []Run{{Text: b.Table.Label}})
			w.table(b.Table)
		case b.Chart != nil:
			w.picture(b.Chart)
			w.paragraph("Caption", []Run{{Text: b.Chart.Alt()}})
		default:
			w.paragraph("Normal", b.Paragraph)
		}
	}
	fmt.Fprintf(&w.out, `<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/><w:pgSz w:w="%d" w:h="%d"/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="1417" w:gutter="0"/><w:docGrid w:type="lines" w:linePitch="%d"/></w:sectPr></w:body></w:document>`,
		pageWidth, pageHeight, marginTop, marginRight, marginBottom, marginLeft, linePitch)
	return []byte(w.out.String())
}

// paragraph writes runs; one that shows a fact lies in a bookmark of its name.
func (w *docxWriter) paragraph(style string, runs []Run) {
	fmt.Fprintf(&w.out, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>`, style)
	for _, r := range runs {
		if r.Text == "" {
			continue
		}
		if r.Fact != "" {
			w.marks++
			fmt.Fprintf(&w.out, `<w:bookmarkStart w:id="%d" w:name="fact_%s_%d"/>`, w.marks, r.Fact, w.marks)
		}
		fmt.Fprintf(&w.out, `<w:r><w:t xml:space="preserve">%s</w:t></w:r>`, escape(r.Text))
		if r.Fact != "" {
			fmt.Fprintf(&w.out, `<w:bookmarkEnd w:id="%d"/>`, w.marks)
		}
	}
	w.out.WriteString("</w:p>")
}

func (w *docxWriter) table(t *Table) {
	widths := columnWidths(t)
	w.out.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="5000" w:type="pct"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`)
	for _, n := range widths {
		fmt.Fprintf(&w.out, `<w:gridCol w:w="%d"/>`, n)
	}
	w.out.WriteString(`</w:tblGrid>`)
	row := func(cells []string, head bool) {
		w.out.WriteString(`<w:tr><w:trPr><w:cantSplit/>`)
		if head {
			w.out.WriteString(`<w:tblHeader/>`)
		}
		w.out.WriteString(`</w:trPr>`)
		for i, c := range cells {
			fmt.Fprintf(&w.out, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, widths[i])
			w.paragraph(map[bool]string{true: "CellHead", false: "Cell"}[head], []Run{{Text: c}})
			w.out.WriteString(`</w:tc>`)
		}
		w.out.WriteString(`</w:tr>`)
	}
	row(t.Columns, true)
	for _, r := range t.Rows {
		row(r, false)
	}
	w.out.WriteString(`</w:tbl>`)
	w.paragraph("Cell", nil)
}

// columnWidths shares the text's width out by the length of the columns'
// texts, of which none counts for less or more than a line takes well.
func columnWidths(t *Table) []int {
	weights, sum := make([]int, len(t.Columns)), 0
	for i, c := range t.Columns {
		longest := columnsOf(c)
		for _, row := range t.Rows {
			longest = max(longest, columnsOf(row[i]))
		}
		weights[i] = min(max(longest, 12), 28)
		sum += weights[i]
	}
	for i := range weights {
		weights[i] = textWidth * weights[i] / sum
	}
	return weights
}

// columnsOf is a text's width in half characters.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x1100 {
			n++
		}
	}
	return n
}

// emu are English Metric Units in a twentieth of a point.
const emu = 635

func (w *docxWriter) picture(c *Chart) {
	if len(c.PNG) == 0 {
		return
	}
	w.pictures = append(w.pictures, c)
	n := len(w.pictures)
	cx := textWidth * emu
	cy := int(float64(cx) * chartHeight / chartWidth)
	fmt.Fprintf(&w.out, `<w:p><w:pPr><w:pStyle w:val="Figure"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="%d" cy="%d"/><wp:docPr id="%d" name="%s" descr="%s"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="%d" name="%s"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdP%d"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`,
		cx, cy, n, c.fileName(), escape(c.Alt()), n, c.fileName(), n, cx, cy)
}

func (w *docxWriter) rels() []byte {
	var out strings.Builder
	out.WriteString(xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	const base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	for i, p := range [][2]string{{"styles", "styles.xml"}, {"settings", "settings.xml"}, {"fontTable", "fontTable.xml"}, {"footer", "footer1.xml"}, {"footer", "footer2.xml"}} {
		fmt.Fprintf(&out, `<Relationship Id="rId%d" Type="%s%s" Target="%s"/>`, i+1, base, p[0], p[1])
	}
	for i, p := range w.pictures {
		fmt.Fprintf(&out, `<Relationship Id="rIdP%d" Type="%simage" Target="media/%s"/>`, i+1, base, p.fileName())
	}
	out.WriteString(`</Relationships>`)
	return []byte(out.String())
}

// footer is — 1 — at the outer side.
func (w *docxWriter) footer(side string) []byte {
	f := escape(w.fonts.PageNumber)
	size := `<w:rPr><w:rFonts w:ascii="` + f + `" w:hAnsi="` + f + `" w:eastAsia="` + f + `"/><w:sz w:val="28"/></w:rPr>`
	return []byte(xml.Header + `<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:pPr><w:jc w:val="` + side + `"/><w:ind w:left="320" w:right="320" w:firstLine="0"/></w:pPr><w:r>` + size + `<w:t xml:space="preserve">— </w:t></w:r><w:r>` + size + `<w:fldChar w:fldCharType="begin"/></w:r><w:r>` + size + `<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r><w:r>` + size + `<w:fldChar w:fldCharType="separate"/></w:r><w:r>` + size + `<w:t>1</w:t></w:r><w:r>` + size + `<w:fldChar w:fldCharType="end"/></w:r><w:r>` + size + `<w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>`)
}

// spacing is what is taken off between characters of a size in half points:
// only the text's own size fills lines.
func spacing(size int) int {
	if size == 32 {
		return charSpace
	}
	return 0
}

// style is one paragraph style; sizes are half points (三号 is 32, 二号 44).
type style struct {
	id, name, font string
	size           int
	bold           bool
	paragraph      string
}

func (w *docxWriter) styles() []byte {
	const exact = `<w:spacing w:before="0" w:after="0" w:line="560" w:lineRule="exact"/>`
	list := []style{
		{"Normal", "Normal", w.fonts.Body, 32, false, exact + `<w:ind w:firstLineChars="200" w:firstLine="640"/><w:jc w:val="both"/>`},
		{"Title", "Title", w.fonts.Title, 44, false, `<w:spacing w:before="0" w:after="560" w:line="640" w:lineRule="exact"/><w:ind w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="center"/>`},
		{"Heading1", "heading 1", w.fonts.Heading1, 32, false, `<w:keepNext/>` + exact + `<w:ind w:firstLineChars="200" w:firstLine="640"/><w:outlineLvl w:val="0"/>`},
		{"Heading2", "heading 2", w.fonts.Heading2, 32, false, `<w:keepNext/>` + exact + `<w:ind w:firstLineChars="200" w:firstLine="640"/><w:outlineLvl w:val="1"/>`},
		{"Caption", "caption", w.fonts.Heading1, 24, false, `<w:keepNext/><w:snapToGrid w:val="0"/><w:spacing w:before="120" w:after="60" w:line="240" w:lineRule="auto"/><w:ind w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="center"/>`},
		{"Figure", "Figure", w.fonts.Body, 24, false, `<w:keepNext/><w:snapToGrid w:val="0"/><w:spacing w:before="120" w:after="0" w:line="240" w:lineRule="auto"/><w:ind w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="center"/>`},
		{"Cell", "Cell", w.fonts.Body, 21, false, `<w:snapToGrid w:val="0"/><w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/><w:ind w:firstLineChars="0" w:firstLine="0"/>`},
		{"CellHead", "Cell Head", w.fonts.Heading1, 21, false, `<w:snapToGrid w:val="0"/><w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/><w:ind w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="center"/>`},
	}
	var out strings.Builder
	out.WriteString(xml.Header + `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>`)
	for _, s := range list {
		f := escape(s.font)
		isDefault, based := "", `<w:basedOn w:val="Normal"/>`
		if s.id == "Normal" {
			isDefault, based = ` w:default="1"`, ""
		}
		fmt.Fprintf(&out, `<w:style w:type="paragraph"%s w:styleId="%s"><w:name w:val="%s"/>%s<w:qFormat/><w:pPr>%s</w:pPr><w:rPr><w:rFonts w:ascii="%s" w:hAnsi="%s" w:eastAsia="%s" w:cs="%s"/><w:spacing w:val="%d"/><w:sz w:val="%d"/><w:szCs w:val="%d"/></w:rPr></w:style>`,
			isDefault, s.id, s.name, based, s.paragraph, f, f, f, f, spacing(s.size), s.size, s.size)
	}
	out.WriteString(`<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(&out, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="000000"/>`, side)
	}
	out.WriteString(`</w:tblBorders></w:tblPr></w:style></w:styles>`)
	return []byte(out.String())
}

func (w *docxWriter) fontTable() []byte {
	var out strings.Builder
	out.WriteString(xml.Header + `<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">`)
	met := map[string]bool{}
	for _, f := range []string{w.fonts.Title, w.fonts.Body, w.fonts.Heading1, w.fonts.Heading2, w.fonts.PageNumber} {
		if met[f] {
			continue
		}
		met[f] = true
		fmt.Fprintf(&out, `<w:font w:name="%s">`, escape(f))
		if s := substitutes[f]; s != "" {
			fmt.Fprintf(&out, `<w:altName w:val="%s"/>`, escape(s))
		}
		out.WriteString(`<w:charset w:val="86"/></w:font>`)
	}
	out.WriteString(`</w:fonts>`)
	return []byte(out.String())
}

const (
	contentTypes = xml.Header + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	packageRels  = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	coreProps    = xml.Header + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>%s</dc:title><dc:creator>汇流</dc:creator></cp:coreProperties>`
	settingsPart = xml.Header + `<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:evenAndOddHeaders/><w:characterSpacingControl w:val="doNotCompress"/></w:settings>`
)
