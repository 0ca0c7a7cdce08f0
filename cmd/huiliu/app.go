package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiliu/cmd/huiliu/config"
	"huiliu/ingest/broker"
	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/pull"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/fault"
	"huiliu/internal/geo"
	"huiliu/internal/seal"
	"huiliu/marts/build"
	"huiliu/marts/load"
	"huiliu/marts/store"
	"huiliu/transform/normalise"
	"huiliu/transform/privacy"
)

// Faults of wiring.
var (
	noConnector = &fault.Kind{
		Code: "no_such_connector", Class: fault.Input,
		Cause: fault.Text{EN: "there is no connector {name}", ZH: "没有连接器 {name}"},
		Mend:  fault.Text{EN: "use one of {have}", ZH: "可用：{have}"},
	}
	noSuchSource = &fault.Kind{
		Code: "no_such_source", Class: fault.Input,
		Cause: fault.Text{EN: "source {id} is not configured", ZH: "未配置来源 {id}"},
		Mend:  fault.Text{EN: "use one of {have}", ZH: "可用：{have}"},
	}
)

// app is a configured site.
type app struct {
	*env
	config *config.Config
	box    *seal.Box
	asOf   time.Time
	runID  string
	log    *slog.Logger
	feeds  []load.Feed
	pulled []pull.Source
	// golden is the step of golden values by the site's rules.
	golden build.Step
}

// configure reads the configuration and checks all of it, maps, contracts and
// connectors' settings included; it starts nothing.
func (e *env) configure(selected []string) (*app, error) {
	c, formErr := config.Load(e.Config)
	if c == nil || c.Zone == nil {
		return nil, formErr
	}
	var err error
	a := &app{env: e, config: c, log: slog.New(slog.NewTextHandler(e.logs(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
	now := time.Now()
	a.runID = now.UTC().Format("20060102T150405.000Z")
	if a.asOf, err = e.day(now, c.Zone); err != nil {
		return nil, err
	}
	if a.box, err = e.openBox(c.Suite); err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, d := range c.Sources {
		names[d.ID] = d.Name
	}
	var goldenErr error
	a.golden, goldenErr = build.Golden(c.Golden, names)
	if err := errors.Join(formErr, goldenErr, checkJobs(c), a.compile(selected)); err != nil {
		return nil, err
	}
	return a, nil
}

// logs is where warnings go: a file below the store, so that a person's
// terminal shows the summary alone.
func (e *env) logs() io.Writer {
	folder := filepath.Join(e.Store, "runs")
	if os.MkdirAll(folder, 0o700) != nil {
		return e.err
	}
	f, err := os.OpenFile(filepath.Join(folder, "huiliu.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return e.err
	}
	return f
}

func (e *env) day(now time.Time, zone *time.Location) (time.Time, error) {
	text := e.AsOf
	if text == "" {
		text = now.In(zone).Format(time.DateOnly)
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, conf.WrongValue.At("--as-of", "key", "the day", "value", text, "want", "a day such as 2026-01-01")
	}
	return day, nil
}

func (e *env) openBox(suite seal.Suite) (*seal.Box, error) {
	var key []byte
	var err error
	if path := os.Getenv("HUILIU_KEY_FILE"); path != "" {
		key, err = seal.ReadKey(path)
	} else {
		key, err = seal.ReadOrMakeKey(filepath.Join(e.Store, "key", "site.key"))
	}
	if err != nil {
		return nil, err
	}
	return seal.NewBox(suite, key)
}

// compile makes of each source what runs: a connector, and for each table a
// transform and a contract. Every fault of every source is returned.
func (a *app) compile(selected []string) error {
	var faults []error
	for _, id := range selected {
		if a.config.Source(id) == nil {
			faults = append(faults, noSuchSource.At("--select "+id, "id", id, "have", strings.Join(a.ids(), ", ")))
		}
	}
	keeper := privacy.NewKeeper(a.box)
	site := normalise.Site{Zone: a.config.Zone}
	if b := a.config.Bounds; len(b) == 4 {
		site.Bounds = &geo.Box{West: b[0], South: b[1], East: b[2], North: b[3]}
	}
	for _, d := range a.config.Sources {
		if len(selected) > 0 && !slices.Contains(selected, d.ID) {
			continue
		}
		for i := range d.Tables {
			t, err := normalise.Compile(d, &d.Tables[i], site, keeper)
			faults = append(faults, err)
			a.feeds = append(a.feeds, load.Feed{Definition: d, Table: &d.Tables[i], Transform: t, Contract: normalise.CompileContract(&d.Tables[i])})
		}
		c, err := a.connect(d)
		faults = append(faults, err)
		a.pulled = append(a.pulled, pull.Source{Definition: d, Connector: c})
	}
	return errors.Join(faults...)
}

func (a *app) ids() []string {
	var ids []string
	for _, d := range a.config.Sources {
		ids = append(ids, d.ID)
	}
	return ids
}

func (a *app) connect(d *source.Definition) (connector.Connector, error) {
	factory, ok := connectors[d.Connector]
	if !ok {
		return nil, noConnector.At(d.Place, "name", d.Connector, "have", strings.Join(connectorNames(), ", "))
	}
	return factory(d, connector.Tools{Log: a.log, Now: time.Now, Keep: a.keep(d)})
}

// keep archives a record that is too large for a page as a sealed blob of its
// own, in pieces, and gives back the reject that stands for it.
func (a *app) keep(d *source.Definition) func(page.Place, io.Reader) (page.Reject, error) {
	return func(place page.Place, record io.Reader) (page.Reject, error) {
		return pull.KeepBlob(a.box, filepath.Join(a.Store, "store", "pages", d.ID, "blobs"), place, record)
	}
}

// openBroker connects to Kafka: a real cluster when KAFKA_BROKERS names one.
func (a *app) openBroker(ctx context.Context) (*broker.Broker, error) {
	var brokers []string
	if v := os.Getenv("KAFKA_BROKERS"); v != "" {
		brokers = strings.Split(v, ",")
	}
	return broker.Open(ctx, broker.Config{Dir: filepath.Join(a.Store, "broker"), Brokers: brokers, Log: a.log})
}

func (a *app) openStore(ctx context.Context) (*store.Store, error) {
	return store.Open(ctx, a.Store, store.Options{MemoryMB: a.config.MemoryMB})
}

func (a *app) openLoader(ctx context.Context, s *store.Store, b *broker.Broker, progress func(load.Progress)) (*load.Loader, error) {
	return load.Open(ctx, load.Options{
		Store: s, Broker: b, Box: a.box, Site: a.config.ID, Feeds: a.feeds, Run: a.runID, AsOf: a.asOf, Now: time.Now, Log: a.log, Committed: progress,
	})
}

func (a *app) pullOptions(b *broker.Broker) pull.Options {
	return pull.Options{Broker: b, Box: a.box, Site: a.config.ID, Sources: a.pulled, Run: a.runID, Log: a.log, Now: time.Now, AckWait: 30 * time.Second}
}

func (a *app) snapshots() string { return filepath.Join(a.Store, "snapshots") }

func (a *app) closeConnectors() error {
	var faults []error
	for _, p := range a.pulled {
		if p.Connector != nil {
			if err := p.Connector.Close(); err != nil {
				faults = append(faults, fmt.Errorf("close %s: %w", p.Definition.ID, err))
			}
		}
	}
	return errors.Join(faults...)
}
