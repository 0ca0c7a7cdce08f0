package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiliu/cmd/huiliu/config"
	"huiliu/ingest/broker"
	"huiliu/ingest/pull"
	"huiliu/internal/fault"
	"huiliu/jobs/schedule"
	"huiliu/marts/build"
	"huiliu/marts/linkage"
	"huiliu/marts/load"
	"huiliu/marts/query"
	"huiliu/marts/store"
	"huiliu/marts/suggestion"
)

type runCmd struct {
	Select      []string `help:"Only these sources." placeholder:"ID"`
	FullRefresh bool     `help:"Read every table from its beginning."`
}

// sourceFailed says that a run is not whole though the rest of it is well.
var sourcesFailed = &fault.Kind{
	Code: "sources_failed", Class: fault.Failed,
	Cause: fault.Text{EN: "not every source was read and loaded", ZH: "部分来源未能读取或装载"},
	Mend:  fault.Text{EN: "the others went on; see the lines above", ZH: "其余来源照常进行；见上面各行"},
}

type runReport struct {
	Run       string       `json:"run"`
	Ledger    []load.Line  `json:"ledger"`
	Visits    []load.Visit `json:"sources"`
	Published published    `json:"published"`
	Jobs      []outcome    `json:"jobs"`
	Seconds   float64      `json:"seconds"`
}

func (runCmd) writes() bool { return true }

func (c runCmd) run(ctx context.Context, e *env) (r result, err error) {
	started := time.Now()
	w := e.watch()
	defer w.stop()
	report, cfg, err := e.cycle(ctx, c.Select, c.FullRefresh, w)
	if cfg == nil {
		return result{}, err
	}
	if report.Published.Snapshot != "" {
		jobs, jobErr := e.afterCycle(ctx, cfg, report, w)
		report.Jobs, err = jobs, errors.Join(err, jobErr)
	}
	w.stop()
	report.Seconds = time.Since(started).Seconds()
	return result{summary: runSummary(report), value: report}, err
}

// cycle pulls, loads, builds and publishes, and leaves nothing open. The
// configuration is nil when nothing was begun.
func (e *env) cycle(ctx context.Context, selected []string, full bool, w *watch) (report *runReport, cfg *config.Config, err error) {
	a, err := e.configure(selected)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, a.closeConnectors()) }()
	s, b, l, err := a.openAll(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, l.Close(), s.Close(), b.Close()) }()
	if err := l.BeginRun(ctx, "run", version); err != nil {
		return nil, nil, err
	}
	report = &runReport{Run: a.runID}
	if report.Visits, err = a.pullAndLoad(ctx, b, l, w, full); err != nil {
		return nil, nil, err
	}
	failed := failures(report.Visits, l.Problems())
	state := "ok"
	if failed != nil {
		state = "partly"
	}
	report.Ledger = l.Ledger()
	if err := l.EndRun(ctx, state, report.Visits); err != nil {
		return nil, nil, err
	}
	report.Published, err = a.publish(ctx, s, w)
	return report, a.config, errors.Join(err, failed)
}

// afterCycle books the sources that were pulled as done, and runs the jobs
// that are due.
func (e *env) afterCycle(ctx context.Context, cfg *config.Config, report *runReport, w *watch) ([]outcome, error) {
	s, err := e.openSchedule(cfg)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, v := range report.Visits {
		name := config.SourceEntry(cfg.Source(v.Source))
		if err := errors.Join(s.Begin(now, schedule.Due{Name: name, At: now}), s.End(now, name, v.Problem)); err != nil {
			return nil, err
		}
	}
	w.say("doing the jobs that are due")
	return e.jobsDue(ctx, cfg, s, now)
}

func (a *app) openAll(ctx context.Context, w *watch) (*store.Store, *broker.Broker, *load.Loader, error) {
	w.say("opening store and broker")
	s, err := a.openStore(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	b, err := a.openBroker(ctx)
	if err != nil {
		return nil, nil, nil, errors.Join(err, s.Close())
	}
	l, err := a.openLoader(ctx, s, b, w.loaded)
	if err != nil {
		return nil, nil, nil, errors.Join(err, b.Close(), s.Close())
	}
	w.say("")
	return s, b, l, nil
}

// pullAndLoad pulls all sources while the loader follows them.
func (a *app) pullAndLoad(ctx context.Context, b *broker.Broker, l *load.Loader, w *watch, full bool) ([]load.Visit, error) {
	options := a.pullOptions(b)
	options.FullRefresh = full
	done := make(chan struct{})
	loaded := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options.Published = func(source, table string, records int64) {
		w.pulled(source, table, records)
		w.pace(ctx)
	}
	go func() {
		err := l.Drain(ctx, done)
		if err != nil {
			cancel() // pullers that wait for an acknowledgement would wait for ever
		}
		loaded <- err
	}()
	results := pull.Run(ctx, options)
	close(done)
	w.say("loading what is left")
	if err := <-loaded; err != nil {
		return nil, err
	}
	return a.visits(results), ctx.Err()
}

func (a *app) visits(results []pull.Result) []load.Visit {
	out := make([]load.Visit, len(results))
	for i, r := range results {
		v := load.Visit{Source: r.Source, Name: a.config.Source(r.Source).Name, State: "ok", Seconds: r.Seconds}
		if r.Err != nil {
			v.State, v.Problem = "failed", describe(r.Err, a.lang)
		}
		out[i] = v
	}
	return out
}

func describe(err error, lang fault.Lang) string {
	var lines []string
	for _, f := range fault.All(err) {
		lines = append(lines, fmt.Sprintf("%s: %s [%s] → %s", f.Place, f.Cause(lang), f.Code(), f.Mend(lang)))
	}
	if len(lines) == 0 {
		return err.Error()
	}
	return strings.Join(lines, "\n")
}

func failures(visits []load.Visit, problems []error) error {
	for _, v := range visits {
		if v.State != "ok" {
			problems = append(problems, sourcesFailed.At(v.Source))
		}
	}
	return errors.Join(problems...)
}

// published is what linking, suggesting and building came to.
type published struct {
	build.Result
	Linked    []linkage.Summary    `json:"linked"`
	Suggested []suggestion.Summary `json:"suggested"`
}

// publish links the rows there are, suggests for those that lack something,
// builds and publishes.
func (a *app) publish(ctx context.Context, s *store.Store, w *watch) (p published, err error) {
	if p.Linked, err = a.link(ctx, s, w, false); err != nil {
		return p, err
	}
	if p.Suggested, err = a.suggest(ctx, s, w, false); err != nil {
		return p, err
	}
	p.Result, err = build.Build(ctx, build.Input{
		Store: s, Dir: a.snapshots(), AsOf: a.asOf, Run: a.runID, Site: a.config.ID, Steps: a.steps(),
		Progress: func(model string) { w.say("building " + model) },
	})
	return p, err
}

// runSummary is the short table that a run ends with.
func runSummary(r *runReport) string {
	var out strings.Builder
	lines := [][]string{{"source", "table", "read", "replayed", "new", "changed", "unchanged", "superseded", "deleted", "quarantined", "filtered", "vanished", "seconds"}}
	seconds := map[string]float64{}
	for _, v := range r.Visits {
		seconds[v.Source] = v.Seconds
	}
	fresh, deletes, before := int64(0), int64(0), ""
	for _, l := range r.Ledger {
		took, name := "", l.Name+" "+l.Source
		if l.Source == before {
			name = ""
		}
		before = l.Source
		if s, ok := seconds[l.Source]; ok {
			took = fmt.Sprintf("%.1f", s)
			delete(seconds, l.Source)
		}
		fresh, deletes = fresh+l.Replayed+l.New+l.Changed+l.Vanished, deletes+l.Deleted
		lines = append(lines, append(append([]string{name, l.Table}, counts(l.Counts)...), took))
	}
	right := []bool{false, false, true, true, true, true, true, true, true, true, true, true, true}
	_ = query.Align(&out, lines, right) // a strings.Builder takes everything
	whole := len(r.Visits) > 0
	for _, v := range r.Visits {
		if v.State != "ok" {
			whole = false
			fmt.Fprintf(&out, "\n✗ %s %s: %s\n", v.Name, v.Source, v.Problem)
		}
	}
	for _, l := range r.Ledger {
		whole = whole && !l.Stopped
	}
	switch {
	case fresh > 0 || !whole:
	case deletes > 0:
		fmt.Fprintf(&out, "\nNothing new but %s; those that came before change nothing.\n", many(int(deletes), "delete record"))
	default:
		out.WriteString("\nNothing new: every source stands where the last run left it.\n")
	}
	if r.Published.Snapshot != "" {
		out.WriteString("\n" + publishedSummary(&r.Published))
		if r.Seconds > 0 {
			fmt.Fprintf(&out, ", %.1f s in all", r.Seconds)
		}
		out.WriteString(jobLines(r.Jobs))
		out.WriteString("\n\n" + nextCommands(filepath.ToSlash(os.Args[0])))
	}
	return strings.TrimRight(out.String(), "\n")
}

// publishedSummary is one line on the snapshot, and one for each audit that
// only warns.
func publishedSummary(r *published) string {
	rows := int64(0)
	for _, t := range r.Tables {
		rows += t.Rows
	}
	line := fmt.Sprintf("published: snapshot %s, %d tables, %d rows, %d audits passed", r.Snapshot, len(r.Tables), rows, r.Audits)
	if r.Skipped {
		line = fmt.Sprintf("unchanged: snapshot %s stands, %d tables, %d rows", r.Snapshot, len(r.Tables), rows)
	}
	warnings := ""
	for _, w := range r.Warnings {
		warnings += "! " + w + "\n"
	}
	linked, suggested := linkSummary(r.Linked), suggestSummary(r.Suggested)
	if linked != "" && suggested != "" {
		linked += "\n"
	}
	return linked + suggested + warnings + line
}

// jobLines says of each job what it left and where.
func jobLines(jobs []outcome) string {
	var out strings.Builder
	for _, j := range jobs {
		if j.Problem != "" {
			fmt.Fprintf(&out, "\n✗ %s: %s", j.Job, j.Problem)
			continue
		}
		fmt.Fprintf(&out, "\n%s → %s", j.Job, strings.ReplaceAll(j.Said, "\n", "\n  "))
	}
	return out.String()
}

// nextCommands are three ways to go on, with the program called as it was.
func nextCommands(program string) string {
	if !strings.Contains(program, "/") || filepath.IsAbs(program) {
		program = "huiliu"
	}
	return "worth trying next:\n" +
		"  " + program + " query \"SELECT category, sum(requests) AS requests FROM mart.demand_heatmap WHERE area_kind = 'community' AND category_level = 1 GROUP BY ALL ORDER BY 2 DESC LIMIT 10\"\n" +
		"  " + program + " quarantine list\n" +
		"  " + program + " lineage mart.rectification_trend.overdue"
}

func counts(c load.Counts) []string {
	var out []string
	for _, n := range []int64{c.Read, c.Replayed, c.New, c.Changed, c.Unchanged, c.Superseded, c.Deleted, c.Quarantined, c.Filtered, c.Vanished} {
		out = append(out, fmt.Sprint(n))
	}
	return out
}
