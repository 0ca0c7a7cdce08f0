package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"huiliu/marts/linkage"
	"huiliu/marts/query"
	"huiliu/marts/store"
	"huiliu/transform/privacy"
)

type linkCmd struct {
	Review linkReviewCmd `cmd:"" default:"withargs" help:"List the pairs of rows that may be one and wait for a person."`
	Show   linkShowCmd   `cmd:"" help:"Show the rows of one entity and why they are one."`
	Decide linkDecideCmd `cmd:"" help:"Note that two rows are one, are two, or are to be judged by the model again."`
	Fit    linkFitCmd    `cmd:"" help:"Learn new weights from the rows there are, and link all anew."`
}

type linkReviewCmd struct {
	Entity string `help:"Only persons or organisations." enum:"person,organisation,all" default:"all"`
	Limit  int    `help:"At most so many pairs, the likeliest first." default:"20"`
}

func (c linkReviewCmd) run(ctx context.Context, e *env) (result, error) {
	where := "true"
	if c.Entity != "all" {
		where = "entity = " + store.Quote(c.Entity)
	}
	return e.table(ctx, fmt.Sprintf("SELECT entity, probability, row_a, said_a, row_b, said_b, reason FROM core.link_review WHERE %s ORDER BY probability DESC, row_a, row_b LIMIT %d", where, max(1, c.Limit)))
}

type linkShowCmd struct {
	ID string `arg:"" help:"The entity's id, of today or of before."`
}

func (c linkShowCmd) run(ctx context.Context, e *env) (result, error) {
	id := store.Quote(c.ID)
	return e.table(ctx, fmt.Sprintf(`SELECT entity_id, row_id, rule, probability, near_row_id, reason FROM core.link
		WHERE entity_id = coalesce((SELECT entity_id FROM core.link_alias WHERE alias_id = %s), %s) ORDER BY row_id`, id, id))
}

type linkDecideCmd struct {
	A        string `arg:"" help:"One row's id."`
	B        string `arg:"" help:"The other row's id."`
	Decision string `arg:"" help:"same, apart or open."`
	Entity   string `help:"What the rows are: person, organisation or issue." enum:"person,organisation,issue" default:"person"`
	By       string `help:"Who decided." required:""`
	Note     string `help:"Why."`
}

func (linkDecideCmd) writes() bool { return true }

func (c linkDecideCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := linkage.Decision{Kind: c.Entity, A: c.A, B: c.B, Decision: c.Decision, By: c.By, Note: c.Note, At: time.Now(), On: a.asOf}
	number, before, err := linkage.Decide(ctx, s, d)
	if err != nil {
		return result{}, err
	}
	words := map[linkage.Standing]string{linkage.One: "they are one now", linkage.Two: "they are two now", linkage.Gone: "one of them is gone"}
	return result{summary: fmt.Sprintf("decision %d: %s and %s are %s, says %s; %s, and it shows after the next build", number, c.A, c.B, c.Decision, c.By, words[before]), value: d}, nil
}

type linkFitCmd struct{}

func (linkFitCmd) writes() bool { return true }

func (linkFitCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	w := e.watch()
	defer w.stop()
	linked, err := a.link(ctx, s, w, true)
	w.stop()
	summary := "there are no rows to link"
	if text := linkSummary(linked); text != "" {
		summary = text + "it shows after the next build"
	}
	return result{summary: summary, value: linked}, err
}

// link says which rows are one, ahead of a build.
func (a *app) link(ctx context.Context, s *store.Store, w *watch, refit bool) ([]linkage.Summary, error) {
	return linkage.Run(ctx, linkage.Input{
		Store: s, Keeper: privacy.NewKeeper(a.box), AsOf: a.asOf, Site: linkage.Site{Town: a.config.Name, Region: a.config.Region}, Refit: refit,
		Progress: func(kind string) { w.say("linking " + kind + "s") },
	})
}

// linkSummary is a line for each kind of which something was linked.
func linkSummary(list []linkage.Summary) string {
	lines := [][]string{{"linked", "rows", "changed", "compared", "entities", "of several rows", "to review", "seconds"}}
	for _, l := range list {
		if l.Changed > 0 {
			lines = append(lines, []string{l.Kind, fmt.Sprint(l.Rows), fmt.Sprint(l.Changed), fmt.Sprint(l.Compared), fmt.Sprint(l.Entities), fmt.Sprint(l.Shared), fmt.Sprint(l.Review), fmt.Sprintf("%.1f", l.Seconds)})
		}
	}
	if len(lines) == 1 {
		return ""
	}
	var out strings.Builder
	_ = query.Align(&out, lines, []bool{false, true, true, true, true, true, true, true}) // a strings.Builder takes everything
	return out.String()
}
