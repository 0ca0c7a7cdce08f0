package workbook

import (
	"fmt"
	"path"
	"strings"
)

// maxSheets is how many sheets a workbook may have here.
const maxSheets = 10_000

// relation is one entry of a part's relations (ECMA-376 part 2, 9.3).
type relation struct{ kind, target string }

// open reads which sheets there are. The kinds of relations are told by the
// end of their name, which the transitional and the strict form share.
func (b *Book) open() error {
	main := "xl/workbook.xml"
	if top, err := b.relations("_rels/.rels", ""); err == nil {
		for _, r := range top {
			if r.kind == "officeDocument" {
				main = r.target
			}
		}
	}
	if b.parts[partName(main)] == nil {
		return fmt.Errorf("%w: it has no part %s", ErrNotWorkbook, main)
	}
	folder, file := path.Split(main)
	links, err := b.relations(folder+"_rels/"+file+".rels", folder)
	if err != nil {
		return err
	}
	styles := ""
	for _, r := range links {
		switch r.kind {
		case "styles":
			styles = r.target
		case "sharedStrings":
			b.shared = r.target
		}
	}
	if err := b.readSheets(main, links); err != nil {
		return err
	}
	if b.parts[partName(styles)] == nil {
		return nil
	}
	return b.readStyles(styles)
}

// relations reads a part's relations by their id; targets become full names.
func (b *Book) relations(name, folder string) (map[string]relation, error) {
	out := map[string]relation{}
	return out, b.tags(name, func(m *markup) error {
		if string(m.name) != "Relationship" {
			return nil
		}
		kind, target := string(m.attribute("Type")), string(unescape(nil, m.attribute("Target")))
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		out[string(m.attribute("Id"))] = relation{kind[strings.LastIndexByte(kind, '/')+1:], strings.TrimPrefix(target, "/")}
		return nil
	})
}

func (b *Book) readSheets(name string, links map[string]relation) error {
	return b.tags(name, func(m *markup) error {
		switch string(m.name) {
		case "workbookPr":
			b.leap = truth(m.attribute("date1904"))
		case "sheet":
			link, ok := links[string(m.attribute("id"))]
			if !ok || link.kind != "worksheet" {
				return nil // a chart, a dialogue, or a macro sheet
			}
			if len(b.sheets) == maxSheets {
				return &LimitError{name, maxSheets, "sheets"}
			}
			state := string(m.attribute("state"))
			b.sheets = append(b.sheets, Sheet{
				Name:   strings.ToValidUTF8(string(resolve(unescape(nil, m.attribute("name")))), "\uFFFD"),
				Hidden: state == "hidden" || state == "veryHidden",
			})
			b.targets = append(b.targets, link.target)
		}
		return nil
	})
}

// tags calls a function with every opening tag of a small part.
func (b *Book) tags(name string, each func(*markup) error) error {
	p, err := b.part(name, maxSmall)
	if err != nil {
		return err
	}
	defer p.close()
	m := newMarkup(p)
	for {
		t, err := m.next()
		if err != nil || t == endOfPart {
			return err
		}
		if t == beginTag {
			if err := each(m); err != nil {
				return err
			}
		}
	}
}

func truth(v []byte) bool { return string(v) == "1" || string(v) == "true" || string(v) == "on" }

// styles tells of each cell style whether it shows a number as a date.
type styles []bool

// isDate reports whether cells of a style show dates; a cell that names no
// style has the first one.
func (s styles) isDate(style []byte) bool {
	n, ok := index(style)
	return (ok || len(style) == 0) && n < len(s) && s[n]
}

// index reads a number that counts from 0.
func index(digits []byte) (int, bool) {
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' || n > 1<<30 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(digits) > 0
}

// maxStyles is how many cell styles are read; Excel allows 65,490.
const maxStyles = 1 << 20

func (b *Book) readStyles(name string) error {
	dates := map[string]bool{}
	inside := false // of cellXfs, where the styles of cells stand
	return b.tags(name, func(m *markup) error {
		switch string(m.name) {
		case "numFmt":
			dates[string(m.attribute("numFmtId"))] = showsDate(string(unescape(nil, m.attribute("formatCode"))))
		case "cellXfs":
			inside = true
		case "cellStyles", "dxfs":
			inside = false
		case "xf":
			if !inside {
				return nil
			}
			if len(b.styles) == maxStyles {
				return &LimitError{name, maxStyles, "styles"}
			}
			id := string(m.attribute("numFmtId"))
			date, own := dates[id]
			b.styles = append(b.styles, date || !own && builtinDate(id))
		}
		return nil
	})
}
