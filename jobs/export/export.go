// Package export hands published tables to others as files: CSV, XLSX and
// Parquet with a manifest, written aside and moved whole.
package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"huiliu/internal/aside"
	"huiliu/internal/fault"
	"huiliu/marts/query"
)

// Faults of exports.
var (
	// NoTable is raised when the role's snapshot lacks a table of the export.
	NoTable = &fault.Kind{
		Code: "export_no_such_table", Class: fault.Input,
		Cause: fault.Text{EN: "role {role} has no table {table}", ZH: "角色 {role} 没有表 {table}"},
		Mend:  fault.Text{EN: "use one of {have}", ZH: "可用：{have}"},
	}
	// TooLong is raised when a table has more rows than a sheet holds.
	TooLong = &fault.Kind{
		Code: "export_too_long", Class: fault.Failed,
		Cause: fault.Text{EN: "{table} has more than {most} rows, the most that an XLSX sheet holds", ZH: "{table} 超过 {most} 行，XLSX 工作表放不下"},
		Mend:  fault.Text{EN: "leave xlsx out of this export's formats", ZH: "请从该导出的 formats 中去掉 xlsx"},
	}
)

// Formats are those that a table can be written in.
var Formats = []string{"csv", "xlsx", "parquet"}

// Spec is one export of a site's configuration.
type Spec struct {
	Name string
	// Role is whose snapshot is read: what leaves the house is the district's.
	Role    string
	Tables  []string
	Formats []string
}

// Column is one column of an exported table.
type Column struct {
	Name string `json:"name"`
	// Label is the name an official reads, Unit the unit of a number, empty
	// where there is none; Comment is the column's whole comment.
	Label   string `json:"label"`
	Unit    string `json:"unit,omitempty"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// File is one file of an export.
type File struct {
	File    string   `json:"file"`
	Table   string   `json:"table"`
	Label   string   `json:"label"`
	Format  string   `json:"format"`
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	Columns []Column `json:"columns"`
}

// Manifest says what an export holds. It has no time of its own: the same
// snapshot gives the same bytes.
type Manifest struct {
	Export   string `json:"export"`
	Site     string `json:"site"`
	Role     string `json:"role"`
	Snapshot string `json:"snapshot"`
	AsOf     string `json:"as_of"`
	Files    []File `json:"files"`
}

// Run writes an export of the current snapshot below dir and returns its
// folder: <dir>/<name>/<as-of>-<snapshot>. An export of that snapshot that is
// there already takes the place of nothing: the bytes are the same.
func Run(ctx context.Context, snapshots, dir, site string, spec Spec) (folder string, m Manifest, err error) {
	d, err := query.Open(ctx, snapshots, spec.Role)
	if err != nil {
		return "", m, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	d.MaxRows = 1 << 40
	m = Manifest{Export: spec.Name, Site: site, Role: spec.Role, Snapshot: d.Snapshot, AsOf: d.AsOf}
	parent := filepath.Join(dir, spec.Name)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", m, fmt.Errorf("make export folder: %w", err)
	}
	partial, err := os.MkdirTemp(parent, ".partial-*")
	if err != nil {
		return "", m, fmt.Errorf("make export folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }() // nothing is there once it was moved
	for _, table := range spec.Tables {
		t, err := describe(ctx, d, table)
		if err != nil {
			return "", m, err
		}
		t.file = fileName(table, spec.Tables)
		for _, format := range spec.Formats {
			f, err := t.write(ctx, d, partial, format)
			if err != nil {
				return "", m, fmt.Errorf("export %s as %s: %w", table, format, err)
			}
			m.Files = append(m.Files, f)
		}
	}
	if err := writeManifest(filepath.Join(partial, "manifest.json"), &m); err != nil {
		return "", m, err
	}
	folder = filepath.Join(parent, d.AsOf+"-"+d.Snapshot)
	return folder, m, aside.Place(partial, folder)
}

func writeManifest(path string, m *Manifest) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// table is one table to export.
type table struct {
	name, label string
	// file is the name of its files, without what says the format.
	file    string
	columns []Column
}

// fileName is a table's name without its schema, unless the export has another
// table of that name: mart.indicator and ref.indicator are mart_indicator and
// ref_indicator.
func fileName(table string, all []string) string {
	schema, short, _ := strings.Cut(table, ".")
	for _, other := range all {
		if other != table && strings.HasSuffix(other, "."+short) {
			return schema + "_" + short
		}
	}
	return short
}

func (t *table) sql() string { return "SELECT * FROM " + t.name + " ORDER BY ALL" }

// describe reads a table's columns and comments from the snapshot itself.
func describe(ctx context.Context, d *query.DB, name string) (*table, error) {
	if !slices.Contains(d.Tables(), name) {
		return nil, NoTable.At(name, "role", d.Role, "table", name, "have", strings.Join(d.Tables(), ", "))
	}
	schema, short, _ := strings.Cut(name, ".")
	t := &table{name: name}
	rows, err := d.Query(ctx, fmt.Sprintf(`SELECT c.column_name, c.data_type, coalesce(c.comment, ''), coalesce(t.comment, v.comment, '')
		FROM duckdb_columns() c LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
		LEFT JOIN duckdb_views() v ON v.database_name = c.database_name AND v.schema_name = c.schema_name AND v.view_name = c.table_name
		WHERE c.schema_name = '%s' AND c.table_name = '%s' ORDER BY c.column_index`, schema, short))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.Type, &c.Comment, &t.label); err != nil {
			return nil, fmt.Errorf("describe %s: %w", name, err)
		}
		c.Label, c.Unit = caption(c.Comment)
		if c.Label == "" {
			c.Label = c.Name
		}
		t.columns = append(t.columns, c)
	}
	return t, rows.Err()
}

// caption cuts a column's comment into its name and its unit: 新增（件） is 新增
// in 件. What is long or explains is no unit.
func caption(comment string) (label, unit string) {
	label, rest := comment, ""
	if i := strings.IndexAny(comment, "：（"); i >= 0 {
		label, rest = comment[:i], comment[i:]
	}
	inside, ok := strings.CutPrefix(rest, "（")
	if !ok {
		return label, ""
	}
	if i := strings.IndexAny(inside, "，；）"); i >= 0 {
		inside = inside[:i]
	}
	if len([]rune(inside)) > longestUnit {
		return label, ""
	}
	return label, inside
}

const longestUnit = 6

// write writes the table in one format.
func (t *table) write(ctx context.Context, d *query.DB, folder, format string) (File, error) {
	f := File{File: t.file + "." + format, Table: t.name, Label: t.label, Format: format, Columns: t.columns}
	path := filepath.Join(folder, f.File)
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return f, err
	}
	sum := sha256.New()
	count := &counter{to: io.MultiWriter(out, sum)}
	if f.Rows, err = t.writeTo(ctx, d, count, format); err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return f, err
	}
	f.Bytes, f.SHA256 = count.n, hex.EncodeToString(sum.Sum(nil))
	return f, nil
}

func (t *table) writeTo(ctx context.Context, d *query.DB, w io.Writer, format string) (int64, error) {
	if format == "parquet" {
		if err := d.WriteParquet(ctx, w, t.sql()); err != nil {
			return 0, err
		}
		return t.count(ctx, d)
	}
	rows, err := d.Query(ctx, t.sql())
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if format == "xlsx" {
		return t.writeXLSX(w, rows, d)
	}
	// A spreadsheet takes a CSV without the mark for the machine's old encoding.
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return 0, err
	}
	if err := query.WriteCSV(w, rows); err != nil {
		return 0, err
	}
	return t.count(ctx, d)
}

func (t *table) count(ctx context.Context, d *query.DB) (n int64, err error) {
	rows, err := d.Query(ctx, "SELECT count(*) FROM "+t.name)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// counter counts what it passes on.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}
