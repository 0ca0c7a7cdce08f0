package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"huiliu/marts/store"
)

// keep is how many snapshots stay: a reader that opened one before goes on
// reading it, removed or not.
const keep = 5

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

// coreParts writes every core table once, as Parquet parts by month that are
// named by their content.
func (b *builder) coreParts(ctx context.Context, list []*Model) (map[string]Table, error) {
	out := map[string]Table{}
	for _, m := range list {
		if m.Schema() != "core" {
			continue
		}
		t, err := b.describe(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", m.Name, err)
		}
		months, err := b.months(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, month := range months {
			part, err := b.writePart(ctx, m, t.Columns, month)
			if err != nil {
				return nil, fmt.Errorf("write part of %s: %w", m.Name, err)
			}
			t.Parts = append(t.Parts, part)
		}
		out[m.Name] = t
	}
	return out, nil
}

// months lists a table's parts: the months of its partition column, undated
// last; a table with no partition, or no rows, has one part.
func (b *builder) months(ctx context.Context, m *Model) ([]string, error) {
	if m.Partition == "" {
		return []string{"all"}, nil
	}
	rows, err := b.conn.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT coalesce(strftime(%s, '%%Y-%%m'), 'undated') AS month FROM build.%s ORDER BY month", store.Ident(m.Partition), m.Name))
	if err != nil {
		return nil, fmt.Errorf("list months of %s: %w", m.Name, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var month string
		if err := rows.Scan(&month); err != nil {
			return nil, err
		}
		out = append(out, month)
	}
	if len(out) == 0 {
		out = []string{"undated"}
	}
	return out, rows.Err()
}

func (b *builder) writePart(ctx context.Context, m *Model, columns []Column, month string) (string, error) {
	folder := filepath.Join(b.folder, ".parts", "core", m.Table())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	where := ""
	if m.Partition != "" {
		where = fmt.Sprintf("WHERE coalesce(strftime(%s, '%%Y-%%m'), 'undated') = %s", store.Ident(m.Partition), store.Quote(month))
	}
	raw := filepath.Join(folder, month+".parquet")
	// The order and one row group's size fix the bytes: equal rows, equal file.
	copy := fmt.Sprintf("COPY (SELECT %s FROM build.%s %s ORDER BY %s) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)",
		quoteColumns(columns), m.Name, where, quoteAll(m.Grain), store.Quote(raw))
	if err := b.exec(ctx, copy); err != nil {
		return "", err
	}
	sum, err := hashFile(raw)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s-%s.parquet", month, sum[:16])
	part := filepath.Join("core", m.Table(), name)
	// A part that the current snapshot has already is taken from it.
	if earlier := filepath.Join(b.Dir, "current", Roles[0], part); exists(earlier) {
		if err := os.Remove(raw); err != nil {
			return "", err
		}
		return part, os.Link(earlier, filepath.Join(folder, name))
	}
	return part, os.Rename(raw, filepath.Join(folder, name))
}

func quoteColumns(columns []Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return quoteAll(names)
}

func linkParts(from, to string, parts []string) error {
	for _, p := range parts {
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(p)), 0o700); err != nil {
			return err
		}
		if err := os.Link(filepath.Join(from, p), filepath.Join(to, p)); err != nil {
			return err
		}
	}
	return nil
}

// swap syncs a finished folder, gives it its name and points current at it.
func swap(dir, folder, id string) error {
	if err := syncTree(folder); err != nil {
		return fmt.Errorf("sync snapshot: %w", err)
	}
	final := filepath.Join(dir, id)
	switch {
	case whole(final, id):
		// An older snapshot of the very same inputs; somebody may be reading it.
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("drop a second snapshot: %w", err)
		}
		return point(dir, id)
	case exists(final):
		if err := os.RemoveAll(final); err != nil {
			return fmt.Errorf("replace snapshot: %w", err)
		}
	}
	if err := os.Rename(folder, final); err != nil {
		return fmt.Errorf("name snapshot: %w", err)
	}
	if err := syncFile(dir); err != nil {
		return fmt.Errorf("sync snapshots: %w", err)
	}
	if err := point(dir, id); err != nil {
		return err
	}
	return prune(dir, id)
}

// whole reports whether a snapshot's folder has what each role needs.
func whole(folder, id string) bool {
	for _, role := range Roles {
		if m, ok := readManifest(filepath.Join(folder, role)); !ok || m.Snapshot != id || !exists(filepath.Join(folder, role, "huiliu.duckdb")) {
			return false
		}
	}
	return true
}

// point swaps the current link in one step.
func point(dir, id string) error {
	next := filepath.Join(dir, ".current-next")
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("swap snapshot: %w", err)
	}
	if err := os.Symlink(id, next); err != nil {
		return fmt.Errorf("swap snapshot: %w", err)
	}
	if err := os.Rename(next, filepath.Join(dir, "current")); err != nil {
		return fmt.Errorf("swap snapshot: %w", err)
	}
	return syncFile(dir)
}

// pinned reports whether somebody reads a snapshot: readers hold a shared
// lock on the manifest of their role.
func pinned(folder string) bool {
	for _, role := range Roles {
		f, err := os.Open(filepath.Join(folder, role, "manifest.json"))
		if err != nil {
			continue
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		// Closing gives the lock back; there is nothing else to lose.
		_ = f.Close()
		if err != nil {
			return true
		}
	}
	return false
}

// prune removes snapshots beyond the last few, those that somebody reads
// excepted.
func prune(dir, current string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	type snapshot struct {
		name string
		at   int64
	}
	var all []snapshot
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && e.Name() != "ops" && e.Name() != current && !strings.HasPrefix(e.Name(), ".") {
			all = append(all, snapshot{e.Name(), info.ModTime().UnixNano()})
		}
	}
	slices.SortFunc(all, func(a, b snapshot) int { return int(min(max(b.at-a.at, -1), 1)) })
	for i, s := range all {
		if i >= keep-1 && !pinned(filepath.Join(dir, s.name)) {
			if err := os.RemoveAll(filepath.Join(dir, s.name)); err != nil {
				return fmt.Errorf("remove snapshot: %w", err)
			}
		}
	}
	return nil
}

// sweep removes what a killed build left.
func sweep(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make snapshot folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".building-") {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("sweep %s: %w", e.Name(), err)
			}
		}
	}
	return nil
}

// publishOps writes the run tables into a file of their own, anew after
// every run.
func (b *builder) publishOps(ctx context.Context, list []*Model) (err error) {
	dir := filepath.Join(b.Dir, "ops")
	folder := filepath.Join(b.Dir, ".building-ops")
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("clear ops folder: %w", err)
	}
	if err := b.open(ctx, folder); err != nil {
		return err
	}
	defer func() {
		if b.conn != nil {
			err = errors.Join(err, b.close(ctx))
		}
		err = errors.Join(err, os.RemoveAll(folder))
	}()
	file := filepath.Join(folder, "ops.duckdb")
	if err := b.exec(ctx, "ATTACH "+store.Quote(file)+" AS published"); err != nil {
		return err
	}
	var ops []*Model
	for _, m := range list {
		if m.Schema() != "ops" {
			continue
		}
		if err := b.model(ctx, m); err != nil {
			return err
		}
		ops = append(ops, m)
	}
	if err := b.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, m := range ops {
		if _, err := b.copyTable(ctx, m, "published.main."+m.Table()); err != nil {
			return fmt.Errorf("publish %s: %w", m.Publish, err)
		}
	}
	if err := errors.Join(b.exec(ctx, "COMMIT", "DETACH published"), b.close(ctx)); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make ops folder: %w", err)
	}
	if err := syncFile(file); err != nil {
		return err
	}
	return os.Rename(file, filepath.Join(dir, "ops.duckdb"))
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func syncTree(folder string) error {
	return filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncFile(path)
	})
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
