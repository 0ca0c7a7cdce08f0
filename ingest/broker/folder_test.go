package broker

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const testMessages = 20

// filled makes a closed folder with one topic of some messages in small
// segments' worth of bytes, and returns it with its log's identity.
func filled(t *testing.T, size int) (dir, id string) {
	t.Helper()
	dir = t.TempDir()
	b := openAt(t, dir)
	ctx := context.Background()
	if err := b.EnsureTopic(ctx, "t", 1); err != nil {
		t.Fatal(err)
	}
	for i := range testMessages {
		if _, err := b.Produce(ctx, "t", 0, Message{Value: bytes.Repeat([]byte{byte('a' + i)}, size)}); err != nil {
			t.Fatal(err)
		}
	}
	id, err := b.LogID(ctx, "t")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, id
}

func openAt(t *testing.T, dir string) *Broker {
	t.Helper()
	b, err := Open(context.Background(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edit changes a file of the folder.
func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(raw), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsFoundAndLossIsTold(t *testing.T) {
	const perBatch = 1000
	segment := func(dir, kind string) string { return filepath.Join(dir, "data", "partitions", "t-0", "0."+kind) }
	for name, c := range map[string]struct {
		harm func(t *testing.T, dir string)
		// damaged: Open refuses. Otherwise the log ends at end, and has its
		// old identity only if nothing acknowledged is missing.
		damaged bool
		end     int64
		renewed bool
	}{
		"untouched": {harm: func(*testing.T, string) {}, end: testMessages},
		"a byte in the middle": {damaged: true, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}},
		"a length in the middle": {damaged: true, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { b[8] = 0xff; return b })
		}},
		"bytes that are no batch at the end": {damaged: true, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { return append(b, bytes.Repeat([]byte("x"), 100)...) })
		}},
		"a batch cut while written": {end: testMessages, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { return append(b, b[:200]...) })
		}},
		"zeros at the end": {end: testMessages, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { return append(b, make([]byte, 5000)...) })
		}},
		"the last batch cut": {end: testMessages - 1, renewed: true, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { return b[:len(b)-10] })
		}},
		"the last batch half on the disk": {end: testMessages - 1, renewed: true, harm: func(t *testing.T, dir string) {
			edit(t, segment(dir, "dat"), func(b []byte) []byte { b[len(b)-5] ^= 0xff; return b })
		}},
		"the partition's files gone": {end: 0, renewed: true, harm: func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Dir(segment(dir, "dat"))); err != nil {
				t.Fatal(err)
			}
		}},
		"a partition that no topic has": {damaged: true, harm: func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "data", "partitions", "other-0"), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		"the list of topics is no JSON": {damaged: true, harm: func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, "data", "topics.json"), func(b []byte) []byte { return b[:len(b)/2] })
		}},
		"the cluster's own file is no JSON": {damaged: true, harm: func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, "data", "meta.json"), func([]byte) []byte { return []byte("{") })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, id := filled(t, perBatch)
			c.harm(t, dir)
			b, err := Open(context.Background(), Config{Dir: dir})
			if c.damaged {
				if !Damaged.Is(err) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, end, err := b.Bounds(context.Background(), "t", 0); end != c.end || err != nil {
				t.Errorf("ends at %d, want %d, %v", end, c.end, err)
			}
			if now, err := b.LogID(context.Background(), "t"); (now != id) != c.renewed || err != nil {
				t.Errorf("identity renewed: %t, want %t, %v", now != id, c.renewed, err)
			}
		})
	}
}

func TestASegmentMissingInTheMiddle(t *testing.T) {
	dir, _ := filled(t, 1<<20) // eight messages a segment
	partition := filepath.Join(dir, "data", "partitions", "t-0")
	if err := os.Remove(filepath.Join(partition, strconv.Itoa(segmentBytes>>20)+".dat")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), Config{Dir: dir}); !Damaged.Is(err) {
		t.Errorf("got %v", err)
	}
}

func TestTrimGivesSpaceBackAndSurvives(t *testing.T) {
	dir, id := filled(t, 1<<20)
	ctx := context.Background()
	b := openAt(t, dir)
	if err := b.Trim(ctx, "t", 0, testMessages); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "data", "partitions", "t-0", "*.dat"))
	if err != nil || len(files) != 1 {
		t.Errorf("%d segments are left, %v", len(files), err)
	}
	b = openAt(t, dir)
	defer b.Close()
	if start, end, err := b.Bounds(ctx, "t", 0); start != testMessages-1 || end != testMessages || err != nil {
		t.Errorf("%d to %d, %v", start, end, err)
	}
	if now, err := b.LogID(ctx, "t"); now != id || err != nil {
		t.Errorf("trimming gave the log identity %q, %v", now, err)
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	b := openAt(t, dir)
	defer b.Close()
	if err := b.EnsureTopic(ctx, "t", 1); err != nil {
		t.Fatal(err)
	}
	// A file stands where the partition's folder must be made.
	if err := os.MkdirAll(filepath.Join(dir, "data", "partitions"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "partitions", "t-0"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Produce(ctx, "t", 0, Message{Value: []byte("x")}); !Unwritable.Is(err) {
		t.Errorf("got %v", err)
	}
	if _, end, err := b.Bounds(ctx, "t", 0); end != 0 || err != nil {
		t.Errorf("the log ends at %d, %v: nothing was published", end, err)
	}
}

func TestNoTopicIsToldAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, b *Broker, topic string) {
		ctx, cancel := context.WithTimeout(context.Background(), patience/2)
		defer cancel()
		if _, err := b.Produce(ctx, topic, 0, Message{Value: []byte("x")}); !errors.Is(err, ErrNoTopic) {
			t.Errorf("produce: %v", err)
		}
		if _, err := b.Fetch(ctx, topic, 0, 0, time.Millisecond); !errors.Is(err, ErrNoTopic) {
			t.Errorf("fetch: %v", err)
		}
		if err := b.Trim(ctx, topic, 0, 5); !errors.Is(err, ErrNoTopic) {
			t.Errorf("trim: %v", err)
		}
		if err := b.EnsureTopic(ctx, topic, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Fetch(ctx, topic, 1, 0, time.Millisecond); !errors.Is(err, ErrNoTopic) {
			t.Errorf("fetch of a partition that is not there: %v", err)
		}
	})
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	b := openAt(t, t.TempDir())
	ctx := context.Background()
	if err := b.EnsureTopic(ctx, "t", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Produce(ctx, "t", 1, Message{Value: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzInspectSegment(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 200))
	f.Add(append([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 49, 0, 0, 0, 0, 2}, make([]byte, 44)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "0.dat")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := inspectSegment(path, 0)
		if err == nil && s.torn < 0 && len(raw) > 0 && s.batches == 0 {
			t.Errorf("%d bytes passed as nothing", len(raw))
		}
		if err != nil && !Damaged.Is(err) {
			t.Errorf("a damaged file is no fault of its own: %v", err)
		}
	})
}
