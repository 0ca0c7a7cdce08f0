package report

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed template.md
var templateText string

// Block is one piece of a document: exactly one of its parts is set.
type Block struct {
	Heading   *Heading
	Paragraph []Run
	Table     *Table
	Chart     *Chart
}

// Heading is a title (level 0), a chapter (1) or a section (2); its ordinal is
// generated.
type Heading struct {
	Level   int
	Ordinal string
	Runs    []Run
	// Problems says that the chapter is about what is wrong.
	Problems bool
}

// Text is the heading as it is read.
func (h *Heading) Text() string { return h.Ordinal + text(h.Runs) }

// Run is a piece of text; one that shows a fact names it.
type Run struct {
	Text string
	Fact string
}

// Chart is a picture of a table's first column of numbers.
type Chart struct {
	Table *Table
	SVG   []byte
	// PNG is empty where no font with Chinese characters was found.
	PNG []byte
}

// Alt describes the picture in words.
func (c *Chart) Alt() string { return "图：" + c.Table.Label }

// Document is a report that is ready to be written down.
type Document struct {
	Title  string
	Blocks []Block
	// Facts are those that the text shows, in order of appearance.
	Facts []*Fact
}

func text(runs []Run) string {
	var out strings.Builder
	for _, r := range runs {
		out.WriteString(r.Text)
	}
	return out.String()
}

var (
	hole = regexp.MustCompile(`\{\{\s*([a-z_ ]+?)\s*\}\}`)
	// typedNumber finds a number that was typed: a digit in any width, or a
	// Chinese numeral before a unit.
	typedNumber = regexp.MustCompile(`[0-9０-９]|[一二三四五六七八九十百千两]+(?:余|多)?(?:件|项|处|起|次|户|人|天|个|倍|成|元|万|亿|％|%)`)
	ordinals    = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
)

// checkTemplate reports every line of a template that has a number of its own
// or names a fact that there is none of.
func checkTemplate(text string, l library) error {
	known := map[string]bool{"site": true, "period": true, "as_of": true, "sources": true}
	for _, f := range l.Facts {
		known[f.ID] = true
	}
	for _, t := range l.Tables {
		known["table "+t.ID], known["chart "+t.ID] = true, true
	}
	for n, line := range strings.Split(text, "\n") {
		place := fmt.Sprintf("template.md:%d", n+1)
		if m := typedNumber.FindString(hole.ReplaceAllString(line, "")); m != "" {
			return BadTemplate.At(place, "why", "the number “"+m+"” is typed")
		}
		for _, m := range hole.FindAllStringSubmatch(line, -1) {
			if !known[m[1]] {
				return BadTemplate.At(place, "why", "there is no "+m[1])
			}
		}
	}
	return nil
}

// compose puts facts and tables into a template.
func compose(template string, given map[string]string, facts map[string]*Fact, tables map[string]*Table, draw func(*Table) *Chart) *Document {
	c := &composer{given: given, facts: facts, shown: map[string]bool{}, doc: &Document{}}
	for _, line := range strings.Split(template, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case line == "{{sources}}":
			c.sources()
		case strings.HasPrefix(line, "{{table "):
			if t := tables[strings.TrimSuffix(strings.TrimPrefix(line, "{{table "), "}}")]; t != nil && len(t.Rows) > 0 {
				c.add(Block{Table: t})
			}
		case strings.HasPrefix(line, "{{chart "):
			if t := tables[strings.TrimSuffix(strings.TrimPrefix(line, "{{chart "), "}}")]; t != nil && len(t.Rows) > 1 {
				c.add(Block{Chart: draw(t)})
			}
		case strings.HasPrefix(line, "#"):
			c.heading(line)
		default:
			c.add(Block{Paragraph: c.paragraph(line)})
		}
	}
	return c.doc
}

type composer struct {
	given            map[string]string
	facts            map[string]*Fact
	shown            map[string]bool
	doc              *Document
	chapter, section int
}

func (c *composer) add(b Block) { c.doc.Blocks = append(c.doc.Blocks, b) }

func (c *composer) heading(line string) {
	level := len(line) - len(strings.TrimLeft(line, "#")) - 1
	words, problems := strings.CutSuffix(strings.TrimSpace(line[level+1:]), " {problems}")
	h := &Heading{Level: level, Problems: problems, Runs: c.runs(words)}
	switch level {
	case 0:
		c.doc.Title = text(h.Runs)
	case 1:
		c.chapter, c.section = c.chapter+1, 0
		h.Ordinal = ordinals[c.chapter] + "、"
	case 2:
		c.section++
		h.Ordinal = "（" + ordinals[c.section] + "）"
	}
	c.add(Block{Heading: h})
}

// paragraph takes the first of the ways to say it for which every fact has a
// value; the last way needs none.
func (c *composer) paragraph(line string) []Run {
	ways := strings.Split(line, " || ")
	for _, way := range ways[:len(ways)-1] {
		if c.sayable(way) {
			return c.runs(way)
		}
	}
	return c.runs(ways[len(ways)-1])
}

func (c *composer) sayable(way string) bool {
	for _, m := range hole.FindAllStringSubmatch(way, -1) {
		if f := c.facts[m[1]]; f != nil && !f.Known() {
			return false
		}
	}
	return true
}

func (c *composer) runs(line string) []Run {
	var out []Run
	at := 0
	for _, m := range hole.FindAllStringSubmatchIndex(line, -1) {
		if m[0] > at {
			out = append(out, Run{Text: line[at:m[0]]})
		}
		name := line[m[2]:m[3]]
		if f := c.facts[name]; f != nil {
			value := f.Value
			if value == "" {
				value = "（暂无数据）"
			}
			out = append(out, Run{Text: value, Fact: name})
			if !c.shown[name] {
				c.shown[name] = true
				c.doc.Facts = append(c.doc.Facts, f)
			}
		} else {
			out = append(out, Run{Text: c.given[name]})
		}
		at = m[1]
	}
	if at < len(line) {
		out = append(out, Run{Text: line[at:]})
	}
	return out
}

// sources appends the table that binds every number to where it came from.
func (c *composer) sources() {
	c.heading("## 数据来源")
	t := &Table{ID: "sources", Label: "数字与来源", Columns: []string{"编号", "指标", "数值", "95% 区间", "来源表"}}
	for _, f := range c.doc.Facts {
		interval := "—"
		if f.Low != "" {
			interval = f.Low + "～" + f.High
		}
		value := f.Value
		if value == "" {
			value = "暂无数据"
		} else if f.Unit != "" && f.Unit != "%" {
			value += f.Unit
		}
		t.Rows = append(t.Rows, []string{f.ID, f.Label, value, interval, strings.Join(f.Tables, "、")})
	}
	c.add(Block{Table: t})
}

// Plain is the document's text, a line each: what all its written forms have
// in common.
func (d *Document) Plain() []string {
	var out []string
	for _, b := range d.Blocks {
		switch {
		case b.Heading != nil:
			out = append(out, b.Heading.Text())
		case b.Table != nil:
			out = append(out, b.Table.Label)
			out = append(out, b.Table.Columns...)
			for _, row := range b.Table.Rows {
				out = append(out, row...)
			}
		case b.Chart != nil:
			out = append(out, b.Chart.Alt())
		default:
			out = append(out, text(b.Paragraph))
		}
	}
	return out
}
