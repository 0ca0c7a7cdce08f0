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
)

// Roles are those that a snapshot can be read as.
var Roles = []string{"office", "analyst", "district"}

// DB is one pinned snapshot: a later publish does not change what it shows.
type DB struct {
	db     *sql.DB
	Role   string
	tables []string
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
	current, err := filepath.EvalSymlinks(filepath.Join(dir, "current"))
	if err != nil {
		return nil, NoSnapshot.At(dir, "role", role).Because(err)
	}
	folder, err := filepath.Abs(filepath.Join(current, role))
	if err != nil {
		return nil, fmt.Errorf("find snapshot: %w", err)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return nil, NoSnapshot.At(dir, "role", role).Because(err)
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("read manifest of %s: %w", folder, err)
	}
	connector, err := duckdb.NewConnector("?memory_limit=1GB&autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return nil, fmt.Errorf("start duckdb: %w", err)
	}
	d := &DB{db: sql.OpenDB(connector), Role: role, Snapshot: m.Snapshot, AsOf: m.AsOf}
	// One connection: its locked configuration is the session's.
	d.db.SetMaxOpenConns(1)
	if err := d.attach(ctx, folder, dir, &m); err != nil {
		return nil, errors.Join(err, d.db.Close())
	}
	return d, nil
}

func (d *DB) attach(ctx context.Context, folder, dir string, m *manifest) error {
	statements := []string{
		"SET TimeZone = 'UTC'",
		"ATTACH " + quote(filepath.Join(folder, "huiliu.duckdb")) + " AS huiliu (READ_ONLY)",
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
			files[i] = quote(filepath.Join(folder, p))
		}
		statements = append(statements, fmt.Sprintf("CREATE VIEW memory.%s AS SELECT * FROM read_parquet([%s])", t.Name, strings.Join(files, ", ")),
			fmt.Sprintf("COMMENT ON VIEW memory.%s IS %s", t.Name, quote(t.Label)))
		for _, c := range t.Columns {
			statements = append(statements, fmt.Sprintf(`COMMENT ON COLUMN memory.%s."%s" IS %s`, t.Name, c.Name, quote(c.Comment)))
		}
	}
	if ops := filepath.Join(dir, "ops", "ops.duckdb"); d.Role != "district" && exists(ops) {
		statements = append(statements, "ATTACH "+quote(ops)+" AS ops (READ_ONLY)")
	}
	statements = append(statements,
		"SET search_path = "+quote(strings.Join(path, ",")),
		"SET allowed_directories = ["+quote(folder)+"]", "SET enable_external_access = false", "SET lock_configuration = true")
	for _, s := range statements {
		if _, err := d.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("open snapshot: %.60s: %w", s, err)
		}
	}
	return nil
}

// Close lets the snapshot go.
func (d *DB) Close() error { return d.db.Close() }

// Tables lists what can be read, beside ops.*.
func (d *DB) Tables() []string { return d.tables }

var readers = regexp.MustCompile(`(?is)^\s*(select|with|values|from|describe|desc|show|explain|summarize|pivot|unpivot|table)\b`)

// Query runs one reading statement. The caller closes the rows.
func (d *DB) Query(ctx context.Context, text string) (*sql.Rows, error) {
	statement, err := single(text)
	if err != nil {
		return nil, err
	}
	rows, err := d.db.QueryContext(ctx, statement)
	if err != nil {
		return nil, Wrong.At("query", "tables", strings.Join(d.tables, ", ")).Because(err)
	}
	return rows, nil
}

// single returns the one statement of a text. Quoted text and comments are
// looked through: the driver runs every statement of a text but the last as
// soon as it is prepared, so a second one must not reach it.
func single(text string) (string, error) {
	end, rest := firstStatement(text)
	if strings.TrimSpace(stripComments(rest)) != "" {
		return "", Refused.At("query", "why", "there is more than one statement")
	}
	plain := stripComments(text[:end])
	if !readers.MatchString(plain) {
		return "", Refused.At("query", "why", "only reading is allowed")
	}
	if word := explains.FindStringSubmatch(plain); word != nil && !readers.MatchString(word[1]) {
		return "", Refused.At("query", "why", "only reading can be explained")
	}
	if withWrite.MatchString(plain) {
		return "", Refused.At("query", "why", "only reading is allowed")
	}
	return text[:end], nil
}

var (
	explains  = regexp.MustCompile(`(?is)^\s*explain\s+(?:analyze\s+)?(?:\([^)]*\)\s*)?(.*)$`)
	withWrite = regexp.MustCompile(`(?is)^\s*(?:explain\s+(?:analyze\s+)?)?with\b.*\)\s*(insert|update|delete|merge)\b`)
)

// firstStatement finds the semicolon that ends the first statement.
func firstStatement(s string) (end int, rest string) {
	for i := 0; i < len(s); {
		switch n := skip(s[i:]); {
		case n > 0:
			i += n
		case s[i] == ';':
			return i, s[i+1:]
		default:
			i++
		}
	}
	return len(s), ""
}

// skip returns how long a quoted text or comment at the beginning is, 0 for
// none.
func skip(s string) int {
	ends := func(open, closing string) int {
		if !strings.HasPrefix(s, open) {
			return 0
		}
		if at := strings.Index(s[len(open):], closing); at >= 0 {
			return len(open) + at + len(closing)
		}
		return len(s)
	}
	for _, pair := range [][2]string{{"'", "'"}, {`"`, `"`}, {"--", "\n"}, {"/*", "*/"}} {
		if n := ends(pair[0], pair[1]); n > 0 {
			return n
		}
	}
	if tag := dollar.FindString(s); tag != "" {
		return ends(tag, tag)
	}
	return 0
}

var dollar = regexp.MustCompile(`^\$[A-Za-z_]*\$`)

func stripComments(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		n := skip(s[i:])
		if n > 0 && (strings.HasPrefix(s[i:], "--") || strings.HasPrefix(s[i:], "/*")) {
			out.WriteByte(' ')
			i += n
			continue
		}
		n = max(n, 1)
		out.WriteString(s[i : i+n])
		i += n
	}
	return out.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func exists(path string) bool { _, err := os.Stat(path); return err == nil }
