package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"huiliu/cmd/huiliu/config"
	"huiliu/internal/drawing"
	"huiliu/jobs/heatmap"
)

type jobCmd struct {
	Run jobRunCmd `cmd:"" help:"Run one job on the current snapshot."`
}

type jobRunCmd struct {
	Heatmap heatmapCmd `cmd:"" help:"Draw the demand heatmap: a page, an SVG and a PNG, for the office and for the district."`
}

type heatmapCmd struct {
	Month    string `help:"The month to show first; the last whole one when not given." placeholder:"YYYY-MM"`
	Category string `help:"The first-level category to show first; all of them when not given."`
	Area     string `enum:",community,h3_8,h3_9" default:"" help:"What to show first: community, h3_8, h3_9."`
	Count    string `enum:",requests,issues" default:"" help:"What to count first: requests, or issues, which is the default."`
	Measure  string `enum:",count,rate" default:"" help:"What to colour first: count or rate; the rate where residents are known."`
	Font     string `env:"HUILIU_FONT" help:"A TTF, OTF or TTC file with Chinese characters for the PNG; looked for when not given." placeholder:"FILE"`
}

func (heatmapCmd) writes() bool { return true }

func (c heatmapCmd) run(ctx context.Context, e *env) (result, error) {
	site, err := config.Load(e.Config)
	if err != nil {
		return result{}, err
	}
	fonts := drawing.Places
	if c.Font != "" {
		fonts = []string{c.Font}
	}
	r, err := heatmap.Write(ctx, heatmap.Options{
		Snapshots: filepath.Join(e.Store, "snapshots"), Reports: e.reports(), Site: site.Name, Fonts: fonts,
		View: heatmap.View{Month: c.Month, Category: c.Category, Area: c.Area, Unit: c.Count, Measure: c.Measure},
	})
	if len(r.Files) == 0 {
		return result{}, err
	}
	summary := fmt.Sprintf("heatmap of snapshot %s, data to %s:\n  %s", r.Snapshot, r.AsOf, strings.Join(r.Files, "\n  "))
	if heatmap.NoFont.Is(err) && c.Font == "" { // a picture less, on a machine that can't draw it, is no failure
		summary, err = summary+"\n  ! "+describe(err, e.lang), nil
	}
	return result{summary: summary, value: r}, err
}
