package build

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"huiliu/marts/store"
)

// Audit is one promise that a model's header makes of its rows:
//
//	-- audit not_null: id, source
//	-- audit accepted: place_source in own, community, none
//	-- audit related: community_id to ref.area.area_id
//	-- audit rows_of: load.hazard
//
// An accepted or related column may also be NULL. rows_of says that the model
// has as many rows as the loader's table has live ones. With warn instead of
// audit a broken promise is told and the snapshot is published all the same.
type Audit struct {
	Kind    string
	Columns []string
	Values  []string
	Table   string
	Warn    bool
}

var (
	acceptedForm = regexp.MustCompile(`^([a-z0-9_]+) in (.+)$`)
	relatedForm  = regexp.MustCompile(`^([a-z0-9_]+) to ([a-z]+\.[a-z0-9_]+)\.([a-z0-9_]+)$`)
	tableForm    = regexp.MustCompile(`^load\.[a-z0-9_]+$`)
)

func parseAudit(kind, value string) (Audit, error) {
	a := Audit{Kind: kind}
	switch kind {
	case "not_null":
		a.Columns = splitList(value)
	case "accepted":
		if m := acceptedForm.FindStringSubmatch(value); m != nil {
			a.Columns, a.Values = m[1:2], splitList(m[2])
		}
	case "related":
		if m := relatedForm.FindStringSubmatch(value); m != nil {
			a.Columns, a.Table, a.Values = m[1:2], m[2], m[3:4]
		}
	case "rows_of":
		if tableForm.MatchString(value) {
			a.Table = value
		}
	default:
		return a, fmt.Errorf("unknown audit %q", kind)
	}
	if len(a.Columns) == 0 && a.Table == "" {
		return a, fmt.Errorf("audit %s can't be read: %s", kind, value)
	}
	return a, nil
}

func splitList(text string) []string {
	var out []string
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// check is the query that counts what breaks an audit of a built table, and
// the words that say what it is.
func (a *Audit) check(table string) (query, what string) {
	switch a.Kind {
	case "not_null":
		conditions := make([]string, len(a.Columns))
		for i, c := range a.Columns {
			conditions[i] = store.Ident(c) + " IS NULL"
		}
		return fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", table, strings.Join(conditions, " OR ")), "rows lack one of (" + strings.Join(a.Columns, ", ") + ")"
	case "accepted":
		values := make([]string, len(a.Values))
		for i, v := range a.Values {
			values[i] = store.Quote(v)
		}
		return fmt.Sprintf("SELECT count(*) FROM %s WHERE %s NOT IN (%s)", table, store.Ident(a.Columns[0]), strings.Join(values, ", ")),
			fmt.Sprintf("rows have a %s other than %s", a.Columns[0], strings.Join(a.Values, ", "))
	case "related":
		return fmt.Sprintf("SELECT count(*) FROM %s t WHERE %s IS NOT NULL AND NOT EXISTS (FROM build.%s r WHERE r.%s = t.%s)", table, store.Ident(a.Columns[0]), a.Table, store.Ident(a.Values[0]), store.Ident(a.Columns[0])),
			fmt.Sprintf("rows have a %s that %s does not know", a.Columns[0], a.Table)
	}
	return fmt.Sprintf("SELECT abs((SELECT count(*) FROM store.%s WHERE _deleted IS NULL) - (SELECT count(*) FROM %s))", a.Table, table),
		"rows of " + a.Table + " were lost or doubled"
}

// auditModel checks that the grain makes a row unique, and what else the
// header promises.
func (b *builder) auditModel(ctx context.Context, m *Model) error {
	table, grain := "build."+m.Name, quoteAll(m.Grain)
	err := b.audit(ctx, m, false, fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s GROUP BY ALL HAVING count(*) > 1)", grain, table),
		fmt.Sprintf("values of (%s) stand more than once", strings.Join(m.Grain, ", ")))
	if err != nil {
		return err
	}
	for i := range m.Audits {
		query, what := m.Audits[i].check(table)
		if err := b.audit(ctx, m, m.Audits[i].Warn, query, what); err != nil {
			return err
		}
	}
	return nil
}

// auditQuery runs a file of sql/audits: its query gives the rows that break
// the promise which its description states.
func (b *builder) auditQuery(ctx context.Context, m *Model) error {
	return b.audit(ctx, m, m.Kind == "warn", "SELECT count(*) FROM (\n"+m.SQL+"\n)", "rows break it: "+m.Description)
}

func (b *builder) audit(ctx context.Context, m *Model, warn bool, query, what string) error {
	var broken int64
	if err := b.conn.QueryRowContext(ctx, query).Scan(&broken); err != nil {
		return fmt.Errorf("audit %s: %w", m.Name, err)
	}
	switch {
	case broken == 0:
		b.audits++
	case warn:
		b.warnings = append(b.warnings, fmt.Sprintf("%s: %d %s", m.Name, broken, what))
	default:
		return auditFailed.At(m.File, "model", m.Name, "what", fmt.Sprintf("%d %s", broken, what))
	}
	return nil
}
