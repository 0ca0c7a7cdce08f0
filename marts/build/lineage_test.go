package build

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// columnsText resolves a query over tables of known columns.
func columnsText(t *testing.T, p *parser, text string) string {
	t.Helper()
	tables := map[string][]string{"core.a": {"id", "x", "y"}, "core.b": {"id", "z"}}
	r, err := answerOf(context.Background(), p, text, func(name string) relation {
		r := relation{rows: []origin{{name, "*"}}}
		for _, c := range tables[name] {
			r.columns = append(r.columns, column{c, []origin{{name, c}}})
		}
		return r
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var out []string
	for _, c := range r.columns {
		var from []string
		for _, o := range c.from {
			from = append(from, strings.TrimPrefix(o.table, "core.")+"."+o.column)
		}
		out = append(out, c.name+"<"+strings.Join(from, " "))
	}
	return strings.Join(out, "; ")
}

func TestOriginsOfColumns(t *testing.T) {
	p, err := newParser(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for text, want := range map[string]string{
		"SELECT x, y AS w FROM core.a":                                                   "x<a.x; w<a.y",
		"SELECT a.*, z FROM core.a JOIN core.b USING (id)":                               "id<a.id; x<a.x; y<a.y; z<b.z",
		"SELECT * EXCLUDE (y) REPLACE (x + y AS x) FROM core.a":                          "id<a.id; x<a.x a.y",
		"SELECT count(*) AS n, max(x) AS m FROM core.a WHERE y > 0":                      "n<a.*; m<a.x",
		"WITH c AS (SELECT x * 2 AS d, y FROM core.a) SELECT d + y AS e, r.d FROM c r":   "e<a.x a.y; d<a.x",
		"SELECT x FROM core.a UNION ALL SELECT z FROM core.b":                            "x<a.x b.z",
		"SELECT CASE WHEN a.x > 0 THEN b.z END AS v, 1 AS one FROM core.a, core.b":       "v<a.x b.z; one<",
		"SELECT row_number() OVER (PARTITION BY x ORDER BY y) AS n FROM core.a":          "n<a.* a.x a.y",
		"SELECT (SELECT max(z) FROM core.b WHERE b.id = a.id) AS m FROM core.a":          "m<a.id b.id b.z",
		"SELECT EXISTS (FROM core.b WHERE b.id = a.id) AS e FROM core.a":                 "e<a.id b.id",
		"SELECT list_transform([x], lambda q: q + y) AS l FROM core.a":                   "l<a.x a.y",
		"SELECT p.k, s.m FROM (SELECT max(y) AS m FROM core.a) s, (VALUES ('k')) p(k)":   "k<; m<a.y",
		"SELECT x::DATE, coalesce(x, y) AS c FROM core.a GROUP BY ALL HAVING count(*)>1": "x<a.x; c<a.x a.y",
	} {
		if got := columnsText(t, p, text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	for _, text := range []string{"SELEC 1", "SELECT 1; SELECT 2", "DROP TABLE x", ""} {
		if _, err := p.parse(context.Background(), text); err == nil {
			t.Errorf("%q was parsed", text)
		}
	}
}

// The columns that the lineage finds are those that DuckDB makes, model by
// model, and each leads back to the loader or to a step.
func TestLineageKnowsEveryColumn(t *testing.T) {
	b, list := emptyBuild(t)
	ctx := context.Background()
	p, err := newParser(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	l := &lineage{ctx: ctx, parser: p, models: list, answers: map[string]relation{}, met: map[origin]bool{}}
	for _, m := range list {
		if m.Schema() == "audit" {
			continue
		}
		var got, want []string
		for _, c := range l.answer(m.Name).columns {
			got = append(got, c.name)
			constant := m.Schema() == "ops" || slices.Contains([]string{"core.link", "ref.deadline", "ref.crosscheck_rule", "ref.project_matter", "ref.indicator", "ref.indicator_measure"}, m.Name) ||
				m.Name == "mart.crosscheck" && slices.Contains([]string{"certainty", "subject_kind", "source_b", "rule", "aspect", "note"}, c.name) ||
				strings.HasPrefix(m.Name, "mart.finding_") && slices.Contains([]string{"certainty", "subject_kind", "source_b", "evidence_b", "day_a", "day_b", "link_probability"}, c.name) ||
				m.Schema() == "mart" && slices.Contains([]string{"area_kind", "category_level", "kind", "period_kind", "as_of"}, c.name) ||
				m.Name == "core.link_alias" && c.name == "entity_id" || // through a recursion, which is not followed
				m.Name == "core.organisation_row" && c.name == "day" ||
				m.Name == "core.suggestion" && c.name == "kind" || m.Name == "core.category_label" && c.name == "origin" ||
				strings.HasPrefix(m.Name, "mart.indicator_") && (c.name == "took" || c.name == "ended")
			if len(c.from) == 0 && !constant && m.step == nil {
				t.Errorf("%s.%s comes from nothing", m.Name, c.name)
			}
		}
		from := "build." + m.Name
		if m.Schema() == "staging" {
			from = "memory." + m.Name
		}
		rows, err := b.conn.QueryContext(ctx, "SELECT * FROM "+from+" LIMIT 0")
		if err != nil {
			t.Fatal(err)
		}
		want, err = columnsAndClose(rows)
		if err != nil {
			t.Fatal(err)
		}
		if m.step != nil {
			slices.Sort(got)
			slices.Sort(want)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\n got %v\nwant %v", m.Name, got, want)
		}
	}
	if l.err != nil {
		t.Error(l.err)
	}
}

func TestLineageAsText(t *testing.T) {
	list, err := Plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Lineage(list, nil, "mart.rectification_trend.overdue")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"mart.rectification_trend.overdue  期内到期中逾期（件） (sql/marts/rectification_trend.sql)", "  core.service_request.on_time", "    staging.service_request.on_time", "      load.service_request.on_time  as the loader keeps it", "core.hazard.due_on"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "category_1") || strings.Contains(got, "community") {
		t.Errorf("what does not matter is there:\n%s", got)
	}
	for _, wrong := range []string{"overdue", "mart.rectification_trend.nothing", "mart.nothing.overdue", ""} {
		if _, err := Lineage(list, nil, wrong); !noColumn.Is(err) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func columnsAndClose(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	return rows.Columns()
}
