package workbook

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"huiliu/ingest/page"
)

// maxColumn is the number of Excel's last column, XFD, counted from 0.
const maxColumn = 16_383

// Cell is one value of a row.
type Cell struct {
	// Column counts from 0.
	Column int
	// Kind is Text, Int, Float, Bool or LocalTime.
	Kind page.Kind
	// Text of a Text; it holds until the next row. It may not be UTF-8 in a
	// damaged workbook.
	Text []byte
	// Int of an Int, the microseconds of a LocalTime, 1 for a Bool that is true.
	Int int64
	// Float of a Float.
	Float float64
}

// Set sets the cell as the value of a page's column.
func (c *Cell) Set(b *page.Builder, column int) {
	switch c.Kind {
	case page.Int:
		b.Int(column, c.Int)
	case page.Float:
		b.Float(column, c.Float)
	case page.Bool:
		b.Bool(column, c.Int == 1)
	case page.LocalTime:
		b.LocalTime(column, c.Int)
	default:
		b.Text(column, c.Text)
	}
}

// Rows reads the rows of one sheet that hold a cell, in the order of the
// sheet.
type Rows struct {
	book   *Book
	part   *part
	markup *markup
	number int64
	cells  []Cell
	text   []byte
	value  []byte
	ahead  bool // the row at hand is to be given again
	err    error
}

// Rows begins to read a sheet of Sheets.
func (b *Book) Rows(sheet int) (*Rows, error) {
	if sheet < 0 || sheet >= len(b.targets) {
		return nil, fmt.Errorf("%w: it has no sheet %d", ErrBroken, sheet)
	}
	if err := b.loadTexts(); err != nil {
		return nil, err
	}
	p, err := b.part(b.targets[sheet], maxPart)
	if err != nil {
		return nil, err
	}
	return &Rows{book: b, part: p, markup: newMarkup(p)}, nil
}

// Next goes to the next row that holds a cell, and is false at the end and
// after an error.
func (r *Rows) Next() bool {
	if r.ahead {
		r.ahead = false
		return true
	}
	for r.err == nil {
		t, err := r.markup.next()
		switch {
		case err != nil:
			r.err = err
		case t == endOfPart:
			r.err = fmt.Errorf("%w: part %s ends in the middle", ErrBroken, r.part.name)
		case t == endTag && (string(r.markup.name) == "sheetData" || string(r.markup.name) == "worksheet"):
			return false
		case t == beginTag && string(r.markup.name) == "sheetData" && r.markup.empty:
			return false
		case t == beginTag && string(r.markup.name) == "row":
			if r.err = r.row(); r.err == nil && len(r.cells) > 0 {
				return true
			}
		}
	}
	return false
}

// Through is Next for rows up to a number: when the next row lies behind it,
// it is false and Next gives that row.
func (r *Rows) Through(number int64) bool {
	if !r.Next() {
		return false
	}
	r.ahead = r.number > number
	return !r.ahead
}

// Number returns the row's number as Excel shows it, from 1.
func (r *Rows) Number() int64 { return r.number }

// Cells returns the row's cells in the order they stand, until Next.
func (r *Rows) Cells() []Cell { return r.cells }

// Err returns what ended the sheet too early, nil when it was read to its end.
func (r *Rows) Err() error { return r.err }

// Close gives the sheet back.
func (r *Rows) Close() error { return r.part.close() }

func (r *Rows) row() error {
	r.cells, r.text = r.cells[:0], r.text[:0]
	r.number++
	// A number that does not rise is passed over: rows keep their order, so
	// that a reader can go on behind any of them.
	if at, err := strconv.ParseInt(string(r.markup.attribute("r")), 10, 32); err == nil && at > r.number {
		r.number = at
	}
	if r.markup.empty {
		return nil
	}
	for column := -1; ; {
		t, err := r.markup.next()
		switch {
		case err != nil:
			return err
		case t == endOfPart:
			return fmt.Errorf("%w: row %d ends in the middle", ErrBroken, r.number)
		case t == endTag && string(r.markup.name) == "row":
			return nil
		case t == beginTag && string(r.markup.name) == "c":
			column++
			if at, ok := columnOf(r.markup.attribute("r")); ok {
				column = at
			}
			if column > maxColumn {
				return fmt.Errorf("%w: row %d has a column past XFD", ErrBroken, r.number)
			}
			if err := r.cell(column); err != nil {
				return err
			}
		}
	}
}

// columnOf reads the letters of a reference such as AB12.
func columnOf(ref []byte) (int, bool) {
	n, i := 0, 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1, i > 0
}

// cellType is the form of a cell's stored value (18.18.11 ST_CellType).
type cellType uint8

const (
	number cellType = iota
	sharedText
	inlineText
	ownText
	truthValue
	dateText
)

func typeOf(name []byte) cellType {
	switch string(name) {
	case "s":
		return sharedText
	case "inlineStr":
		return inlineText
	case "str", "e":
		return ownText
	case "b":
		return truthValue
	case "d":
		return dateText
	}
	return number
}

func (r *Rows) cell(column int) error {
	m := r.markup
	kind, date := typeOf(m.attribute("t")), r.book.styles.isDate(m.attribute("s"))
	if m.empty {
		return nil
	}
	r.value = r.value[:0]
	for inside := false; ; {
		t, err := m.next()
		switch {
		case err != nil:
			return err
		case t == endOfPart:
			return fmt.Errorf("%w: row %d ends in the middle", ErrBroken, r.number)
		case t == textRun:
			if inside {
				r.value = unescape(r.value, m.text)
			}
		case string(m.name) == "v":
			inside = t == beginTag && !m.empty
		case t == beginTag && string(m.name) == "is" && !m.empty:
			if r.value, err = richText(m, r.value, "is"); err != nil {
				return err
			}
		case t == endTag && string(m.name) == "c":
			return r.add(column, kind, date)
		}
	}
}

// add turns a cell's stored value into its kind. Bytes of the value that are
// not what its type says stay as text.
func (r *Rows) add(column int, kind cellType, date bool) error {
	if len(r.value) == 0 {
		return nil
	}
	c := Cell{Column: column}
	switch kind {
	case sharedText:
		i, isNumber := index(bytes.TrimSpace(r.value))
		text, ok := r.book.texts.get(i)
		if !ok || !isNumber {
			return fmt.Errorf("%w: row %d names a shared text that is not there", ErrBroken, r.number)
		}
		c.Text = text
	case ownText:
		c.Text = r.keep(resolve(r.value))
	case inlineText:
		c.Text = r.keep(r.value)
	case truthValue:
		c.Kind = page.Bool
		if truth(bytes.TrimSpace(r.value)) {
			c.Int = 1
		}
	case dateText:
		if at, ok := isoTime(string(bytes.TrimSuffix(bytes.TrimSpace(r.value), []byte("Z")))); ok {
			c.Kind, c.Int = page.LocalTime, at
		} else {
			c.Text = r.keep(r.value)
		}
	default:
		r.numeric(&c, bytes.TrimSpace(r.value), date)
	}
	if c.Kind != page.Text || len(c.Text) > 0 {
		r.cells = append(r.cells, c)
	}
	return nil
}

// keep copies a text to where it holds until the next row.
func (r *Rows) keep(text []byte) []byte {
	if cap(r.text)-len(r.text) < len(text) {
		// Texts of this row that were kept before stay where they are.
		r.text = make([]byte, 0, max(2*cap(r.text), len(text), 4096))
	}
	begin := len(r.text)
	r.text = append(r.text, text...)
	return r.text[begin:len(r.text):len(r.text)]
}

func (r *Rows) numeric(c *Cell, literal []byte, date bool) {
	if len(literal) == 0 {
		return
	}
	s := unsafe.String(&literal[0], len(literal)) // read only, and not kept
	whole, err := strconv.ParseInt(s, 10, 64)
	value := float64(whole)
	if err != nil {
		if value, err = strconv.ParseFloat(s, 64); err != nil {
			c.Text = r.keep(literal)
			return
		}
		whole = int64(value)
	}
	if at, ok := localTime(value, r.book.leap); date && ok {
		c.Kind, c.Int = page.LocalTime, at
		return
	}
	if float64(whole) == value && math.Abs(value) < 1<<53 {
		c.Kind, c.Int = page.Int, whole
		return
	}
	c.Kind, c.Float = page.Float, value
}
