package build

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/marts/store"
	"huiliu/sql/schema"
	"huiliu/transform/entity"
)

// node is one object of the tree that DuckDB's own parser makes of a SELECT
// (json_serialize_sql): what the lint and the lineage read.
type node map[string]any

// parser turns SQL into trees, in a DuckDB of its own that holds the loader's
// tables without rows.
type parser struct {
	db *sql.DB
	// loaded are the columns of the loader's tables.
	loaded map[string][]string
}

func newParser(ctx context.Context) (*parser, error) {
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, fmt.Errorf("start parser: %w", err)
	}
	p := &parser{db: sql.OpenDB(c), loaded: map[string][]string{}}
	if err := p.know(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// know reads which columns the loader's tables have.
func (p *parser) know(ctx context.Context) error {
	for i := range entity.Types {
		for _, c := range store.EntityColumns(&entity.Types[i]) {
			table := "load." + entity.Types[i].Name
			p.loaded[table] = append(p.loaded[table], c[0])
		}
	}
	if _, err := p.db.ExecContext(ctx, schema.Load); err != nil {
		return fmt.Errorf("make load tables: %w", err)
	}
	rows, err := p.db.QueryContext(ctx, "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE schema_name = 'load' ORDER BY ALL")
	if err != nil {
		return fmt.Errorf("list load tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return fmt.Errorf("list load tables: %w", err)
		}
		p.loaded[table] = append(p.loaded[table], column)
	}
	return rows.Err()
}

func (p *parser) close() error { return p.db.Close() }

// parse returns the root node of one SELECT.
func (p *parser) parse(ctx context.Context, text string) (node, error) {
	var raw string
	if err := p.db.QueryRowContext(ctx, "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR", text).Scan(&raw); err != nil {
		return nil, fmt.Errorf("parse SQL: %w", err)
	}
	var tree struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Statements []struct {
			Node node `json:"node"`
		} `json:"statements"`
	}
	if err := json.Unmarshal([]byte(raw), &tree); err != nil {
		return nil, fmt.Errorf("read parsed SQL: %w", err)
	}
	if tree.Error {
		return nil, fmt.Errorf("parse SQL: %s", tree.Message)
	}
	if len(tree.Statements) != 1 {
		return nil, errors.New("parse SQL: a model is one SELECT")
	}
	return tree.Statements[0].Node, nil
}

func (n node) text(key string) string {
	s, _ := n[key].(string)
	return s
}

func (n node) child(key string) node {
	m, _ := n[key].(map[string]any)
	return m
}

func (n node) list(key string) []any {
	l, _ := n[key].([]any)
	return l
}

func texts(values []any) []string {
	var out []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// walk visits a value and all beneath it; visit returns false to go no deeper.
func walk(v any, visit func(node) bool) {
	switch v := v.(type) {
	case node:
		walk(map[string]any(v), visit)
	case map[string]any:
		if !visit(v) {
			return
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			walk(v[k], visit)
		}
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	}
}

// tables lists the schema.table names that a query reads, sorted.
func (n node) tables() []string {
	var out []string
	walk(n, func(n node) bool {
		if n.text("type") == "BASE_TABLE" && n.text("schema_name") != "" {
			out = append(out, n.text("schema_name")+"."+n.text("table_name"))
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}
