package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiliu/cmd/huiliu/bench"
	"huiliu/cmd/huiliu/bench/linkage"
	"huiliu/cmd/huiliu/config"
	"huiliu/internal/fault"
	"huiliu/marts/query"
)

type benchCmd struct {
	Load benchLoadCmd `cmd:"" default:"withargs" help:"Measure loading beside DuckDB's own bulk read; what bench does alone."`
	Link benchLinkCmd `cmd:"" help:"Measure de-siloing on sets with known truth below HUILIU_DATA."`
}

type benchLoadCmd struct {
	Rows int `default:"1000000" help:"Rows of the cold loads and of the upsert's batch."`
	Base int `default:"10000000" help:"Rows that the upsert goes into, 0 for no upsert."`
}

func (c benchLoadCmd) run(ctx context.Context, e *env) (r result, err error) {
	dir, err := os.MkdirTemp("", "huiliu-bench-")
	if err != nil {
		return result{}, fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	say := func(what string) {
		if !e.Quiet && !e.JSON {
			fmt.Fprintln(e.err, what)
		}
	}
	cases, err := bench.Run(ctx, bench.Options{Dir: dir, Rows: c.Rows, Base: c.Base, Say: say})
	return result{summary: benchSummary(cases), value: cases}, err
}

func benchSummary(cases []bench.Case) string {
	lines := [][]string{{"case", "huiliu rows/s", "duckdb rows/s", "ratio", "cpu s", "duckdb cpu s", "peak MiB", "duckdb peak MiB"}}
	for _, c := range cases {
		lines = append(lines, []string{c.Name, fmt.Sprintf("%.0f", c.Huiliu.RowsPerSecond()), fmt.Sprintf("%.0f", c.DuckDB.RowsPerSecond()), fmt.Sprintf("%.2f", c.Ratio),
			fmt.Sprintf("%.1f", c.Huiliu.CPU), fmt.Sprintf("%.1f", c.DuckDB.CPU), fmt.Sprintf("%.0f", c.Huiliu.PeakMB), fmt.Sprintf("%.0f", c.DuckDB.PeakMB)})
	}
	var out strings.Builder
	_ = query.Align(&out, lines, []bool{false, true, true, true, true, true, true, true}) // a strings.Builder takes everything
	return strings.TrimRight(out.String(), "\n")
}

type benchLinkCmd struct {
	Data string   `env:"HUILIU_DATA" required:"" help:"The folder with the public data." placeholder:"DIR"`
	Sets []string `arg:"" optional:"" help:"Sets to measure; all when none is named."`
}

var benchFell = &fault.Kind{
	Code: "bench_link_fell", Class: fault.Failed,
	Cause: fault.Text{EN: "below its floor: {what}", ZH: "低于下限：{what}"},
	Mend:  fault.Text{EN: "see what the last change did to it; a floor is lowered only by a decision", ZH: "请检查最近的改动；下限只能经决策降低"},
}

func (c benchLinkCmd) run(ctx context.Context, e *env) (result, error) {
	say := func(what string) {
		if !e.Quiet && !e.JSON {
			fmt.Fprintln(e.err, what)
		}
	}
	figures, err := linkage.Run(ctx, c.Data, c.Sets, say)
	lines := [][]string{{"set", "figure", "value", "at least", "aim"}}
	for _, f := range figures {
		floor, aim := "", ""
		if f.Floor != 0 {
			floor = shown(f.Floor, f.Unit)
		}
		if f.Less {
			floor = "at most " + floor
		}
		if f.Aim != 0 {
			aim = shown(f.Aim, f.Unit)
		}
		lines = append(lines, []string{f.Set, f.Name, shown(f.Value, f.Unit), floor, aim})
	}
	var out strings.Builder
	if len(figures) > 0 {
		_ = query.Align(&out, lines, []bool{false, false, true, true, true}) // a strings.Builder takes everything
	}
	for _, f := range linkage.Missed(figures) {
		err = errors.Join(err, benchFell.At(f.Set+" "+f.Name, "what", shown(f.Value, f.Unit)))
	}
	return result{summary: strings.TrimRight(out.String(), "\n"), value: figures}, err
}

// shown writes a share with four decimals, anything else with its unit.
func shown(v float64, unit string) string {
	switch {
	case unit == "":
		return fmt.Sprintf("%.4f", v)
	case v == math.Trunc(v):
		return fmt.Sprintf("%.0f %s", v, unit)
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}

// benchChildCmd is one side of a measurement, in a process of its own.
type benchChildCmd struct {
	Description string `arg:""`
}

func (c benchChildCmd) run(ctx context.Context, e *env) (result, error) {
	var child bench.Child
	if err := json.Unmarshal([]byte(c.Description), &child); err != nil {
		return result{}, err
	}
	measure := bench.DuckDB
	if child.Kind == "huiliu" {
		measure = e.measureLoad
	}
	side, err := measure(ctx, child)
	if err != nil {
		return result{}, err
	}
	answer, err := json.Marshal(side)
	return result{summary: string(answer)}, err
}

// measureLoad loads the feed through Kafka into a store and counts the rows
// that core then has.
func (e *env) measureLoad(ctx context.Context, child bench.Child) (side bench.Side, err error) {
	e.Store, e.Quiet = child.Dir, true
	variables := map[string]string{"BENCH_FEED": filepath.Dir(child.File), "BENCH_MEMORY_MB": fmt.Sprint(child.MemoryMB())}
	c, err := config.Parse("bench", bench.Config, func(name string) (string, bool) { v, ok := variables[name]; return v, ok })
	if err != nil {
		return side, err
	}
	a := &app{env: e, config: c, runID: "bench", asOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), log: slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelError}))}
	if a.box, err = e.openBox(c.Suite); err != nil {
		return side, err
	}
	if err := a.compile(nil); err != nil {
		return side, err
	}
	w := e.watch()
	s, b, l, err := a.openAll(ctx, w)
	if err != nil {
		return side, err
	}
	defer func() { err = errors.Join(err, a.closeConnectors(), l.Close(), s.Close(), b.Close()) }()
	meter := bench.Start()
	visits, err := a.pullAndLoad(ctx, b, l, w, false)
	side = meter.Stop()
	if err = errors.Join(err, failures(visits, l.Problems())); err != nil {
		return side, err
	}
	counts := l.Ledger()[0].Counts
	if side.Rows = counts.New + counts.Changed; side.Rows != counts.Read {
		return side, fmt.Errorf("of %d rows %d reached core", counts.Read, side.Rows)
	}
	return side, nil
}
