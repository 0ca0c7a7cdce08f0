package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"strings"
	"unicode/utf8"

	"huiliu/ingest/connector/workbook"
	"huiliu/ingest/page"
)

// maxZippedBook is how large a workbook within gzip may be: it is read from
// memory, since a copy on disk would leave personal data in the clear.
const maxZippedBook = 256 << 20

// bookFile reads the chosen sheets of a workbook one after another.
type bookFile struct {
	opening
	content *content
	book    *workbook.Book
	// parts are the numbers of the chosen sheets in the workbook; part is the
	// one at hand.
	parts []int
	part  int
	// row is the number of the last row taken; total the count that a row of
	// totals states.
	row, total int64
	rows       *workbook.Rows
	names      []string
	columns    []int
	line       []byte
}

// openXLSX opens a workbook and chooses its sheets.
func openXLSX(ctx context.Context, o opening, c *content) (parser, error) {
	// A section answers an offset out of the file, which a broken directory
	// gives, as the file's end and not as a failing disk.
	size := o.file.info.Size()
	in := io.NewSectionReader(c.file, 0, size)
	if c.zipped {
		data, err := io.ReadAll(io.LimitReader(cancellable{ctx, c.in}, maxZippedBook+1))
		var broken *damage
		if errors.As(err, &broken) {
			return nil, refuse(damageReason(broken), "why", broken.err)
		} else if err != nil {
			return nil, err
		}
		if len(data) > maxZippedBook {
			return nil, refuse(xlsxTooLarge, "limit", maxZippedBook)
		}
		size = int64(len(data))
		in = io.NewSectionReader(bytes.NewReader(data), 0, size)
	}
	book, err := workbook.Open(in, size)
	if err != nil {
		return nil, bookError(err)
	}
	f := &bookFile{opening: o, content: c, book: book, part: o.from.Part, row: o.from.Row, total: -1}
	if f.parts = f.choose(); len(f.parts) == 0 {
		return nil, refuse(noSheet, "want", strings.Join(o.set.Sheet, "、"), "have", sheetNames(book))
	}
	return f, nil
}

// bookError turns what a workbook suffers from into a refusal; a failing disk
// stays what it is.
func bookError(err error) error {
	var limit *workbook.LimitError
	switch {
	case errors.Is(err, workbook.ErrPassword):
		return refuse(passwordProtected)
	case errors.Is(err, workbook.ErrOldFormat):
		return refuse(oldExcel)
	case errors.As(err, &limit):
		return refuse(xlsxTooLarge, "limit", limit.Limit)
	case errors.Is(err, workbook.ErrNotWorkbook), errors.Is(err, workbook.ErrBroken):
		return refuse(xlsxBroken, "why", err)
	}
	return err
}

// choose finds the sheets that the settings name: the first visible one when
// they name none, and of a pattern the visible ones. A hidden sheet is read
// when it is named in full.
func (f *bookFile) choose() []int {
	var out []int
	for i, s := range f.book.Sheets() {
		for _, pattern := range f.set.Sheet {
			match, _ := path.Match(pattern, s.Name)
			if pattern == "" {
				match = len(out) == 0
			}
			if s.Name == pattern || match && !s.Hidden {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

func sheetNames(book *workbook.Book) string {
	var names []string
	for _, s := range book.Sheets() {
		names = append(names, s.Name)
	}
	return strings.Join(names, "、")
}

// fill implements parser. A page holds rows of one sheet; of sheets without a
// row none is made.
func (f *bookFile) fill(ctx context.Context, b *page.Builder) (filled, error) {
	out := filled{total: -1}
	for f.part < len(f.parts) {
		if err := f.sheet(ctx, b, &out); err != nil {
			var damaged *refusal
			if !errors.As(bookError(err), &damaged) {
				return out, err
			}
			f.row++
			out.read++
			b.Reject(page.Reject{Place: f.place(), Code: damaged.reason.Code(), Cause: damaged.reason.Cause(lang), Mend: damaged.reason.Mend(lang)})
			f.part, out.cut = len(f.parts), true
			break
		}
		if b.Full() {
			return out, nil
		}
		f.leave()
		f.part, f.row = f.part+1, 0
		if !b.Empty() {
			break
		}
		b.Reset()
	}
	out.end = f.part >= len(f.parts)
	if len(f.parts) == 1 {
		out.total = f.total
	}
	return out, nil
}

// sheet takes rows of the sheet at hand until the page is full or the sheet
// ends.
func (f *bookFile) sheet(ctx context.Context, b *page.Builder, out *filled) error {
	if f.rows == nil {
		if err := f.enter(ctx); err != nil {
			return err
		}
	}
	b.Origin(f.origin())
	f.columns = f.columns[:0]
	for _, name := range f.names {
		at := -1 // a column without a name is one when it holds a value
		if name != "" {
			at = b.Column(name, page.Text)
		}
		f.columns = append(f.columns, at)
	}
	for taken := 0; !b.Full(); taken++ {
		if taken&255 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !f.rows.Next() {
			return f.rows.Err()
		}
		if f.row = f.rows.Number(); f.isTotal(f.rows.Cells()) {
			continue
		}
		out.read++
		if err := f.record(ctx, b, f.rows.Cells()); err != nil {
			return err
		}
	}
	return nil
}

// enter begins the sheet at hand: it reads the header, then passes over the
// rows before the mark.
func (f *bookFile) enter(ctx context.Context) error {
	at := f.parts[f.part]
	rows, err := f.book.Rows(at)
	if err != nil {
		return err
	}
	f.rows = rows
	above := int64(f.set.SkipRows)
	header := workbook.NewHeader(above+1, f.set.Header)
	if chosen := int64(f.set.HeaderRow); chosen > 0 {
		header = workbook.NewHeader(above+chosen, 1)
	}
	last := max(f.row, above+int64(f.set.Header))
	for taken := 0; ; taken++ {
		if taken&255 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !rows.Through(last) {
			break
		}
		header.Add(rows.Number(), rows.Cells())
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if f.set.Header > 1 {
		blocks, err := f.book.Merges(at, above+int64(f.set.Header))
		if err != nil {
			return err
		}
		header.Merge(blocks)
	}
	f.names = header.Names()
	for i, n := range f.names {
		f.names[i] = inOneLine.Replace(n)
	}
	if len(f.set.Columns) > 0 {
		f.names = append([]string(nil), f.set.Columns...)
	}
	f.distinguish()
	if f.row < last {
		f.row = last
	}
	if n := len(f.book.Sheets()); f.set.Sheet[0] == "" && n > 1 {
		f.tools.Log.Info("the workbook has other sheets that are not read", slog.String("file", f.file.name), slog.Int("sheets", n))
	}
	return nil
}

// inOneLine takes out the line breaks with which narrow header cells are
// wrapped.
var inOneLine = strings.NewReplacer("\r", "", "\n", "")

// distinguish tells equal names apart; columns without a name keep none.
func (f *bookFile) distinguish() {
	named := distinct(append([]string(nil), f.names...))
	for i, n := range f.names {
		if n != "" {
			f.names[i] = named[i]
		}
	}
}

// record adds one row. A value in a column that the header doesn't name goes
// to a column named by its number, so that it is seen and not lost.
func (f *bookFile) record(ctx context.Context, b *page.Builder, cells []workbook.Cell) error {
	size := 0
	for i := range cells {
		if size += len(cells[i].Text); !utf8.Valid(cells[i].Text) {
			b.Reject(reject(f.place(), f.text(cells), badBytes, "offset", invalidUTF8(cells[i].Text), "encoding", utf8Enc))
			return nil
		}
	}
	if size > page.MaxBytes {
		r, err := f.tools.Keep(f.place(), cancellable{ctx, bytes.NewReader(f.text(cells))})
		if err == nil {
			b.Reject(r)
		}
		return err
	}
	for i := range cells {
		cells[i].Set(b, f.column(b, cells[i].Column))
	}
	b.End(page.Upsert, f.row, -1)
	return nil
}

func (f *bookFile) column(b *page.Builder, at int) int {
	for len(f.columns) <= at {
		f.columns = append(f.columns, -1)
	}
	if f.columns[at] < 0 {
		f.columns[at] = b.Column(f.unnamed(at), page.Text)
	}
	return f.columns[at]
}

// unnamed names a column by its number, as distinct does, and never as one
// that the header names.
func (f *bookFile) unnamed(at int) string {
	names := append(append([]string(nil), f.names...), make([]string, max(0, at+1-len(f.names)))...)
	return distinct(names)[at]
}

// isTotal tells the row of totals at a sheet's end, whose first cell the
// settings name; the whole number behind it is the sheet's own count.
func (f *bookFile) isTotal(cells []workbook.Cell) bool {
	if f.set.Total == "" || len(cells) == 0 || strings.TrimSpace(cells[0].String()) != f.set.Total {
		return false
	}
	for i := range cells[1:] {
		if c := &cells[i+1]; c.Kind == page.Int && c.Int >= 0 {
			f.total = c.Int
			break
		}
	}
	return true
}

// text is a row's values with tabs between, for the quarantine.
func (f *bookFile) text(cells []workbook.Cell) []byte {
	f.line = f.line[:0]
	for i := range cells {
		if i > 0 {
			f.line = append(f.line, '\t')
		}
		f.line = append(f.line, cells[i].String()...)
	}
	return f.line
}

func (f *bookFile) origin() string {
	name := f.book.Sheets()[f.parts[min(f.part, len(f.parts)-1)]].Name
	return f.file.origin() + "#" + name
}

func (f *bookFile) place() page.Place { return page.Place{Origin: f.origin(), Row: f.row, Offset: -1} }

func (f *bookFile) at() position { return position{Part: f.part, Row: f.row} }

func (f *bookFile) leave() {
	if f.rows != nil {
		_ = f.rows.Close() // it was only read
		f.rows = nil
	}
}

func (f *bookFile) close() error {
	f.leave()
	return f.content.close()
}
