// Package aside moves what was written beside its place there as a whole, so
// that nobody sees half of it.
package aside

import (
	"errors"
	"fmt"
	"os"
)

// Old is how the name of a folder that stepped aside ends; it is there only
// while another takes its place, or after a crash just then.
const Old = ".old"

// Place moves a finished folder to where it belongs. One that stands there
// steps aside first and is removed; when the move fails it comes back.
func Place(finished, folder string) error {
	old := folder + Old
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("place %s: %w", folder, err)
	}
	if err := renameIfThere(folder, old); err != nil {
		return fmt.Errorf("place %s: %w", folder, err)
	}
	if err := os.Rename(finished, folder); err != nil {
		return errors.Join(fmt.Errorf("place %s: %w", folder, err), renameIfThere(old, folder))
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("place %s: %w", folder, err)
	}
	return nil
}

func renameIfThere(from, to string) error {
	if err := os.Rename(from, to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
