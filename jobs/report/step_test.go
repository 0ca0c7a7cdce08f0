package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/marts/build"
	"huiliu/marts/query"
	"huiliu/marts/store"
)

// facts publishes a site that has nothing but these reports and asks for its
// facts.
func facts(t *testing.T, reports, sql string) string {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	s, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	snapshots := filepath.Join(dir, "snapshots")
	if _, err := build.Build(ctx, build.Input{Store: s, Dir: snapshots, AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Site: "x", Steps: []build.Step{Step{Reports: reports}}}); err != nil {
		t.Fatal(err)
	}
	d, err := query.Open(ctx, snapshots, "analyst")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	lines, err := answer(ctx, d, sql)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, strings.Join(l, "|"))
	}
	return strings.Join(out, "\n")
}

// A draft's facts can be asked for by SQL, and asking their query again gives
// their value; a second draft adds to them.
func TestFactsCanBeQueried(t *testing.T) {
	ctx, reports := context.Background(), t.TempDir()
	if got := facts(t, reports, "SELECT count(*) FROM ops.fact"); got != "0" {
		t.Errorf("%s facts before the first draft", got)
	}
	o := options(t, reports)
	r, err := Draft(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	got := facts(t, reports, "SELECT report, fact, value, unit, low, high, inputs::VARCHAR, snapshot, as_of, latest, state FROM ops.fact WHERE fact IN ('late', 'on_time_share') ORDER BY fact")
	want := "quarterly-2025Q4|late|10|件|||[mart.rectification_ledger]|0007|2026-01-01|true|ok\nquarterly-2025Q4|on_time_share|75.0%|%|59.8%|85.8%|[mart.rectification_ledger]|0007|2026-01-01|true|ok"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	d, err := query.Open(ctx, o.Snapshots, "office")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	asked := 0
	for _, line := range strings.Split(facts(t, reports, "SELECT fact, value, query FROM ops.fact WHERE value IS NOT NULL AND low IS NULL"), "\n") {
		f := strings.SplitN(line, "|", 3)
		rows, err := answer(ctx, d, f[2])
		if err != nil || rows[0][0] != f[1] {
			t.Errorf("%s is %s, its query gives %v, %v", f[0], f[1], rows, err)
		}
		asked++
	}
	if asked < 5 {
		t.Errorf("only %d facts have a value", asked)
	}
	// The drafts themselves may be edited, moved or deleted.
	if err := os.RemoveAll(r.Folder); err != nil {
		t.Fatal(err)
	}
	if _, err := Draft(ctx, o); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(reports, "drafts")); err != nil {
		t.Fatal(err)
	}
	if got := facts(t, reports, "SELECT count(*), count(*) FILTER (latest), count(DISTINCT fact) FROM ops.fact"); got != fmt.Sprintf("%d|%d|%d", 2*r.Facts, r.Facts, r.Facts) {
		t.Errorf("after a second draft of %d facts: %s", r.Facts, got)
	}
}

// Whatever was done to the file of facts, a build stands and says it of the
// lines; a file that can't be read at all is a coded fault, and the marts are
// published even so.
func TestFactsOfADamagedFile(t *testing.T) {
	reports := t.TempDir()
	if _, err := Draft(context.Background(), options(t, reports)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(reports, factsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	n := len(lines) - 1
	const states = "SELECT state, count(*), count(fact), count(*) FILTER (latest) FROM ops.fact GROUP BY ALL ORDER BY state"
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"a changed number":     {join(lines[0], bytes.Replace(lines[1], []byte(`"value":"`), []byte(`"value":"9`), 1), join(lines[2:]...)), fmt.Sprintf("changed|1|1|1\nok|%d|%d|%d", n-1, n-1, n-1)},
		"a line taken out":     {join(lines[0], join(lines[2:]...)), fmt.Sprintf("ok|%d|%d|%d\nunlinked|1|1|1", n-2, n-2, n-2)},
		"a line that is none":  {join(lines[0], []byte("\x00\xff{\n"), join(lines[1:]...)), fmt.Sprintf("ok|%d|%d|%d\nunlinked|1|1|1\nunreadable|1|0|0", n-1, n-1, n-1)},
		"cut in its last line": {whole[:len(whole)-10], fmt.Sprintf("ok|%d|%d|%d", n-1, n-1, n-1)},
		"an empty file":        {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, c.text, 0o600); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, facts(t, reports, states)); d != "" {
				t.Error(d)
			}
		})
	}
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := (Step{Reports: reports}).Run(context.Background(), build.StepContext{}); !FactsUnreadable.Is(err) {
		t.Errorf("a folder in its place: %v", err)
	}
}

// A draft that was killed while it wrote its facts leaves a line without an
// end; the next draft takes its place and the chain is whole.
func TestFactsAfterAKilledDraft(t *testing.T) {
	reports := t.TempDir()
	o := options(t, reports)
	r, err := Draft(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(reports, factsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, whole[:100]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Audit(reports); n != r.Facts || err != nil {
		t.Errorf("audit of a cut file: %d, %v", n, err)
	}
	if _, err := Draft(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if n, err := Audit(reports); n != 2*r.Facts || err != nil {
		t.Errorf("audit after the next draft: %d, %v", n, err)
	}
}
