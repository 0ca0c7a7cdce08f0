package mqtt_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"huiliu/fixtures/city"
	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/connector/mqtt"
	"huiliu/ingest/page"
)

// TestCity takes in every message of the synthetic city's environment
// department, commits page by page, and finds nothing left in a second run.
func TestCity(t *testing.T) {
	dir := t.TempDir()
	if err := city.Make(context.Background(), dir, city.Config{Residents: city.MinResidents, Years: 1, Seed: 7, Departments: []string{"shengtai"}}); err != nil {
		t.Fatal(err)
	}
	server, err := city.NewServer(dir, city.AnyPorts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	yaml := fmt.Sprintf("id: shengtai\nconnector: mqtt\nconnection: {url: %q, client_id: huiliu-city}\ntables:\n  - {name: observation, change: append, key: [seq], read: {topics: [\"city/+/+\"], topic: \"city/{station}/{metric}\"}}\n", server.MQTT())
	def := connectortest.Definition(t, yaml, nil)
	want := lines(t, filepath.Join(dir, "feeds", "shengtai", "observations.jsonl"))
	cursor := ""
	for run, wanted := range []int{want, 0} {
		read := 0
		c, err := mqtt.New(def, connectortest.Tools(&connectortest.Keeper{}))
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for done := false; !done; {
			p, err := connectortest.Next(t, context.Background(), r, page.NewBuilder())
			if err != nil {
				t.Fatal(err)
			}
			read, cursor, done = read+len(p.Items), p.Cursor, p.Done
			if err := r.(connector.Committer).Committed(context.Background(), cursor); err != nil {
				t.Fatal(err)
			}
		}
		if read != wanted {
			t.Errorf("run %d read %d messages, want %d", run+1, read, wanted)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func lines(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
	}
	return n
}
