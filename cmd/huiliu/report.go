package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"huiliu/cmd/huiliu/config"
	"huiliu/internal/drawing"
	"huiliu/jobs/report"
	"huiliu/marts/query"
)

type reportCmd struct {
	Draft reportDraftCmd `cmd:"" help:"Write a draft of the duty report: DOCX, HTML and Markdown."`
	Lint  reportLintCmd  `cmd:"" help:"Check a draft by the plan's rules."`
	Audit reportAuditCmd `cmd:"" help:"Follow the chain of the facts that drafts were made of."`
}

// reportOf is what every command on a report takes.
type reportOf struct {
	Kind   string `enum:"quarterly" default:"quarterly" help:"The kind of report: quarterly."`
	Period string `help:"The quarter, such as 2025Q4; the last whole one when not given." placeholder:"QUARTER"`
	Font   string `env:"HUILIU_FONT" help:"A TTF, OTF or TTC file with Chinese characters for the charts; looked for when not given." placeholder:"FILE"`
}

func (c reportOf) options(ctx context.Context, e *env) (report.Options, error) {
	site, err := config.Load(e.Config)
	if err != nil {
		return report.Options{}, err
	}
	if c.Period == "" {
		d, err := query.Open(ctx, filepath.Join(e.Store, "snapshots"), "office")
		if err != nil {
			return report.Options{}, err
		}
		if err := d.Close(); err != nil {
			return report.Options{}, err
		}
		c.Period = report.LastQuarter(d.AsOf)
	}
	period, err := report.Quarter(c.Period)
	if err != nil {
		return report.Options{}, err
	}
	faces := drawing.Places
	if c.Font != "" {
		faces = []string{c.Font}
	}
	return report.Options{Snapshots: filepath.Join(e.Store, "snapshots"), Reports: e.reports(), Site: site.Name, Period: period, Fonts: site.Fonts, Faces: faces}, nil
}

func (e *env) reports() string { return filepath.Join(e.Store, "reports") }

type reportDraftCmd struct{ reportOf }

func (reportDraftCmd) writes() bool { return true }

func (c reportDraftCmd) run(ctx context.Context, e *env) (result, error) {
	o, err := c.options(ctx, e)
	if err != nil {
		return result{}, err
	}
	r, err := report.Draft(ctx, o)
	if err != nil {
		return result{}, err
	}
	summary := fmt.Sprintf("%s: %s bound, of snapshot %s", r.Folder, many(r.Facts, "number"), r.Snapshot)
	if len(r.Missing) > 0 {
		summary += "\n  no data: " + strings.Join(r.Missing, ", ")
	}
	return result{summary: summary + findings(r.Findings), value: r}, nil
}

type reportLintCmd struct{ reportOf }

func (c reportLintCmd) run(ctx context.Context, e *env) (result, error) {
	o, err := c.options(ctx, e)
	if err != nil {
		return result{}, err
	}
	doc, _, _, err := report.Compose(ctx, o)
	if err != nil {
		return result{}, err
	}
	list := report.Lint(doc)
	return result{summary: strings.TrimPrefix(findings(list), "\n"), value: list}, nil
}

func findings(list []report.Finding) string {
	var out strings.Builder
	for _, f := range list {
		mark := "!"
		if f.OK {
			mark = "✓"
		}
		fmt.Fprintf(&out, "\n  %s %s（%s）：%s", mark, f.Rule, f.Place, f.Text)
	}
	return out.String()
}

type reportAuditCmd struct{}

func (reportAuditCmd) run(_ context.Context, e *env) (result, error) {
	n, err := report.Audit(e.reports())
	if err != nil {
		return result{}, err
	}
	return result{summary: many(n, "fact") + " follow one another unchanged", value: n}, nil
}
