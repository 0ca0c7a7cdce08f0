// Command city makes, moves on and serves the synthetic sub-district of
// fixtures/city: feeds of twelve departments whose truth is known.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"huiliu/fixtures/city"
	"huiliu/internal/fault"
)

// commandLine is all that the command understands; see fixtures/city/README.md.
type commandLine struct {
	Make      makeCommand    `cmd:"" help:"Make a new city whose today is 2026-01-01."`
	Advance   advanceCommand `cmd:"" help:"Move a city on by some days."`
	Serve     serveCommand   `cmd:"" help:"Serve the HTTP, MQTT, Kafka and SFTP departments on loopback, while a command runs or until interrupted."`
	Truth     truthCommand   `cmd:"" help:"Print a summary of what is true."`
	BenchFeed benchCommand   `cmd:"" help:"Stream service requests for measurements of speed."`
}

// where is the folder that every command works in.
type where struct {
	Dir string `default:"var/city" help:"The city's folder."`
}

type makeCommand struct {
	where
	Residents  int      `default:"3000" help:"How many people live there."`
	Years      int      `default:"3" help:"How many years before today the feeds reach back."`
	Seed       uint64   `default:"1" help:"Equal seeds give equal cities."`
	Department []string `help:"Write only this department's feed; may be repeated."`
	SQL        bool     `help:"Also write the database departments as SQL text for real servers."`
}

// Run makes the city.
func (m *makeCommand) Run(ctx context.Context, out io.Writer) error {
	began := time.Now()
	cfg := city.Config{Residents: m.Residents, Years: m.Years, Seed: m.Seed, Departments: m.Department, SQL: m.SQL}
	if err := city.Make(ctx, m.Dir, cfg); err != nil {
		return err
	}
	fmt.Fprintf(out, "made a city of %d residents in %s (%.1f s)\n", m.Residents, m.Dir, time.Since(began).Seconds())
	return nil
}

type advanceCommand struct {
	where
	Days int `required:"" help:"How many days."`
}

// Run moves the city on.
func (a *advanceCommand) Run(ctx context.Context, out io.Writer) error {
	if err := city.Advance(ctx, a.Dir, a.Days); err != nil {
		return err
	}
	c, err := city.Open(a.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "today is %s\n", c.Today().Format("2006-01-02"))
	return nil
}

type truthCommand struct{ where }

// Run prints the summary.
func (t *truthCommand) Run(out io.Writer) error { return city.Truth(out, t.Dir) }

type serveCommand struct {
	where
	HTTP    string   `default:"127.0.0.1:18311" help:"Address of the HTTP departments; port 0 takes a free one."`
	MQTT    string   `default:"127.0.0.1:18883" help:"Address of the MQTT broker; port 0 takes a free one."`
	Kafka   string   `default:"127.0.0.1:19092" help:"Address of the Kafka cluster; port 0 takes a free one."`
	SFTP    string   `default:"127.0.0.1:18322" help:"Address of the SFTP server; port 0 takes a free one."`
	Command []string `arg:"" optional:"" help:"After --: a command to run meanwhile; its exit code is the city's."`
}

// exited is the exit code of a command that was run.
type exited int

func (e exited) Error() string { return fmt.Sprintf("the command ended with exit code %d", int(e)) }

// Run serves until the command ends, or until the context does.
func (s *serveCommand) Run(ctx context.Context, out io.Writer) error {
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		return fmt.Errorf("name folder: %w", err)
	}
	server, err := city.NewServer(dir, city.Addresses{HTTP: s.HTTP, MQTT: s.MQTT, Kafka: s.Kafka, SFTP: s.SFTP})
	if err != nil {
		return err
	}
	if len(s.Command) == 0 {
		fmt.Fprintf(out, "%s\n%s\n%s\n%s\n", server.HTTP(), server.MQTT(), server.Kafka(), server.SFTP())
		<-ctx.Done()
		return server.Close()
	}
	made, err := city.Open(dir)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	// The city has a day of its own: what is due or overdue there is told by it.
	today := made.Today().Format(time.DateOnly)
	environment := append(os.Environ(), "CITY_DIR="+dir, "CITY_HTTP="+server.HTTP(), "CITY_MQTT="+server.MQTT(), "CITY_KAFKA="+server.Kafka(), "CITY_SFTP="+server.SFTP(), "HUILIU_AS_OF="+today)
	err = runCommand(ctx, s.Command, environment)
	return errors.Join(err, server.Close())
}

// runCommand runs a command to its end; when the context ends it is asked to
// end by SIGTERM and waited for.
func runCommand(ctx context.Context, words, environment []string) error {
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Env = environment
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	err := command.Run()
	if command.ProcessState == nil {
		return noCommand.At(words[0]).Because(err)
	}
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exited(128 + int(status.Signal()))
	}
	if code := command.ProcessState.ExitCode(); code != 0 {
		return exited(code)
	}
	return nil
}

var noCommand = &fault.Kind{Code: "city_no_command", Class: fault.Missing,
	Cause: fault.Text{EN: "the command can't be started", ZH: "命令无法启动"},
	Mend:  fault.Text{EN: "name a program that exists and may be run", ZH: "请给出存在且可执行的程序"}}

type benchCommand struct {
	Rows    int    `required:"" help:"How many rows."`
	Changed int    `help:"Of these, how many are newer versions of the base's keys."`
	Seed    uint64 `default:"1" help:"Equal seeds give equal rows."`
	Format  string `default:"csv" help:"csv or jsonl."`
	Out     string `required:"" help:"The file to write; - is standard output."`
}

// Run streams the rows.
func (b *benchCommand) Run(out io.Writer) error {
	cfg := city.BenchConfig{Rows: b.Rows, Changed: b.Changed, Seed: b.Seed, Format: b.Format}
	if b.Out == "-" {
		return city.BenchFeed(out, cfg)
	}
	f, err := os.Create(b.Out)
	if err != nil {
		return fmt.Errorf("create feed: %w", err)
	}
	return errors.Join(city.BenchFeed(f, cfg), f.Close())
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run gives the exit code: 0 well, 1 failed, 2 wrong input, 3 something is
// missing, 130 interrupted, or that of the command served to.
func run(args []string, out, errs io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var interrupted atomic.Bool
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		select {
		case s := <-signals:
			interrupted.Store(s == os.Interrupt)
			cancel()
		case <-ctx.Done():
		}
	}()
	buffered := bufio.NewWriterSize(out, 1<<16)
	code := execute(ctx, args, lineWriter{buffered}, errs)
	if err := buffered.Flush(); err != nil && code == 0 {
		code = 1
	}
	if interrupted.Load() {
		return 130
	}
	return code
}

// lineWriter passes what ends a line on at once, so that a reader of serve's
// addresses need not wait.
type lineWriter struct{ *bufio.Writer }

func (w lineWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err == nil && len(b) > 0 && len(b) < 1<<12 && b[len(b)-1] == '\n' {
		err = w.Flush()
	}
	return n, err
}

func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	var line commandLine
	ended := -1
	parser, err := kong.New(&line, kong.Name("city"), kong.Description("A synthetic sub-district whose truth is known."),
		kong.Writers(out, errs), kong.Exit(func(code int) { ended = code }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if ended >= 0 { // --help
		return ended
	}
	if err != nil {
		fmt.Fprintf(errs, "city: %v\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.BindTo(out, (*io.Writer)(nil))
	return report(parsed.Run(), errs)
}

// report prints an error in the reader's language and gives the exit code.
func report(err error, errs io.Writer) int {
	var code exited
	if errors.As(err, &code) {
		return int(code)
	}
	if err == nil {
		return 0
	}
	faults := fault.All(err)
	if len(faults) == 0 {
		fmt.Fprintf(errs, "city: %v\n", err)
	}
	lang := fault.ParseLang(os.Getenv("HUILIU_LANG"))
	for _, f := range faults {
		fmt.Fprintf(errs, "%s: %s [%s]\n%s\n", f.Place, f.Cause(lang), f.Code(), f.Mend(lang))
	}
	return fault.ExitCode(err)
}
