package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/build"
	"huiliu/marts/query"
)

type validateCmd struct{}

func (validateCmd) run(_ context.Context, e *env) (result, error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	list, err := build.Plan(a.steps())
	if err != nil {
		return result{}, err
	}
	summary := fmt.Sprintf("%s is right: site %s (%s), %s, %s, %s", e.Config, a.config.Name, a.config.ID, many(len(a.pulled), "source"), many(len(a.feeds), "table"), many(len(list), "model"))
	return result{summary: summary, value: a.ids()}, nil
}

func many(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

type planCmd struct{}

func (planCmd) run(_ context.Context, e *env) (result, error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	list, err := build.Plan(a.steps())
	if err != nil {
		return result{}, err
	}
	var out strings.Builder
	out.WriteString("pull, several at a time:\n")
	for _, d := range a.config.Sources {
		when := d.Every
		if when == "" {
			when = "when asked"
		}
		fmt.Fprintf(&out, "  %s %s over %s (%s)\n", d.ID, d.Name, d.Connector, when)
		for i := range d.Tables {
			t := &d.Tables[i]
			var into []string
			for k := range t.Maps {
				into = append(into, strings.TrimSuffix(t.Maps[k].Entity+"#"+t.Maps[k].Name, "#"))
			}
			fmt.Fprintf(&out, "    %s: %s by %s → %s\n", t.Name, t.Change, strings.Join(t.Key, "+"), strings.Join(into, ", "))
		}
	}
	out.WriteString("load: one transaction a batch of pages, into load.*\nbuild, each behind what it reads:\n")
	for _, m := range list {
		fmt.Fprintf(&out, "  %s (%s) ← %s\n", m.Name, m.Kind, strings.Join(m.Reads, ", "))
	}
	out.WriteString("publish: one folder for each of " + strings.Join(build.Roles, ", ") + ", then ops")
	return result{summary: out.String(), value: a.ids()}, nil
}

type doctorCmd struct{}

var unwell = &fault.Kind{
	Code: "doctor_found", Class: fault.Missing,
	Cause: fault.Text{EN: "{what}", ZH: "{what_zh}"},
	Mend:  fault.Text{EN: "see its line above", ZH: "见上面对应的一行"},
}

func (doctorCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, a.closeConnectors()) }()
	var out strings.Builder
	var bad []error
	note := func(what string, err error) {
		if err == nil {
			fmt.Fprintf(&out, "✓ %s\n", what)
			return
		}
		fmt.Fprintf(&out, "✗ %s: %s\n", what, describe(err, e.lang))
		bad = append(bad, unwell.At(what, "what", "it does not answer, or not as it should", "what_zh", "没有应答，或应答不对"))
	}
	note("configuration "+e.Config, nil)
	note("key "+a.box.KeyID(), nil)
	note("folder "+e.Store+" can be written", writable(e.Store))
	if s, err := a.openStore(ctx); err != nil {
		note("store", err)
	} else {
		note("store", s.Close())
	}
	if b, err := a.openBroker(ctx); err != nil {
		note("broker", err)
	} else {
		note("broker", b.Close())
	}
	for _, p := range a.pulled {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		note("source "+p.Definition.ID+" over "+p.Definition.Connector, p.Connector.Check(ctx))
		cancel()
	}
	return result{summary: strings.TrimRight(out.String(), "\n")}, errors.Join(bad...)
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

type sourcesCmd struct {
	List sourcesListCmd `cmd:"" default:"1" help:"List the configured sources."`
	Test sourcesTestCmd `cmd:"" help:"Ask a source whether it answers."`
}

type sourcesListCmd struct{}

func (sourcesListCmd) run(_ context.Context, e *env) (result, error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	lines := [][]string{{"source", "name", "connector", "schedule", "tables", "defined in"}}
	for _, d := range a.config.Sources {
		var tables []string
		for i := range d.Tables {
			tables = append(tables, d.Tables[i].Name)
		}
		lines = append(lines, []string{d.ID, d.Name, d.Connector, d.Every, strings.Join(tables, ", "), d.Place})
	}
	var out strings.Builder
	_ = query.Align(&out, lines, make([]bool, len(lines[0]))) // a strings.Builder takes everything
	return result{summary: strings.TrimRight(out.String(), "\n"), value: a.ids()}, nil
}

type sourcesTestCmd struct {
	ID string `arg:"" help:"The source."`
}

func (c sourcesTestCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure([]string{c.ID})
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, a.closeConnectors()) }()
	if err := a.pulled[0].Connector.Check(ctx); err != nil {
		if len(fault.All(err)) == 0 {
			err = unwell.At("source "+c.ID, "what", err.Error(), "what_zh", err.Error())
		}
		return result{}, err
	}
	return result{summary: c.ID + " answers"}, nil
}
