// Command huiliu is the product: it reads flags, wires the rooms of the house
// together and turns what went wrong into an exit code. No logic lives here.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"huiliu/internal/fault"
	"huiliu/internal/owner"
)

// version is set by the linker on a release.
var version = "dev"

// common are the flags that every command takes.
type common struct {
	Config string `short:"c" help:"The site's configuration; huiliu.yaml when not given." default:"huiliu.yaml" env:"HUILIU_CONFIG" placeholder:"FILE"`
	Store  string `help:"The folder for everything that is written; var when not given." default:"var" env:"HUILIU_STORE" placeholder:"DIR"`
	AsOf   string `name:"as-of" env:"HUILIU_AS_OF" help:"The day that counts as today (YYYY-MM-DD); the start's date in the site's zone when not given." placeholder:"DAY"`
	JSON   bool   `help:"Print one JSON object: command, ok, summary, result, error."`
	Quiet  bool   `short:"q" help:"No progress."`
}

type cli struct {
	common
	Run        runCmd        `cmd:"" help:"Pull every source, load, build, audit, publish, print a summary."`
	Pull       pullCmd       `cmd:"" help:"Pull sources into Kafka alone."`
	Load       loadCmd       `cmd:"" help:"Load pages from Kafka into the store alone."`
	Build      buildCmd      `cmd:"" help:"Build, audit and publish from the store alone."`
	Query      queryCmd      `cmd:"" help:"Run SQL on the current snapshot."`
	Plan       planCmd       `cmd:"" help:"Say what a run would do, and why."`
	Validate   validateCmd   `cmd:"" help:"Say whether the configuration is right."`
	Doctor     doctorCmd     `cmd:"" help:"Say whether everything that a run needs answers."`
	Sources    sourcesCmd    `cmd:"" help:"List or test the sources."`
	Quarantine quarantineCmd `cmd:"" help:"List, show or replay what could not be loaded."`
	Reprocess  reprocessCmd  `cmd:"" help:"Do archived pages again with today's maps and contracts."`
	Link       linkCmd       `cmd:"" help:"Which rows are one person or organisation, and what people decide of them."`
	Suggest    suggestCmd    `cmd:"" help:"Categories and units suggested for requests that came without, and what people decide of them."`
	Warning    warningCmd    `cmd:"" help:"List what comparing departments found, and note what people who checked say."`
	Job        jobCmd        `cmd:"" help:"Run a job: heatmap."`
	Runs       runsCmd       `cmd:"" help:"List runs, or show one."`
	Export     exportCmd     `cmd:"" help:"Write or list exports."`
	Report     reportCmd     `cmd:"" help:"Draft, check or audit the duty report."`
	Backup     backupCmd     `cmd:"" help:"Keep what cannot be made again."`
	Restore    restoreCmd    `cmd:"" help:"Bring a backup into an empty store."`
	Serve      serveCmd      `cmd:"" help:"Run on schedules, with a page for the office."`
	Lineage    lineageCmd    `cmd:"" help:"Say where a column comes from."`
	Topic      topicCmd      `cmd:"" help:"Look into the topics."`
	Bench      benchCmd      `cmd:"" help:"Measure loading beside DuckDB's own bulk read, or de-siloing on known truth."`
	BenchChild benchChildCmd `cmd:"" hidden:""`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// result is what a command has to say: text for a person, and the same as a
// value for --json.
type result struct {
	summary string
	value   any
}

// command is one subcommand.
type command interface {
	run(ctx context.Context, e *env) (result, error)
}

// env is what a command works in.
type env struct {
	common
	out, err io.Writer
	lang     fault.Lang
	// dir is the folder that relative paths are meant from, the process's own
	// when it is empty.
	dir string
	// progress is told what is done now, nil for nobody.
	progress func(string)
}

// heapMB is where Go's collector begins to work harder, in mebibytes: a load
// stays under one gibibyte together with DuckDB. GOMEMLIMIT overrides it.
const heapMB = 512

func main() { os.Exit(process(os.Args[1:])) }

// process is the whole program: it stops what it does when it is asked to by
// an interrupt or SIGTERM.
func process(args []string) int {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapMB << 20)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, args, os.Stdout, os.Stderr)
}

// execute runs one command line and returns its exit code. A command that
// writes is done by the process that owns the store, when there is one.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	p, code := parse(args, stdout, stderr)
	if p == nil {
		return code
	}
	if p.owned() {
		code, reached, err := owner.Call(ctx, p.common.Store, callerRequest(args), stdout, stderr)
		if reached {
			if err != nil {
				p.env(stdout, stderr).printError(err)
			}
			return code
		}
	}
	return p.do(ctx, p.env(stdout, stderr))
}

// parsed is a command line that was understood.
type parsed struct {
	common
	name    string
	command command
}

// parse understands a command line; it returns nil and an exit code when there
// is nothing more to do.
func parse(args []string, stdout, stderr io.Writer) (*parsed, int) {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("huiliu"), kong.Description("汇流: twelve departments' data made to flow together for one sub-district."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return nil, 1
	}
	understood, err := parser.Parse(args)
	if exited >= 0 {
		return nil, exited // help was asked for
	}
	if err != nil {
		fmt.Fprintf(stderr, "huiliu: %v (huiliu --help lists the commands)\n", err)
		return nil, 2
	}
	name, _, _ := strings.Cut(understood.Command(), " <")
	return &parsed{common: c.common, name: name, command: understood.Selected().Target.Addr().Interface().(command)}, 0
}

// owned reports whether the command writes, and so belongs to the store's
// owner.
func (p *parsed) owned() bool {
	o, ok := p.command.(interface{ writes() bool })
	return ok && o.writes()
}

func (p *parsed) env(stdout, stderr io.Writer) *env {
	return &env{common: p.common, out: stdout, err: stderr, lang: fault.ParseLang(os.Getenv("HUILIU_LANG"))}
}

func (p *parsed) do(ctx context.Context, e *env) int {
	r, err := p.command.run(ctx, e)
	return e.finish(ctx, p.name, r, err)
}

func callerRequest(args []string) owner.Request {
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // the owner's own then
	}
	return owner.Request{Args: args, Dir: dir, Lang: os.Getenv("HUILIU_LANG"), AsOf: os.Getenv("HUILIU_AS_OF")}
}

// finish prints what a command came to and returns its exit code.
func (e *env) finish(ctx context.Context, name string, r result, err error) int {
	code := fault.ExitCode(err)
	if ctx.Err() != nil {
		code = 130
	}
	if e.JSON {
		e.printJSON(name, r, err)
		return code
	}
	if r.summary != "" {
		fmt.Fprintln(e.out, r.summary)
	}
	if err != nil {
		e.printError(err)
	}
	return code
}

func (e *env) printError(err error) {
	faults := fault.All(err)
	for _, f := range faults {
		fmt.Fprintf(e.err, "✗ %s: %s [%s]\n  → %s\n", f.Place, f.Cause(e.lang), f.Code(), f.Mend(e.lang))
	}
	if len(faults) == 0 && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(e.err, "✗ %v\n", err)
	}
}

type jsonError struct {
	Code  string `json:"code"`
	Place string `json:"place"`
	Cause string `json:"cause"`
	Mend  string `json:"mend"`
}

func (e *env) printJSON(name string, r result, err error) {
	answer := struct {
		Command string      `json:"command"`
		OK      bool        `json:"ok"`
		Summary string      `json:"summary"`
		Result  any         `json:"result"`
		Error   []jsonError `json:"error"`
	}{Command: name, OK: err == nil, Summary: r.summary, Result: r.value}
	for _, f := range fault.All(err) {
		answer.Error = append(answer.Error, jsonError{f.Code(), f.Place, f.Cause(e.lang), f.Mend(e.lang)})
	}
	if err != nil && len(answer.Error) == 0 {
		answer.Error = []jsonError{{Code: "failed", Cause: err.Error()}}
	}
	encoder := json.NewEncoder(e.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		fmt.Fprintln(e.err, err)
	}
}

type versionCmd struct{}

func (versionCmd) run(context.Context, *env) (result, error) {
	return result{summary: "huiliu " + version, value: version}, nil
}
