package kafka_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"huiliu/fixtures/city"
	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/connector/kafka"
	"huiliu/ingest/page"
)

// TestCity reads every message of the synthetic city's emergency department;
// the city served anew has nothing new, and moved on it has what came since.
func TestCity(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	if err := city.Make(ctx, dir, city.Config{Residents: city.MinResidents, Years: 1, Seed: 7, Departments: []string{"yingji"}}); err != nil {
		t.Fatal(err)
	}
	cursor, before := "", 0
	for step := range 3 {
		if step == 2 {
			if err := city.Advance(ctx, dir, 60); err != nil {
				t.Fatal(err)
			}
		}
		sent := lines(t, filepath.Join(dir, "feeds", "yingji", "hazard_*.jsonl"))
		read, next := readCity(t, dir, cursor)
		if read != sent-before || step == 0 && sent == 0 || step == 2 && read == 0 {
			t.Errorf("step %d: %d messages read, %d sent, %d before", step, read, sent, before)
		}
		cursor, before = next, sent
	}
}

func readCity(t *testing.T, dir, cursor string) (read int, next string) {
	t.Helper()
	server, err := city.NewServer(dir, city.AnyPorts)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	yaml := fmt.Sprintf("id: yingji\nconnector: kafka\nconnection: {brokers: [%q]}\ntables:\n  - {name: hazard, change: upsert, key: [hazard_id], read: {topic: yingji.hazard, key: hazard_id}}\n", server.Kafka())
	def := connectortest.Definition(t, yaml, nil)
	c, err := kafka.New(def, connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := connectortest.Next(t, context.Background(), r, page.NewBuilder())
		if err != nil {
			t.Fatal(err)
		}
		read += len(p.Items)
		if p.Done {
			return read, p.Cursor
		}
	}
}

func lines(t *testing.T, pattern string) int {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(text, []byte("\n"))
	}
	return n
}
