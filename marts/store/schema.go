package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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

// migrate makes the tables, or brings those of an earlier version up, in one
// transaction: what it leaves is the store as this program makes one, or the
// store as it was. Nothing is ever dropped.
func migrate(ctx context.Context, db *sql.DB, path string) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate store: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	want, err := declared(ctx, conn)
	if err != nil {
		return fmt.Errorf("migrate store: %w", err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("migrate store: %w", err)
	}
	if err := migrateIn(ctx, tx, path, want); err != nil {
		return errors.Join(Explain(path, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return Explain(path, fmt.Errorf("migrate store: %w", err))
	}
	return nil
}

func migrateIn(ctx context.Context, tx *sql.Tx, path string, want map[string]*form) error {
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if version > schema.Version {
		return Newer.At(path, "have", version, "know", schema.Version)
	}
	have, err := formsOf(ctx, tx, "store")
	if err != nil {
		return err
	}
	var outdated []string
	for table, f := range have {
		if w := want[table]; w != nil && !f.holds(w) {
			outdated = append(outdated, table)
		}
	}
	slices.Sort(outdated)
	for _, table := range outdated {
		if _, err := tx.ExecContext(ctx, "ALTER TABLE store.load."+Ident(table)+" RENAME TO "+Ident(former(table))); err != nil {
			return fmt.Errorf("set table %s aside: %w", table, err)
		}
	}
	if err := makeTables(ctx, tx, "store"); err != nil {
		return err
	}
	for _, table := range outdated {
		if err := fillFrom(ctx, tx, table, have[table], want[table]); err != nil {
			return NotBroughtUp.At(path, "table", table, "have", version, "know", schema.Version).Because(err)
		}
	}
	if version == schema.Version {
		return nil // opening a store writes nothing
	}
	if version < maskedNotes {
		if err := maskNotes(ctx, tx); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO store.load.meta VALUES ('schema', ?)", strconv.Itoa(schema.Version))
	if err != nil {
		return fmt.Errorf("note schema version: %w", err)
	}
	return nil
}

// former names a table that is being brought up, until its rows are in the new
// one.
func former(table string) string { return "former " + table }

// fillFrom takes a table's rows over from its former self. The table is made
// anew, since a column that is added to one comes last: then its columns, and
// with them the bytes of all that is published, would lie in another order
// than in a store that this program made. Rows keep their order, which the
// store's connections ask for (preserve_insertion_order), and columns it does
// not know stay, behind its own.
func fillFrom(ctx context.Context, tx *sql.Tx, table string, have, want *form) error {
	into := "store.load." + Ident(table)
	known := map[string]bool{}
	for _, c := range want.columns {
		known[c.name] = true
	}
	var names []string
	for _, c := range have.columns {
		names = append(names, Ident(c.name))
		if known[c.name] {
			continue
		}
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+into+" ADD COLUMN "+Ident(c.name)+" "+c.kind); err != nil {
			return err
		}
	}
	list, from := strings.Join(names, ", "), "store.load."+Ident(former(table))
	_, err := tx.ExecContext(ctx, "INSERT INTO "+into+" ("+list+") SELECT "+list+" FROM "+from+"; DROP TABLE "+from)
	return err
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

// form is what a table is made of, as DuckDB gives it.
type form struct {
	columns     []column
	constraints []string
}

type column struct{ name, kind string }

// holds reports whether a table of this form is one of the wanted, with
// nothing but columns behind that are not known.
func (f *form) holds(want *form) bool {
	n := len(want.columns)
	return len(f.columns) >= n && slices.Equal(f.columns[:n], want.columns) && slices.Equal(f.constraints, want.constraints)
}

// declared is the form in which this program makes each table, in order of its
// columns: it makes them in memory and looks.
func declared(ctx context.Context, conn *sql.Conn) (out map[string]*form, err error) {
	defer func() {
		_, dropped := conn.ExecContext(ctx, "DROP SCHEMA IF EXISTS memory.load CASCADE")
		err = errors.Join(err, dropped)
	}()
	if err := makeTables(ctx, conn, "memory"); err != nil {
		return nil, err
	}
	return formsOf(ctx, conn, "memory")
}

// asker is a connection or a transaction on it.
type asker interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func formsOf(ctx context.Context, q asker, catalogue string) (map[string]*form, error) {
	rows, err := q.QueryContext(ctx, `SELECT table_name, column_name, data_type AS constraint_text, column_index FROM duckdb_columns() WHERE database_name = $1 AND schema_name = 'load'
		UNION ALL SELECT table_name, NULL, constraint_text, 0 FROM duckdb_constraints() WHERE database_name = $1 AND schema_name = 'load' ORDER BY table_name, column_index, constraint_text`, catalogue)
	if err != nil {
		return nil, fmt.Errorf("list columns: %w", err)
	}
	defer rows.Close()
	out := map[string]*form{}
	for rows.Next() {
		var table, text string
		var name sql.NullString
		var at int
		if err := rows.Scan(&table, &name, &text, &at); err != nil {
			return nil, fmt.Errorf("list columns: %w", err)
		}
		f := out[table]
		if f == nil {
			f = &form{}
			out[table] = f
		}
		if name.Valid {
			f.columns = append(f.columns, column{name.String, text})
		} else {
			f.constraints = append(f.constraints, text)
		}
	}
	return out, rows.Err()
}

// makeTables makes the tables that a catalogue has not.
func makeTables(ctx context.Context, q asker, catalogue string) error {
	if _, err := q.ExecContext(ctx, "USE "+catalogue+"; "+schema.Load+"; USE memory"); err != nil {
		return fmt.Errorf("make load tables: %w", err)
	}
	for i := range entity.Types {
		t := &entity.Types[i]
		var columns []string
		attributes := map[string]*entity.Attribute{}
		for _, c := range t.Columns() {
			attributes[c.Name] = c.Attribute
		}
		for _, c := range EntityColumns(t) {
			columns = append(columns, Ident(c[0])+" "+c[1]+storage(c[0], attributes[c[0]]))
		}
		if _, err := q.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+catalogue+".load."+Ident(t.Name)+" ("+strings.Join(columns, ", ")+")"); err != nil {
			return fmt.Errorf("make table %s: %w", t.Name, err)
		}
	}
	return nil
}

// storage says how a text column's bytes lie in the file where that is known
// beforehand. Pseudonyms and sealed values are random and ids differ in every
// row, so that no method shortens them much; categories are few values, which
// a dictionary holds best; masks are texts that share their parts. Trying every
// method on each of them, as DuckDB does otherwise, costs as much as all else
// that writing a row takes.
func storage(column string, of *entity.Attribute) string {
	switch {
	case column == "id" || column == "_sealed" || strings.HasSuffix(column, "_token"):
		return " USING COMPRESSION uncompressed"
	case column == "source" || column == "source_table" || column == "place_state" || of != nil && of.Kind == entity.Category && of.Tag == entity.Plain:
		return " USING COMPRESSION dictionary"
	case strings.HasSuffix(column, "_mask"):
		return " USING COMPRESSION fsst"
	}
	return ""
}
