// Package bench measures the road: rows a second from a source's file to
// committed core rows through Kafka, beside DuckDB's own bulk read of the same
// file into identical types. Each side runs in a process of its own, so that
// CPU seconds and peak memory are its alone, one after the other in one run,
// so that the ratio stands on any machine.
package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"huiliu/internal/fault"
)

// noCity is raised when the generator is not beside the program.
var noCity = &fault.Kind{
	Code: "bench_no_city", Class: fault.Missing,
	Cause: fault.Text{EN: "the synthetic city's program is not there", ZH: "找不到合成城市程序"},
	Mend:  fault.Text{EN: "run `make build`: it leaves bin/city beside bin/huiliu", ZH: "运行 `make build`，会在 bin/huiliu 旁生成 bin/city"},
}

// Side is what one process came to.
type Side struct {
	Rows    int64   `json:"rows"`
	Seconds float64 `json:"seconds"`
	// CPU is user and system time in seconds, PeakMB the largest resident set
	// in mebibytes.
	CPU    float64 `json:"cpu_seconds"`
	PeakMB float64 `json:"peak_mb"`
}

// RowsPerSecond is the speed.
func (s Side) RowsPerSecond() float64 { return float64(s.Rows) / s.Seconds }

// Case is one measurement.
type Case struct {
	Name   string `json:"name"`
	Huiliu Side   `json:"huiliu"`
	DuckDB Side   `json:"duckdb"`
	// Ratio is Huiliu's rows a second over DuckDB's.
	Ratio float64 `json:"ratio"`
}

// Options is what to measure.
type Options struct {
	// Dir is for the feeds and stores; it is emptied afterwards by the caller.
	Dir string
	// Rows is the size of the cold load and of the upsert's batch, Base what
	// the upsert goes into; 0 leaves the upsert out.
	Rows, Base int
	// Say tells what is done now.
	Say func(string)
}

// Child names what a child process does; it is the first argument behind the
// hidden command.
type Child struct {
	Kind   string // huiliu or duckdb
	Dir    string
	Format string
	File   string
	// Upsert says that the file is a batch for a table that is there.
	Upsert bool
}

// MemoryMB is the store's memory_mb, in mebibytes: a cold load is to stay
// under a gibibyte with all that is beside the store, an upsert reads the keys
// of all that is known again and again.
func (c Child) MemoryMB() int {
	if c.Upsert {
		return 768
	}
	return 448
}

// Run measures every case.
func Run(ctx context.Context, o Options) ([]Case, error) {
	var cases []Case
	for _, format := range []string{"csv", "jsonl"} {
		file, err := o.feed(ctx, "cold", format, o.Rows, 0)
		if err != nil {
			return nil, err
		}
		c, err := o.measure(ctx, "cold load, "+format, Child{Dir: filepath.Join(o.Dir, "cold-"+format), Format: format, File: file})
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
		if err := os.RemoveAll(file); err != nil {
			return nil, fmt.Errorf("remove feed: %w", err)
		}
	}
	if o.Base == 0 {
		return cases, nil
	}
	c, err := o.upsert(ctx)
	if err != nil {
		return nil, err
	}
	return append(cases, c), nil
}

func (o *Options) upsert(ctx context.Context) (Case, error) {
	dir := filepath.Join(o.Dir, "upsert")
	base, err := o.feed(ctx, "base", "csv", o.Base, 0)
	if err != nil {
		return Case{}, err
	}
	for _, kind := range []string{"huiliu", "duckdb"} {
		o.Say(fmt.Sprintf("upsert: %s loads %d rows to begin with", kind, o.Base))
		if _, err := o.child(ctx, Child{Kind: kind, Dir: dir, Format: "csv", File: base}); err != nil {
			return Case{}, err
		}
	}
	if err := os.Remove(base); err != nil {
		return Case{}, fmt.Errorf("remove feed: %w", err)
	}
	batch, err := o.feed(ctx, "batch", "csv", o.Rows, o.Rows)
	if err != nil {
		return Case{}, err
	}
	return o.measure(ctx, fmt.Sprintf("upsert of %d into %d, csv", o.Rows, o.Base), Child{Dir: dir, Format: "csv", File: batch, Upsert: true})
}

func (o *Options) measure(ctx context.Context, name string, child Child) (Case, error) {
	c := Case{Name: name}
	for _, side := range []struct {
		kind string
		into *Side
	}{{"duckdb", &c.DuckDB}, {"huiliu", &c.Huiliu}} {
		child.Kind = side.kind
		o.Say(name + ": " + side.kind)
		var err error
		if *side.into, err = o.child(ctx, child); err != nil {
			return c, err
		}
	}
	c.Ratio = c.Huiliu.RowsPerSecond() / c.DuckDB.RowsPerSecond()
	return c, nil
}

// feed writes a feed with the city's generator.
func (o *Options) feed(ctx context.Context, name, format string, rows, changed int) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find program: %w", err)
	}
	generator := filepath.Join(filepath.Dir(self), "city")
	if _, err := os.Stat(generator); err != nil {
		return "", noCity.At(generator).Because(err)
	}
	folder := filepath.Join(o.Dir, "feed-"+name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make feed folder: %w", err)
	}
	file := filepath.Join(folder, "requests."+format)
	o.Say(fmt.Sprintf("writing %d rows as %s", rows, format))
	args := []string{"bench-feed", "--rows", fmt.Sprint(rows), "--format", format, "--out", file}
	if changed > 0 {
		args = append(args, "--changed", fmt.Sprint(changed))
	}
	if out, err := exec.CommandContext(ctx, generator, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("write feed: %w: %s", err, out)
	}
	return file, nil
}

// child runs one side in a process of its own.
func (o *Options) child(ctx context.Context, c Child) (Side, error) {
	self, err := os.Executable()
	if err != nil {
		return Side{}, fmt.Errorf("find program: %w", err)
	}
	description, err := json.Marshal(c)
	if err != nil {
		return Side{}, err
	}
	command := exec.CommandContext(ctx, self, "bench-child", string(description))
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		return Side{}, fmt.Errorf("measure %s: %w: %s", c.Kind, err, complaint.String())
	}
	var side Side
	if err := json.Unmarshal(out, &side); err != nil {
		return Side{}, fmt.Errorf("measure %s: %w: %s", c.Kind, err, out)
	}
	return side, nil
}
