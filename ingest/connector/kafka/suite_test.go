package kafka

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/source"
)

var sent = time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)

// department is somebody else's cluster.
type department struct {
	t       testing.TB
	brokers []string
	client  *kgo.Client
	admin   *kadm.Client
	topics  atomic.Int64
}

func openDepartment(t testing.TB, brokers []string, options ...kgo.Opt) *department {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &department{t: t, brokers: brokers, client: client, admin: kadm.NewClient(client)}
}

func fakeCluster(t testing.TB, options ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (d *department) topic(partitions int32) string {
	d.t.Helper()
	name := fmt.Sprintf("dept.%d.%d", time.Now().UnixNano(), d.topics.Add(1))
	if _, err := d.admin.CreateTopic(context.Background(), partitions, 1, nil, name); err != nil {
		d.t.Fatal(err)
	}
	// A cluster may hear of a new topic some moments later.
	for range 100 {
		if _, err := d.admin.ListEndOffsets(context.Background(), name); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return name
}

func (d *department) send(topic string, partition int32, key, value string) {
	d.t.Helper()
	r := &kgo.Record{Topic: topic, Partition: partition, Timestamp: sent}
	if key != "" {
		r.Key = []byte(key)
	}
	if value != "" {
		r.Value = []byte(value)
	}
	if err := d.client.ProduceSync(context.Background(), r).FirstErr(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *department) define(topic, more string) *source.Definition {
	d.t.Helper()
	return connectortest.Definition(d.t, fmt.Sprintf(`
id: dept
connector: kafka
connection: {brokers: [%q], timeout: 3s}
tables:
  - {name: t, change: upsert, key: [id], read: {topic: %s, key: id%s}}
`, strings.Join(d.brokers, ","), topic, more), nil)
}

func item(partition, offset int, id string) connectortest.Item {
	return connectortest.Item{Values: map[string]string{"id": id, "name": "居民" + id, "$partition": fmt.Sprint(partition), "$offset": fmt.Sprint(offset), "$timestamp": "2026-01-01T08:00:00Z"}}
}

// With KAFKA_CHILD set the test binary is a cluster, so that its goroutines are
// not the connector's: it prints its address, and is down between the lines
// "down" and "up" of its input.
func TestMain(m *testing.M) {
	if os.Getenv("KAFKA_CHILD") == "" {
		os.Exit(m.Run())
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var down atomic.Bool
	c.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if down.Load() {
			return nil, errors.New("down"), true
		}
		return nil, nil, false
	})
	fmt.Println(c.ListenAddrs()[0])
	for in := bufio.NewScanner(os.Stdin); in.Scan(); fmt.Println("ok") {
		down.Store(in.Text() == "down")
	}
	c.Close()
}

// startCluster starts the child; say gives it a line and waits for its answer.
func startCluster(t *testing.T) (address string, say func(string)) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env, c.Stderr = append(os.Environ(), "KAFKA_CHILD=1"), os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	if !lines.Scan() {
		t.Fatal("the cluster did not start")
	}
	return lines.Text(), func(what string) {
		fmt.Fprintln(in, what)
		lines.Scan()
	}
}

// TestAcceptance runs the suite against a broker in this process, and against
// a real cluster where there is one.
func TestAcceptance(t *testing.T) {
	t.Run("kfake", func(t *testing.T) {
		address, say := startCluster(t)
		suite(t, openDepartment(t, []string{address}), say)
	})
	t.Run("Apache Kafka", func(t *testing.T) {
		brokers := os.Getenv("HUILIU_TEST_KAFKA3")
		if brokers == "" {
			if os.Getenv("CI") == "true" {
				t.Fatal("HUILIU_TEST_KAFKA3 is not set: CI starts a real Kafka and names it there")
			}
			t.Skip("set HUILIU_TEST_KAFKA3 to the addresses of a Kafka cluster (`.ci/servers.sh start` starts one)")
		}
		suite(t, openDepartment(t, strings.Split(brokers, ",")), nil)
	})
}

func suite(t *testing.T, d *department, say func(string)) {
	var broken func(*testing.T) func()
	if say != nil {
		broken = func(t *testing.T) func() {
			say("down")
			t.Cleanup(func() { say("up") })
			return func() { say("up") }
		}
	}
	// The suite looks for goroutines that are left behind: the producer's are
	// there before it begins.
	d.send(d.topic(1), 0, "", "{}")
	connectortest.Run(t, connectortest.Subject{Factory: New, New: func(t *testing.T) connectortest.Feed {
		d.t = t
		topic := d.topic(3)
		var want []connectortest.Item
		var records []*kgo.Record
		add := func(partition, offset int) connectortest.Item {
			id := fmt.Sprintf("%d-%d", partition, offset)
			records = append(records, &kgo.Record{Topic: topic, Partition: int32(partition), Timestamp: sent, Value: []byte(fmt.Sprintf(`{"id":%q,"name":"居民%s"}`, id, id))})
			return item(partition, offset, id)
		}
		for p, n := range []int{3000, 0, 2500} {
			for o := range n {
				want = append(want, add(p, o))
			}
		}
		if err := d.client.ProduceSync(context.Background(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		return connectortest.Feed{Definition: d.define(topic, ""), Want: want, Break: broken, Append: func(t *testing.T) []connectortest.Item {
			records = nil
			more := []connectortest.Item{add(0, 3000), add(1, 0), add(1, 1)}
			if err := d.client.ProduceSync(context.Background(), records...).FirstErr(); err != nil {
				t.Fatal(err)
			}
			return more
		}}
	}})
}
