package build

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// forbidden is what makes a model's answer depend on the run, the order of
// threads or the clock (promise 11).
var forbidden = map[string]*regexp.Regexp{
	"a sum of doubles":         regexp.MustCompile(`(?i)\b(sum|avg)\s*\(\s*(lat|long)\b`),
	"any_value or first":       regexp.MustCompile(`(?i)\b(any_value|first|last|arbitrary)\s*\(`),
	"the clock":                regexp.MustCompile(`(?i)\b(current_date|current_timestamp|now\s*\(|today\s*\()`),
	"chance":                   regexp.MustCompile(`(?i)\b(random|uuid|gen_random_uuid)\s*\(`),
	"an aggregate in no order": regexp.MustCompile(`(?i)\b(string_agg|array_agg|group_concat)\s*\((?:[^()]|\([^()]*\))*\)`),
	"an unsorted list":         regexp.MustCompile(`(?i)(?:^|[^(])\s*\blist\s*\(DISTINCT`),
}

func TestModelsKeepTheRules(t *testing.T) {
	b, list := emptyBuild(t)
	ctx := context.Background()
	for _, m := range list {
		for what, pattern := range forbidden {
			if found := pattern.FindString(m.SQL); found != "" && !strings.Contains(strings.ToUpper(found), "ORDER BY") && !strings.Contains(m.SQL, "list_sort(list(DISTINCT") {
				t.Errorf("%s uses %s: %s", m.File, what, found)
			}
		}
		for _, read := range m.Reads {
			if m.step == nil && !strings.Contains(m.SQL, read) {
				t.Errorf("%s says that it reads %s and does not", m.File, read)
			}
		}
		for _, used := range regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+((?:staging|core|ref|mart|load)\.[a-z_0-9]+)`).FindAllStringSubmatch(m.SQL, -1) {
			if !slices.Contains(m.Reads, used[1]) {
				t.Errorf("%s reads %s and does not say so", m.File, used[1])
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
			if !slices.ContainsFunc(table.Columns, func(c Column) bool { return c.Name == column }) {
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
