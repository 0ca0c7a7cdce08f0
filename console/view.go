package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiliu/marts/query"
)

// view is what the page shows.
type view struct {
	Site, Version, Problem string
	Snapshot, AsOf         string
	Work                   Work
	Planned                []Planned
	Sources                []sourceView
	Lights                 []light
	Trend                  []trendRow
	Quarters               []string
	Heatmap                heatmapView
	Drafts, Exports        []folder
	Review                 int64 // links and suggestions that wait for a person
}

// sourceView is how fresh one department is.
type sourceView struct {
	Name, State, Problem string
	At                   time.Time
	Read, Quarantined    int64
}

// OK reports whether the last visit went well.
func (s sourceView) OK() bool { return s.State == "ok" }

// light counts what is red, yellow or green.
type light struct {
	Light, Label string
	Count        int64
}

type trendRow struct {
	Month                            string
	Opened, Closed, Overdue, Backlog string
}

// heatmapView is where the newest heatmap lies, as paths below /files.
type heatmapView struct{ Page, Picture string }

// folder is one draft or export with its files.
type folder struct {
	Name  string
	At    time.Time
	Files []file
}

type file struct{ Name, Path, Size string }

func (c *Console) view(ctx context.Context) (v view, err error) {
	v = view{Site: c.Site, Version: c.version, Work: c.Work(), Planned: c.Planned()}
	v.Drafts, v.Exports = c.folders("reports", ".docx"), c.folders("exports", ".json")
	v.Heatmap = c.heatmap()
	d, err := c.open(ctx)
	if err != nil || d == nil {
		return v, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	v.Snapshot, v.AsOf = d.Snapshot, d.AsOf
	v.Quarters = quarters(d.AsOf)
	return v, errors.Join(c.sources(ctx, d, &v), lights(ctx, d, &v), trend(ctx, d, &v), review(ctx, d, &v))
}

// quarters are those of the last two years, the last whole one first.
func quarters(asOf string) []string {
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		return nil
	}
	var out []string
	at := 4*day.Year() + (int(day.Month())-1)/3
	for q := at - 1; q >= at-8; q-- {
		out = append(out, fmt.Sprintf("%dQ%d", q/4, q%4+1))
	}
	return out
}

func (c *Console) sources(ctx context.Context, d *query.DB, v *view) error {
	return each(ctx, d, `SELECT v.source_name, v.state, coalesce(v.problem, ''), v.ended_at, coalesce(l.read, 0), coalesce(l.quarantined, 0)
		FROM ops.visit v LEFT JOIN (SELECT run, source, sum(read)::BIGINT AS read, sum(quarantined)::BIGINT AS quarantined FROM ops.ledger GROUP BY ALL) l USING (run, source)
		QUALIFY row_number() OVER (PARTITION BY v.source ORDER BY v.ended_at DESC) = 1 ORDER BY v.source`,
		func(scan func(...any) error) error {
			var s sourceView
			if err := scan(&s.Name, &s.State, &s.Problem, &s.At, &s.Read, &s.Quarantined); err != nil {
				return err
			}
			v.Sources = append(v.Sources, s)
			return nil
		})
}

// lights counts the open matters by light, where the mart is published.
func lights(ctx context.Context, d *query.DB, v *view) error {
	if !slices.Contains(d.Tables(), "mart.rectification_ledger") {
		return nil
	}
	labels := map[string]string{"red": "逾期", "yellow": "临期", "green": "正常"}
	counts := map[string]int64{}
	err := each(ctx, d, "SELECT light, count(*) FROM mart.rectification_ledger WHERE closed_on IS NULL AND light IS NOT NULL GROUP BY 1 ORDER BY 1", func(scan func(...any) error) error {
		var name string
		var n int64
		if err := scan(&name, &n); err != nil {
			return err
		}
		counts[name] = n
		return nil
	})
	for _, name := range []string{"red", "yellow", "green"} {
		v.Lights = append(v.Lights, light{name, labels[name], counts[name]})
	}
	return err
}

// review counts what waits for a person.
func review(ctx context.Context, d *query.DB, v *view) error {
	kinds, err := waitingKinds(ctx, d)
	for _, k := range kinds {
		v.Review += k.Count
	}
	return err
}

// trendMonths is how many months the page shows.
const trendMonths = 12

func trend(ctx context.Context, d *query.DB, v *view) error {
	return each(ctx, d, fmt.Sprintf(`SELECT strftime(period_start, '%%Y-%%m'), sum(opened)::BIGINT, sum(closed)::BIGINT, sum(overdue)::BIGINT, sum(backlog)::BIGINT
		FROM mart.rectification_trend WHERE period_kind = 'month' AND period_start <= DATE '%s' GROUP BY period_start ORDER BY period_start DESC LIMIT %d`, v.AsOf, trendMonths),
		func(scan func(...any) error) error {
			var r trendRow
			var opened, closed, overdue, backlog any
			if err := scan(&r.Month, &opened, &closed, &overdue, &backlog); err != nil {
				return err
			}
			r.Opened, r.Closed, r.Overdue, r.Backlog = text(opened), text(closed), text(overdue), text(backlog)
			v.Trend = append(v.Trend, r)
			return nil
		})
}

// text shows a number, and a dash where there is none.
func text(v any) string {
	if v == nil {
		return "—"
	}
	return query.Text(v)
}

func each(ctx context.Context, d *query.DB, statement string, fn func(scan func(...any) error) error) (err error) {
	rows, err := d.Query(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return fmt.Errorf("read page's figures: %w", err)
		}
	}
	return rows.Err()
}

// shownFolders are the parts of the store that the page gives out.
var shownFolders = []string{"reports", "exports"}

// shown reports whether a path below the store may be given out: finished
// files of reports and exports, nothing half written or hidden.
func shown(path string) bool {
	parts := strings.Split(filepath.ToSlash(path), "/")
	return slices.Contains(shownFolders, parts[0]) && !slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, ".") || strings.HasSuffix(p, ".old") })
}

// most is how many drafts or exports the page lists.
const most = 20

// folders lists the folders below a part of the store that hold a file of a
// kind, the newest first.
func (c *Console) folders(part, kind string) []folder {
	byDir := map[string]*folder{}
	marked := map[string]bool{}
	root := filepath.Join(c.Store, part)
	eachFile(root, func(path string, info fs.FileInfo) {
		rel, err := filepath.Rel(c.Store, path)
		if err != nil || !shown(rel) {
			return
		}
		dir := filepath.Dir(path)
		f := byDir[dir]
		if f == nil {
			name, _ := filepath.Rel(root, dir)
			f = &folder{Name: filepath.ToSlash(name)}
			byDir[dir] = f
		}
		f.At = later(f.At, info.ModTime())
		f.Files = append(f.Files, file{info.Name(), filepath.ToSlash(rel), size(info.Size())})
		marked[dir] = marked[dir] || filepath.Ext(path) == kind
	})
	var out []folder
	for dir, f := range byDir {
		if marked[dir] {
			out = append(out, *f)
		}
	}
	slices.SortFunc(out, func(a, b folder) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Name, b.Name)) })
	return out[:min(len(out), most)]
}

// eachFile visits the files below a folder in the order of their names; what
// can't be read is passed over.
func eachFile(dir string, fn func(path string, info fs.FileInfo)) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if entry.IsDir() {
			eachFile(path, fn)
		} else if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			fn(path, info)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// heatmap finds the newest page of the heatmap and its picture.
func (c *Console) heatmap() (h heatmapView) {
	h.Page, h.Picture = c.newest("*.html"), c.newest("*.svg")
	return h
}

func (c *Console) newest(pattern string) string {
	found, err := filepath.Glob(filepath.Join(c.Store, "reports", "heatmap", "*", "office", pattern))
	if err != nil {
		return ""
	}
	var best string
	var at time.Time
	for _, path := range found {
		info, err := os.Stat(path)
		if err == nil && info.ModTime().After(at) {
			best, at = path, info.ModTime()
		}
	}
	rel, err := filepath.Rel(c.Store, best)
	if best == "" || err != nil {
		return ""
	}
	return filepath.ToSlash(rel)
}

// lines cuts a problem's text at its line breaks.
func lines(s string) []string { return strings.Split(s, "\n") }
