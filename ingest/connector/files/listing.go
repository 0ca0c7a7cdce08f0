package files

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// file is one stored file that the patterns chose.
type file struct {
	// name is the path below the root, with slashes.
	name string
	tree Tree
	at   time.Time
	// undated says that the name does not show the date it should.
	undated bool
	info    fs.FileInfo
	// sha is the SHA-256 of the stored bytes in hex, empty until hashed.
	sha string
	// unstable says that it changed while it was read: it waits for the next
	// listing.
	unstable bool
}

// dated reads the date that a file's name declares.
type dated struct {
	name   *regexp.Regexp
	layout string
}

// parseDate reads a pattern such as snapshot_{2006-01-02}*.csv.gz.
func parseDate(pattern string) (*dated, error) {
	before, rest, ok1 := strings.Cut(pattern, "{")
	layout, after, ok2 := strings.Cut(rest, "}")
	if !ok1 || !ok2 || layout == "" {
		return nil, errors.New("no layout in braces")
	}
	if _, err := time.Parse(layout, time.Date(2021, 12, 28, 0, 0, 0, 0, time.UTC).Format(layout)); err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	glob := func(s string) string {
		s = strings.ReplaceAll(regexp.QuoteMeta(s), `\*`, `.*`)
		return strings.ReplaceAll(s, `\?`, `.`)
	}
	re, err := regexp.Compile("^" + glob(before) + "(" + shape(layout) + ")" + glob(after) + "$")
	if err != nil {
		return nil, err
	}
	return &dated{re, layout}, nil
}

var layoutRun = regexp.MustCompile(`[0-9]+|January|Jan|[^0-9]`)

// shape is the pattern of the dates that a layout writes: as many digits as it
// has, one or two for a single one.
func shape(layout string) string {
	return layoutRun.ReplaceAllStringFunc(layout, func(run string) string {
		switch {
		case run == "January" || run == "Jan":
			return "[A-Za-z]+"
		case run[0] < '0' || run[0] > '9':
			return regexp.QuoteMeta(run)
		case len(run) == 1:
			return "[0-9]{1,2}"
		}
		return fmt.Sprintf("[0-9]{%d}", len(run))
	})
}

func (d *dated) of(name string, zone *time.Location) (time.Time, bool) {
	m := d.name.FindStringSubmatch(path.Base(name))
	if m == nil {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(d.layout, m[1], zone)
	return at, err == nil
}

// list finds the files of a table in the order they are read: by the date
// they declare, those without one last, then by name.
func list(tree Tree, s *settings) ([]*file, error) {
	var files []*file
	seen := map[string]bool{}
	for _, pattern := range s.Path {
		names, err := glob(tree, pattern)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", pattern, err)
		}
		for _, name := range names {
			if seen[name] || passed(name) {
				continue
			}
			seen[name] = true
			f := &file{name: name, tree: tree}
			if f.info, err = tree.Stat(name); err != nil || f.info.IsDir() {
				continue // gone since it was listed
			}
			if s.date != nil {
				var ok bool
				f.at, ok = s.date.of(name, s.zone)
				f.undated = !ok
			}
			files = append(files, f)
		}
	}
	if err := tree.Sound(); err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b *file) int {
		byDate := 0
		if s.Order != "name" {
			byDate = cmp.Or(boolOrder(a.at.IsZero(), b.at.IsZero()), a.at.Compare(b.at))
		}
		return cmp.Or(byDate, cmp.Compare(a.name, b.name))
	})
	return files, nil
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// passed tells names that programs give to files still being written.
func passed(name string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~$") {
		return true
	}
	switch strings.ToLower(path.Ext(base)) {
	case ".tmp", ".part", ".filepart", ".crdownload":
		return true
	}
	return false
}

// hash fills the file's sha. It reports false when the file is gone or is
// still being written: it will be looked at again at the next reading.
func (f *file) hash(ctx context.Context) (bool, error) {
	if f.sha != "" {
		return true, nil
	}
	in, err := openFile(f.tree, f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open %s: %w", f.name, err)
	}
	defer in.Close()
	sum := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := in.Read(buf)
		sum.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, fmt.Errorf("read %s: %w", f.name, err)
		}
	}
	if changed, err := f.changed(); changed || err != nil {
		return false, err
	}
	f.sha = hex.EncodeToString(sum.Sum(nil))
	return true, nil
}

// changed reports whether the file is another one than when it was listed.
// It faults where the tree can't tell.
func (f *file) changed() (bool, error) {
	info, err := f.tree.Stat(f.name)
	if err != nil {
		return true, f.tree.Sound()
	}
	return info.Size() != f.info.Size() || !info.ModTime().Equal(f.info.ModTime()), nil
}

// young reports whether the file changed less than settle before now. A time
// that lies ahead tells of another clock and not of the file.
func (f *file) young(settle time.Duration, now time.Time) bool {
	age := now.Sub(f.info.ModTime())
	return age >= 0 && age < settle
}

// mark is how the cursor names the file: by its bytes, and in a snapshot table
// by its date as well, since a state may come back as it was.
func (f *file) mark(s *settings) string {
	if s.snapshot && !f.at.IsZero() {
		sum := sha256.Sum256([]byte(f.sha + f.at.UTC().Format(time.RFC3339)))
		return hex.EncodeToString(sum[:8])
	}
	return f.sha[:16]
}
