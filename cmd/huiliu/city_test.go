package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"huiliu/fixtures/city"
	"huiliu/marts/query"
)

// citySite makes the synthetic city, serves it, and is the site that the
// repository's own configuration describes.
func citySite(t *testing.T) (*site, string) {
	t.Helper()
	return siteOf(t, city.Config{Residents: 3000, Years: 3, Seed: 1})
}

// siteOf is citySite for a city of one's own.
func siteOf(t *testing.T, of city.Config) (*site, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "city")
	if err := city.Make(context.Background(), dir, of); err != nil {
		t.Fatal(err)
	}
	server, err := city.NewServer(dir, city.AnyPorts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := newSite(t, "city")
	raw, err := os.ReadFile("../../huiliu.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.write("huiliu.yaml", string(raw), 0o644)
	s.env = append(s.env, "CITY_DIR="+dir, "CITY_HTTP="+server.HTTP(), "CITY_MQTT="+server.MQTT(), "CITY_KAFKA="+server.Kafka(), "CITY_SFTP="+server.SFTP())
	return s, dir
}

func (s *site) rows(statement string) [][]string {
	s.t.Helper()
	ctx := context.Background()
	d, err := query.Open(ctx, s.path("var", "snapshots"), "office")
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.Query(ctx, statement)
	if err != nil {
		s.t.Fatal(err)
	}
	var out bytes.Buffer
	if err := query.WriteCSV(&out, rows); err != nil {
		s.t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	return lines[1:]
}

// The whole city, every department over its own protocol, to what it leaves;
// then the hidden hazards of its truth.
func TestCity(t *testing.T) {
	s, dir := citySite(t)
	c, out := s.start("run")
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"published: snapshot", "job run heatmap →", "export run trends →", "export run indicators →", "report draft →"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	departments := s.rows("SELECT DISTINCT source FROM ops.ledger WHERE read > 0 ORDER BY 1")
	if len(departments) != 14 { // twelve, the own ledger, and reference data
		t.Errorf("read are %v", departments)
	}
	if bad := s.rows("SELECT source, sum(read + replayed - new - changed - unchanged - superseded - deleted - quarantined - filtered) AS off FROM ops.ledger GROUP BY 1 HAVING off <> 0"); len(bad) > 0 {
		t.Errorf("the ledger does not balance: %v", bad)
	}
	hidden := truth(t, dir)
	checkHidden(t, s, hidden)
	checkFindings(t, s, dir)
	checkLinkage(t, s, dir)
	checkSuggestions(t, s, dir)
	checkIndicators(t, s, dir)
	checkGolden(t, s, dir)
	again, out := s.start("run")
	if err := again.Wait(); err != nil || !strings.Contains(out.String(), "Nothing new") {
		t.Errorf("a second run: %v\n%s", err, out)
	}
	checkVerdict(t, s)
	checkDecisions(t, s)
	checkSuggestionDecided(t, s)
}

// checkVerdict: what a person says of a finding shows after the next build,
// beside the finding and in its rule's precision.
func checkVerdict(t *testing.T, s *site) {
	t.Helper()
	finding := s.rows("SELECT min(finding) FROM mart.crosscheck WHERE rule = 'graded_unlisted' AND certainty = 'sure'")[0][0]
	for _, c := range []struct {
		args []string
		good bool
		says string
	}{
		{[]string{"warning", "judge", finding, "right", "--by", "王工", "--note", "现场属实"}, true, "graded_unlisted"},
		{[]string{"warning", "judge", "f-nothing", "right", "--by", "王工"}, false, "no_such_finding"},
		{[]string{"warning", "judge", finding, "perhaps", "--by", "王工"}, false, "verdict_unknown"},
		{[]string{"build"}, true, ""},
		{[]string{"warning", "list", "--rule", "graded_unlisted"}, true, finding},
		{[]string{"warning", "rules"}, true, "not_enough"},
	} {
		command, out := s.start(c.args...)
		if err := command.Wait(); (err == nil) != c.good || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: %v\n%s", c.args, err, out)
		}
	}
	if got := s.rows("SELECT verdict FROM mart.crosscheck WHERE finding = '" + finding + "'"); len(got) != 1 || got[0][0] != "right" {
		t.Errorf("the finding says %v", got)
	}
	if got := s.rows("SELECT judged_right, judged_wrong FROM mart.early_warning WHERE rule = 'graded_unlisted' AND findings > 0"); len(got) != 1 || got[0][0] != "1" || got[0][1] != "0" {
		t.Errorf("the rule says %v", got)
	}
}

type hiddenHazard struct{ building, way, by string }

func truth(t *testing.T, dir string) (out []hiddenHazard) {
	t.Helper()
	for _, l := range truthLines(t, dir, "hidden_hazards.csv") {
		out = append(out, hiddenHazard{strings.TrimPrefix(l[1], "B"), l[2], l[3]})
	}
	if len(out) != city.HiddenHazards {
		t.Fatalf("%d hidden hazards", len(out))
	}
	return out
}

// truthLines reads a file of the city's truth without its header.
func truthLines(t *testing.T, dir, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "truth", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines[1:]
}
