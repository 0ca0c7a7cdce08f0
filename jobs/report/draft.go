package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"huiliu/internal/aside"
	"huiliu/internal/drawing"
	"huiliu/marts/query"
)

// Options is what a draft is made of.
type Options struct {
	// Snapshots is the snapshots' folder, Reports where drafts go.
	Snapshots, Reports string
	Site               string
	Period             Period
	Fonts              Fonts
	// Faces are where fonts for pictures are looked for.
	Faces []string
}

// Result is a draft that was written.
type Result struct {
	Folder   string    `json:"folder"`
	Snapshot string    `json:"snapshot"`
	AsOf     string    `json:"as_of"`
	Files    []string  `json:"files"`
	Facts    int       `json:"facts"`
	Missing  []string  `json:"missing"`
	Findings []Finding `json:"findings"`
}

// Compose makes the document of a period from the current snapshot.
func Compose(ctx context.Context, o Options) (doc *Document, snapshot, asOf string, err error) {
	l, err := readLibrary()
	if err != nil {
		return nil, "", "", err
	}
	if err := checkTemplate(templateText, l); err != nil {
		return nil, "", "", err
	}
	d, err := query.Open(ctx, o.Snapshots, "office")
	if err != nil {
		return nil, "", "", err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	facts, tables, err := collect(ctx, d, o.Period, l)
	if err != nil {
		return nil, "", "", err
	}
	font := drawing.FindFont(o.Faces)
	given := map[string]string{"site": o.Site, "period": o.Period.Label(), "as_of": d.AsOf}
	doc = compose(templateText, given, facts, tables, func(t *Table) *Chart { return drawChart(t, font) })
	return doc, d.Snapshot, d.AsOf, nil
}

// Draft writes a draft of the current snapshot to
// <reports>/drafts/quarterly-<period>: the document as DOCX, HTML and
// Markdown, its charts, and what the lint finds. The facts go to the chain of
// facts first.
func Draft(ctx context.Context, o Options) (r Result, err error) {
	doc, snapshot, asOf, err := Compose(ctx, o)
	if err != nil {
		return r, err
	}
	r = Result{Snapshot: snapshot, AsOf: asOf, Facts: len(doc.Facts), Findings: Lint(doc)}
	for _, f := range doc.Facts {
		if !f.Known() {
			r.Missing = append(r.Missing, f.Label)
		}
	}
	name := "quarterly-" + o.Period.Name
	if err := appendFacts(filepath.Join(o.Reports, factsFile), name, snapshot, asOf, doc.Facts); err != nil {
		return r, err
	}
	parent := filepath.Join(o.Reports, "drafts")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return r, fmt.Errorf("make drafts folder: %w", err)
	}
	partial, err := os.MkdirTemp(parent, ".partial-*")
	if err != nil {
		return r, fmt.Errorf("make draft's folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }() // nothing is there once it was moved
	docx, err := doc.DOCX(o.Fonts)
	if err != nil {
		return r, err
	}
	base := o.Site + "述职报告初稿-" + o.Period.Name
	files := map[string][]byte{base + ".docx": docx, base + ".html": doc.HTML(), base + ".md": doc.Markdown(), "检查.txt": []byte(findingsText(r.Findings)), "取数语句.txt": []byte(queriesText(doc.Facts))}
	for _, b := range doc.Blocks {
		if b.Chart != nil {
			files[b.Chart.Table.ID+".svg"] = b.Chart.SVG
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(partial, name), content, 0o600); err != nil {
			return r, fmt.Errorf("write draft: %w", err)
		}
	}
	r.Folder = filepath.Join(parent, name)
	if err := aside.Place(partial, r.Folder); err != nil {
		return r, err
	}
	r.Files, err = filepath.Glob(filepath.Join(r.Folder, "*"))
	return r, err
}

// queriesText lists how each number was got.
func queriesText(facts []*Fact) string {
	var out strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&out, "%s %s\n  %s\n\n", f.ID, f.Label, f.Query)
	}
	return out.String()
}

func findingsText(list []Finding) string {
	var out strings.Builder
	for _, f := range list {
		mark := "✗"
		if f.OK {
			mark = "✓"
		}
		fmt.Fprintf(&out, "%s %s（%s）：%s\n", mark, f.Rule, f.Place, f.Text)
	}
	return out.String()
}
