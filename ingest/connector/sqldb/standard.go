package sqldb

import (
	"context"
	"database/sql"
	"errors"
)

// standardSession is a session of a driver of database/sql.
type standardSession struct {
	db   *sql.DB
	conn *sql.Conn
	kind func(*sql.ColumnType) column
	row  func(rows *sql.Rows, cols []column, r *standardResult) error
}

func openStandard(ctx context.Context, db *sql.DB, setup ...string) (*standardSession, error) {
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &standardSession{db: db, conn: conn}
	for _, statement := range setup {
		if err := s.exec(ctx, statement); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *standardSession) exec(ctx context.Context, statement string) error {
	_, err := s.conn.ExecContext(ctx, statement)
	return err
}

// query prepares first: MySQL then answers in its binary form, whose floats
// are exact.
func (s *standardSession) query(ctx context.Context, statement string, args ...any) (result, error) {
	prepared, err := s.conn.PrepareContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	rows, err := prepared.QueryContext(ctx, args...)
	if err != nil {
		return nil, errors.Join(err, prepared.Close())
	}
	return &standardResult{rows: rows, prepared: prepared, session: s}, nil
}

func (s *standardSession) close() error {
	// A connection that was cut reports so again; it is closed all the same.
	_ = s.conn.Close()
	return s.db.Close()
}

type standardResult struct {
	rows     *sql.Rows
	prepared *sql.Stmt
	session  *standardSession
	cols     []column
	out      []cell
	raw      []sql.RawBytes
	values   []any
	targets  []any
	text     []byte
}

func (r *standardResult) columns() ([]column, error) {
	if r.cols != nil {
		return r.cols, nil
	}
	types, err := r.rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		r.cols = append(r.cols, r.session.kind(t))
	}
	return r.cols, nil
}

func (r *standardResult) next() bool { return r.rows.Next() }

func (r *standardResult) cells() ([]cell, error) {
	cols, err := r.columns()
	if err != nil {
		return nil, err
	}
	r.out, r.text = r.out[:0], r.text[:0]
	err = r.session.row(r.rows, cols, r)
	return r.out, err
}

func (r *standardResult) err() error { return r.rows.Err() }

func (r *standardResult) close() {
	// What went wrong is in err; closing adds nothing.
	_ = r.rows.Close()
	_ = r.prepared.Close()
}
