package heatmap

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"huiliu/internal/drawing"
	"huiliu/marts/query"
)

// Options are what the job works on.
type Options struct {
	// Snapshots is the folder of snapshots, Reports that of reports.
	Snapshots, Reports string
	// Site is what an official calls the site.
	Site string
	View View
	// Fonts are files, or patterns of files, of fonts for the PNG, in the order
	// in which they are tried.
	Fonts []string
}

// Result is what the job wrote.
type Result struct {
	// Folder holds a folder a role; Files are all files in it.
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
	// Snapshot and AsOf are those of what is drawn.
	Snapshot string `json:"snapshot"`
	AsOf     string `json:"as_of"`
	// Font is the file that the PNG's texts were set in, empty for none.
	Font string `json:"font"`
}

// roles are those that a heatmap is drawn for: one inside the house, and one
// that leaves it.
var roles = []string{"office", "district"}

// pngScale is how many pixels of the PNG one of the picture has: 144 dpi at the
// picture's own size.
const pngScale = 2

// Write draws the current snapshot's heatmap for the office and for the
// district, each from its own role's files alone, as a page, an SVG and a PNG,
// into <reports>/heatmap/<as-of>/<role>/. The folder is written aside and
// moved whole; one that was there is replaced. Without a font it fails with a
// fault behind everything but the PNGs.
func Write(ctx context.Context, o Options) (r Result, err error) {
	parent := filepath.Join(o.Reports, "heatmap")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return r, fmt.Errorf("make folder of heatmaps: %w", err)
	}
	if err := sweep(parent); err != nil {
		return r, err
	}
	aside, err := os.MkdirTemp(parent, writing)
	if err != nil {
		return r, fmt.Errorf("make folder of heatmap: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	font := drawing.FindFont(o.Fonts)
	if font != nil {
		r.Font = font.Path
	}
	for _, role := range roles {
		a, err := openAtlas(ctx, o, role)
		if err != nil {
			return r, err
		}
		if r.Snapshot != "" && r.Snapshot != a.snapshot {
			return r, changed.At(o.Snapshots)
		}
		r.Snapshot, r.AsOf = a.snapshot, a.asOf.Format("2006-01-02")
		if err := a.write(filepath.Join(aside, role), o.View, font); err != nil {
			return r, err
		}
	}
	r.Folder = filepath.Join(parent, r.AsOf)
	if err := moveWhole(aside, r.Folder); err != nil {
		return r, err
	}
	if r.Files, err = filepath.Glob(filepath.Join(r.Folder, "*", "*")); err != nil {
		return r, fmt.Errorf("list heatmap: %w", err)
	}
	if font == nil {
		return r, NoFont.At(r.Folder)
	}
	return r, nil
}

// openAtlas reads a role's snapshot into an atlas.
func openAtlas(ctx context.Context, o Options, role string) (a *atlas, err error) {
	d, err := query.Open(ctx, o.Snapshots, role)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return read(ctx, d, o.Site)
}

// write writes one role's three files.
func (a *atlas) write(folder string, v View, font *drawing.Font) error {
	s, err := a.resolve(v)
	if err != nil {
		return err
	}
	page, err := a.page(s)
	if err != nil {
		return err
	}
	picture := a.figure(s)
	files := map[string][]byte{"heatmap.html": page, "heatmap.svg": picture.SVG()}
	if font != nil {
		if files["heatmap.png"], err = picture.PNG(font, pngScale); err != nil {
			return err
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("make folder of heatmap: %w", err)
	}
	for name, content := range files {
		if err := writeSynced(filepath.Join(folder, name), content); err != nil {
			return err
		}
	}
	return nil
}

// writeSynced writes a file that is on the disk when it returns.
func writeSynced(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write heatmap: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(content); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Sync()
}

// Names of folders that are not yet, or no longer, a heatmap.
const (
	writing = ".writing-"
	former  = ".former-"
)

// moveWhole puts a finished folder in its place. The one before steps aside
// first, so that the place never holds half of one.
func moveWhole(from, to string) error {
	before := filepath.Join(filepath.Dir(to), former+filepath.Base(to))
	if err := os.Rename(to, before); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("move old heatmap aside: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("move heatmap: %w", err)
	}
	if err := os.RemoveAll(before); err != nil {
		return fmt.Errorf("remove old heatmap: %w", err)
	}
	return nil
}

// sweep removes what a job that was killed left, and puts back a heatmap that
// had stepped aside for one that never came.
func sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return fmt.Errorf("list heatmaps: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(parent, e.Name())
		name, stepped := strings.CutPrefix(e.Name(), former)
		if stepped {
			if _, err := os.Stat(filepath.Join(parent, name)); errors.Is(err, os.ErrNotExist) {
				if err := os.Rename(path, filepath.Join(parent, name)); err != nil {
					return fmt.Errorf("put heatmap back: %w", err)
				}
				continue
			}
		}
		if stepped || strings.HasPrefix(e.Name(), writing) {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("sweep heatmaps: %w", err)
			}
		}
	}
	return nil
}
