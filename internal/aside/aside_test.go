package aside

import (
	"os"
	"path/filepath"
	"testing"
)

func folder(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "f"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "x")
	folder(t, at+Old, "left by a crash")
	for _, text := range []string{"one", "two"} {
		if err := Place(folder(t, filepath.Join(dir, ".partial"), text), at); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(at, "f"))
		entries, _ := os.ReadDir(dir)
		if err != nil || string(got) != text || len(entries) != 1 {
			t.Errorf("%q, %v, %v", got, entries, err)
		}
	}
	if err := Place(filepath.Join(dir, "nothing"), at); err == nil {
		t.Error("nothing was placed")
	}
	if got, err := os.ReadFile(filepath.Join(at, "f")); err != nil || string(got) != "two" {
		t.Errorf("what stood there did not come back: %q, %v", got, err)
	}
}
