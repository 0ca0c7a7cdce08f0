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
	"slices"
	"strings"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/store"
	models "huiliu/sql"
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
	Audits   int
}

// Build builds, audits and publishes. Whatever happens, the current snapshot
// is a whole one.
func Build(ctx context.Context, in Input) (Result, error) {
	list, err := ReadModels(models.Files)
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
	if current, ok := readManifest(filepath.Join(in.Dir, "current", Roles[0])); ok && current.Inputs == b.inputs {
		result = Result{Snapshot: current.Snapshot, Skipped: true, Tables: current.Tables}
	} else if result, err = b.build(ctx, list); err != nil {
		return result, store.Explain(in.Dir, err)
	}
	return result, store.Explain(in.Dir, b.publishOps(ctx, list))
}

type builder struct {
	Input
	conn   *sql.Conn
	folder string
	inputs string
	audits int
}

// fingerprint names everything that decides what is published.
func (b *builder) fingerprint(ctx context.Context, list []*Model) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, b.Site, b.AsOf.Format(time.DateOnly))
	for _, m := range list {
		if m.Schema() != "ops" {
			fmt.Fprintln(h, m.Name, m.Publish, m.Kind, m.Roles, m.Partition, m.SQL)
		}
	}
	var state string
	err := b.Store.DB().QueryRowContext(ctx, `SELECT (SELECT coalesce(max(number), 0) FROM store.load.page)::VARCHAR || '/' ||
		(SELECT coalesce(sum(replayed), 0) FROM store.load.ledger)::VARCHAR || '/' || coalesce((SELECT string_agg(source || source_table || transform::VARCHAR, ',' ORDER BY feed) FROM store.load.feed), '')`).Scan(&state)
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
	err := errors.Join(b.exec(ctx, "SET search_path = 'memory.main'", "DETACH build"), b.conn.Close())
	b.conn = nil
	return errors.Join(err, os.Remove(filepath.Join(b.folder, "work.duckdb")))
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
	if err := b.open(ctx, folder); err != nil {
		return result, err
	}
	defer func() {
		if b.conn != nil {
			err = errors.Join(err, b.close(ctx))
		}
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	for _, m := range list {
		if m.Schema() == "ops" {
			continue
		}
		if err := b.model(ctx, m); err != nil {
			return result, err
		}
	}
	if err := b.auditCounts(ctx); err != nil {
		return result, err
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
	return Result{Snapshot: id, Tables: tables, Audits: b.audits}, nil
}

// model builds one model and audits it.
func (b *builder) model(ctx context.Context, m *Model) error {
	if b.Progress != nil {
		b.Progress(m.Name)
	}
	create := "CREATE TABLE build." + m.Name + " AS\n" + m.SQL
	if m.Schema() == "staging" {
		create = "CREATE OR REPLACE VIEW memory." + m.Name + " AS\n" + m.SQL
	}
	if err := b.exec(ctx, create); err != nil {
		return fmt.Errorf("build %s: %w", m.Name, err)
	}
	return b.auditGrain(ctx, m)
}

// auditGrain checks that the grain's columns are there and make a row unique.
func (b *builder) auditGrain(ctx context.Context, m *Model) error {
	if m.Schema() == "staging" {
		return nil // the tables built from it are audited
	}
	b.audits++
	columns := quoteAll(m.Grain)
	var twice int64
	query := fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM build.%s GROUP BY ALL HAVING count(*) > 1)", columns, m.Name)
	if err := b.conn.QueryRowContext(ctx, query).Scan(&twice); err != nil {
		return fmt.Errorf("audit %s: %w", m.Name, err)
	}
	if twice > 0 {
		return auditFailed.At(m.File, "model", m.Name, "what", fmt.Sprintf("%d values of (%s) stand more than once", twice, strings.Join(m.Grain, ", ")))
	}
	return nil
}

// auditCounts checks that no row is lost or doubled between the loader's
// tables and core, and that the ledger balances.
func (b *builder) auditCounts(ctx context.Context) error {
	for _, table := range []string{"service_request", "inspection", "hazard", "rectification", "project", "benefit", "observation", "evaluation", "building", "organisation", "place"} {
		b.audits++
		var live, core int64
		query := fmt.Sprintf("SELECT (SELECT count(*) FROM store.load.%s WHERE _deleted IS NULL), (SELECT count(*) FROM build.core.%s)", table, table)
		if err := b.conn.QueryRowContext(ctx, query).Scan(&live, &core); err != nil {
			return fmt.Errorf("audit counts of %s: %w", table, err)
		}
		if live != core {
			return auditFailed.At("sql/core/"+table+".sql", "model", "core."+table, "what", fmt.Sprintf("%d rows were loaded, %d reached core", live, core))
		}
	}
	b.audits++
	var unbalanced int64
	err := b.conn.QueryRowContext(ctx, "SELECT count(*) FROM store.load.ledger WHERE read + replayed <> new + changed + unchanged + superseded + deleted + quarantined + filtered").Scan(&unbalanced)
	if err != nil {
		return fmt.Errorf("audit ledger: %w", err)
	}
	if unbalanced > 0 {
		return auditFailed.At("sql/ops/ledger.sql", "model", "ops.ledger", "what", fmt.Sprintf("%d lines do not balance", unbalanced))
	}
	return nil
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

func hasRole(m *Model, role string) bool { return slices.Contains(m.Roles, role) }
