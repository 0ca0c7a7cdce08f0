package load

import (
	"context"
	"fmt"
	"time"
)

// Visit is how one source fared in a run.
type Visit struct {
	Source, Name string
	// State is ok or failed; Problem says why.
	State, Problem string
	Seconds        float64
}

// BeginRun notes that a run has begun. A run of before that never ended was
// killed, and is marked so.
func (l *Loader) BeginRun(ctx context.Context, command, version string) error {
	conn := l.session.Conn()
	if _, err := conn.ExecContext(ctx, "UPDATE store.load.run SET state = 'killed' WHERE state = 'running'"); err != nil {
		return fmt.Errorf("mark killed runs: %w", err)
	}
	_, err := conn.ExecContext(ctx, "INSERT INTO store.load.run VALUES (?, ?, ?, ?, NULL, 'running', [], ?)", l.Run, command, l.AsOf.Format(time.DateOnly), l.Now().UTC(), version)
	if err != nil {
		return fmt.Errorf("begin run: %w", err)
	}
	return nil
}

// EndRun notes how the run and its sources fared.
func (l *Loader) EndRun(ctx context.Context, state string, visits []Visit) error {
	conn := l.session.Conn()
	return l.inTransaction(ctx, func() error {
		for _, v := range visits {
			if _, err := conn.ExecContext(ctx, "INSERT INTO store.load.visit VALUES (?, ?, ?, ?, nullif(?, ''), ?, ?)", l.Run, v.Source, v.Name, v.State, v.Problem, v.Seconds, l.Now().UTC()); err != nil {
				return fmt.Errorf("note visit: %w", err)
			}
		}
		problems := ""
		for i, p := range l.Problems() {
			if i > 0 {
				problems += "\x1f"
			}
			problems += p.Error()
		}
		_, err := conn.ExecContext(ctx, "UPDATE store.load.run SET ended_at = ?, state = ?, problems = CASE WHEN ? = '' THEN [] ELSE string_split(?, chr(31)) END WHERE run = ?", l.Now().UTC(), state, problems, problems, l.Run)
		if err != nil {
			return fmt.Errorf("end run: %w", err)
		}
		return nil
	})
}

// Line is one line of the run's ledger.
type Line struct {
	Source, Name, Table string
	Counts
	// Stale counts pages of older writers that were dropped.
	Stale   int64
	Stopped bool
}

// Ledger lists what this run did, by feed in the order of the configuration.
func (l *Loader) Ledger() []Line {
	var out []Line
	for _, f := range l.feeds {
		out = append(out, Line{Source: f.source, Name: f.Definition.Name, Table: f.table, Counts: f.counts, Stale: f.stale, Stopped: f.stopped.Load()})
	}
	return out
}
