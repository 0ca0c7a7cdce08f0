package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// keep is how many snapshots stay: a reader that opened one before goes on
// reading it, removed or not.
const keep = 5

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
