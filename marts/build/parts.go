package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"huiliu/marts/store"
)

// coreParts writes every core table that some role may see once, as Parquet parts by month that are
// named by their content.
func (b *builder) coreParts(ctx context.Context, list []*Model) (map[string]Table, error) {
	out := map[string]Table{}
	for _, m := range list {
		if m.Schema() != "core" || len(m.Roles) == 0 {
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
	write := fmt.Sprintf("COPY (SELECT %s FROM build.%s %s ORDER BY %s) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)",
		quoteColumns(columns), m.Name, where, quoteAll(m.Grain), store.Quote(raw))
	if err := b.exec(ctx, write); err != nil {
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
