package build

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"huiliu/marts/store"
	models "huiliu/sql"
	"huiliu/transform/entity"
)

type modelCase struct {
	Model  string                      `yaml:"model"`
	Given  map[string][]map[string]any `yaml:"given"`
	Expect []yaml.MapSlice             `yaml:"expect"`
	Only   string                      `yaml:"only"`
}

// emptyBuild builds every model on an empty store, so that tests have the
// columns and types of each.
func emptyBuild(t *testing.T) (*builder, []*Model) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	list, err := Plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{Input: Input{Store: s, Dir: t.TempDir(), AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if err := b.open(ctx, filepath.Join(b.Dir, "work")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.close(ctx) })
	for _, m := range list {
		if err := b.model(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	return b, list
}

func TestModelsByTheirRows(t *testing.T) {
	b, list := emptyBuild(t)
	ctx := context.Background()
	files, err := fs.Glob(models.Tests, "tests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests of models", err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(models.Tests, file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []modelCase
		if err := yaml.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, c := range cases {
			t.Run(fmt.Sprintf("%s/%d", c.Model, i), func(t *testing.T) {
				at := slices.IndexFunc(list, func(m *Model) bool { return m.Name == c.Model })
				if at < 0 {
					t.Fatalf("no model %s", c.Model)
				}
				checkModel(ctx, t, b, list[at], c)
			})
		}
	}
}

// The entities' staging views differ in nothing but the name; every other
// model and audit has a test of its own.
func TestEveryModelIsTested(t *testing.T) {
	list, err := Plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(models.Tests, "tests/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests := ""
	for _, file := range files {
		text, err := fs.ReadFile(models.Tests, file)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(text)
	}
	for _, m := range list {
		if e := entity.Find(m.Table()); e != nil && m.Schema() == "staging" {
			want := fmt.Sprintf("SELECT * EXCLUDE (_key, _deleted, _sealed, _page, _row), _page AS source_page, _row AS source_row\nFROM load.%s\nWHERE _deleted IS NULL", e.Name)
			if m.SQL != want || m.Label != e.Label+"：各部门来的有效行" {
				t.Errorf("%s is not the staging view of its entity:\n%s", m.File, want)
			}
			continue
		}
		if m.step == nil && !strings.Contains(tests, "- model: "+m.Name+"\n") {
			t.Errorf("%s has no test in sql/tests", m.Name)
		}
	}
	for i := range entity.Types {
		if !slices.ContainsFunc(list, func(m *Model) bool { return m.Name == "staging."+entity.Types[i].Name }) {
			t.Errorf("%s has no staging view", entity.Types[i].Name)
		}
	}
}

func checkModel(ctx context.Context, t *testing.T, b *builder, m *Model, c modelCase) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.exec(ctx, "ATTACH ':memory:' AS given"))
	defer b.exec(ctx, "SET search_path = 'build.core,build.mart,build.ref,build.ops,memory.staging,store.load'", "DETACH given")
	path := []string{}
	for _, read := range m.Reads {
		schema, _, _ := strings.Cut(read, ".")
		must(b.exec(ctx, "CREATE SCHEMA IF NOT EXISTS given."+schema, fmt.Sprintf("CREATE TABLE given.%s AS SELECT * FROM %s LIMIT 0", read, read)))
		if !slices.Contains(path, "given."+schema) {
			path = append(path, "given."+schema)
		}
	}
	for table, rows := range c.Given {
		if !slices.Contains(m.Reads, table) {
			t.Fatalf("%s does not read %s", m.Name, table)
		}
		for _, row := range rows {
			var names, values []string
			for k, v := range row {
				names, values = append(names, store.Ident(k)), append(values, store.Quote(fmt.Sprint(v)))
			}
			must(b.exec(ctx, fmt.Sprintf("INSERT INTO given.%s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))))
		}
	}
	must(b.exec(ctx, "SET search_path = "+store.Quote(strings.Join(path, ",")), "CREATE OR REPLACE TEMP TABLE answer AS "+m.SQL))
	where := "true"
	if c.Only != "" {
		where = c.Only
	}
	var count int
	must(b.conn.QueryRowContext(ctx, "SELECT count(*) FROM temp.answer WHERE "+where).Scan(&count))
	if count != len(c.Expect) {
		t.Errorf("%d rows, want %d", count, len(c.Expect))
	}
	for _, want := range c.Expect {
		conditions := []string{where}
		for _, item := range want {
			conditions = append(conditions, fmt.Sprintf("coalesce(%s::VARCHAR, '') = %s", store.Ident(fmt.Sprint(item.Key)), store.Quote(fmt.Sprint(item.Value))))
		}
		var found int
		must(b.conn.QueryRowContext(ctx, "SELECT count(*) FROM temp.answer WHERE "+strings.Join(conditions, " AND ")).Scan(&found))
		if found != 1 {
			t.Errorf("%d rows are like %v", found, want)
		}
	}
}

// forbidden are functions whose answer depends on the order of threads, the
// clock or chance (promise 11).
var forbidden = []string{
	"any_value", "arbitrary", "first", "last", "arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by", "mode",
	"avg", "mean", "fsum", "kahan_sum", "favg", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "corr", "approx_count_distinct", "approx_quantile", "reservoir_quantile",
	"current_date", "current_timestamp", "get_current_timestamp", "now", "today", "current_localtimestamp", "transaction_timestamp",
	"random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval",
}

// ordered are aggregates that need an ORDER BY of their own, or a list_sort
// around them.
var ordered = []string{"list", "array_agg", "string_agg", "group_concat", "listagg", "histogram"}

// lint says what a model's tree does that would make two builds differ.
func lint(tree node) []string {
	var out []string
	sorted := map[string]bool{}
	walk(tree, func(n node) bool {
		name := strings.ToLower(n.text("function_name"))
		key := func(n node) string { return fmt.Sprint(n["query_location"], n.text("function_name")) }
		switch {
		case name == "list_sort" || name == "array_sort":
			for _, c := range n.list("children") {
				sorted[key(c.(map[string]any))] = true
			}
		case n.text("class") == "COLUMN_REF" && len(n.list("column_names")) == 1 && strings.HasPrefix(texts(n.list("column_names"))[0], "current_"):
			out = append(out, "the clock is not an input")
		case slices.Contains(forbidden, name):
			out = append(out, name+" depends on the order of threads, the clock or chance")
		case slices.Contains(ordered, name) && !sorted[key(n)] && len(n.child("order_bys").list("orders")) == 0:
			out = append(out, name+" has no order")
		case name == "sum" && summed(n):
			out = append(out, "a sum of doubles depends on the order of threads")
		case n.text("type") == "LIMIT_MODIFIER":
			out = append(out, "LIMIT takes whichever rows come first")
		case n.text("type") == "DISTINCT_MODIFIER" && len(n.list("distinct_on_targets")) > 0:
			out = append(out, "DISTINCT ON takes whichever row comes first")
		}
		return true
	})
	return out
}

// summed reports whether a sum is over a quotient or a coordinate.
func summed(n node) bool {
	found := false
	walk(n["children"], func(c node) bool {
		names := texts(c.list("column_names"))
		found = found || c.text("function_name") == "/" || len(names) > 0 && slices.Contains([]string{"lat", "long", "seconds"}, names[len(names)-1])
		return true
	})
	return found
}

func TestTheLintBites(t *testing.T) {
	p, err := newParser(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for text, bad := range map[string]bool{
		"SELECT first(x) FROM t":                        true,
		"SELECT string_agg(x, ',') FROM t":              true,
		"SELECT string_agg(x, ',' ORDER BY x) FROM t":   false,
		"SELECT list(x) FROM t":                         true,
		"SELECT list_sort(list(DISTINCT x)) FROM t":     false,
		"SELECT list_sort(list(x)), list(x) FROM t":     true,
		"SELECT sum(x) FROM t":                          false,
		"SELECT sum(x / y) FROM t":                      true,
		"SELECT sum(t.lat) FROM t":                      true,
		"SELECT current_date":                           true,
		"SELECT now()":                                  true,
		"SELECT random()":                               true,
		"SELECT x FROM t ORDER BY y LIMIT 1":            true,
		"SELECT DISTINCT ON (x) x, y FROM t":            true,
		"SELECT DISTINCT x FROM t":                      false,
		"WITH a AS (SELECT any_value(x) FROM t) FROM a": true,
	} {
		tree, err := p.parse(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		if got := lint(tree); len(got) > 0 != bad {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestModelsKeepTheRules(t *testing.T) {
	b, list := emptyBuild(t)
	ctx := context.Background()
	p, err := newParser(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for _, m := range list {
		if m.step == nil {
			tree, err := p.parse(ctx, m.SQL)
			if err != nil {
				t.Fatalf("%s: %v", m.File, err)
			}
			for _, what := range lint(tree) {
				t.Errorf("%s: %s", m.File, what)
			}
			if reads := slices.Sorted(slices.Values(m.Reads)); !slices.Equal(reads, tree.tables()) {
				t.Errorf("%s says that it reads %v and reads %v", m.File, reads, tree.tables())
			}
		}
		if m.Schema() == "staging" || m.Schema() == "audit" {
			continue
		}
		table, err := b.describe(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range table.Columns {
			if c.Comment == "" {
				t.Errorf("%s: column %s has no Chinese comment", m.File, c.Name)
			}
			// What is computed in doubles depends on the order of threads; only
			// what a department gave as degrees, or a clock as seconds, is one.
			if (c.Type == "DOUBLE" || c.Type == "FLOAT") && c.Name != "lat" && c.Name != "long" && c.Name != "seconds" {
				t.Errorf("%s: column %s is a %s; use DECIMAL or a whole number", m.File, c.Name, c.Type)
			}
		}
		for column := range m.Columns {
			if !strings.HasSuffix(column, "_token") && !slices.ContainsFunc(table.Columns, func(c Column) bool { return c.Name == column }) {
				t.Errorf("%s: the header speaks of a column %s that is not there", m.File, column)
			}
		}
	}
}

func TestHeadersThatAreWrong(t *testing.T) {
	for name, text := range map[string]string{
		"no colon":     "-- name core.x\nSELECT 1",
		"unknown key":  "-- name: core.x\n-- colour: red\nSELECT 1",
		"unknown role": "-- name: core.x\n-- roles: mayor\nSELECT 1",
		"no grain":     "-- name: core.x\n-- label: x\n-- description: y\n-- owner: z\nSELECT 1",
		"no SQL":       "-- name: core.x\n-- label: x\n-- description: y\n-- owner: z\n-- grain: a\n",
	} {
		if _, err := ParseModel("x.sql", text); !badModel.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := &Model{Name: "core.a", Reads: []string{"core.b"}}
	if _, err := Order([]*Model{a, {Name: "core.b", Reads: []string{"core.a"}}}); !cycle.Is(err) {
		t.Errorf("a cycle: %v", err)
	}
}

func FuzzParseModel(f *testing.F) {
	f.Add("-- name: core.x\n-- column a: b\nSELECT 1")
	f.Add("--")
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := ParseModel("f", text); err == nil && (m.SQL == "" || m.Name == "") {
			t.Fatalf("an empty model passed: %+v", m)
		}
	})
}

// The swap never shows half a snapshot, and the leftovers of a killed build
// go with the next.
func TestPublishOnAnEmptyStore(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := store.Open(ctx, t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.MkdirAll(filepath.Join(dir, ".building-dead", "office"), 0o700); err != nil {
		t.Fatal(err)
	}
	in := Input{Store: s, Dir: dir, AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Site: "x"}
	first, err := Build(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Build(ctx, in)
	if err != nil || !again.Skipped || again.Snapshot != first.Snapshot {
		t.Errorf("second build %+v, %v", again, err)
	}
	in.AsOf = in.AsOf.AddDate(0, 0, 1)
	next, err := Build(ctx, in)
	if err != nil || next.Snapshot == first.Snapshot {
		t.Errorf("another day gives the same snapshot: %+v, %v", next, err)
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".building") {
			t.Errorf("%s is left over", e.Name())
		}
	}
}
