package files

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// glob finds the names that a pattern chooses, sorted. To path.Match it adds
// ** as a whole segment, which stands for any number of folders, none too.
func glob(root fs.FS, pattern string) ([]string, error) {
	segments := strings.Split(pattern, "/")
	if !slices.Contains(segments, "**") {
		return fs.Glob(root, pattern)
	}
	var names []string
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if d != nil && d.IsDir() && name != "." {
				return fs.SkipDir // as fs.Glob passes over folders it may not read
			}
			return err
		}
		if !d.IsDir() && matchSegments(segments, strings.Split(name, "/")) {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func matchSegments(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(name) + 1 {
				if matchSegments(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], name[0]); err != nil || !ok {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}
