package workbook

import (
	"strconv"
	"strings"

	"huiliu/ingest/page"
)

// Range is a block of cells that are merged into one, bounds included; rows
// count from 1 as Excel shows them, columns from 0.
type Range struct {
	FirstRow, LastRow       int64
	FirstColumn, LastColumn int
}

// maxMerges is how many merged blocks are looked at.
const maxMerges = 1 << 14

// Merges returns a sheet's merged blocks that begin at or above a row. They
// stand behind the sheet's rows, so all of the sheet is passed over.
func (b *Book) Merges(sheet int, row int64) ([]Range, error) {
	p, err := b.part(b.targets[sheet], maxPart)
	if err != nil {
		return nil, err
	}
	defer p.close()
	var out []Range
	for m := newMarkup(p); ; {
		t, err := m.next()
		if err != nil {
			return nil, err
		}
		if t == endOfPart {
			return out, nil
		}
		if t != beginTag || string(m.name) != "mergeCell" {
			continue
		}
		if r, ok := parseRange(string(m.attribute("ref"))); ok && r.FirstRow <= row {
			if out = append(out, r); len(out) > maxMerges {
				return nil, &LimitError{p.name, maxMerges, "merged blocks"}
			}
		}
	}
}

func parseRange(ref string) (Range, bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		to = from
	}
	r1, c1, ok1 := parseCell(from)
	r2, c2, ok2 := parseCell(to)
	return Range{r1, r2, c1, c2}, ok1 && ok2 && r1 <= r2 && c1 <= c2
}

func parseCell(ref string) (int64, int, bool) {
	ref = strings.ReplaceAll(ref, "$", "")
	column, ok := columnOf([]byte(ref))
	row, err := strconv.ParseInt(strings.TrimLeft(strings.ToUpper(ref), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 10, 32)
	return row, column, ok && err == nil && row > 0 && column <= maxColumn
}

// Header joins the rows of a header to one name a column: of each column the
// texts from above to below, those of merged blocks in all their cells, with
// a slash between, none twice in a row.
type Header struct {
	first int64
	rows  []map[int]string
	width int
}

// NewHeader returns an empty header of so many rows.
func NewHeader(first int64, rows int) *Header {
	h := &Header{first: first, rows: make([]map[int]string, rows)}
	for i := range h.rows {
		h.rows[i] = map[int]string{}
	}
	return h
}

// Add takes one row's cells; rows outside the header are passed over.
func (h *Header) Add(number int64, cells []Cell) {
	at := number - h.first
	if at < 0 || at >= int64(len(h.rows)) {
		return
	}
	for i := range cells {
		text := strings.TrimSpace(strings.ToValidUTF8(cells[i].String(), "\uFFFD"))
		if text == "" {
			continue
		}
		h.rows[at][cells[i].Column] = text
		h.width = max(h.width, cells[i].Column+1)
	}
}

// Merge spreads the text of each merged block over its cells.
func (h *Header) Merge(blocks []Range) {
	last := h.first + int64(len(h.rows)) - 1
	for _, b := range blocks {
		if b.FirstRow < h.first || b.FirstRow > last {
			continue
		}
		text, ok := h.rows[b.FirstRow-h.first][b.FirstColumn]
		if !ok {
			continue
		}
		for row := b.FirstRow; row <= min(b.LastRow, last); row++ {
			for column := b.FirstColumn; column <= b.LastColumn; column++ {
				h.rows[row-h.first][column] = text
			}
		}
		h.width = max(h.width, b.LastColumn+1)
	}
}

// Names returns one name a column, empty for a column without any.
func (h *Header) Names() []string {
	names := make([]string, h.width)
	for column := range names {
		var parts []string
		for _, row := range h.rows {
			if text := row[column]; text != "" && (len(parts) == 0 || parts[len(parts)-1] != text) {
				parts = append(parts, text)
			}
		}
		names[column] = strings.Join(parts, "/")
	}
	return names
}

// String returns the cell's value as the one text form of pages.
func (c *Cell) String() string {
	switch c.Kind {
	case page.Int:
		return strconv.FormatInt(c.Int, 10)
	case page.Float:
		return strconv.FormatFloat(c.Float, 'g', -1, 64)
	case page.Bool:
		return strconv.FormatBool(c.Int == 1)
	case page.LocalTime:
		return timeText(c.Int)
	}
	return string(c.Text)
}
