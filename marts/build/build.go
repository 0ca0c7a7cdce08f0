package build

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/store"
)

// auditFailed is raised when what was built breaks a promise of its model.
var auditFailed = &fault.Kind{
	Code: "audit_failed", Class: fault.Failed,
	Cause: fault.Text{EN: "{model}: {what}", ZH: "{model}：{what}"},
	Mend:  fault.Text{EN: "yesterday's snapshot stays; query the rows that break it in the store, mend the source or the model, and build again", ZH: "保留上一版快照；请查明不符的行，修正来源或模型后重建"},
}

// Input is what a build works on.
type Input struct {
	Store *store.Store
	// Dir is where snapshots lie.
	Dir  string
	AsOf time.Time
	Run  string
	// Site is the site's id, for the manifest.
	Site string
	// Steps are computed in Go, ordered with the models.
	Steps []Step
	// Progress is called before each model, nil for none.
	Progress func(model string)
}

// Table is one published table.
type Table struct {
	Name   string `json:"name"`
	Label  string `json:"label"`
	Rows   int64  `json:"rows"`
	Digest string `json:"sha256"`
	// Parts are the files of a core table, relative to the role's folder.
	Parts []string `json:"parts,omitempty"`
	// Columns are the names and Chinese comments, in order.
	Columns []Column `json:"columns"`
}

// Column is one column of a published table.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

// Manifest describes a snapshot; it lies beside each role's file.
type Manifest struct {
	Snapshot string  `json:"snapshot"`
	Site     string  `json:"site"`
	Role     string  `json:"role"`
	AsOf     string  `json:"as_of"`
	Inputs   string  `json:"inputs"`
	Tables   []Table `json:"tables"`
}

// Result is what a build came to.
type Result struct {
	// Snapshot is its id; Skipped says that nothing had changed and the
	// current one stands.
	Snapshot string
	Skipped  bool
	Tables   []Table
	// Audits counts those that passed; Warnings are what the others said that
	// do not stop a publish.
	Audits   int
	Warnings []string
}

// Build builds, audits and publishes. Whatever happens, the current snapshot
// is a whole one.
func Build(ctx context.Context, in Input) (Result, error) {
	list, err := Plan(in.Steps)
	if err != nil {
		return Result{}, err
	}
	if err := sweep(in.Dir); err != nil {
		return Result{}, err
	}
	b := &builder{Input: in}
	b.inputs, err = b.fingerprint(ctx, list)
	if err != nil {
		return Result{}, err
	}
	var result Result
	current := filepath.Join(in.Dir, "current")
	if id := b.inputs[:16]; whole(current, id) {
		m, _ := readManifest(filepath.Join(current, Roles[0]))
		result = Result{Snapshot: id, Skipped: true, Tables: m.Tables}
	} else if result, err = b.build(ctx, list); err != nil {
		err = store.Explain(in.Dir, err)
	}
	// What the run read and refused is told even when its marts are not fit to
	// be published.
	if ctx.Err() == nil {
		err = errors.Join(err, store.Explain(in.Dir, b.publishOps(ctx, list)))
	}
	return result, err
}

// publishForm changes when snapshots are laid out otherwise, so that the same
// inputs are published anew.
const publishForm = 2

type builder struct {
	Input
	conn   *sql.Conn
	folder string
	inputs string
	audits int
	// ran are the steps that have run, by name.
	ran      map[string]bool
	warnings []string
	// described are the tables looked at so far, by name.
	described map[string]Table
}

// fingerprint names everything that decides what is published.
func (b *builder) fingerprint(ctx context.Context, list []*Model) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, publishForm, b.Site, b.AsOf.Format(time.DateOnly))
	for _, m := range list {
		if m.Schema() != "ops" {
			fmt.Fprintln(h, m.Name, m.Publish, m.Kind, m.Label, m.Roles, m.Partition, m.Columns, m.Audits, m.SQL)
		}
		if m.step != nil {
			fmt.Fprintln(h, m.step.Version())
		}
	}
	var state string
	err := b.Store.DB().QueryRowContext(ctx, `SELECT (SELECT concat_ws('/', sum(new), sum(changed), sum(vanished)) FROM store.load.ledger) || '/' ||
		(SELECT count(*)::VARCHAR FROM store.load.record WHERE deleted) || '/' ||
		(SELECT concat_ws('/', count(*), sum(hash(id))) FROM store.load.quarantine) || '/' || (SELECT count(*)::VARCHAR FROM store.load.verdict) || '/' || 
		(SELECT concat_ws('/', count(*), bit_xor(hash(id, kind, model, label, state, reason, others))) FROM store.load.suggestion) || '/' || (SELECT count(*)::VARCHAR FROM store.load.suggest_decision) || '/' || coalesce((SELECT string_agg(concat_ws(' ', kind, model, changes, decisions), ',' ORDER BY kind) FROM store.load.link_state), '') || '/' || coalesce((SELECT string_agg(source || source_table || transform::VARCHAR, ',' ORDER BY feed) FROM store.load.feed), '')`).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("read state of the store: %w", err)
	}
	fmt.Fprintln(h, state)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// open attaches a fresh file and makes the names of all layers visible.
func (b *builder) open(ctx context.Context, folder string) error {
	b.folder = folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make build folder: %w", err)
	}
	conn, err := b.Store.DB().Conn(ctx)
	if err != nil {
		return fmt.Errorf("open build connection: %w", err)
	}
	b.conn = conn
	return b.exec(ctx,
		"ATTACH "+store.Quote(filepath.Join(folder, "work.duckdb"))+" AS build",
		"CREATE SCHEMA build.core; CREATE SCHEMA build.mart; CREATE SCHEMA build.ref; CREATE SCHEMA build.ops; CREATE SCHEMA IF NOT EXISTS memory.staging",
		"SET search_path = 'build.core,build.mart,build.ref,build.ops,memory.staging,store.load'",
		"SET VARIABLE as_of = DATE "+store.Quote(b.AsOf.Format(time.DateOnly)),
	)
}

func (b *builder) close(ctx context.Context) error {
	if b.conn == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	// A build that broke off left its transaction open; outside of one this
	// says that there is none.
	_, _ = b.conn.ExecContext(ctx, "ROLLBACK")
	var err error
	for _, s := range []string{"SET search_path = 'memory.main'", "DETACH DATABASE IF EXISTS published", "DETACH DATABASE IF EXISTS build"} {
		err = errors.Join(err, b.exec(ctx, s))
	}
	err = errors.Join(err, b.conn.Close())
	b.conn = nil
	return errors.Join(err, os.Remove(filepath.Join(b.folder, "work.duckdb")))
}

// abandon clears up behind an error, which says more than what goes wrong in
// clearing up: where the disk is full, closing fails too. What is left is
// swept by the next build.
func (b *builder) abandon(ctx context.Context, folder string) {
	_ = b.close(ctx)
	_ = os.RemoveAll(folder)
}

func (b *builder) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := b.conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", firstWords(s), err)
		}
	}
	return nil
}

func firstWords(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return strings.ReplaceAll(s, "\n", " ")
}

func (b *builder) build(ctx context.Context, list []*Model) (result Result, err error) {
	id := b.inputs[:16]
	folder := filepath.Join(b.Dir, ".building-"+id)
	if err := os.RemoveAll(folder); err != nil {
		return result, fmt.Errorf("clear build folder: %w", err)
	}
	defer func() {
		if err != nil {
			b.abandon(ctx, folder)
		}
	}()
	if err := b.open(ctx, folder); err != nil {
		return result, err
	}
	for _, m := range list {
		if m.Schema() == "ops" {
			continue
		}
		if err := b.model(ctx, m); err != nil {
			return result, err
		}
	}
	tables, err := b.publishRoles(ctx, id, list)
	if err != nil {
		return result, err
	}
	if err := b.close(ctx); err != nil {
		return result, err
	}
	if err := swap(b.Dir, folder, id); err != nil {
		return result, err
	}
	return Result{Snapshot: id, Tables: tables, Audits: b.audits, Warnings: b.warnings}, nil
}

// model builds one model and audits it.
func (b *builder) model(ctx context.Context, m *Model) error {
	if b.Progress != nil {
		b.Progress(m.Name)
	}
	switch {
	case m.Schema() == "audit":
		return b.auditQuery(ctx, m)
	case m.step != nil:
		if err := b.step(ctx, m.step); err != nil {
			return err
		}
	case m.Schema() == "staging":
		if err := b.exec(ctx, "CREATE OR REPLACE VIEW memory."+m.Name+" AS\n"+m.SQL); err != nil {
			return fmt.Errorf("build %s: %w", m.Name, err)
		}
		return nil // the tables built from it are audited
	default:
		if err := b.exec(ctx, "CREATE TABLE build."+m.Name+" AS\n"+m.SQL); err != nil {
			return fmt.Errorf("build %s: %w", m.Name, err)
		}
	}
	return b.auditModel(ctx, m)
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = store.Ident(n)
	}
	return strings.Join(quoted, ", ")
}

func readManifest(folder string) (Manifest, bool) {
	var m Manifest
	raw, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return m, false
	}
	return m, true
}
