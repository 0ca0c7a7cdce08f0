package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"huiliu/marts/store"
)

// publishOps writes the run tables into a file of their own, anew after
// every run.
func (b *builder) publishOps(ctx context.Context, list []*Model) (err error) {
	dir := filepath.Join(b.Dir, "ops")
	folder := filepath.Join(b.Dir, ".building-ops")
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("clear ops folder: %w", err)
	}
	defer func() {
		if err != nil {
			b.abandon(ctx, folder)
		}
	}()
	if err := b.open(ctx, folder); err != nil {
		return err
	}
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
	if err := os.Rename(file, filepath.Join(dir, "ops.duckdb")); err != nil {
		return fmt.Errorf("name ops file: %w", err)
	}
	return errors.Join(syncFile(dir), os.RemoveAll(folder))
}
