package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"huiliu/cmd/huiliu/config"
	"huiliu/console"
	"huiliu/internal/fault"
	"huiliu/internal/owner"
	"huiliu/jobs/schedule"
)

// noAddress is raised when the page's address can't be had.
var noAddress = &fault.Kind{
	Code: "serve_no_address", Class: fault.Missing,
	Cause: fault.Text{EN: "the page can't be served at {address}", ZH: "无法在 {address} 提供页面"},
	Mend:  fault.Text{EN: "name a free one with --address or serve.address", ZH: "用 --address 或 serve.address 指定空闲地址"},
}

type serveCmd struct {
	Address string `help:"Where to serve the page, as host:port; the configuration's when not given." placeholder:"ADDRESS"`
}

// stopWithin is how long a stop may take; what is not done by then is done
// again at the next start.
const stopWithin = 4 * time.Second

// server is the process that owns a store.
type server struct {
	*env
	config  *config.Config
	plan    *schedule.Schedule
	metrics *console.Metrics
	turn    chan struct{} // holds one token: whoever has it works
	page    *console.Console

	mu      sync.Mutex
	working console.Work
}

func (c serveCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	if err := a.closeConnectors(); err != nil { // each cycle opens its own
		return result{}, err
	}
	s := &server{env: e, config: a.config, turn: make(chan struct{}, 1), metrics: console.NewMetrics()}
	if s.plan, err = e.openSchedule(a.config); err != nil {
		return result{}, err
	}
	socket, err := owner.Listen(e.Store)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, socket.Close()) }()
	address := a.config.Address
	if c.Address != "" {
		address = c.Address
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return result{}, noAddress.At(address, "address", address).Because(err)
	}
	fmt.Fprintf(e.out, "汇流 http://%s\n", listener.Addr())
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return result{}, noAddress.At(address, "address", address).Because(err)
	}
	return result{}, s.serve(ctx, socket, listener, host)
}

// serve runs schedule, page at a host and socket until ctx ends or one of them fails.
func (s *server) serve(ctx context.Context, socket *owner.Listener, listener net.Listener, host string) error {
	s.page = console.New(console.Options{
		Site: s.config.Name, Zone: s.config.Zone, Host: host, Store: s.Store, Metrics: s.metrics, Work: s.work, Planned: s.planned, Draft: s.draft, Decide: s.decide,
	})
	page := &http.Server{Handler: s.page, ReadHeaderTimeout: 10 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := page.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve page: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
		defer cancel()
		if err := page.Shutdown(stop); err != nil {
			return page.Close() // a reader who does not let go is cut off
		}
		return nil
	})
	group.Go(func() error { return socket.Serve(ctx, s.command) })
	group.Go(func() error { return s.plan.Run(ctx, schedule.Wall{}, s.due) })
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// begin waits for the turn and says what is done in it; the caller ends it.
func (s *server) begin(ctx context.Context, what string) (end func(), err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.mu.Lock()
	s.working = console.Work{What: what, Since: time.Now()}
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.working = console.Work{}
		s.mu.Unlock()
		<-s.turn
	}, nil
}

func (s *server) say(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working.Step = step
}

func (s *server) work() console.Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.working
}

// own is the environment of work inside the server; what it says is read on
// the page.
func (s *server) own() *env {
	own := *s.env
	own.Quiet, own.JSON, own.lang, own.out, own.err, own.progress = true, false, fault.Chinese, io.Discard, io.Discard, s.say
	return &own
}

// due does what the schedule says: the sources that are due are pulled
// together, what they gave is published, then the jobs run.
func (s *server) due(ctx context.Context, due []schedule.Due) map[string]string {
	problems := map[string]string{}
	end, err := s.begin(ctx, "定时任务")
	if err != nil {
		return problems
	}
	defer end()
	names := map[string]string{}
	var sources []string
	for _, d := range due {
		if id, ok := strings.CutPrefix(d.Name, "pull "); ok && s.config.Source(id) != nil {
			sources, names[id] = append(sources, id), d.Name
		}
	}
	if len(sources) > 0 {
		s.pull(ctx, sources, names, problems)
	}
	for _, d := range due {
		j := s.config.Job(d.Name)
		if j == nil || ctx.Err() != nil {
			continue
		}
		s.say(j.Name)
		o := s.own().invoke(ctx, j.Do)
		s.metrics.Job(j.Name, o.Problem == "", time.Now())
		if o.Problem != "" {
			problems[d.Name] = o.Problem
		}
	}
	return problems
}

func (s *server) pull(ctx context.Context, sources []string, names, problems map[string]string) {
	own := s.own()
	w := own.watch()
	defer w.stop()
	started := time.Now()
	report, _, err := own.cycle(ctx, sources, false, w)
	s.metrics.Cycle(err == nil, time.Since(started))
	if report == nil {
		for id, name := range names {
			problems[name] = describe(err, s.lang)
			s.metrics.Job(names[id], false, time.Now())
		}
		return
	}
	for _, v := range report.Visits {
		s.metrics.Job(names[v.Source], v.State == "ok", time.Now())
		if v.State != "ok" {
			problems[names[v.Source]] = v.Problem
		}
	}
	for _, l := range report.Ledger {
		s.metrics.Records(l.Source, l.Read, l.Quarantined)
	}
	if report.Published.Snapshot == "" && err != nil {
		problems[names[sources[0]]] = describe(err, s.lang)
	}
}

// command does what another process of this store's asked for.
func (s *server) command(ctx context.Context, r owner.Request, stdout, stderr io.Writer) int {
	p, code := parse(r.Args, stdout, stderr)
	if p == nil {
		return code
	}
	end, err := s.begin(ctx, p.name)
	if err != nil {
		return 130
	}
	defer end()
	e := p.env(stdout, stderr)
	e.lang, e.Store, e.progress, e.dir = fault.ParseLang(r.Lang), s.Store, s.say, r.Dir
	e.Config = in(r.Dir, p.Config)
	if e.AsOf == "" {
		e.AsOf = r.AsOf
	}
	return p.do(ctx, e)
}

func in(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// draft makes a report draft for the page's button.
func (s *server) draft(ctx context.Context, period string) error {
	end, err := s.begin(ctx, "述职报告初稿")
	if err != nil {
		return err
	}
	defer end()
	o := s.own().invoke(ctx, []string{"report", "draft", "--kind", "quarterly", "--period", period})
	if o.Problem != "" {
		return errors.New(o.Problem)
	}
	return nil
}

// decide writes what a person said on the page of review.
func (s *server) decide(ctx context.Context, d console.Decision) error {
	end, err := s.begin(ctx, "记录核对决定")
	if err != nil {
		return err
	}
	defer end()
	words := []string{"link", "decide", "--entity=" + d.Of, "--by=" + d.By, "--note=" + d.Note, "--", d.RowA, d.RowB, d.Word}
	if !d.OnLink() {
		words = []string{"suggest", "decide", "--by=" + d.By, "--note=" + d.Note}
		switch d.Word {
		case "none", "open":
			words = append(words, "--"+d.Word, "--", d.RowA, d.Of)
		default:
			words = append(words, "--", d.RowA, d.Of, d.Label)
		}
	}
	o := s.own().invoke(ctx, words)
	if o.Problem != "" {
		return errors.New(o.Problem)
	}
	return nil
}

// planned lists what runs on schedules and how it went last.
func (s *server) planned() []console.Planned {
	states, now := s.plan.States(), time.Now()
	var out []console.Planned
	for _, name := range s.plan.Names() {
		label := name
		if id, ok := strings.CutPrefix(name, "pull "); ok {
			label = "取数：" + s.config.Source(id).Name
		}
		state := states[name]
		out = append(out, console.Planned{
			Name: label, Next: s.plan.NextOf(name, now), Started: state.Started, Ended: state.Ended, Succeeded: state.Succeeded, Problem: state.Error,
		})
	}
	return out
}
