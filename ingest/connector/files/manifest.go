package files

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
)

// manifests is what departments state beside their files, by file name.
type manifests map[string][]stated

// stated is one entry of a manifest.
type stated struct {
	rows int64
	sha  string
}

// maxManifest is how large a manifest may be, in bytes.
const maxManifest = 16 << 20

// readManifests reads all manifests that match. One that can't be read is
// said in the log: it stops no file, which then goes without a count.
func readManifests(tree Tree, s *settings, log *slog.Logger) (manifests, error) {
	if s.Manifest == nil {
		return nil, nil
	}
	names, err := fs.Glob(tree, s.Manifest.Path)
	if err != nil {
		return nil, fmt.Errorf("find manifests: %w", err)
	}
	if err := tree.Sound(); err != nil {
		return nil, err
	}
	slices.SortFunc(names, cmp.Compare)
	out := manifests{}
	for _, name := range names {
		if passed(name) {
			continue
		}
		if err := out.read(tree, name, s.Manifest); err != nil {
			log.Warn("the manifest can't be read", slog.String("file", name), slog.Any("error", err))
		}
	}
	return out, nil
}

func (m manifests) read(root fs.FS, name string, form *manifestForm) error {
	info, err := fs.Stat(root, name)
	if err != nil {
		return err
	}
	if info.Size() > maxManifest {
		return fmt.Errorf("%d bytes, at most %d", info.Size(), maxManifest)
	}
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	for _, key := range strings.FieldsFunc(form.List, func(r rune) bool { return r == '.' }) {
		object, _ := doc.(map[string]any)
		doc = object[key]
	}
	list, ok := doc.([]any)
	if !ok {
		list = []any{doc}
	}
	for _, item := range list {
		entry, ok := item.(map[string]any)
		file, _ := entry[form.File].(string)
		if !ok || file == "" {
			return fmt.Errorf("an entry names no file under %q", form.File)
		}
		st := stated{rows: -1}
		switch v := entry[form.Rows].(type) {
		case float64:
			st.rows = int64(v)
		case string:
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				st.rows = n
			}
		}
		sum, _ := entry[form.SHA256].(string)
		st.sha = strings.ToLower(sum)
		m[path.Base(file)] = append(m[path.Base(file)], st)
	}
	return nil
}

// check compares a file with what is stated of it and returns the source's
// count, -1 when there is none. With several entries of one name the one of
// the same sum counts, or the last that states none.
func (m manifests) check(f *file) (int64, error) {
	entries := m[path.Base(f.name)]
	if len(entries) == 0 {
		return -1, nil
	}
	rows, found := int64(-1), false
	for _, e := range entries {
		if e.sha == f.sha {
			return e.rows, nil
		}
		if e.sha == "" {
			rows, found = e.rows, true
		}
	}
	if !found {
		return -1, refuse(sumMismatch)
	}
	return rows, nil
}
