package source_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// topics serves each testdata/raw/TOPIC.jsonl, {"key", "value"} a line with
// the value as text, as a topic of one partition.
func topics(t *testing.T, raw string) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	files, err := filepath.Glob(filepath.Join(raw, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no topic in %s: %v", raw, err)
	}
	for _, file := range files {
		topic := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		if _, err := kadm.NewClient(client).CreateTopic(context.Background(), 1, 1, nil, topic); err != nil {
			t.Fatal(err)
		}
		for _, r := range keyed(t, file) {
			r.Topic = topic
			if err := client.ProduceSync(context.Background(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return "kafka://" + cluster.ListenAddrs()[0]
}

func keyed(t *testing.T, file string) []*kgo.Record {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []*kgo.Record
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m struct{ Key, Value *string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		r := &kgo.Record{Timestamp: time.Date(2026, 1, 1, 0, 0, len(out), 0, time.UTC)}
		if m.Key != nil {
			r.Key = []byte(*m.Key)
		}
		if m.Value != nil {
			r.Value = []byte(*m.Value)
		}
		out = append(out, r)
	}
	return out
}
