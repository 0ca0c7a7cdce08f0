package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"huiliu/sql/schema"
	"huiliu/transform/entity"
)

// RowColumns are the columns that every entity's table has beside the
// entity's own: before them the row's id and source, after them where it came
// from. _deleted is the day a row ended, NULL while it lives.
var (
	RowColumnsBefore = [][2]string{{"id", "VARCHAR"}, {"source", "VARCHAR"}, {"source_table", "VARCHAR"}}
	RowColumnsAfter  = [][2]string{{"_key", "UBIGINT"}, {"_page", "UBIGINT"}, {"_row", "BIGINT"}, {"_deleted", "DATE"}, {"_sealed", "BLOB"}}
)

// EntityColumns lists name and type of every column of an entity's table.
func EntityColumns(t *entity.Type) [][2]string {
	out := append([][2]string{}, RowColumnsBefore...)
	for _, c := range t.Columns() {
		out = append(out, [2]string{c.Name, c.SQL})
	}
	return append(out, RowColumnsAfter...)
}

// migrate makes the tables, or brings those of an earlier version up: a
// column that an entity has gained is added, nothing is ever dropped.
func migrate(ctx context.Context, db *sql.DB, path string) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate store: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("migrate store: %w", err)
	}
	if err := migrateIn(ctx, tx, path); err != nil {
		return errors.Join(Explain(path, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return Explain(path, fmt.Errorf("migrate store: %w", err))
	}
	return nil
}

func migrateIn(ctx context.Context, tx *sql.Tx, path string) error {
	have, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if have > schema.Version {
		return Newer.At(path, "have", have, "know", schema.Version)
	}
	if _, err := tx.ExecContext(ctx, "USE store; "+schema.Load+"; USE memory"); err != nil {
		return fmt.Errorf("make load tables: %w", err)
	}
	for i := range entity.Types {
		if err := makeTable(ctx, tx, &entity.Types[i]); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO store.load.meta VALUES ('schema', ?)", strconv.Itoa(schema.Version))
	if err != nil {
		return fmt.Errorf("note schema version: %w", err)
	}
	return nil
}

func schemaVersion(ctx context.Context, tx *sql.Tx) (int, error) {
	var tables, version int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'store' AND schema_name = 'load' AND table_name = 'meta'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, "SELECT value::INTEGER FROM store.load.meta WHERE key = 'schema'").Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

func makeTable(ctx context.Context, tx *sql.Tx, t *entity.Type) error {
	var columns []string
	for _, c := range EntityColumns(t) {
		columns = append(columns, Ident(c[0])+" "+c[1])
	}
	table := "store.load." + Ident(t.Name)
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+table+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return fmt.Errorf("make table %s: %w", t.Name, err)
	}
	for _, c := range columns {
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+table+" ADD COLUMN IF NOT EXISTS "+c); err != nil {
			return fmt.Errorf("add column %s to %s: %w", c, t.Name, err)
		}
	}
	return nil
}
