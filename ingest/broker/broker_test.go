package broker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"huiliu/ingest/page"
)

// With HUILIU_BROKER_CHILD set, the test binary is a process that publishes
// until it is killed, and says what was acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv("HUILIU_BROKER_CHILD"); dir != "" {
		publishForEver(dir)
		return
	}
	os.Exit(m.Run())
}

func publishForEver(dir string) {
	ctx := context.Background()
	b, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		fmt.Println("error", Locked.Is(err), err)
		return
	}
	if err := b.EnsureTopic(ctx, "t", 1); err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("open")
	for {
		offset, err := b.Produce(ctx, "t", 0, Message{Value: bytes.Repeat([]byte("x"), 1000)})
		if err != nil {
			fmt.Println("error", err)
			return
		}
		fmt.Println(offset)
	}
}

// forEach runs a test on the embedded broker, and on real clusters where the
// environment names any.
func forEach(t *testing.T, test func(t *testing.T, b *Broker, topic string)) {
	configs := map[string]Config{"embedded": {Dir: t.TempDir()}}
	for _, name := range []string{"HUILIU_TEST_KAFKA", "HUILIU_TEST_KAFKA3"} {
		if v := os.Getenv(name); v != "" {
			configs[name] = Config{Brokers: strings.Split(v, ",")}
		} else if os.Getenv("CI") == "true" {
			t.Errorf("%s is not set: CI starts a real Kafka and names it there", name)
		}
	}
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			b, err := Open(context.Background(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			test(t, b, fmt.Sprintf("huiliu.test.%d", time.Now().UnixNano()))
		})
	}
}

func TestPublishAndFetch(t *testing.T) {
	forEach(t, func(t *testing.T, b *Broker, topic string) {
		ctx := context.Background()
		if _, _, err := b.Bounds(ctx, topic, 0); !errors.Is(err, ErrNoTopic) {
			t.Errorf("bounds of no topic: %v", err)
		}
		if err := b.EnsureTopic(ctx, topic, 2); err != nil {
			t.Fatal(err)
		}
		id, err := b.LogID(ctx, topic)
		if err != nil || id == "" {
			t.Fatalf("log id %q, %v", id, err)
		}
		large := bytes.Repeat([]byte("汇流"), 1<<20)
		for i, value := range [][]byte{[]byte("one"), large, []byte("three")} {
			offset, err := b.Produce(ctx, topic, 1, Message{Value: value, Headers: []page.Pair{{Key: "n", Value: strconv.Itoa(i)}}})
			if err != nil || offset != int64(i) {
				t.Fatalf("offset %d, %v", offset, err)
			}
		}
		var got []Message
		for offset := int64(1); offset < 3; {
			batch, err := b.Fetch(ctx, topic, 1, offset, time.Second)
			if err != nil || batch.HighWater != 3 {
				t.Fatalf("fetch: high water %d, %v", batch.HighWater, err)
			}
			got = append(got, batch.Messages...)
			offset += int64(len(batch.Messages))
		}
		if len(got) != 2 || got[0].Offset != 1 || !bytes.Equal(got[0].Value, large) || got[1].Headers[0].Value != "2" {
			t.Errorf("fetched %d messages", len(got))
		}
		if batch, err := b.Fetch(ctx, topic, 1, 3, 50*time.Millisecond); err != nil || len(batch.Messages) != 0 {
			t.Errorf("fetch at the end: %d, %v", len(batch.Messages), err)
		}
		if _, err := b.Fetch(ctx, topic, 1, 9, 50*time.Millisecond); !errors.Is(err, ErrOffsetGone) {
			t.Errorf("fetch past the end: %v", err)
		}
		if err := b.Trim(ctx, topic, 1, 100); err != nil {
			t.Fatal(err)
		}
		if start, end, err := b.Bounds(ctx, topic, 1); start != 2 || end != 3 || err != nil {
			t.Errorf("after trim %d to %d, %v: the last message must stay", start, end, err)
		}
		if _, err := b.Fetch(ctx, topic, 1, 0, 50*time.Millisecond); !errors.Is(err, ErrOffsetGone) {
			t.Errorf("fetch before the start: %v", err)
		}
		if err := b.EnsureTopic(ctx, topic, 4); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Produce(ctx, topic, 3, Message{Value: []byte("x")}); err != nil {
			t.Errorf("produce to a partition that was added: %v", err)
		}
		if again, err := b.LogID(ctx, topic); again != id || err != nil {
			t.Errorf("log id became %q, %v", again, err)
		}
	})
}

func TestAFolderThatWasEmptiedIsAnotherLog(t *testing.T) {
	ctx, ids := context.Background(), map[string]bool{}
	dir := t.TempDir()
	for _, wipe := range []bool{false, true} {
		if wipe {
			os.RemoveAll(dir)
		}
		for range 2 {
			b, err := Open(ctx, Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.EnsureTopic(ctx, "t", 1); err != nil {
				t.Fatal(err)
			}
			id, err := b.LogID(ctx, "t")
			if err != nil {
				t.Fatal(err)
			}
			ids[id] = true
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(ids) != 2 {
		t.Errorf("%d log ids, want one before and one after: %v", len(ids), ids)
	}
}

func TestUnreachableCluster(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if _, err := Open(ctx, Config{Brokers: []string{"127.0.0.1:1"}}); !Unreachable.Is(err) {
		t.Errorf("got %v", err)
	}
}

// Whatever a killed process had acknowledged is there afterwards, and a
// second process is kept out of the folder while the first one lives.
func TestKilledPublisherLosesNothing(t *testing.T) {
	dir, kept := t.TempDir(), int64(-1)
	rounds := 10
	if os.Getenv("HUILIU_SOAK") != "" {
		rounds = 200
	}
	for round := range rounds {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "HUILIU_BROKER_CHILD="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		lines.Scan()
		if lines.Text() != "open" {
			t.Fatalf("child: %s", lines.Text())
		}
		if round == 0 {
			if _, err := Open(context.Background(), Config{Dir: dir}); !Locked.Is(err) {
				t.Errorf("a second process: %v", err)
			}
		}
		timer := time.AfterFunc(time.Duration(50+rand.IntN(250))*time.Millisecond, func() { _ = child.Process.Kill() })
		for lines.Scan() {
			offset, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				t.Fatalf("child: %s", lines.Text())
			}
			if offset <= kept {
				t.Fatalf("offset %d was given twice: %d was acknowledged before", offset, kept)
			}
			kept = offset
		}
		timer.Stop()
		_ = child.Wait()
	}
	b, err := Open(context.Background(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, end, err := b.Bounds(context.Background(), "t", 0); err != nil || end <= kept {
		t.Errorf("log ends at %d, %d was acknowledged, %v", end, kept, err)
	}
}

// A reader that waits when the broker is closed is not kept waiting.
func TestCloseEndsWaitingCalls(t *testing.T) {
	ctx := context.Background()
	b, err := Open(ctx, Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.EnsureTopic(ctx, "t", 1); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		for {
			if _, err := b.Fetch(ctx, "t", 0, 0, 10*time.Millisecond); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience / 2):
		t.Error("the reader waits for a broker that is closed")
	}
}

func BenchmarkPublishAndFetch(b *testing.B) {
	for name, c := range map[string]Config{"page cache": {}, "synced": {SyncWrites: true}} {
		b.Run(name, func(b *testing.B) {
			c.Dir = b.TempDir()
			benchmarkPublishAndFetch(b, c)
		})
	}
}

func benchmarkPublishAndFetch(b *testing.B, c Config) {
	ctx := context.Background()
	k, err := Open(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	defer k.Close()
	if err := k.EnsureTopic(ctx, "t", 1); err != nil {
		b.Fatal(err)
	}
	value := bytes.Repeat([]byte("0123456789abcdef"), 16<<10)
	b.SetBytes(int64(len(value)))
	offset := int64(0)
	for b.Loop() {
		if _, err := k.Produce(ctx, "t", 0, Message{Value: value}); err != nil {
			b.Fatal(err)
		}
		batch, err := k.Fetch(ctx, "t", 0, offset, time.Second)
		if err != nil || len(batch.Messages) != 1 {
			b.Fatal(len(batch.Messages), err)
		}
		offset++
	}
}

// A log of 512 MiB that was never trimmed is opened again: the inspection
// reads it once, the broker a second time.
func BenchmarkReopen(b *testing.B) {
	ctx, dir := context.Background(), b.TempDir()
	const messages, size = 2048, 256 << 10
	fill, err := Open(ctx, Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	if err := fill.EnsureTopic(ctx, "t", 1); err != nil {
		b.Fatal(err)
	}
	for range messages {
		if _, err := fill.Produce(ctx, "t", 0, Message{Value: make([]byte, size)}); err != nil {
			b.Fatal(err)
		}
	}
	if err := fill.Close(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(messages * size)
	for b.Loop() {
		k, err := Open(ctx, Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := k.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
