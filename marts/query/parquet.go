package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteParquet writes the answer of one reading statement as Parquet. DuckDB
// streams it into the session's own folder, so that an answer larger than
// memory can be had; it has no limit of rows.
func (d *DB) WriteParquet(ctx context.Context, w io.Writer, text string) (err error) {
	s, err := d.reading(ctx, text)
	if err != nil {
		return err
	}
	if s.explain != "" {
		return Refused.At("query", "why", "a plan is no table")
	}
	path := filepath.Join(d.spill, "answer.parquet")
	defer func() { err = errors.Join(err, os.RemoveAll(path)) }()
	if _, err := d.db.ExecContext(ctx, fmt.Sprintf("COPY (%s\n) TO %s (FORMAT parquet, COMPRESSION zstd)", s.text, Quote(path))); err != nil {
		return d.wrong(ctx, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
