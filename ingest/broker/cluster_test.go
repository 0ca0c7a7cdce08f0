package broker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// cluster opens a real cluster named by the environment, and gives the
// control that kills and starts its nodes.
func cluster(t *testing.T, name string) (b *Broker, control func(args ...string)) {
	t.Helper()
	brokers, script := os.Getenv(name), os.Getenv("HUILIU_TEST_KAFKA_CTL")
	if brokers == "" || script == "" {
		say := fmt.Sprintf("%s and HUILIU_TEST_KAFKA_CTL are not set: run .ci/servers.sh install, then start, then eval \"$(.ci/servers.sh env)\"", name)
		if os.Getenv("CI") == "true" {
			t.Fatal(say)
		}
		t.Skip(say)
	}
	b, err := Open(context.Background(), Config{Brokers: strings.Split(brokers, ","), Site: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, func(args ...string) {
		t.Helper()
		if out, err := exec.Command(script, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", script, args, err, out)
		}
	}
}

func freshTopic(t *testing.T, b *Broker) string {
	t.Helper()
	topic := fmt.Sprintf("huiliu.test.%d", time.Now().UnixNano())
	if err := b.EnsureTopic(context.Background(), topic, 1); err != nil {
		t.Fatal(err)
	}
	return topic
}

// Whichever node leads is killed in the middle of publishing, and started
// again: every acknowledged message is there, in order; a message whose answer
// was lost may be there twice.
func TestANodeOfThreeIsKilled(t *testing.T) {
	b, control := cluster(t, "HUILIU_TEST_KAFKA3")
	topic, ctx := freshTopic(t, b), context.Background()
	acknowledged := map[int64]int{}
	publish := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			offset, err := b.Produce(ctx, topic, 0, Message{Value: []byte(strconv.Itoa(i))})
			if err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
			acknowledged[offset] = i
		}
	}
	publish(0, 100)
	for round := range 2 {
		detail, _, err := b.await(ctx, topic)
		if err != nil || len(detail.Partitions) != 1 || len(detail.Partitions[0].Replicas) != 3 {
			t.Fatalf("%+v, %v", detail, err)
		}
		leader := strconv.Itoa(int(detail.Partitions[0].Leader))
		control("kill", leader)
		publish(100+200*round, 200+200*round)
		// A topic that is made meanwhile gets its three copies all the same.
		made, _, err := b.await(ctx, freshTopic(t, b))
		if err != nil || len(made.Partitions[0].Replicas) != 3 {
			t.Errorf("a topic made while a node is down: %+v, %v", made, err)
		}
		control("begin", leader)
		publish(200+200*round, 300+200*round)
	}
	checkLog(t, b, topic, acknowledged)
}

func TestTheOnlyNodeIsKilled(t *testing.T) {
	b, control := cluster(t, "HUILIU_TEST_KAFKA")
	topic, ctx := freshTopic(t, b), context.Background()
	acknowledged, failed := map[int64]int{}, make(chan error)
	killed := make(chan bool)
	go func() {
		for i := range 100 {
			if i == 50 {
				killed <- true
				<-killed
			}
			offset, err := b.Produce(ctx, topic, 0, Message{Value: []byte(strconv.Itoa(i))})
			if err != nil {
				failed <- fmt.Errorf("message %d: %w", i, err)
				return
			}
			acknowledged[offset] = i
		}
		failed <- nil
	}()
	select {
	case <-killed:
	case err := <-failed:
		t.Fatal(err)
	}
	control("kill", "0")
	killed <- true
	control("begin", "0")
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	checkLog(t, b, topic, acknowledged)
}

// checkLog reads the whole log and compares it with what was acknowledged.
func checkLog(t *testing.T, b *Broker, topic string, acknowledged map[int64]int) {
	t.Helper()
	ctx, held := context.Background(), map[int64]string{}
	_, end, err := b.Bounds(ctx, topic, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for offset := int64(0); offset < end; {
		batch, err := b.Fetch(ctx, topic, 0, offset, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range batch.Messages {
			n, err := strconv.Atoi(string(m.Value))
			if err != nil || n < last || n > last+1 {
				t.Fatalf("at %d stands %q after %d", m.Offset, m.Value, last)
			}
			last, held[m.Offset], offset = n, string(m.Value), m.Offset+1
		}
	}
	for offset, n := range acknowledged {
		if held[offset] != strconv.Itoa(n) {
			t.Errorf("message %d was acknowledged at %d, where %q stands", n, offset, held[offset])
		}
	}
}

// A topic that someone made beforehand with settings that lose pages is put
// right.
func TestUnsafeSettingsArePutRight(t *testing.T) {
	b, _ := cluster(t, "HUILIU_TEST_KAFKA3")
	topic, ctx := freshTopic(t, b), context.Background()
	day, small := "86400000", "1000"
	answers, err := b.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
		{Name: "retention.ms", Value: &day}, {Name: "max.message.bytes", Value: &small},
	}, topic)
	if err != nil || answers[0].Err != nil {
		t.Fatal(err, answers)
	}
	if err := b.EnsureTopic(ctx, topic, 1); err != nil {
		t.Fatal(err)
	}
	// The nodes take a changed setting over a moment later.
	deadline := time.Now().Add(20 * time.Second)
	for {
		wrong, err := b.unsafe(ctx, topic, 3)
		if err == nil && len(wrong) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still %v, %v", wrong, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
