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
)

type validateCmd struct{}

func (validateCmd) run(_ context.Context, e *env) (result, error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	list, err := build.Plan(nil)
	if err != nil {
		return result{}, err
	}
	return result{summary: fmt.Sprintf("%s is right: site %s (%s), %d sources, %d tables, %d models", e.Config, a.config.Name, a.config.ID, len(a.pulled), len(a.feeds), len(list)), value: a.ids()}, nil
}

type planCmd struct{}

func (planCmd) run(_ context.Context, e *env) (result, error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	list, err := build.Plan(nil)
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
	Cause: fault.Text{EN: "{what}", ZH: "{what}"},
	Mend:  fault.Text{EN: "see the line above", ZH: "见上一行"},
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
		bad = append(bad, unwell.At(what, "what", what+" does not answer"))
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
	var lines []string
	for _, d := range a.config.Sources {
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%d tables\t%s", d.ID, d.Name, d.Connector, len(d.Tables), d.Place))
	}
	return result{summary: strings.Join(lines, "\n"), value: a.ids()}, nil
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
			err = unwell.At("source "+c.ID, "what", err.Error())
		}
		return result{}, err
	}
	return result{summary: c.ID + " answers"}, nil
}
