// Package query is read-only access to published snapshots. The file is the
// boundary: a role's folder holds only what it may see, and a session can
// reach nothing else.
package query

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/internal/fault"
)

// Faults of queries.
var (
	// NoSnapshot is raised when nothing was published yet.
	NoSnapshot = &fault.Kind{
		Code: "no_snapshot", Class: fault.Missing,
		Cause: fault.Text{EN: "nothing is published for {role} yet", ZH: "尚未为 {role} 发布数据"},
		Mend:  fault.Text{EN: "run `huiliu run` first, or name the right folder with --store", ZH: "请先运行 `huiliu run`，或用 --store 指定正确的目录"},
	}
	// Refused is raised for a statement that a reader may not run.
	Refused = &fault.Kind{
		Code: "query_refused", Class: fault.Input,
		Cause: fault.Text{EN: "{why}", ZH: "不允许的语句（{why}）"},
		Mend:  fault.Text{EN: "write one SELECT (or WITH, VALUES, DESCRIBE, SHOW, EXPLAIN, SUMMARIZE)", ZH: "只能写一条 SELECT（或 WITH、VALUES、DESCRIBE、SHOW、EXPLAIN、SUMMARIZE）"},
	}
	// Wrong is raised for SQL that does not run.
	Wrong = &fault.Kind{
		Code: "query_wrong", Class: fault.Input,
		Cause: fault.Text{EN: "the query does not run", ZH: "查询无法执行"},
		Mend:  fault.Text{EN: "tables: {tables}", ZH: "可查的表：{tables}"},
	}
	// TooLarge is raised when an answer has more rows or takes more memory
	// than a session may have.
	TooLarge = &fault.Kind{
		Code: "query_too_large", Class: fault.Failed,
		Cause: fault.Text{EN: "the answer is over the limit: {what}", ZH: "查询结果超出上限（{what}）"},
		Mend:  fault.Text{EN: "narrow the query, count instead of listing, or write it with -o parquet", ZH: "请缩小范围、改为汇总，或用 -o parquet 导出"},
	}
	// Stopped is raised when a query was cancelled or ran out of time.
	Stopped = &fault.Kind{
		Code: "query_stopped", Class: fault.Failed,
		Cause: fault.Text{EN: "the query was stopped", ZH: "查询已中止"},
		Mend:  fault.Text{EN: "narrow the query, or give it more time", ZH: "请缩小范围，或延长时限"},
	}
)

// Roles are those that a snapshot can be read as.
var Roles = []string{"office", "analyst", "district"}

// DB is one pinned snapshot: a later publish does not change what it shows. It
// gives one answer at a time: the next query waits until the rows of the one
// before are closed.
type DB struct {
	db     *sql.DB
	pin    *os.File
	spill  string
	Role   string
	tables []string
	// MaxRows bounds an answer, which DuckDB holds in memory as a whole; 0
	// means a million.
	MaxRows int
	// Snapshot is its id, AsOf its day.
	Snapshot, AsOf string
}

type manifest struct {
	Snapshot string `json:"snapshot"`
	AsOf     string `json:"as_of"`
	Tables   []struct {
		Name    string   `json:"name"`
		Label   string   `json:"label"`
		Parts   []string `json:"parts"`
		Columns []struct {
			Name    string `json:"name"`
			Comment string `json:"comment"`
		} `json:"columns"`
	} `json:"tables"`
}

// Open pins the current snapshot of a role below dir, the snapshots' folder.
func Open(ctx context.Context, dir, role string) (*DB, error) {
	if !slices.Contains(Roles, role) {
		return nil, Refused.At("--role "+role, "why", "there is no such role; use "+strings.Join(Roles, ", "))
	}
	pin, err := pin(dir, role)
	if err != nil {
		return nil, err
	}
	d := &DB{Role: role, pin: pin}
	if err := d.open(ctx, dir); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, dir string) error {
	var m manifest
	if err := json.NewDecoder(d.pin).Decode(&m); err != nil {
		return fmt.Errorf("read manifest %s: %w", d.pin.Name(), err)
	}
	d.Snapshot, d.AsOf = m.Snapshot, m.AsOf
	connector, err := duckdb.NewConnector("?memory_limit=1GB&autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return fmt.Errorf("start duckdb: %w", err)
	}
	d.db = sql.OpenDB(connector)
	// One connection: its search path is the session's.
	d.db.SetMaxOpenConns(1)
	if d.spill, err = os.MkdirTemp("", "huiliu-query-"); err != nil {
		return fmt.Errorf("make query folder: %w", err)
	}
	return d.attach(ctx, filepath.Dir(d.pin.Name()), dir, &m)
}

func (d *DB) attach(ctx context.Context, folder, dir string, m *manifest) error {
	statements := []string{
		"SET TimeZone = 'UTC'",
		"SET temp_directory = " + Quote(d.spill),
		"ATTACH " + Quote(filepath.Join(folder, "huiliu.duckdb")) + " AS huiliu (READ_ONLY)",
	}
	path := []string{"huiliu.mart", "huiliu.ref"}
	schemas := map[string]bool{}
	for _, t := range m.Tables {
		d.tables = append(d.tables, t.Name)
		if len(t.Parts) == 0 {
			continue
		}
		schema, _, _ := strings.Cut(t.Name, ".")
		if !schemas[schema] {
			schemas[schema] = true
			statements = append(statements, "CREATE SCHEMA memory."+schema)
			path = append(path, "memory."+schema)
		}
		files := make([]string, len(t.Parts))
		for i, p := range t.Parts {
			files[i] = Quote(filepath.Join(folder, p))
		}
		statements = append(statements, fmt.Sprintf("CREATE VIEW memory.%s AS SELECT * FROM read_parquet([%s])", t.Name, strings.Join(files, ", ")),
			fmt.Sprintf("COMMENT ON VIEW memory.%s IS %s", t.Name, Quote(t.Label)))
		for _, c := range t.Columns {
			statements = append(statements, fmt.Sprintf(`COMMENT ON COLUMN memory.%s."%s" IS %s`, t.Name, c.Name, Quote(c.Comment)))
		}
	}
	if ops := filepath.Join(dir, "ops", "ops.duckdb"); d.Role != "district" && exists(ops) {
		statements = append(statements, "ATTACH "+Quote(ops)+" AS ops (READ_ONLY)")
	}
	statements = append(statements,
		"SET search_path = "+Quote(strings.Join(path, ",")),
		"SET allowed_directories = ["+Quote(folder)+"]", "SET enable_external_access = false", "SET lock_configuration = true")
	for _, s := range statements {
		if _, err := d.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("open snapshot: %.60s: %w", s, err)
		}
	}
	return d.listOps(ctx)
}

// listOps adds the run tables to those that can be read.
func (d *DB) listOps(ctx context.Context) error {
	rows, err := d.db.QueryContext(ctx, "SELECT 'ops.' || table_name FROM duckdb_tables() WHERE database_name = 'ops' ORDER BY 1")
	if err != nil {
		return fmt.Errorf("list run tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("list run tables: %w", err)
		}
		d.tables = append(d.tables, name)
	}
	return rows.Err()
}

// Close lets the snapshot go.
func (d *DB) Close() error {
	var err error
	if d.db != nil {
		err = d.db.Close()
	}
	if d.spill != "" {
		err = errors.Join(err, os.RemoveAll(d.spill))
	}
	return errors.Join(err, d.pin.Close())
}

// Tables lists what can be read.
func (d *DB) Tables() []string { return d.tables }

// Query runs one reading statement. The caller closes the rows.
func (d *DB) Query(ctx context.Context, text string) (*Rows, error) {
	statement, err := d.reading(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := d.db.QueryContext(ctx, statement.limited(d.maxRows()))
	if err != nil {
		return nil, d.wrong(ctx, d.plainly(ctx, statement, err))
	}
	return &Rows{Rows: rows, max: d.maxRows()}, nil
}

func (d *DB) maxRows() int {
	if d.MaxRows > 0 {
		return d.MaxRows
	}
	return 1_000_000
}

// wrong explains what DuckDB says of a query: too long, too large, or wrong.
func (d *DB) wrong(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return Stopped.At("query").Because(context.Cause(ctx))
	}
	if strings.Contains(err.Error(), "Out of Memory Error") {
		return TooLarge.At("query", "what", "memory").Because(err)
	}
	return Wrong.At("query", "tables", d.suggest(err)).Because(err)
}

// plainly is the error that the reader's own text gives, where the limit
// around it would show another.
func (d *DB) plainly(ctx context.Context, s statement, err error) error {
	prepared, own := d.db.PrepareContext(ctx, strings.TrimSpace(s.explain+" "+s.text))
	if own != nil {
		return own
	}
	return errors.Join(err, prepared.Close())
}

var missingTable = regexp.MustCompile(`table with name "?(?:[a-z0-9_]+\.)*([a-z0-9_]+)"? does not exist`)

// suggest lists the tables, those first whose names are like the one that is
// missing.
func (d *DB) suggest(err error) string {
	tables := slices.Clone(d.tables)
	if m := missingTable.FindStringSubmatch(strings.ToLower(err.Error())); m != nil {
		slices.SortStableFunc(tables, func(a, b string) int { return distance(m[1], a) - distance(m[1], b) })
	}
	return strings.Join(tables, ", ")
}

// distance is how far a word is from a table's name: 0 when one is a part of
// the other, else the edits between them (Levenshtein 1966).
func distance(word, table string) int {
	_, name, _ := strings.Cut(table, ".")
	if strings.Contains(name, word) || strings.Contains(word, name) {
		return 0
	}
	line := make([]int, len(name)+1)
	for i := range line {
		line[i] = i
	}
	for i := range len(word) {
		before := line[0]
		line[0] = i + 1
		for k := range len(name) {
			edit := before
			if word[i] != name[k] {
				edit = 1 + min(before, line[k], line[k+1])
			}
			before, line[k+1] = line[k+1], edit
		}
	}
	return line[len(name)]
}

// Quote writes a text as a literal of SQL.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func exists(path string) bool { _, err := os.Stat(path); return err == nil }
