// Package connectortest is the one acceptance suite that every connector must
// pass, with the doubles it needs. It checks the promises of
// connector.Reader: everything once and in order, any mark can be taken up
// again, an error loses nothing, and the counts agree.
package connectortest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"huiliu/ingest/connector"
	"huiliu/ingest/source"
)

// Subject is what a connector's own test gives to Run.
type Subject struct {
	// Factory makes the connector under test.
	Factory connector.Factory
	// New makes a source of its own for each check and returns it filled. It
	// should give at least two pages, or the checks of marks prove little.
	New func(t *testing.T) Feed
	// Overlap says that a reader may give again records that came before its
	// mark, as feeds with late changes must: they are taken out before the
	// rest is compared, and a caught-up reader may give them too.
	Overlap bool
	// NoCursor lists why marks between pages can't be read anew, for a pushed
	// source that keeps its own; the checks of marks are skipped with it.
	NoCursor string
}

// Feed is one filled source.
type Feed struct {
	Definition *source.Definition
	// Table names the table to read; empty takes the first.
	Table string
	// Want is every record and reject in the order of the source, nil when
	// only the reader's own consistency can be checked. Empty parts of an item
	// are not compared.
	Want []Item
	// Append adds to the source and returns what a reader that goes on from
	// the last mark must find. Nil when nothing can be added.
	Append func(t *testing.T) []Item
	// Break makes the source fail and returns what mends it. Nil when the
	// source can't be broken from outside.
	Break func(t *testing.T) (mend func())
}

// Run checks every promise, each as a named subtest.
func Run(t *testing.T, s Subject) {
	for _, check := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"reads everything once", everything},
		{"a caught-up reader says so", caughtUp},
		{"goes on from every mark", everyMark},
		{"finds what was added", added},
		{"a cancelled read can be repeated", cancelled},
		{"an error can be repeated", broken},
		{"closes twice", closesTwice},
		{"check answers", checks},
	} {
		t.Run(check.name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			b := newBench(t, s)
			check.run(t, b)
			b.close()
			if err := goleak.Find(ignore); err != nil {
				t.Errorf("goroutines are left behind: %v", err)
			}
		})
	}
}

func everything(t *testing.T, b *bench) {
	pages := b.readAll(t, b.open(t, ""))
	if b.feed.Want != nil {
		if d := diffWant(b.feed.Want, flatten(pages)); d != "" {
			t.Errorf("records (- wanted, + read):\n%s", d)
		}
	}
	again := b.readAll(t, b.open(t, ""))
	if d := cmp.Diff(flatten(pages), flatten(again)); d != "" {
		t.Errorf("a second read differs:\n%s", clip(d))
	}
}

func caughtUp(t *testing.T, b *bench) {
	r := b.open(t, "")
	last := b.readAll(t, r)[0:]
	cursor := last[len(last)-1].Cursor
	if b.subject.NoCursor == "" {
		idle(t, b, b.open(t, cursor), cursor, flatten(last))
	}
	idle(t, b, r, cursor, flatten(last))
}

// idle checks that a reader at the source's end gives an empty page and stays
// where it is.
func idle(t *testing.T, b *bench, r connector.Reader, cursor string, before []Item) {
	t.Helper()
	p, err := b.next(t, context.Background(), r)
	if err != nil {
		t.Fatalf("read at the end: %v", err)
	}
	rest := p.Items
	if b.subject.Overlap {
		rest = without(rest, before)
	} else if p.Cursor != cursor {
		t.Errorf("the mark moved with nothing new: %q to %q", cursor, p.Cursor)
	}
	if len(rest) > 0 || !p.Done {
		t.Errorf("at the end: %d new items, done %v; want none and done", len(rest), p.Done)
	}
}

func everyMark(t *testing.T, b *bench) {
	if b.subject.NoCursor != "" {
		t.Skip(b.subject.NoCursor)
	}
	pages := b.readAll(t, b.open(t, ""))
	for i := range thin(len(pages)) {
		rest := b.readAll(t, b.open(t, pages[i].Cursor))
		want, got := flatten(pages[i+1:]), flatten(rest)
		if b.subject.Overlap {
			got = without(got, flatten(pages[:i+1]))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("from the mark of page %d of %d (%s):\n%s", i+1, len(pages), pages[i].Cursor, clip(d))
		}
		if end := rest[len(rest)-1].Cursor; end != pages[len(pages)-1].Cursor && !b.subject.Overlap {
			t.Errorf("from page %d the last mark is %q, want %q", i+1, end, pages[len(pages)-1].Cursor)
		}
	}
}

func added(t *testing.T, b *bench) {
	if b.feed.Append == nil {
		t.Skip("nothing can be added to this source")
	}
	r := b.open(t, "")
	pages := b.readAll(t, r)
	want := b.feed.Append(t)
	cursor := pages[len(pages)-1].Cursor
	if b.subject.NoCursor == "" {
		compareAdded(t, b, want, b.readAll(t, b.open(t, cursor)), pages, "a fresh reader")
	}
	if err := r.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func compareAdded(t *testing.T, b *bench, want []Item, got, before []Page, who string) {
	t.Helper()
	items := flatten(got)
	if b.subject.Overlap {
		items = without(items, flatten(before))
	}
	if d := diffWant(want, items); d != "" {
		t.Errorf("%s (- wanted, + read):\n%s", who, d)
	}
}

func cancelled(t *testing.T, b *bench) {
	pages := b.readAll(t, b.open(t, ""))
	r := b.open(t, "")
	got := []Page{}
	for i := range pages {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		begin := time.Now()
		if i < 3 {
			p, err := b.next(t, ctx, r)
			if err == nil && len(p.Items) > 0 {
				t.Fatalf("page %d came although the context was cancelled", i+1)
			}
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("a cancelled read took %s", d)
			}
		}
		p, err := b.next(t, context.Background(), r)
		if err != nil {
			t.Fatalf("page %d after a cancelled read: %v", i+1, err)
		}
		got = append(got, p)
	}
	if d := cmp.Diff(flatten(pages), flatten(got)); d != "" {
		t.Errorf("after cancelled reads:\n%s", clip(d))
	}
}

func broken(t *testing.T, b *bench) {
	if b.feed.Break == nil {
		t.Skip("this source can't be broken from outside")
	}
	pages := b.readAll(t, b.open(t, ""))
	r := b.open(t, "")
	first, err := b.next(t, context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	mend := b.feed.Break(t)
	got := []Page{first}
	for range pages {
		p, err := b.next(t, context.Background(), r)
		if err != nil {
			break
		}
		got = append(got, p) // what the reader had already taken in
		if p.Done {
			t.Skip("the reader holds all it needs before the source breaks")
		}
	}
	mend()
	for !got[len(got)-1].Done {
		p, err := b.next(t, context.Background(), r)
		if err != nil {
			t.Fatalf("after the source was mended: %v", err)
		}
		got = append(got, p)
	}
	items := flatten(got)
	if d := cmp.Diff(flatten(pages), items); d != "" {
		t.Errorf("after an error:\n%s", clip(d))
	}
}

func closesTwice(t *testing.T, b *bench) {
	r := b.open(t, "")
	if _, err := b.next(t, context.Background(), r); err != nil {
		t.Fatal(err)
	}
	for i, close := range []func() error{r.Close, r.Close, b.connector.Close, b.connector.Close} {
		if err := close(); err != nil {
			t.Errorf("close %d: %v", i+1, err)
		}
	}
}

func checks(t *testing.T, b *bench) {
	if err := b.connector.Check(context.Background()); err != nil {
		t.Errorf("check: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	begin := time.Now()
	_ = b.connector.Check(ctx)
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("a cancelled check took %s", d)
	}
}

// thin yields the page numbers worth resuming from: all of a few, the first
// and last ones and some between of many.
func thin(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		step := max(1, n/8)
		for i := 0; i < n; i++ {
			if i%step != 0 && i > 2 && i < n-3 {
				continue
			}
			if !yield(i) {
				return
			}
		}
	}
}

func clip(s string) string {
	const most = 4000
	if len(s) > most {
		return s[:most] + fmt.Sprintf("\n… %d more bytes", len(s)-most)
	}
	return s
}
