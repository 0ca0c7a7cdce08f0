package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiliu/cmd/huiliu/bench"
	"huiliu/cmd/huiliu/config"
	"huiliu/marts/query"
)

type benchCmd struct {
	Rows int `default:"1000000" help:"Rows of the cold loads and of the upsert's batch."`
	Base int `default:"10000000" help:"Rows that the upsert goes into, 0 for no upsert."`
}

func (c benchCmd) run(ctx context.Context, e *env) (r result, err error) {
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
