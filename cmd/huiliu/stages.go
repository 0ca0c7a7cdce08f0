package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"huiliu/ingest/pull"
)

type pullCmd struct {
	Select      []string `help:"Only these sources." placeholder:"ID"`
	FullRefresh bool     `help:"Read every table from its beginning."`
}

func (pullCmd) writes() bool { return true }

func (c pullCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(c.Select)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, a.closeConnectors()) }()
	b, err := a.openBroker(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	w := e.watch()
	defer w.stop()
	options := a.pullOptions(b)
	options.Published, options.FullRefresh = w.pulled, c.FullRefresh
	results := pull.Run(ctx, options)
	w.stop()
	visits := a.visits(results)
	summary := ""
	for i, v := range visits {
		summary += fmt.Sprintf("%s %s: %d records in %d pages, %.1f s\n", v.State, v.Source, results[i].Read, results[i].Pages, v.Seconds)
		if v.Problem != "" {
			summary += "  " + v.Problem + "\n"
		}
	}
	return result{summary: strings.TrimRight(summary, "\n"), value: visits}, failures(visits, nil)
}

type loadCmd struct {
	Follow bool `help:"Go on loading until stopped."`
}

func (loadCmd) writes() bool { return true }

func (c loadCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	w := e.watch()
	defer w.stop()
	s, b, l, err := a.openAll(ctx, w)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, l.Close(), s.Close(), b.Close()) }()
	if err := l.BeginRun(ctx, "load", version); err != nil {
		return result{}, err
	}
	done := make(chan struct{})
	if !c.Follow {
		close(done)
	}
	err = l.Drain(ctx, done)
	if c.Follow && errors.Is(err, context.Canceled) {
		err = nil // stopped as it was asked to be
	}
	state := "ok"
	if err = errors.Join(append(l.Problems(), err)...); err != nil {
		state = "partly"
	}
	w.stop()
	ledger := l.Ledger()
	report := &runReport{Run: a.runID, Ledger: ledger}
	return result{summary: runSummary(report), value: ledger}, errors.Join(err, l.EndRun(context.WithoutCancel(ctx), state, nil))
}

type buildCmd struct{}

func (buildCmd) writes() bool { return true }

func (buildCmd) run(ctx context.Context, e *env) (r result, err error) {
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
	published, err := a.publish(ctx, s, w)
	w.stop()
	if err != nil {
		return result{value: published}, err
	}
	return result{summary: publishedSummary(&published), value: published}, nil
}

type reprocessCmd struct {
	Sources []string `arg:"" optional:"" help:"Only these sources." placeholder:"ID"`
}

func (reprocessCmd) writes() bool { return true }

func (c reprocessCmd) run(ctx context.Context, e *env) (r result, err error) {
	return e.replay(ctx, "reprocess", func(ctx context.Context, l replayer) error { return l.Reprocess(ctx, c.Sources...) })
}

type replayer interface {
	Reprocess(ctx context.Context, sources ...string) error
	ReplayQuarantine(ctx context.Context, ids ...uint64) error
}

// replay opens the store and does archived pages again, then publishes.
func (e *env) replay(ctx context.Context, name string, fn func(context.Context, replayer) error) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	w := e.watch()
	defer w.stop()
	s, b, l, err := a.openAll(ctx, w)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, l.Close(), s.Close(), b.Close()) }()
	if err := l.BeginRun(ctx, name, version); err != nil {
		return result{}, err
	}
	if err := fn(ctx, l); err != nil {
		return result{}, err
	}
	report := &runReport{Run: a.runID, Ledger: l.Ledger()}
	if err := l.EndRun(ctx, "ok", nil); err != nil {
		return result{}, err
	}
	report.Published, err = a.publish(ctx, s, w)
	w.stop()
	return result{summary: runSummary(report), value: report}, err
}
