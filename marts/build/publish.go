package build

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"huiliu/marts/store"
)

// publishRoles writes each role's folder: a DuckDB file of its marts and
// reference tables, and the parts of the core tables it may see.
func (b *builder) publishRoles(ctx context.Context, id string, list []*Model) ([]Table, error) {
	cores, err := b.coreParts(ctx, list)
	if err != nil {
		return nil, err
	}
	var office []Table
	for _, role := range Roles {
		tables, err := b.publishRole(ctx, id, role, list, cores)
		if err != nil {
			return nil, fmt.Errorf("publish for %s: %w", role, err)
		}
		if role == Roles[0] {
			office = tables
		}
	}
	return office, os.RemoveAll(filepath.Join(b.folder, ".parts"))
}

func (b *builder) publishRole(ctx context.Context, id, role string, list []*Model, cores map[string]Table) ([]Table, error) {
	folder := filepath.Join(b.folder, role)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	// One transaction: a commit for each comment would sync the disk each time.
	if err := b.exec(ctx, "ATTACH "+store.Quote(filepath.Join(folder, "huiliu.duckdb"))+" AS published", "BEGIN", "CREATE SCHEMA published.mart; CREATE SCHEMA published.ref"); err != nil {
		return nil, err
	}
	var tables []Table
	for _, m := range list {
		if !slices.Contains(m.Roles, role) || m.Schema() == "ops" || m.Schema() == "staging" {
			continue
		}
		var t Table
		var err error
		if m.Schema() == "core" {
			t = cores[m.Name]
			err = linkParts(filepath.Join(b.folder, ".parts"), folder, t.Parts)
		} else {
			t, err = b.copyTable(ctx, m, "published."+m.Publish)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Publish, err)
		}
		tables = append(tables, t)
	}
	if err := b.exec(ctx, "COMMIT", "DETACH published"); err != nil {
		return nil, err
	}
	slices.SortFunc(tables, func(a, c Table) int { return strings.Compare(a.Name, c.Name) })
	m := Manifest{Snapshot: id, Site: b.Site, Role: role, AsOf: b.AsOf.Format("2006-01-02"), Inputs: b.inputs, Tables: tables}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return tables, os.WriteFile(filepath.Join(folder, "manifest.json"), append(raw, '\n'), 0o600)
}

// copyTable copies a built table in its grain's order, with its comments.
func (b *builder) copyTable(ctx context.Context, m *Model, to string) (Table, error) {
	t, err := b.describe(ctx, m)
	if err != nil {
		return t, err
	}
	statements := []string{
		fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM build.%s ORDER BY %s", to, quoteColumns(t.Columns), m.Name, quoteAll(m.Grain)),
		fmt.Sprintf("COMMENT ON TABLE %s IS %s", to, store.Quote(m.Label)),
	}
	for _, c := range t.Columns {
		statements = append(statements, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", to, store.Ident(c.Name), store.Quote(c.Comment)))
	}
	return t, b.exec(ctx, statements...)
}

// describe lists a built table's columns that may be published, and digests
// its rows; once for all roles.
func (b *builder) describe(ctx context.Context, m *Model) (Table, error) {
	if t, ok := b.described[m.Name]; ok {
		return t, nil
	}
	t, err := b.look(ctx, m)
	if err == nil {
		if b.described == nil {
			b.described = map[string]Table{}
		}
		b.described[m.Name] = t
	}
	return t, err
}

func (b *builder) look(ctx context.Context, m *Model) (Table, error) {
	t := Table{Name: m.Publish, Label: m.Label}
	rows, err := b.conn.QueryContext(ctx, "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'build' AND schema_name || '.' || table_name = ? ORDER BY column_index", m.Name)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.Type); err != nil {
			return t, err
		}
		if strings.HasSuffix(c.Name, "_token") {
			continue // a pseudonym joins in the store alone
		}
		c.Comment = m.Comment(c.Name)
		t.Columns = append(t.Columns, c)
	}
	if err := rows.Err(); err != nil {
		return t, err
	}
	if err := b.conn.QueryRowContext(ctx, "SELECT count(*) FROM build."+m.Name).Scan(&t.Rows); err != nil {
		return t, err
	}
	t.Digest, err = Digest(ctx, b.conn, "build."+m.Name, t.Columns)
	return t, err
}
