package files

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestGlob(t *testing.T) {
	root := fstest.MapFS{}
	for _, name := range []string{"a.csv", "x/a.csv", "x/y/a.csv", "x/y/b.txt", "z/a.csv"} {
		root[name] = &fstest.MapFile{}
	}
	for pattern, want := range map[string]string{
		"*.csv":      "a.csv",
		"*/*.csv":    "x/a.csv z/a.csv",
		"**/*.csv":   "a.csv x/a.csv x/y/a.csv z/a.csv",
		"x/**/*.csv": "x/a.csv x/y/a.csv",
		"x/**":       "x/a.csv x/y/a.csv x/y/b.txt",
		"**/y/*":     "x/y/a.csv x/y/b.txt",
		"**/q/*":     "",
	} {
		got, err := glob(root, pattern)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s finds %v (%v), want %s", pattern, got, err, want)
		}
	}
}
