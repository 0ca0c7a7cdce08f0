package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"huiliu/ingest/page"
	"huiliu/internal/conf"
	"huiliu/marts/build"
	"huiliu/marts/load"
	"huiliu/marts/query"
)

type queryCmd struct {
	SQL    string `arg:"" help:"One SELECT."`
	Output string `short:"o" enum:"table,csv,json,parquet" default:"table" help:"How to write the answer: table, csv, json, parquet."`
	Role   string `default:"analyst" help:"Whose snapshot: office, analyst, district."`
	Limit  int    `default:"100" help:"Rows to show as a table, 0 for all."`
}

func (c queryCmd) run(ctx context.Context, e *env) (r result, err error) {
	d, err := query.Open(ctx, e.Store+"/snapshots", c.Role)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if c.Output == "parquet" && !e.JSON {
		return result{}, d.WriteParquet(ctx, e.out, c.SQL)
	}
	rows, err := d.Query(ctx, c.SQL)
	if err != nil {
		return result{}, err
	}
	if e.JSON {
		var out bytes.Buffer
		err := query.WriteJSON(&out, rows)
		return result{value: json.RawMessage(out.Bytes())}, err
	}
	switch c.Output {
	case "csv":
		err = query.WriteCSV(e.out, rows)
	case "json":
		err = query.WriteJSON(e.out, rows)
	default:
		err = query.WriteTable(e.out, rows, c.Limit)
	}
	return result{}, err
}

// table runs a query on the current snapshot and returns it as text.
func (e *env) table(ctx context.Context, text string) (r result, err error) {
	d, err := query.Open(ctx, e.Store+"/snapshots", "office")
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var rows *query.Rows
	if rows, err = d.Query(ctx, text); err != nil {
		return result{}, err
	}
	var out bytes.Buffer
	if err := query.WriteTable(&out, rows, 0); err != nil {
		return result{}, err
	}
	return result{summary: strings.TrimRight(out.String(), "\n")}, nil
}

type runsCmd struct {
	List runsListCmd `cmd:"" default:"1" help:"List runs."`
	Show runsShowCmd `cmd:"" help:"Show one run's ledger."`
}

type runsListCmd struct{}

func (runsListCmd) run(ctx context.Context, e *env) (result, error) {
	return e.table(ctx, "SELECT run, command, as_of, started_at AS \"started (UTC)\", ended_at AS \"ended (UTC)\", state, len(problems) AS problems FROM ops.run ORDER BY run DESC LIMIT 50")
}

type runsShowCmd struct {
	Run string `arg:"" help:"The run's name."`
}

func (c runsShowCmd) run(ctx context.Context, e *env) (result, error) {
	name := "'" + strings.ReplaceAll(c.Run, "'", "''") + "'"
	return e.table(ctx, `SELECT source, source_table, kind, sum(read) AS read, sum(replayed) AS replayed, sum(new) AS new, sum(changed) AS changed, sum(unchanged) AS unchanged, sum(superseded) AS superseded,
		sum(deleted) AS deleted, sum(quarantined) AS quarantined, sum(filtered) AS filtered, sum(vanished) AS vanished FROM ops.ledger WHERE run = `+name+` GROUP BY ALL ORDER BY ALL`)
}

type quarantineCmd struct {
	List   quarantineListCmd   `cmd:"" default:"withargs" help:"List by source and reason."`
	Show   quarantineShowCmd   `cmd:"" help:"Show one entry, unsealed."`
	Replay quarantineReplayCmd `cmd:"" help:"Load records again after a map or contract was mended."`
}

type quarantineListCmd struct {
	Source string `help:"Only this source."`
	All    bool   `help:"Every entry, not only one line a reason."`
}

func (c quarantineListCmd) run(ctx context.Context, e *env) (result, error) {
	where := "true"
	if c.Source != "" {
		where = "source = '" + strings.ReplaceAll(c.Source, "'", "''") + "'"
	}
	if c.All {
		return e.table(ctx, "SELECT id, source, source_table AS \"table\", kind, code, field, origin, origin_row AS row, cause, mend FROM ops.quarantine WHERE "+where+" ORDER BY source, source_table, origin, origin_row, id")
	}
	return e.table(ctx, "SELECT source, source_table AS \"table\", kind, code, field, count(*) AS entries, min(id) AS example, min(cause) AS cause, min(mend) AS mend FROM ops.quarantine WHERE "+where+" GROUP BY ALL ORDER BY source, source_table, entries DESC, code, field")
}

type quarantineShowCmd struct {
	ID string `arg:"" help:"The entry's id."`
}

func (c quarantineShowCmd) run(ctx context.Context, e *env) (r result, err error) {
	id, err := strconv.ParseUint(c.ID, 10, 64)
	if err != nil {
		return result{}, conf.WrongValue.At("quarantine show", "key", "id", "value", c.ID, "want", "an id that quarantine list prints")
	}
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	a.log.Warn("a quarantine entry was unsealed for a person", "id", c.ID, "run", a.runID)
	entry, err := load.ShowQuarantine(ctx, s, a.box, id)
	if err != nil {
		return result{}, err
	}
	return result{summary: entry.String(), value: entry}, nil
}

type quarantineReplayCmd struct {
	IDs []string `arg:"" optional:"" help:"Only these entries." placeholder:"ID"`
}

func (quarantineReplayCmd) writes() bool { return true }

func (c quarantineReplayCmd) run(ctx context.Context, e *env) (result, error) {
	var ids []uint64
	for _, text := range c.IDs {
		id, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return result{}, conf.WrongValue.At("quarantine replay", "key", "id", "value", text, "want", "an id that quarantine list prints")
		}
		ids = append(ids, id)
	}
	return e.replay(ctx, "quarantine replay", func(ctx context.Context, l replayer) error { return l.ReplayQuarantine(ctx, ids...) })
}

type lineageCmd struct {
	Column string `arg:"" help:"schema.table.column, such as mart.rectification_trend.overdue."`
}

func (c lineageCmd) run(ctx context.Context, e *env) (result, error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	list, err := build.Plan(a.steps())
	if err != nil {
		return result{}, err
	}
	text, err := build.Lineage(list, a.config.Sources, c.Column)
	return result{summary: text, value: strings.Split(text, "\n")}, err
}

type topicCmd struct {
	Cat topicCatCmd `cmd:"" help:"Unseal pages and print their rows."`
}

type topicCatCmd struct {
	Source string `arg:"" help:"The source."`
	Table  string `arg:"" optional:"" help:"Only this table."`
	Limit  int    `default:"10" help:"Records to print of each page."`
}

func (c topicCatCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure([]string{c.Source})
	if err != nil {
		return result{}, err
	}
	b, err := a.openBroker(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	a.log.Warn("pages were unsealed for a person", "source", c.Source, "table", c.Table, "run", a.runID)
	topic := page.Topic(a.config.ID, c.Source)
	for _, t := range a.config.Source(c.Source).Tables {
		if c.Table != "" && t.Name != c.Table {
			continue
		}
		start, end, err := b.Bounds(ctx, topic, t.Partition)
		if err != nil {
			return result{}, err
		}
		for offset := start; offset < end; {
			batch, err := b.Fetch(ctx, topic, t.Partition, offset, 0)
			if err != nil {
				return result{}, err
			}
			for i := range batch.Messages {
				m := &batch.Messages[i]
				offset = m.Offset + 1
				fmt.Fprintf(e.out, "%s/%d@%d\n", topic, t.Partition, m.Offset)
				if err := a.printPage(m.Headers, m.Value, c.Limit); err != nil {
					fmt.Fprintf(e.out, "  can't be read: %v\n", err)
				}
			}
			if len(batch.Messages) == 0 && ctx.Err() != nil {
				return result{}, ctx.Err()
			}
		}
	}
	return result{}, nil
}

func (a *app) printPage(pairs []page.Pair, value []byte, limit int) error {
	for _, p := range pairs {
		fmt.Fprintf(a.out, "  %s=%s", p.Key, p.Value)
	}
	fmt.Fprintln(a.out)
	h, err := page.ParseHeader(pairs)
	if err != nil {
		return err
	}
	p, err := page.Open(a.box, h, value)
	if err != nil {
		return err
	}
	defer p.Batch.Release()
	for i := range min(p.Batch.Len(), limit) {
		fmt.Fprintf(a.out, "  %s", p.Batch.Place(i))
		for n, f := range p.Batch.Fields() {
			if c := p.Batch.Column(n); !c.Null(i) {
				fmt.Fprintf(a.out, " %s=%q", f.Name, c.AppendText(nil, i))
			}
		}
		fmt.Fprintln(a.out)
	}
	return nil
}
