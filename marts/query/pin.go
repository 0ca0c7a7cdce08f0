package query

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// pin opens the manifest of the current snapshot of a role and locks it
// shared. Whoever removes old snapshots leaves those that somebody has locked:
// a view over Parquet opens its files anew with each query, so an open file of
// its own would not keep them.
func pin(dir, role string) (*os.File, error) {
	for {
		folder, err := filepath.EvalSymlinks(filepath.Join(dir, "current"))
		if err != nil {
			return nil, NoSnapshot.At(dir, "role", role).Because(err)
		}
		if folder, err = filepath.Abs(folder); err != nil {
			return nil, fmt.Errorf("find snapshot: %w", err)
		}
		path := filepath.Join(folder, role, "manifest.json")
		f, err := os.Open(path)
		if err != nil {
			return nil, NoSnapshot.At(dir, "role", role).Because(err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH); err != nil {
			return nil, errors.Join(fmt.Errorf("pin snapshot %s: %w", folder, err), f.Close())
		}
		// It may have been removed between the two steps; then a newer one is
		// current.
		if stillThere(f, path) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("pin snapshot: %w", err)
		}
	}
}

func stillThere(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && os.SameFile(open, now)
}
