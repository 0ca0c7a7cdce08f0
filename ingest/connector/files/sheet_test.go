package files

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"huiliu/ingest/connector/connectortest"
)

// sheetText is one sheet to write: its rows from the first on, and the ranges
// to merge.
type sheetText struct {
	name   string
	rows   [][]any
	merges [][2]string
}

func workbookOf(t testing.TB, sheets ...sheetText) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range sheets {
		if i == 0 {
			check(f.SetSheetName("Sheet1", s.name))
		} else {
			_, err := f.NewSheet(s.name)
			check(err)
		}
		for r, row := range s.rows {
			check(f.SetSheetRow(s.name, fmt.Sprintf("A%d", r+1), &row))
		}
		for _, m := range s.merges {
			check(f.MergeCell(s.name, m[0], m[1]))
		}
	}
	var out bytes.Buffer
	check(f.Write(&out))
	return out.Bytes()
}

func TestSheetsAcceptance(t *testing.T) {
	book := func(t *testing.T, from, n int) ([]byte, []connectortest.Item) {
		rows := [][]any{{"id", "name", "note"}}
		var want []connectortest.Item
		for i := from; i < from+n; i++ {
			row, values := []any{i, fmt.Sprintf("居民%d", i)}, map[string]string{"id": fmt.Sprint(i), "name": fmt.Sprintf("居民%d", i)}
			if i%3 == 0 {
				row, values["note"] = append(row, "第一行\n第二行"), "第一行\n第二行"
			}
			rows = append(rows, row)
			want = append(want, connectortest.Item{Values: values})
		}
		half := len(rows) / 2
		second := append([][]any{rows[0], {}}, rows[half:]...)
		return workbookOf(t, sheetText{name: "一月", rows: rows[:half]}, sheetText{name: "空", rows: rows[:1]}, sheetText{name: "二月", rows: second}), want
	}
	connectortest.Run(t, connectortest.Subject{Factory: New, New: func(t *testing.T) connectortest.Feed {
		root := t.TempDir()
		first, want := book(t, 0, 9000)
		write(t, root, "a.xlsx", first)
		zipped, more := book(t, 9000, 5)
		write(t, root, "b.xlsx.gz", zip(zipped))
		return connectortest.Feed{
			Definition: define(t, root, "append", "path: '*.xlsx*', sheet: '*'"), Want: append(want, more...),
			Append: func(t *testing.T) []connectortest.Item {
				text, added := book(t, 10000, 10)
				write(t, root, "c.xlsx", text)
				return added
			},
		}
	}})
}

func TestMergedHeader(t *testing.T) {
	root := t.TempDir()
	write(t, root, "房屋安全_20260101.xlsx", workbookOf(t, sheetText{
		name: "房屋安全",
		rows: [][]any{
			{"云溪街道房屋安全台账"},
			{"房屋信息", nil, "鉴定", nil, "备注"},
			{"房屋\n编号", "名称", "等级", "日期"},
			{"B1", "一号楼", "C", time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC), "无", "栏外"},
			{},
			{"B2", 5, 1.5, 45720, true},
			{"合计", 2},
		},
		merges: [][2]string{{"A1", "E1"}, {"A2", "B2"}, {"C2", "D2"}, {"E2", "E3"}},
	}))
	pages, _ := readFrom(t, define(t, root, "snapshot", "path: '*.xlsx', date: '房屋安全_{20060102}.xlsx', sheet: 房屋安全, skip_rows: 1, header: 2, total: 合计"), "")
	if got := told(pages); got != "2 of 01-01 00:00 +0800 end 2 房屋安全_20260101.xlsx#房屋安全" {
		t.Errorf("pages: %s", got)
	}
	var got []map[string]string
	for _, it := range pages[0].Items {
		got = append(got, it.Values)
	}
	want := []map[string]string{
		{"房屋信息/房屋编号": "B1", "房屋信息/名称": "一号楼", "鉴定/等级": "C", "鉴定/日期": "2025-03-04T00:00:00", "备注": "无", "column_6": "栏外"},
		{"房屋信息/房屋编号": "B2", "房屋信息/名称": "5", "鉴定/等级": "1.5", "鉴定/日期": "45720", "备注": "true"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if rows := []int64{pages[0].Items[0].Place.Row, pages[0].Items[1].Place.Row}; rows[0] != 4 || rows[1] != 6 {
		t.Errorf("rows %v, want 4 and 6 as Excel shows them", rows)
	}
}

func TestSheetChoice(t *testing.T) {
	text := workbookOf(t, sheetText{"1月", [][]any{{"a"}, {1}}, nil}, sheetText{"2月", [][]any{{"a"}, {2}}, nil}, sheetText{"说明", [][]any{{"b"}, {3}}, nil})
	for _, c := range []struct{ name, read, want string }{
		{"the first", "", "2@-1 map[a:1]"},
		{"by name", ", sheet: 说明", "2@-1 map[b:3]"},
		{"by pattern", ", sheet: '?月'", "2@-1 map[a:1]\n2@-1 map[a:2]"},
		{"none", ", sheet: 3月", "!xlsx_no_sheet@0 \"\""},
		{"columns named, no header", ", sheet: 1月, header: 0, columns: [x]", "1@-1 map[x:a]\n2@-1 map[x:1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, "x.xlsx", text)
			if got := shown(connectortest.Read(t, New, define(t, root, "append", "path: '*'"+c.read), &connectortest.Keeper{})); got != c.want {
				t.Errorf("read\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
