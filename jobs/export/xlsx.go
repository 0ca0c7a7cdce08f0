package export

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"huiliu/marts/query"
)

const (
	// sheetRows is how many rows a sheet holds (ECMA-376).
	sheetRows = 1 << 20
	// exactDigits is how many digits of a number a spreadsheet keeps.
	exactDigits = 15
	dataSheet   = "数据"
	noteSheet   = "说明"
)

// writeXLSX writes the table as one sheet with Chinese headings and another
// that explains each column. Texts are written as texts, never as formulas.
func (t *table) writeXLSX(w io.Writer, rows *query.Rows, d *query.DB) (n int64, err error) {
	book := excelize.NewFile()
	defer func() {
		if e := book.Close(); err == nil {
			err = e
		}
	}()
	day := d.AsOf + "T00:00:00Z" // not the clock's: equal snapshots give equal bytes
	if err := book.SetDocProps(&excelize.DocProperties{Creator: "汇流", Title: t.label, Created: day, Modified: day}); err != nil {
		return 0, err
	}
	if err := book.SetSheetName("Sheet1", dataSheet); err != nil {
		return 0, err
	}
	if n, err = t.writeData(book, rows); err != nil {
		return 0, err
	}
	if _, err := book.NewSheet(noteSheet); err != nil {
		return 0, err
	}
	if err := t.writeNotes(book, d); err != nil {
		return 0, err
	}
	var raw bytes.Buffer
	if err := book.Write(&raw); err != nil {
		return 0, err
	}
	return n, repack(w, raw.Bytes())
}

// repack writes a workbook's parts in the order of their names and without a
// time, so that equal tables give equal bytes. The first part of a package
// should be [Content_Types].xml, which no other name comes before.
func repack(w io.Writer, book []byte) error {
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return fmt.Errorf("repack workbook: %w", err)
	}
	parts := slices.SortedFunc(slices.Values(in.File), func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, part := range parts {
		to, err := out.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Deflate})
		if err != nil {
			return fmt.Errorf("repack workbook: %w", err)
		}
		if err := copyPart(to, part); err != nil {
			return fmt.Errorf("repack workbook: %s: %w", part.Name, err)
		}
	}
	return out.Close()
}

func copyPart(to io.Writer, part *zip.File) error {
	from, err := part.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(to, from)
	return err
}

func (t *table) writeData(book *excelize.File, rows *query.Rows) (int64, error) {
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return 0, err
	}
	sheet, err := book.NewStreamWriter(dataSheet)
	if err != nil {
		return 0, err
	}
	heads := make([]any, len(t.columns))
	for i, c := range t.columns {
		heads[i] = excelize.Cell{StyleID: bold, Value: c.heading()}
		if err := sheet.SetColWidth(i+1, i+1, min(max(float64(2*len([]rune(c.heading()))), 10), 40)); err != nil {
			return 0, err
		}
	}
	if err := sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return 0, err
	}
	if err := sheet.SetRow("A1", heads); err != nil {
		return 0, err
	}
	n := int64(0)
	values, into, cells := make([]any, len(heads)), make([]any, len(heads)), make([]any, len(heads))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if n++; n >= sheetRows {
			return n, TooLong.At(t.name, "table", t.name, "most", sheetRows-1)
		}
		if err := rows.Scan(into...); err != nil {
			return n, fmt.Errorf("read row: %w", err)
		}
		for i, v := range values {
			cells[i] = cell(v, t.columns[i].Type)
		}
		if err := sheet.SetRow("A"+strconv.FormatInt(n+1, 10), cells); err != nil {
			return n, err
		}
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	return n, sheet.Flush()
}

func (c Column) heading() string {
	if c.Unit == "" {
		return c.Label
	}
	return c.Label + "（" + c.Unit + "）"
}

// cell is a value as a spreadsheet wants it: numbers that it keeps exactly as
// numbers, everything else as text.
func cell(v any, kind string) any {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		if v {
			return "是"
		}
		return "否"
	}
	text := query.Text(v)
	number := strings.HasSuffix(kind, "INT") || kind == "INTEGER" || kind == "DOUBLE" || strings.HasPrefix(kind, "DECIMAL")
	if number && len(strings.Trim(text, "-.0")) <= exactDigits {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return text
}

func (t *table) writeNotes(book *excelize.File, d *query.DB) error {
	sheet, err := book.NewStreamWriter(noteSheet)
	if err != nil {
		return err
	}
	if err := sheet.SetColWidth(1, 2, 24); err != nil {
		return err
	}
	if err := sheet.SetColWidth(3, 4, 60); err != nil {
		return err
	}
	lines := [][]any{{"表", t.name, t.label}, {"截至", d.AsOf}, {"快照", d.Snapshot}, {}, {"列", "名称", "说明", "类型"}}
	for _, c := range t.columns {
		lines = append(lines, []any{c.Label, c.Name, c.Comment, c.Type})
	}
	for i, line := range lines {
		if err := sheet.SetRow("A"+strconv.Itoa(i+1), line); err != nil {
			return err
		}
	}
	return sheet.Flush()
}
