package normalise

import (
	"bytes"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

// bound is a value with the columns of one page.
type bound struct {
	*value
	room  *room
	cells []cell
	whens []condition
	// clock is the zone of texts that tell no offset.
	clock *clock
	// buffers are the steps' memory, one each; join's is joined.
	buffers [][]byte
	scratch []byte
	// last is the cell that the last text came from.
	last int
}

// cell is one column of a page as a value sees it.
type cell struct {
	name string
	// column is nil when the page has none of it.
	column *page.Column
	// hidden are the records whose value the contract refused.
	hidden  map[int]bool
	scratch []byte
	// place is set for $origin, which every page has.
	place *page.Batch
}

// text returns the trimmed text of record i, nothing when it has no value.
func (c *cell) text(i int) []byte {
	if c.place != nil {
		c.scratch = append(c.scratch[:0], c.place.Place(i).Origin...)
		return trim(c.scratch)
	}
	if c.column == nil || c.column.Null(i) || c.hidden != nil && c.hidden[i] {
		return nil
	}
	if c.column.Kind() == page.Text {
		return trim(c.column.Bytes(i))
	}
	c.scratch = c.column.AppendText(c.scratch[:0], i)
	if c.column.Kind() == page.JSON && string(c.scratch) == "null" {
		return nil
	}
	return trim(c.scratch)
}

// trim cuts white space off both ends; the common text has none, and begins
// and ends in ASCII or in a Chinese character (lead bytes from 0xe4 on).
func trim(b []byte) []byte {
	n := len(b)
	if n == 0 {
		return b
	}
	first, last := b[0], b[n-1]
	head := first > ' ' && first < 0x7f || first >= 0xe4
	tail := last > ' ' && last < 0x7f || n >= 3 && last >= 0x80 && b[n-3] >= 0xe4
	if head && tail {
		return b
	}
	return bytes.TrimSpace(b)
}

func (r *room) cellOf(name string, b *page.Batch) cell {
	c := cell{name: name, hidden: r.hidden[name]}
	if name == originField {
		c.place = b
		return c
	}
	if at := b.Find(name); at >= 0 {
		c.column = b.Column(at)
	}
	return c
}

// bind gives a value the columns of a page.
func (r *room) bind(v *value, b *page.Batch) *bound {
	out := &bound{value: v, room: r, clock: r.clockOf(v.zone), buffers: make([][]byte, len(v.steps))}
	for _, name := range v.columns {
		out.cells = append(out.cells, r.cellOf(name, b))
	}
	if p := v.parts; p != nil {
		for _, name := range []string{p.Year, p.Month, p.Day, p.Hour, p.Minute, p.Second} {
			out.cells = append(out.cells, r.cellOf(name, b))
		}
	}
	out.whens = r.conditions(v.when, b)
	return out
}

// native returns the value's only column when record i has a value there that
// is used as it is, nil otherwise.
func (b *bound) native(i int) *page.Column {
	if !b.direct() || len(b.cells) != 1 || b.whens != nil {
		return nil
	}
	c := &b.cells[0]
	if c.column == nil || c.column.Null(i) || c.hidden != nil && c.hidden[i] {
		return nil
	}
	return c.column
}

// text returns the value of record i, trimmed and not empty, or why there is
// none. It holds until the next call.
func (b *bound) text(i int) ([]byte, outcome) {
	if b.whens != nil && !met(b.whens, i) {
		return nil, absent
	}
	b.last = 0
	if b.fixed {
		return b.constant, good
	}
	text := b.source(i)
	if len(text) == 0 {
		return nil, absent
	}
	for k, run := range b.steps {
		var out outcome
		if text, out = run(&b.buffers[k], text); out != good {
			return nil, out
		}
		if text = trim(text); len(text) == 0 {
			return nil, absent
		}
	}
	if b.codes != nil {
		return b.coded(text)
	}
	return text, good
}

func (b *bound) source(i int) []byte {
	if b.joined {
		b.scratch = b.scratch[:0]
		for k := range b.cells {
			t := b.cells[k].text(i)
			if len(t) == 0 || b.nulls[string(t)] {
				continue
			}
			if len(b.scratch) > 0 {
				b.scratch = append(b.scratch, b.with...)
			}
			b.scratch = append(b.scratch, t...)
		}
		return b.scratch
	}
	for k := range b.cells {
		if t := b.cells[k].text(i); len(t) > 0 && !b.nulls[string(t)] {
			b.last = k
			return t
		}
	}
	return nil
}

// noCode is the outcome of a text that codes don't list.
const noCode = outside + 1

func (b *bound) coded(text []byte) ([]byte, outcome) {
	if to, ok := b.codes[string(text)]; ok {
		if len(to) == 0 {
			return nil, absent
		}
		return to, good
	}
	switch b.otherwise {
	case drop:
		return nil, absent
	case refuse:
		return nil, noCode
	}
	return text, good
}

// raw returns the name and the text of the cell that the last value came from.
func (b *bound) raw(i int) (field string, text []byte) {
	if len(b.cells) == 0 {
		return "", nil
	}
	c := &b.cells[b.last]
	return c.name, bytes.Clone(c.text(i))
}

// condition is one condition with its column.
type condition struct {
	cell    cell
	is, not map[string]bool
}

func (r *room) conditions(list []source.Condition, b *page.Batch) []condition {
	var out []condition
	for _, c := range list {
		out = append(out, condition{cell: r.cellOf(c.Field, b), is: setOf(c.Is), not: setOf(c.Not)})
	}
	return out
}

func setOf(list []string) map[string]bool {
	if len(list) == 0 {
		return nil
	}
	set := map[string]bool{}
	for _, s := range list {
		set[string(bytes.TrimSpace([]byte(s)))] = true
	}
	return set
}

// met reports whether record i meets every condition.
func met(list []condition, i int) bool {
	for k := range list {
		c := &list[k]
		text := c.cell.text(i)
		switch {
		case c.is == nil && c.not == nil:
			if len(text) == 0 {
				return false
			}
		case c.is != nil && !c.is[string(text)] || c.not[string(text)]:
			return false
		}
	}
	return true
}
