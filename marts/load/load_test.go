package load

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
	"huiliu/marts/store"
)

func pairs(text ...string) [][2]string {
	var out [][2]string
	for i := 0; i+1 < len(text); i += 2 {
		out = append(out, [2]string{text[i], text[i+1]})
	}
	return out
}

func expect(t *testing.T, what string, got, want Counts) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestFates(t *testing.T) {
	h := newHarness(t, "upsert")
	first := pairs("a", "1", "b", "2", "c", "x", "d", "bad", "?", "raw", "e", "5")
	got, _ := h.run(first...)
	expect(t, "first run", got, Counts{Read: 6, New: 3, Filtered: 1, Quarantined: 2})
	got, _ = h.run(first...)
	expect(t, "nothing new", got, Counts{})
	got, _ = h.run(append(first, pairs("a", "1", "b", "9", "b", "10", "e", "!", "z", "!", "f", "6", "f", "6")...)...)
	expect(t, "changes", got, Counts{Read: 7, New: 1, Changed: 2, Unchanged: 2, Deleted: 2})
	if rows := h.rows(); rows != "a=1 b=10 f=6" {
		t.Errorf("rows %q", rows)
	}
	if events := h.text("SELECT event FROM store.load.event WHERE id = 'src.t:b' ORDER BY event"); events != "named 10 named 2 named 9" {
		t.Errorf("events of b: %q", events)
	}
	if q := h.text("SELECT kind || ':' || code || '@' || origin_row FROM store.load.quarantine ORDER BY 1"); q != "record:bad_name@4 reject:broken@5" {
		t.Errorf("quarantine %q", q)
	}
	if ended := h.text("SELECT code || _deleted::VARCHAR FROM store.load.taxonomy WHERE _deleted IS NOT NULL"); ended != "e2026-01-01" {
		t.Errorf("ended rows %q", ended)
	}
}

// The same record in one batch or in several must end the same.
func TestPageSizeChangesNothing(t *testing.T) {
	feed := pairs("a", "1", "a", "2", "b", "!", "a", "1", "b", "3", "b", "!", "c", "4", "c", "!", "c", "5", "a", "bad", "d", "6")
	var want [2]string
	for i, size := range []int{1, 2, 3, 100} {
		h := newHarness(t, "upsert")
		h.connector.size = size
		counts, _ := h.run(feed...)
		expect(t, fmt.Sprint("page size ", size), counts, Counts{Read: 11, New: 3, Changed: 4, Deleted: 3, Quarantined: 1})
		got := [2]string{h.rows(), h.text("SELECT event || id FROM store.load.event ORDER BY 1")}
		if i == 0 {
			want = got
		} else if got != want {
			t.Errorf("page size %d: %q, want %q", size, got, want)
		}
	}
}

func TestSnapshots(t *testing.T) {
	h := newHarness(t, "snapshot")
	day := func(d int) {
		h.connector.snap = func() page.Snapshot {
			return page.Snapshot{ID: time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC).String(), At: time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC), Count: -1}
		}
	}
	day(1)
	got, _ := h.run(pairs("a", "1", "b", "2", "c", "3")...)
	expect(t, "first", got, Counts{Read: 3, New: 3})
	day(5)
	got, _ = h.run(pairs("a", "1", "c", "4")...)
	expect(t, "one is gone, one changed", got, Counts{Read: 2, Unchanged: 1, Changed: 1, Vanished: 1})
	day(3)
	got, _ = h.run(pairs("a", "0", "b", "9", "z", "1")...)
	expect(t, "an older snapshot comes late", got, Counts{Read: 3, Superseded: 3})
	if rows := h.rows(); rows != "a=1 c=4" {
		t.Errorf("rows %q", rows)
	}
	day(6)
	got, _ = h.run(pairs("a", "1", "?", "broken row")...)
	expect(t, "a snapshot that can't be read whole deletes nothing", got, Counts{Read: 2, Unchanged: 1, Quarantined: 1})
	day(7)
	got, _ = h.run(pairs("a", "1", "b", "2", "c", "4")...)
	expect(t, "b comes back", got, Counts{Read: 3, Unchanged: 2, Changed: 1})
	if rows := h.rows(); rows != "a=1 b=2 c=4" {
		t.Errorf("rows %q", rows)
	}
}

func TestStreamsThatMustStop(t *testing.T) {
	topic := page.Topic("site", "src")
	forge := func(change func(h *page.Header)) func(h *harness) {
		return func(h *harness) {
			messages := h.log.logs[key(topic, 0)]
			last := messages[len(messages)-1]
			header, err := page.ParseHeader(last.Headers)
			if err != nil {
				h.t.Fatal(err)
			}
			change(&header)
			last.Headers = header.Pairs()
			h.log.logs[key(topic, 0)] = append(messages, last)
			for i := range h.log.logs[key(topic, 0)] {
				h.log.logs[key(topic, 0)][i].Offset = int64(i)
			}
		}
	}
	for _, c := range []struct {
		name string
		do   func(h *harness)
		kind *fault.Kind
		rows string
	}{
		{"repeated page", forge(func(*page.Header) {}), nil, "a=1 b=2 c=3"},
		{"zombie", forge(func(h *page.Header) { h.Epoch, h.Writer, h.Seq = 0, "old", 9 }), nil, "a=1 b=2 c=3"},
		{"forged repetition", forge(func(h *page.Header) { h.Sum[0] ^= 1 }), StreamBroken, "a=1 b=2 c=3"},
		{"gap", forge(func(h *page.Header) { h.Seq += 2 }), StreamBroken, "a=1 b=2 c=3"},
		{"wrong mark", forge(func(h *page.Header) { h.Seq++; h.CursorBefore = "77" }), StreamBroken, "a=1 b=2 c=3"},
		{"another count", forge(func(h *page.Header) { h.Seq++; h.CursorBefore = h.CursorAfter; h.Read = 9 }), StreamBroken, "a=1 b=2 c=3"},
		{"other bytes", func(h *harness) {
			forge(func(h *page.Header) { h.Seq++; h.CursorBefore = h.CursorAfter })(h)
			log := h.log.logs[key(topic, 0)]
			log[len(log)-1].Value = []byte("nonsense")
		}, UnreadablePage, "a=1 b=2 c=3"},
		{"frozen contract", func(h *harness) { h.contract.freeze = StreamBroken.At("x", "why", "frozen") }, StreamBroken, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, "upsert")
			h.connector.rows = pairs("a", "1", "b", "2", "c", "3")
			s, l := h.open()
			if err := h.pull(); err != nil {
				t.Fatal(err)
			}
			l.Close()
			s.Close()
			c.do(h)
			s, l = h.open()
			_, problems := h.drain(l)
			l.Close()
			s.Close()
			if c.kind == nil && len(problems) > 0 || c.kind != nil && (len(problems) != 1 || !c.kind.Is(problems[0])) {
				t.Errorf("problems %v", problems)
			}
			if rows := h.rows(); rows != c.rows {
				t.Errorf("rows %q, want %q", rows, c.rows)
			}
		})
	}
}

func TestLogsThatForget(t *testing.T) {
	feed := pairs("a", "1", "b", "2", "c", "3")
	t.Run("forgotten broker", func(t *testing.T) {
		h := newHarness(t, "upsert")
		h.run(feed...)
		h.log = newLog("log-2")
		got, problems := h.run(append(feed, pairs("d", "4")...)...)
		expect(t, "only the new one", got, Counts{Read: 1, New: 1})
		if len(problems) > 0 {
			t.Error(problems)
		}
	})
	t.Run("the same log fell back", func(t *testing.T) {
		h := newHarness(t, "upsert")
		h.run(feed...)
		h.log = newLog("log-1")
		got, _ := h.run(append(feed, pairs("d", "4")...)...)
		expect(t, "only the new one", got, Counts{Read: 1, New: 1})
	})
	t.Run("cut behind the loader", func(t *testing.T) {
		h := newHarness(t, "upsert")
		h.run(feed...)
		h.connector.rows = append(feed, pairs("d", "4", "e", "5", "f", "6")...)
		s, l := h.open()
		l.Close()
		s.Close()
		if err := h.pull(); err != nil { // published, not loaded
			t.Fatal(err)
		}
		topic := page.Topic("site", "src")
		h.log.cut(topic, int64(len(h.log.logs[key(topic, 0)])-1))
		got, problems := h.run(h.connector.rows...)
		if len(problems) != 1 || !LogCut.Is(problems[0]) {
			t.Errorf("problems %v", problems)
		}
		expect(t, "read again from the mark", got, Counts{Read: 3, New: 3})
		if rows := h.rows(); rows != "a=1 b=2 c=3 d=4 e=5 f=6" {
			t.Errorf("rows %q", rows)
		}
	})
	t.Run("trimmed by the loader while a writer starts", func(t *testing.T) {
		h := newHarness(t, "upsert")
		h.run(feed...)
		h.connector.rows = append(feed, pairs("d", "4", "e", "5", "f", "6", "g", "7")...)
		s, l := h.open()
		if err := h.pull(); err != nil { // published, not loaded
			t.Fatal(err)
		}
		var got Counts
		h.log.meanwhile = func() { // the writer holds the acknowledgement of before
			got, _ = h.drain(l)
			topic := page.Topic("site", "src")
			h.log.cut(topic, int64(len(h.log.logs[key(topic, 0)])-1))
		}
		if err := h.pull(); err != nil {
			t.Fatal(err)
		}
		expect(t, "loaded before the writer began", got, Counts{Read: 4, New: 4})
		l.Close()
		s.Close()
		got, problems := h.run(append(h.connector.rows, pairs("h", "8")...)...)
		expect(t, "and the streams go on", got, Counts{Read: 1, New: 1})
		if len(problems) > 0 {
			t.Error(problems)
		}
	})
	t.Run("store restored from an older copy", func(t *testing.T) {
		h := newHarness(t, "upsert")
		h.run(feed...)
		log := h.log
		fresh := newHarness(t, "upsert")
		fresh.log = log
		got, _ := fresh.run(feed...)
		expect(t, "the log still has it all", got, Counts{Read: 3, New: 3})
	})
}

func TestReadAgainAfterAFailure(t *testing.T) {
	h := newHarness(t, "upsert")
	h.connector.fail = 2
	got, _ := h.run(pairs("a", "1", "b", "2", "c", "3")...)
	expect(t, "all of it once", got, Counts{Read: 3, New: 3})
}

func TestReprocessAndReplay(t *testing.T) {
	h := newHarness(t, "upsert")
	h.run(pairs("a", "1", "b", "bad", "a", "2", "c", "x", "d", "4", "d", "!")...)
	h.transform.version = 2
	s, l := h.open()
	if err := l.ReplayQuarantine(context.Background()); err != nil {
		t.Fatal(err)
	}
	expect(t, "replayed quarantine", l.Ledger()[0].Counts, Counts{Replayed: 1, New: 1})
	l.Close()
	s.Close()
	if rows, left := h.rows(), h.text("SELECT count(*)::VARCHAR FROM store.load.quarantine"); rows != "a=2 b=bad" || left != "0" {
		t.Errorf("rows %q, %s left in quarantine", rows, left)
	}
	s, l = h.open()
	if err := l.Reprocess(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := l.Ledger()[0].Counts
	l.Close()
	s.Close()
	if !c.Balanced() || c.Replayed != 6 || c.Changed != 1 || c.Unchanged != 1 {
		t.Errorf("reprocess %+v", c)
	}
	if rows := h.rows(); rows != "a=2 b=bad" {
		t.Errorf("rows after reprocess %q", rows)
	}
}

// A row that is deleted and comes again stays, also when all is done again:
// the deletion of before came before it.
func TestReprocessOfWhatCameAgain(t *testing.T) {
	for name, feed := range map[string][][2]string{
		"without versions": pairs("a", "1", "a", "!", "a", "2"), "a deletion without a version": pairs("a", "1@1", "a", "!", "a", "3@2"),
	} {
		h := newHarness(t, "upsert")
		h.run(feed...)
		for version := uint64(1); version <= 2; version++ {
			h.transform.version = version
			s, l := h.open()
			if err := l.Reprocess(context.Background()); err != nil {
				t.Fatal(err)
			}
			l.Close()
			s.Close()
			if rows := h.rows(); rows != "a=2" {
				t.Errorf("%s, transform %d: rows %q", name, version, rows)
			}
		}
	}
}

// A deletion without a version ends a row that has one; what is older than the
// row that ended doesn't bring it back.
func TestDeletionWithoutVersion(t *testing.T) {
	for name, c := range map[string]struct {
		feed [][2]string
		want string
	}{
		"ended":           {pairs("a", "5@1", "b", "5@1", "a", "!"), "b=1"},
		"older after it":  {pairs("a", "5@1", "a", "!", "a", "4@0"), ""},
		"newer after it":  {pairs("a", "5@1", "a", "!", "a", "6@2"), "a=2"},
		"of what was not": {pairs("a", "!", "b", "5@1"), "b=1"},
	} {
		for _, size := range []int{1, 10} { // in transactions of their own, and in one page
			h := newHarness(t, "upsert")
			h.connector.size = size
			h.run(c.feed...)
			if rows := h.rows(); rows != c.want {
				t.Errorf("%s, pages of %d: rows %q, want %q", name, size, rows, c.want)
			}
		}
	}
}

// What a later snapshot no longer shows stays ended when its page is done
// again, under the same transform and under another.
func TestReprocessOfWhatVanished(t *testing.T) {
	h := newHarness(t, "snapshot")
	for day, rows := range [][2]string{{"a", "b"}, {"a", "c"}} {
		h.connector.snap = func() page.Snapshot {
			return page.Snapshot{ID: fmt.Sprint("day ", day), At: time.Date(2026, 1, 1+day, 0, 0, 0, 0, time.UTC), Count: -1}
		}
		h.run(pairs(rows[0], "1", rows[1], "1")...)
	}
	for _, c := range []struct {
		version uint64
		want    Counts
	}{{1, Counts{Replayed: 4, Unchanged: 3, Superseded: 1}}, {2, Counts{Replayed: 4, Changed: 2, Unchanged: 1, Superseded: 1}}} {
		h.transform.version = c.version
		s, l := h.open()
		if err := l.Reprocess(context.Background()); err != nil {
			t.Fatal(err)
		}
		expect(t, fmt.Sprint("transform ", c.version), l.Ledger()[0].Counts, c.want)
		l.Close()
		s.Close()
		if rows := h.rows(); rows != "a=1 c=1" {
			t.Errorf("rows %q", rows)
		}
	}
}

func TestLimitStopsTheSource(t *testing.T) {
	h := newHarness(t, "upsert")
	h.def.Limits.Rows = 1
	_, problems := h.run(pairs("a", "bad", "b", "bad", "c", "3")...)
	if len(problems) != 1 || !LimitPassed.Is(problems[0]) {
		t.Errorf("problems %v", problems)
	}
}

// A snapshot larger than what is written at a time, and than a commit, is
// complete when its pages together hold what the source counts.
func TestSnapshotOfManyChunks(t *testing.T) {
	h := newHarness(t, "snapshot")
	h.connector.size = page.MaxRecords
	day := func(day, count int, rows [][2]string) (Counts, []error) {
		h.connector.snap = func() page.Snapshot {
			return page.Snapshot{ID: fmt.Sprint("day ", day), At: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Count: int64(count)}
		}
		return h.run(rows...)
	}
	var rows [][2]string
	for i := range commitRows + 3*page.MaxRecords {
		rows = append(rows, [2]string{fmt.Sprint("k", i), "n"})
	}
	n := int64(len(rows))
	got, _ := day(1, len(rows), rows)
	expect(t, "the first day", got, Counts{Read: n, New: n})
	got, _ = day(2, len(rows)-5, rows[5:])
	expect(t, "five are gone", got, Counts{Read: n - 5, Unchanged: n - 5, Vanished: 5})
	got, _ = day(3, len(rows), rows[10:])
	expect(t, "the source counts more than it gave", got, Counts{Read: n - 10, Unchanged: n - 10})
}

func TestArchivePastItsRetention(t *testing.T) {
	h := newHarness(t, "upsert")
	h.run(pairs("a", "1", "b", "2", "c", "3", "d", "4")...)
	s, err := store.Open(context.Background(), h.dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB().Exec("UPDATE store.load.page SET committed_at = committed_at - to_days(401) WHERE number = 1"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	h.transform.version = 2
	s, l := h.open()
	if err := l.Reprocess(context.Background()); err != nil {
		t.Fatal(err)
	}
	expect(t, "the page that is kept", l.Ledger()[0].Counts, Counts{Replayed: 2, Changed: 2})
	l.Close()
	s.Close()
	files := 0
	err = filepath.WalkDir(filepath.Join(h.dir, "store", "pages"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 1 || h.rows() != "a=1 b=2 c=3 d=4" {
		t.Errorf("%d files are kept, rows %s, %v", files, h.rows(), err)
	}
}

// Whatever comes, deletions among it, in pages and runs of any size: the last
// word on each key holds, and doing all again under another transform changes
// nothing.
func TestLastWordHolds(t *testing.T) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 7))
		h := newHarness(t, "upsert")
		last := map[string]string{}
		var feed [][2]string
		for run := range 3 {
			for range random.IntN(12) {
				key, name := string(rune('a'+random.IntN(4))), fmt.Sprint(run, random.IntN(3))
				if random.IntN(3) == 0 {
					name = "!"
				}
				feed = append(feed, [2]string{key, name})
				last[key] = name
			}
			h.connector.size = 1 + random.IntN(5)
			h.run(feed...)
		}
		want := ""
		for _, key := range slices.Sorted(maps.Keys(last)) {
			if last[key] != "!" {
				want = strings.TrimSpace(want + " " + key + "=" + last[key])
			}
		}
		if rows := h.rows(); rows != want {
			t.Fatalf("seed %d: of %v rows %q, want %q", seed, feed, rows, want)
		}
		h.transform.version = 2
		s, l := h.open()
		if err := l.Reprocess(context.Background()); err != nil {
			t.Fatal(err)
		}
		l.Close()
		s.Close()
		if rows := h.rows(); rows != want {
			t.Fatalf("seed %d: of %v rows after reprocess %q, want %q", seed, feed, rows, want)
		}
	}
}
