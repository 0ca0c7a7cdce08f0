package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// published writes a snapshot with one table of awkward values, and returns
// the snapshots' folder.
func published(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "0007", "district")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for _, q := range []string{
		"ATTACH '" + filepath.Join(folder, "huiliu.duckdb") + "' AS p", "CREATE SCHEMA p.mart", "CREATE SCHEMA p.ref",
		`CREATE TABLE p.mart.trend AS SELECT * FROM (VALUES
			('=HYPERLINK("http://x")', DATE '2025-12-01', 12, 0.125::DECIMAL(18,6), true, 628000000000000000),
			('+1', DATE '2025-11-01', NULL, -3.5, false, 7),
			('甲,"乙"', NULL, 0, 0, NULL, NULL)) AS v(name, day, opened, share, late, cell)`,
		"CREATE TABLE p.ref.trend AS SELECT 1 AS one", "COMMENT ON TABLE p.mart.trend IS '整改趋势'", "COMMENT ON COLUMN p.mart.trend.name IS '类型：service_request 诉求'",
		"COMMENT ON COLUMN p.mart.trend.opened IS '新增（件，按月）'", "COMMENT ON COLUMN p.mart.trend.share IS '按期率（办结件数除以到期件数）'", "DETACH p",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	m := `{"snapshot": "0007", "as_of": "2026-01-01", "tables": [{"name": "mart.trend", "label": "整改趋势", "columns": []}, {"name": "ref.trend", "label": "", "columns": []}]}`
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(m), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("0007", filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t *testing.T, snapshots, dir string, tables ...string) (string, error) {
	t.Helper()
	folder, _, err := Run(context.Background(), snapshots, dir, "yunxi", Spec{Name: "trends", Role: "district", Tables: tables, Formats: Formats})
	return folder, err
}

func TestRun(t *testing.T) {
	snapshots, dir := published(t), t.TempDir()
	folder, err := run(t, snapshots, dir, "mart.trend")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "trends", "2026-01-01-0007"); folder != want {
		t.Errorf("written to %s, want %s", folder, want)
	}
	var m Manifest
	raw, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		t.Fatal(string(raw), err)
	}
	if m.Site != "yunxi" || m.Snapshot != "0007" || m.AsOf != "2026-01-01" || m.Role != "district" || len(m.Files) != 3 {
		t.Errorf("%+v", m)
	}
	for _, f := range m.Files {
		content, err := os.ReadFile(filepath.Join(folder, f.File))
		sum := sha256.Sum256(content)
		if err != nil || f.Rows != 3 || f.Bytes != int64(len(content)) || f.SHA256 != hex.EncodeToString(sum[:]) || f.Label != "整改趋势" {
			t.Errorf("%s: %d rows, %d bytes, %v", f.File, f.Rows, f.Bytes, err)
		}
		if c := f.Columns; c[0].Label != "类型" || c[1].Label != "day" || c[2].Label != "新增" || c[2].Unit != "件" || c[3].Label != "按期率" || c[3].Unit != "" {
			t.Errorf("columns %+v", c)
		}
	}
	csv, _ := os.ReadFile(filepath.Join(folder, "trend.csv"))
	want := "\ufeffname,day,opened,share,late,cell\n'+1,2025-11-01,,-3.500000,false,7\n\"'=HYPERLINK(\"\"http://x\"\")\",2025-12-01,12,0.125000,true,628000000000000000\n\"甲,\"\"乙\"\"\",,0,0.000000,,\n"
	if d := cmp.Diff(want, string(csv)); d != "" {
		t.Error(d)
	}
	book, err := excelize.OpenFile(filepath.Join(folder, "trend.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("数据", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{{"类型", "day", "新增（件）", "按期率", "late", "cell"}, {"+1", "2025-11-01", "", "-3.5", "否", "7"}, {`=HYPERLINK("http://x")`, "2025-12-01", "12", "0.125", "是", "628000000000000000"}, {`甲,"乙"`, "", "0", "0"}}, rows); d != "" {
		t.Error(d)
	}
	for _, at := range []string{"A2", "A3", "F3"} {
		kind, _ := book.GetCellType("数据", at)
		formula, _ := book.GetCellFormula("数据", at)
		if formula != "" || at[0] == 'A' && kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%s is a %v with formula %q", at, kind, formula)
		}
	}
	again, err := run(t, snapshots, t.TempDir(), "mart.trend")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append([]File{{File: "manifest.json"}}, m.Files...) {
		a, _ := os.ReadFile(filepath.Join(folder, f.File))
		b, _ := os.ReadFile(filepath.Join(again, f.File))
		if len(a) == 0 || !bytes.Equal(a, b) {
			t.Errorf("%s differs from run to run", f.File)
		}
	}
}

// An export that fails leaves the one before as it was, and nothing beside it.
func TestAFailureLeavesNothing(t *testing.T) {
	snapshots, dir := published(t), t.TempDir()
	folder, err := run(t, snapshots, dir, "mart.trend")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, snapshots, dir, "mart.trend", "mart.nowhere"); !NoTable.Is(err) {
		t.Errorf("%v", err)
	}
	if _, err := run(t, snapshots, dir, "mart.trend"); err != nil {
		t.Errorf("over one that is there: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(folder))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(folder) {
		t.Errorf("%v, %v", entries, err)
	}
}

// Two tables of one name in two schemas are two files.
func TestTablesOfOneName(t *testing.T) {
	folder, err := run(t, published(t), t.TempDir(), "mart.trend", "ref.trend")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mart_trend.csv", "ref_trend.csv"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}
