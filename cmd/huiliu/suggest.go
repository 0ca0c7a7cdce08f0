package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/query"
	"huiliu/marts/store"
	"huiliu/marts/suggestion"
	"huiliu/transform/privacy"
)

type suggestCmd struct {
	Review suggestReviewCmd `cmd:"" default:"withargs" help:"List the suggested categories and units that wait for a person."`
	Show   suggestShowCmd   `cmd:"" help:"Show what is suggested for one request, why, and what was decided."`
	Decide suggestDecideCmd `cmd:"" help:"Note a request's category or unit, that none can be told, or that the model is to be asked again."`
	Fit    suggestFitCmd    `cmd:"" help:"Learn a new model from departments' values and people's decisions, and suggest anew."`
}

type suggestReviewCmd struct {
	Kind  string `help:"Only categories or units." enum:"category,unit,all" default:"all"`
	Limit int    `help:"At most so many, the likeliest first." default:"20"`
}

func (c suggestReviewCmd) run(ctx context.Context, e *env) (result, error) {
	where := "s.waits"
	if c.Kind != "all" {
		where += " AND s.kind = " + store.Quote(c.Kind)
	}
	return e.table(ctx, fmt.Sprintf(`SELECT s.request_id, s.kind, s.label, s.label_name, s.probability, s.state, coalesce(r.title, r.description_mask) AS said, s.reason, s.others
		FROM core.suggestion s JOIN core.service_request r ON r.id = s.request_id WHERE %s ORDER BY s.probability DESC NULLS LAST, s.request_id, s.kind LIMIT %d`, where, max(1, c.Limit)))
}

type suggestShowCmd struct {
	ID string `arg:"" help:"The request's id."`
}

var noSuggestion = &fault.Kind{
	Code: "no_such_suggestion", Class: fault.Input,
	Cause: fault.Text{EN: "nothing is suggested for {id} in the current snapshot", ZH: "当前快照中没有对 {id} 的建议"},
	Mend:  fault.Text{EN: "a department said both, or there is no such request: see `huiliu suggest review`", ZH: "部门已给出类别和承办单位，或没有此件诉求；用 `huiliu suggest review` 查看"},
}

func (c suggestShowCmd) run(ctx context.Context, e *env) (r result, err error) {
	where := " FROM core.suggestion s LEFT JOIN ops.suggest_decision d ON d.number = s.decision_number WHERE s.request_id = " + store.Quote(c.ID)
	n, err := e.number(ctx, "SELECT count(*)"+where)
	if err == nil && n == 0 {
		err = noSuggestion.At("suggest show", "id", c.ID)
	}
	if err != nil {
		return result{}, err
	}
	return e.table(ctx, "SELECT s.kind, s.label, s.label_name, s.probability, s.threshold, s.state, s.reason, s.others, s.model, s.decision, s.decided_label, d.decided_by, d.note, s.decided_on"+where+" ORDER BY s.kind")
}

// number is the answer of a query for one number.
func (e *env) number(ctx context.Context, text string) (n int64, err error) {
	d, err := query.Open(ctx, filepath.Join(e.Store, "snapshots"), "office")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	rows, err := d.Query(ctx, text)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&n)
	}
	return n, errors.Join(err, rows.Err())
}

type suggestDecideCmd struct {
	ID    string `arg:"" help:"The request's id."`
	Kind  string `arg:"" help:"category or unit." enum:"category,unit"`
	Label string `arg:"" optional:"" help:"The category's code, or its name where there is no code, or the unit's name; what is suggested when not given."`
	None  bool   `help:"It can't be told." xor:"word"`
	Open  bool   `help:"Take back what was decided: the model is asked again." xor:"word"`
	New   bool   `help:"Take a label that nobody used before."`
	By    string `help:"Who decided." required:""`
	Note  string `help:"Why."`
}

func (suggestDecideCmd) writes() bool { return true }

func (c suggestDecideCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := suggestion.Decision{ID: c.ID, Kind: c.Kind, Decision: suggestion.Is, Label: c.Label, New: c.New, By: c.By, Note: c.Note, At: time.Now(), On: a.asOf}
	switch {
	case c.None:
		d.Decision = suggestion.None
	case c.Open:
		d.Decision = suggestion.Open
	case c.Label == "":
		if d.Label, err = e.published(ctx, c.ID, c.Kind); err != nil {
			return result{}, err
		}
	}
	d, number, before, err := suggestion.Decide(ctx, s, d)
	if err != nil {
		return result{}, err
	}
	said := map[string]string{suggestion.Is: "is " + d.Label, suggestion.None: "can't be told", suggestion.Open: "is open again"}[d.Decision]
	words := map[suggestion.Standing]string{
		suggestion.Lacks: "it shows after the next build", suggestion.Given: "a department said it itself, and its word stays", suggestion.Gone: "the request is gone, and should it come again this holds",
	}
	return result{summary: fmt.Sprintf("decision %d: the %s of %s %s, says %s; %s", number, d.Kind, d.ID, said, d.By, words[before]), value: d}, nil
}

// published is the label that the current snapshot suggests: what a person
// takes without naming it is what they could read, and not what a model that
// was fitted since would say. It is empty where nothing is published.
func (e *env) published(ctx context.Context, id, kind string) (label string, err error) {
	d, err := query.Open(ctx, filepath.Join(e.Store, "snapshots"), "office")
	if query.NoSnapshot.Is(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if !slices.Contains(d.Tables(), "core.suggestion") {
		return "", nil
	}
	rows, err := d.Query(ctx, "SELECT coalesce(label, '') FROM core.suggestion WHERE request_id = "+query.Quote(id)+" AND kind = "+query.Quote(kind))
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&label)
	}
	return label, errors.Join(err, rows.Err())
}

type suggestFitCmd struct{}

func (suggestFitCmd) writes() bool { return true }

func (suggestFitCmd) run(ctx context.Context, e *env) (r result, err error) {
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
	suggested, err := a.suggest(ctx, s, w, true)
	w.stop()
	if err != nil {
		return result{}, err
	}
	summary := fmt.Sprintf("model %d stands: what is known says what it said before", suggested[0].Model)
	if suggested[0].Fitted {
		summary = suggestSummary(suggested) + fmt.Sprintf("model %d, learned from %s; it shows after the next build", suggested[0].Model, many(int(suggested[0].Learned), "request"))
	}
	return result{summary: summary, value: suggested}, nil
}

// suggest looks at the requests of which no department says category or unit,
// ahead of a build.
func (a *app) suggest(ctx context.Context, s *store.Store, w *watch, refit bool) ([]suggestion.Summary, error) {
	w.say("suggesting categories and units")
	return suggestion.Run(ctx, suggestion.Input{Store: s, Keeper: privacy.NewKeeper(a.box), AsOf: a.asOf, Refit: refit})
}

// suggestSummary is a line for each kind of which something was suggested.
func suggestSummary(list []suggestion.Summary) string {
	lines := [][]string{{"suggested", "known", "lacking", "looked at", "accepted", "to review", "decided", "seconds"}}
	for _, s := range list {
		if s.Suggested > 0 {
			lines = append(lines, []string{s.Kind, fmt.Sprint(s.Known), fmt.Sprint(s.Lacking), fmt.Sprint(s.Suggested), fmt.Sprint(s.Accepted), fmt.Sprint(s.Review), fmt.Sprint(s.Decided), fmt.Sprintf("%.1f", s.Seconds)})
		}
	}
	if len(lines) == 1 {
		return ""
	}
	var out strings.Builder
	_ = query.Align(&out, lines, []bool{false, true, true, true, true, true, true, true}) // a strings.Builder takes everything
	return out.String()
}
