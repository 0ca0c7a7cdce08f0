package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"huiliu/ingest/page"
)

// row is a row as the tests compare it.
type row struct {
	Number int64
	Cells  []string // column, kind and text
}

func read(t testing.TB, b *Book, sheet int) []row {
	t.Helper()
	rows, err := b.Rows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []row
	for rows.Next() {
		r := row{Number: rows.Number()}
		for _, c := range rows.Cells() {
			r.Cells = append(r.Cells, fmt.Sprintf("%d %s %s", c.Column, c.Kind, c.String()))
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t testing.TB, text []byte) *Book {
	t.Helper()
	b, err := Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// parts makes a workbook by hand from the parts that matter.
func parts(sheet string, more map[string]string) []byte {
	all := map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="x"><sheets><sheet name="甲&amp;乙" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/relationships/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="rId3" Type="http://x/relationships/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
	}
	for k, v := range more {
		all[k] = v
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range []string{"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"} {
		if text, ok := all[name]; ok {
			f, _ := w.Create(name)
			_, _ = io.WriteString(f, text)
		}
	}
	_ = w.Close()
	return out.Bytes()
}

func TestCells(t *testing.T) {
	const head, tail = `<worksheet><sheetData><row r="3">`, `</row></sheetData></worksheet>`
	styles := map[string]string{
		"xl/sharedStrings.xml": `<sst><si><t>甲</t></si><si><r><t>a&lt;</t></r><r><t xml:space="preserve"> b</t></r><rPh sb="0" eb="1"><t>guide</t></rPh></si><si><t/></si><si><t>x_x000D_y_x005F_x000D_</t></si></sst>`,
		"xl/styles.xml":        `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`,
	}
	for _, c := range []struct {
		name, cell, want string
	}{
		{"shared text", `<c r="B3" t="s"><v>0</v></c>`, "1 text 甲"},
		{"rich text without its phonetic guide", `<c r="B3" t="s"><v>1</v></c>`, "1 text a< b"},
		{"empty text is no cell", `<c r="B3" t="s"><v>2</v></c>`, ""},
		{"escapes of Excel", `<c r="B3" t="s"><v>3</v></c>`, "1 text x\ry_x000D_"},
		{"inline text", `<c r="C3" t="inlineStr"><is><t>一&#20108;</t></is></c>`, "2 text 一二"},
		{"formula text", `<c r="C3" t="str"><f>A1&amp;"x"</f><v>ax</v></c>`, "2 text ax"},
		{"a formula's number, not the formula", `<c r="C3"><f>1+1</f><v>2</v></c>`, "2 int 2"},
		{"error", `<c r="C3" t="e"><v>#N/A</v></c>`, "2 text #N/A"},
		{"truth", `<c r="C3" t="b"><v>1</v></c>`, "2 bool true"},
		{"integer", `<c r="C3"><v>12345678901</v></c>`, "2 int 12345678901"},
		{"double", `<c r="C3"><v>0.1</v></c>`, "2 float 0.1"},
		{"whole number with an exponent", `<c r="C3"><v>1E+3</v></c>`, "2 int 1000"},
		{"more than a double holds", `<c r="C3"><v>1e999</v></c>`, "2 text 1e999"},
		{"built-in date", `<c r="C3" s="1"><v>43831</v></c>`, "2 local_time 2020-01-01"},
		{"own date format with a time", `<c r="C3" s="2"><v>43466.59375</v></c>`, "2 local_time 2019-01-01T14:15:00"},
		{"duration is a number", `<c r="C3" s="3"><v>1.25</v></c>`, "2 float 1.25"},
		{"no date below zero", `<c r="C3" s="1"><v>-1</v></c>`, "2 int -1"},
		{"ISO date", `<c r="C3" t="d"><v>2020-01-02T03:04:05Z</v></c>`, "2 local_time 2020-01-02T03:04:05"},
		{"no reference: the next column", `<c r="C3"><v>1</v></c><c><v>2</v></c>`, "2 int 1|3 int 2"},
		{"another prefix and quotes", `<x:c r='AA3'><x:v>1</x:v></x:c>`, "26 int 1"},
		{"a comment and CDATA", `<!-- <c> --><c r="A3" t="str"><v><![CDATA[a&amp;<b>]]></v></c>`, "0 text a&amp;<b>"},
		{"a > within an attribute", `<c r="A3" x="a>b"><v>7</v></c>`, "0 int 7"},
		{"a cell without a value", `<c r="A3" s="1"/><c r="B3"></c>`, ""},
		{"a style that is not there", `<c r="A3" s="99"><v>1</v></c>`, "0 int 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t, parts(head+c.cell+tail, styles))
			got := ""
			for _, r := range read(t, b, 0) {
				if got = strings.Join(r.Cells, "|"); r.Number != 3 {
					t.Errorf("row %d, want 3", r.Number)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSheetName(t *testing.T) {
	b := open(t, parts(`<worksheet><sheetData/></worksheet>`, nil))
	if d := cmp.Diff([]Sheet{{Name: "甲&乙"}}, b.Sheets()); d != "" {
		t.Error(d)
	}
	if got := read(t, b, 0); len(got) != 0 {
		t.Errorf("an empty sheet has rows %v", got)
	}
}

// TestCalendars holds day numbers against the dates that Excel shows.
func TestCalendars(t *testing.T) {
	for _, c := range []struct {
		serial   float64
		from1904 bool
		want     string
	}{
		{1, false, "1900-01-01T00:00:00"},
		{59, false, "1900-02-28T00:00:00"},
		{60, false, ""}, // 29 February 1900 never was
		{61, false, "1900-03-01T00:00:00"},
		{44197.999988425925, false, "2021-01-01T23:59:59"},
		{0.5, false, "1899-12-31T12:00:00"},
		{2958465, false, "9999-12-31T00:00:00"},
		{2958466, false, ""},
		{0, true, "1904-01-01T00:00:00"},
		{42735, true, "2021-01-01T00:00:00"},
	} {
		got := ""
		if at, ok := localTime(c.serial, c.from1904); ok {
			got = time.UnixMicro(at).UTC().Format("2006-01-02T15:04:05.999999")
		}
		if got != c.want {
			t.Errorf("day %v (1904: %v) is %q, want %q", c.serial, c.from1904, got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for code, want := range map[string]bool{
		"General": false, "0.00": false, "0.00E+00": false, "#,##0_);[Red](#,##0)": false, `"day"0`: false, "@": false,
		"G/通用格式": false, `0"小时"`: false, "[h]:mm:ss": false, "[Blue]0": false, `\d0`: false, `¥#,##0.00`: false,
		"yyyy-mm-dd": true, "m/d/yy h:mm": true, "mm:ss.0": true, "[$-804]yyyy/m/d": true, `yyyy"年"m"月"d"日"`: true,
		"aaaa": true, "h:mm AM/PM": true, "[DBNum1][$-804]m\"月\"d\"日\"": true, `yyyy\-mm`: true,
	} {
		if got := showsDate(code); got != want {
			t.Errorf("%q shows a date: %v, want %v", code, got, want)
		}
	}
}

// TestAgainstWriter reads what another program's writer wrote.
func TestAgainstWriter(t *testing.T) {
	f := excelize.NewFile()
	at := time.Date(2025, 6, 30, 8, 30, 0, 0, time.UTC)
	for i, v := range []any{"文字", 42, 2.5, true, at} {
		cell, _ := excelize.CoordinatesToCellName(i+1, 2)
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = f.NewSheet("第二")
	_, _ = f.NewSheet("藏")
	_ = f.SetSheetVisible("藏", false)
	_ = f.SetCellStr("第二", "C7", "只有一格")
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	b := open(t, out.Bytes())
	if d := cmp.Diff([]Sheet{{Name: "Sheet1"}, {Name: "第二"}, {Name: "藏", Hidden: true}}, b.Sheets()); d != "" {
		t.Error(d)
	}
	want := []row{{2, []string{"0 text 文字", "1 int 42", "2 float 2.5", "3 bool true", "4 local_time 2025-06-30T08:30:00"}}}
	if d := cmp.Diff(want, read(t, b, 0)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]row{{7, []string{"2 text 只有一格"}}}, read(t, b, 1)); d != "" {
		t.Error(d)
	}
}

func TestHeader(t *testing.T) {
	f := excelize.NewFile()
	for cell, v := range map[string]string{"A1": "某街道房屋情况表", "A2": "序号", "B2": "业主", "D2": "坐标", "B3": "姓名", "C3": "电话", "D3": "经度", "E3": "纬度", "G3": "备注"} {
		_ = f.SetCellStr("Sheet1", cell, v)
	}
	for _, m := range [][2]string{{"A1", "G1"}, {"A2", "A3"}, {"B2", "C2"}, {"D2", "E2"}} {
		_ = f.MergeCell("Sheet1", m[0], m[1])
	}
	var out bytes.Buffer
	_ = f.Write(&out)
	b := open(t, out.Bytes())
	h := NewHeader(2, 2)
	rows, err := b.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Through(3) {
		h.Add(rows.Number(), rows.Cells())
	}
	blocks, err := b.Merges(0, 3)
	if err != nil {
		t.Fatal(err)
	}
	h.Merge(blocks)
	want := []string{"序号", "业主/姓名", "业主/电话", "坐标/经度", "坐标/纬度", "", "备注"}
	if d := cmp.Diff(want, h.Names()); d != "" {
		t.Error(d)
	}
}

// TestThrough gives the row behind the limit to Next.
func TestThrough(t *testing.T) {
	b := open(t, parts(`<worksheet><sheetData><row r="1"><c><v>1</v></c></row><row r="5"><c><v>5</v></c></row><row r="4"><c><v>6</v></c></row></sheetData></worksheet>`, nil))
	rows, err := b.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for rows.Through(2) {
		got = append(got, rows.Number())
	}
	for rows.Next() {
		got = append(got, rows.Number())
	}
	if d := cmp.Diff([]int64{1, 5, 6}, got); d != "" {
		t.Error(d)
	}
}

func TestRefusals(t *testing.T) {
	ole := func(stream string) []byte {
		return append(append([]byte{}, oleMagic...), append(make([]byte, 600), wide(stream)...)...)
	}
	good := parts(`<worksheet><sheetData/></worksheet>`, nil)
	for _, c := range []struct {
		name string
		text []byte
		want error
	}{
		{"password", ole("EncryptedPackage"), ErrPassword},
		{"Excel 97", ole("Workbook"), ErrOldFormat},
		{"Word 97", ole("WordDocument"), ErrNotWorkbook},
		{"text", []byte("a,b\n1,2\n"), ErrNotWorkbook},
		{"nothing", nil, ErrNotWorkbook},
		{"another zip", func() []byte {
			var out bytes.Buffer
			w := zip.NewWriter(&out)
			_, _ = w.Create("readme.txt")
			_ = w.Close()
			return out.Bytes()
		}(), ErrNotWorkbook},
		{"cut archive", good[:len(good)/2], ErrBroken},
		{"cut markup", parts("<worksheet", map[string]string{"xl/workbook.xml": "<workbook><sheets><sheet name='x"}), ErrBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Open(bytes.NewReader(c.text), int64(len(c.text))); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestDamagedSheets(t *testing.T) {
	for name, sheet := range map[string]string{
		"ends in a row":             `<worksheet><sheetData><row r="1"><c><v>1</v></c>`,
		"ends between rows":         `<worksheet><sheetData><row r="1"><c><v>1</v></c></row>`,
		"ends in a tag":             `<worksheet><sheetData><row r="1"><c><v>1</v></c></row><row`,
		"names a text too many":     `<worksheet><sheetData><row r="1"><c t="s"><v>9</v></c></row></sheetData></worksheet>`,
		"has a column past the end": `<worksheet><sheetData><row r="1"><c r="ZZZZ1"><v>9</v></c></row></sheetData></worksheet>`,
		"is missing a comment end":  `<worksheet><sheetData><!-- `,
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := open(t, parts(sheet, nil)).Rows(0)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
			}
			if !errors.Is(rows.Err(), ErrBroken) {
				t.Errorf("error %v, want ErrBroken", rows.Err())
			}
		})
	}
}

func TestBomb(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, _ := w.Create("big")
	_, _ = f.Write(make([]byte, 1<<20))
	_ = w.Close()
	z, _ := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	b := &Book{parts: map[string]*zip.File{"big": z.File[0]}}
	p, err := b.part("big", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var limit *LimitError
	if _, err := io.Copy(io.Discard, p); !errors.Is(err, ErrTooLarge) || !errors.As(err, &limit) || limit.Limit != 1000 {
		t.Errorf("got %v", err)
	}
}

// TestPublicFiles counts rows of real workbooks; the count of a sheet is that
// of its rows with a value, header included.
func TestPublicFiles(t *testing.T) {
	root := os.Getenv("HUILIU_DATA")
	if root == "" {
		t.Skip("set HUILIU_DATA to the folder of public data")
	}
	for _, c := range []struct {
		name string
		rows int
	}{
		{"cn-citizen-messages/attachment1_label_tree.xlsx", 518},
		{"cn-citizen-messages/attachment2_sample_labelled.xlsx", 496},
		{"cn-citizen-messages/attachment3_messages.xlsx", 4327},
		{"cn-product-permits/anhui_permits.xlsx", 2926},
		{"cn-divisions/chinese_family_names.xlsx", 1075},
	} {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			f, err := os.Open(filepath.Join(root, filepath.FromSlash(c.name)))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, _ := f.Stat()
			b, err := Open(f, info.Size())
			if err != nil {
				t.Fatal(err)
			}
			if got := len(read(t, b, 0)); got != c.rows {
				t.Errorf("%d rows, want %d", got, c.rows)
			}
		})
	}
}

// TestMessageTimes knows that attachment 3 writes 4,197 times as text and 129
// as day numbers.
func TestMessageTimes(t *testing.T) {
	root := os.Getenv("HUILIU_DATA")
	if root == "" {
		t.Skip("set HUILIU_DATA to the folder of public data")
	}
	text, err := os.ReadFile(filepath.Join(root, "cn-citizen-messages", "attachment3_messages.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := open(t, text).Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	kinds := map[page.Kind]int{}
	for column := -1; rows.Next(); {
		for _, c := range rows.Cells() {
			if column < 0 && c.String() == "留言时间" {
				column = c.Column
			} else if c.Column == column {
				kinds[c.Kind]++
			}
		}
	}
	if d := cmp.Diff(map[page.Kind]int{page.Text: 4197, page.LocalTime: 129}, kinds); d != "" {
		t.Error(d)
	}
}

func FuzzBook(f *testing.F) {
	f.Add(parts(`<worksheet><sheetData><row r="1"><c t="s"><v>0</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`, map[string]string{"xl/sharedStrings.xml": `<sst><si><t>a</t></si></sst>`}))
	f.Add(append([]byte{}, oleMagic...))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Open(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		for i := range b.Sheets() {
			drain(b, i)
		}
	})
}

// FuzzSheet looks at the markup alone, which a zip would hide from the fuzzer.
func FuzzSheet(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&amp;_x000D_</t></is></c></row></sheetData></worksheet>`)
	f.Add(`<row><c s="1"><v>1.5</v></c><c t="d"><v>2020-01-01</v></c></row><mergeCell ref="A1:XFD9"/><!--`)
	f.Fuzz(func(t *testing.T, sheet string) {
		b, err := Open(bytes.NewReader(parts(sheet, nil)), int64(len(parts(sheet, nil))))
		if err != nil {
			return
		}
		drain(b, 0)
	})
}

func drain(b *Book, sheet int) {
	rows, err := b.Rows(sheet)
	if err != nil {
		return
	}
	defer rows.Close()
	h, at := NewHeader(1, 2), int64(0)
	for rows.Next() {
		if rows.Number() <= at {
			panic("row numbers do not rise")
		}
		at = rows.Number()
		h.Add(rows.Number(), rows.Cells())
	}
	blocks, _ := b.Merges(sheet, 2)
	h.Merge(blocks)
	h.Names()
}

// BenchmarkRows reads 20 columns of short texts and numbers.
func BenchmarkRows(b *testing.B) {
	f := excelize.NewFile()
	w, _ := f.NewStreamWriter("Sheet1")
	const rows = 20_000
	for i := range rows {
		values := make([]any, 20)
		for c := range values {
			values[c] = fmt.Sprintf("值%d-%d", i%100, c)
			if c%4 == 0 {
				values[c] = i * c
			}
		}
		_ = w.SetRow(fmt.Sprintf("A%d", i+1), values)
	}
	_ = w.Flush()
	var out bytes.Buffer
	_ = f.Write(&out)
	b.ReportAllocs()
	for b.Loop() {
		book := open(b, out.Bytes())
		r, err := book.Rows(0)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for r.Next() {
			n += len(r.Cells())
		}
		if n != rows*20 {
			b.Fatal(n, r.Err())
		}
		r.Close()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
