package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// realSite is a site that reads the public data with an example's
// configuration alone.
type realSite struct {
	t            *testing.T
	config, data string
	store        string
}

func newRealSite(t *testing.T, example string) *realSite {
	t.Helper()
	data := os.Getenv("HUILIU_DATA")
	if data == "" {
		t.Skip("set HUILIU_DATA to the folder of the public data")
	}
	return &realSite{t: t, config: filepath.Join("..", "..", "examples", example, "huiliu.yaml"), data: data, store: t.TempDir()}
}

// run runs the example in this process and returns the answer's ledger.
func (s *realSite) run() map[string]string {
	s.t.Helper()
	s.t.Setenv("HUILIU_DATA", s.data)
	var out, complaint bytes.Buffer
	if code := execute(context.Background(), []string{"run", "--json", "--config", s.config, "--store", s.store, "--as-of", "2026-08-06"}, &out, &complaint); code != 0 {
		s.t.Fatalf("exit code %d: %s %s", code, out.String(), complaint.String())
	}
	var answer struct {
		Result struct {
			Ledger []struct {
				Source, Table                                        string
				Read, New, Changed, Unchanged, Quarantined, Filtered int64
			} `json:"ledger"`
		} `json:"result"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		s.t.Fatal(err)
	}
	ledger := map[string]string{}
	for _, l := range answer.Result.Ledger {
		ledger[l.Table] = strings.Trim(strings.ReplaceAll(strings.Join([]string{n(l.Read), n(l.New), n(l.Changed), n(l.Unchanged), n(l.Quarantined), n(l.Filtered)}, " "), "  ", " "), " ")
	}
	return ledger
}

func n(v int64) string { raw, _ := json.Marshal(v); return string(raw) }

// ask runs a query and returns the answer as CSV without its head.
func (s *realSite) ask(text string) string {
	s.t.Helper()
	var out, complaint bytes.Buffer
	if code := execute(context.Background(), []string{"query", "-o", "csv", "--store", s.store, text}, &out, &complaint); code != 0 {
		s.t.Fatalf("%s: %s", text, complaint.String())
	}
	_, rows, _ := strings.Cut(strings.ReplaceAll(out.String(), "\r", ""), "\n")
	return strings.TrimSpace(rows)
}

func (s *realSite) expect(text, want string) {
	s.t.Helper()
	if got := s.ask(text); got != want {
		s.t.Errorf("%s\n got %q\nwant %q", text, got, want)
	}
}

// heatmap draws the heatmap and returns the office's page; exit code 3 is a
// machine without a Chinese font.
func (s *realSite) heatmap() string {
	s.t.Helper()
	var out, complaint bytes.Buffer
	if code := execute(context.Background(), []string{"job", "run", "heatmap", "--config", s.config, "--store", s.store}, &out, &complaint); code != 0 && code != 3 {
		s.t.Fatalf("exit code %d: %s", code, complaint.String())
	}
	page, err := os.ReadFile(filepath.Join(s.store, "reports", "heatmap", "2026-08-06", "office", "heatmap.html"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(page)
}

// The figures are those that the data's own description states.
func TestPingshan(t *testing.T) {
	s := newRealSite(t, "pingshan")
	if d := cmp.Diff("6952 6952 0 0 0 0", s.run()["event"]); d != "" {
		t.Error(d)
	}
	s.expect("SELECT count(*) FILTER (on_time), count(*) FILTER (NOT on_time), count(*) FILTER (community IS NULL) FROM core.service_request", "6238,714,7")
	s.expect("SELECT count(*), min(name), min(array_to_string(aliases, '|')) FROM ref.area WHERE area_code = '10009' AND level = 'community'", "1,碧岭社区,碧玲社区")
	s.expect("SELECT count(*) FROM core.service_request WHERE community = '和平社区' AND place_source = 'suspect' AND lat IS NULL", "273")
	s.expect("SELECT count(*) FROM mart.demand_heatmap WHERE rate_class <> 'no_denominator'", "0")
	s.expect("SELECT sum(requests) FROM mart.demand_heatmap WHERE area_kind = 'community' AND category_level = 0", "6952")
	s.expect("SELECT DISTINCT area_id FROM mart.demand_heatmap WHERE area_kind = 'h3_8'", "placeless")
	if page := s.heatmap(); !strings.Contains(page, "坪山区诉求热力图") || !strings.Contains(page, `"n":"碧岭社区","p":[`) {
		t.Error("the heatmap does not show the communities by their points")
	}
	s.expect("SELECT count(*) > 30 FROM core.organisation WHERE community_id IS NOT NULL", "true")
}

func TestMessages(t *testing.T) {
	s := newRealSite(t, "messages")
	ledger := s.run()
	if ledger["message"] != "4326 4326 0 0 0 0" || !strings.HasPrefix(ledger["labelled"], "495 494") {
		t.Error(ledger)
	}
	s.expect("SELECT count(*), count(requested_at) FROM core.service_request WHERE id LIKE '%.message:%'", "4326,4326")
	s.expect("SELECT min(requested_on), max(requested_on), count(*) FILTER (requested_on < DATE '2019-01-01') FROM core.service_request WHERE id LIKE '%.message:%'", "2017-06-08,2020-01-26,4")
}

// Four daily states of one growing file, loaded one after the other, and the
// last one again, recompressed under another name.
func TestNewYorkDayByDay(t *testing.T) {
	s := newRealSite(t, "nyc311")
	from := filepath.Join(s.data, "nyc-311-snapshots")
	s.data = t.TempDir()
	to := filepath.Join(s.data, "nyc-311-snapshots")
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, day := range []struct{ name, want string }{
		{"snapshot_2026-08-02.csv.gz", "777 777 0 0 0 0"},
		{"snapshot_2026-08-03.csv.gz", "11073 10296 345 432 0 0"},
		{"snapshot_2026-08-04.csv.gz", "19989 8916 619 10454 0 0"},
		{"snapshot_2026-08-05.csv.gz", "30990 11001 208 19781 0 0"},
	} {
		raw, err := os.ReadFile(filepath.Join(from, day.name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, day.name), raw, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := s.run()["request"]; got != day.want {
			t.Errorf("%s: %s, want %s", day.name, got, day.want)
		}
	}
	manifest := func() string {
		raw, err := os.ReadFile(filepath.Join(s.store, "snapshots", "current", "office", "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	before := manifest()
	recompress(t, filepath.Join(to, "snapshot_2026-08-05.csv.gz"), filepath.Join(to, "snapshot_copy.csv.gz"))
	if got := s.run()["request"]; got != "30990 0 0 30990 0 0" {
		t.Errorf("recompressed: %s", got)
	}
	if d := cmp.Diff(before, manifest()); d != "" {
		t.Errorf("reading the same again changed what is published: %s", d)
	}
}

func recompress(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	plain, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOtherPublicData(t *testing.T) {
	for _, c := range []struct {
		example, table, ledger, question, answer string
	}{
		{"beijing-air", "hour", "35064 35064 0 0 0 0", "SELECT count(*), count(value) FROM core.observation WHERE metric = 'PM2.5'", "35064,34139"},
		{"seattle-buildings", "building", "3340 3340 0 0 0 0", "SELECT count(*), count(*) FILTER (place_state = 'ok') FROM core.building", "3340,3340"},
		{"projects", "permit", "5000 5000 0 0 0 0", "SELECT count(*), count(finished_on), count(budget) FROM core.project WHERE currency = 'CAD'", "5000,4439,4466"},
		{"projects", "project", "12587 12587 0 0 0 0", "SELECT count(*) FILTER (spent > budget) FROM core.project WHERE currency = 'USD'", "4886"},
	} {
		t.Run(c.example+"/"+c.table, func(t *testing.T) {
			s := newRealSite(t, c.example)
			if got := s.run()[c.table]; got != c.ledger {
				t.Errorf("ledger %s, want %s", got, c.ledger)
			}
			s.expect(c.question, c.answer)
		})
	}
}
