package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/fixtures/city"
	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/connector/httpapi"
	"huiliu/ingest/source"
)

// feeds are the synthetic city's departments that speak HTTP, as definitions
// write them; BASE stands for the server.
var feeds = []struct {
	name, connection, read, key string
	// probe is where the server counts its records, for one without login.
	probe string
	// repeats says that a run begins before the mark.
	repeats bool
}{
	{"chengguan", "{url: BASE/chengguan/api, rate: 45}",
		"path: cases\nrecords: data.list\ncount: data.total\nok: {path: code, is: [200]}\npaging: {style: page, size: 500, size_parameter: page_size}\nsince: {parameter: update_from, field: updateTime, overlap: 96h, format: datetime}",
		"caseNo", "/chengguan/api/cases?page_size=1", true},
	{"rexian", "{url: BASE/rexian, rate: 1000}",
		"path: requests.json\nrecords: requests\ncount: total\npaging: {style: page, size: 500, size_parameter: page_size}\nsince: {parameter: updated_since, field: updated_datetime, overlap: 96h}",
		"service_request_id", "/rexian/requests.json?page_size=1", true},
	{"renshe", "{url: BASE/renshe/v1, rate: 1000, auth: {kind: oauth2, token_url: BASE/renshe/oauth/token, client_id: huiliu, client_secret: city-secret}}",
		"path: subsidies\nrecords: items\npaging: {style: cursor, next: next_cursor, more: has_more, keep: true, size: 500, size_parameter: limit}",
		"id", "", false},
}

// TestCity reads the synthetic city's APIs as a whole and once more behind the
// mark: the counts are the servers' own, and the second run finds nothing that
// the first had not.
func TestCity(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a city")
	}
	dir := t.TempDir()
	if err := city.Make(context.Background(), dir, city.Config{Residents: city.MinResidents, Years: 1, Seed: 7, Departments: []string{"chengguan", "rexian", "renshe"}}); err != nil {
		t.Fatal(err)
	}
	server, err := city.NewServer(dir, city.AnyPorts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for _, f := range feeds {
		t.Run(f.name, func(t *testing.T) {
			text := fmt.Sprintf("id: %s\nconnector: http\nconnection: %s\ntables:\n  - name: row\n    change: upsert\n    key: [%s]\n    read:\n      %s\n",
				f.name, f.connection, f.key, strings.ReplaceAll(f.read, "\n", "\n      "))
			def := connectortest.Definition(t, strings.ReplaceAll(text, "BASE", server.HTTP()), nil)
			first, cursor := readCity(t, def, "")
			if f.probe != "" {
				if want := total(t, server.HTTP()+f.probe, f.name); len(first) != want || want == 0 {
					t.Errorf("read %d records and rejects, the source counts %d", len(first), want)
				}
			}
			if len(first) < 20 {
				t.Errorf("only %d records", len(first))
			}
			again, end := readCity(t, def, cursor)
			if end != cursor {
				t.Errorf("the mark moved with nothing new: %s to %s", cursor, end)
			}
			if !f.repeats && len(again) > 0 {
				t.Errorf("%d records behind the mark", len(again))
			}
			known := map[string]bool{}
			for _, it := range first {
				known[fmt.Sprint(it.Values, it.Reject)] = true
			}
			for _, it := range again {
				if !known[fmt.Sprint(it.Values, it.Reject)] {
					t.Errorf("new behind the mark: %v", it.Values)
				}
			}
		})
	}
}

func readCity(t *testing.T, def *source.Definition, cursor string) ([]connectortest.Item, string) {
	t.Helper()
	c, err := httpapi.New(def, connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor, Name: "city"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var items []connectortest.Item
	for _, p := range connectortest.ReadAll(t, r) {
		items, cursor = append(items, p.Items...), p.Cursor
	}
	return items, cursor
}

// total asks the server for its count.
func total(t *testing.T, url, name string) int {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !jsontext.Value(body).IsValid() {
		t.Fatalf("%s: %s %v", name, body, err)
	}
	_, rest, _ := strings.Cut(string(body), `"total":`)
	n := 0
	if _, err := fmt.Sscanf(rest, "%d", &n); err != nil {
		t.Fatalf("%s: no total in %.80s", name, body)
	}
	return n
}
