package connectortest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

// Item is one record or reject, its values as text, so that it can be
// compared and printed.
type Item struct {
	// Values by field name in page.Column.AppendText's form; a field without
	// a value is absent.
	Values map[string]string
	// Op of a record.
	Op page.Op
	// Reject is the code of a reject, empty for a record.
	Reject string
	// Place where it stood.
	Place page.Place
	// Raw is a reject's bytes.
	Raw string
}

// Page is what one call of Next gave.
type Page struct {
	connector.Progress
	Items []Item
	// Fields of the page, as it declares them.
	Fields []page.Field
}

// bench is one source with the connector that reads it.
type bench struct {
	subject   Subject
	feed      Feed
	table     *source.Table
	connector connector.Connector
	readers   []connector.Reader
	builder   *page.Builder
}

func newBench(t *testing.T, s Subject) *bench {
	t.Helper()
	b := &bench{subject: s, feed: s.New(t), builder: page.NewBuilder()}
	b.table = Table(t, b.feed.Definition, b.feed.Table)
	c, err := s.Factory(b.feed.Definition, Tools(&Keeper{}))
	if err != nil {
		t.Fatalf("make the connector: %v", err)
	}
	b.connector = c
	return b
}

// Table finds a table of a definition; an empty name takes the first.
func Table(t testing.TB, def *source.Definition, name string) *source.Table {
	t.Helper()
	if name == "" && len(def.Tables) > 0 {
		return &def.Tables[0]
	}
	table := def.Table(name)
	if table == nil {
		t.Fatalf("the definition has no table %q", name)
	}
	return table
}

// Tools gives a connector what it may use of the house: a log that is thrown
// away, the real clock, and a double of Keep.
func Tools(k *Keeper) connector.Tools {
	return connector.Tools{Log: slog.New(slog.DiscardHandler), Now: time.Now, Keep: k.Keep}
}

func (b *bench) open(t *testing.T, cursor string) connector.Reader {
	t.Helper()
	r, err := b.connector.Open(context.Background(), connector.Request{Table: b.table, Cursor: cursor, Name: "acceptance"})
	if err != nil {
		t.Fatalf("open at %q: %v", cursor, err)
	}
	b.readers = append(b.readers, r)
	return r
}

func (b *bench) close() {
	for _, r := range b.readers {
		_ = r.Close()
	}
	_ = b.connector.Close()
}

func (b *bench) next(t *testing.T, ctx context.Context, r connector.Reader) (Page, error) {
	t.Helper()
	return Next(t, ctx, r, b.builder)
}

func (b *bench) readAll(t *testing.T, r connector.Reader) []Page {
	t.Helper()
	return ReadAll(t, r)
}

// Next reads one page and checks what every page must keep: the counts
// agree, the limits hold, the values are what their kinds say.
func Next(t testing.TB, ctx context.Context, r connector.Reader, b *page.Builder) (Page, error) {
	t.Helper()
	b.Reset()
	progress, err := r.Next(ctx, b)
	if err != nil {
		return Page{}, err
	}
	items := Items(t, b)
	if progress.Read != int64(len(items)) {
		t.Errorf("Read says %d, the page holds %d records and %d rejects", progress.Read, b.Len(), b.Rejects())
	}
	if b.Len() > page.MaxRecords || b.Rejects() > page.MaxRecords {
		t.Errorf("a page of %d records and %d rejects, at most %d", b.Len(), b.Rejects(), page.MaxRecords)
	}
	checkBytes(t, items)
	return Page{Progress: progress, Items: items, Fields: fields(t, b)}, nil
}

// checkBytes makes sure that a page was full only by its last record, and
// that no record is too large for a page.
func checkBytes(t testing.TB, items []Item) {
	t.Helper()
	total, last := 0, 0
	for _, it := range items {
		last = 0
		for name, v := range it.Values {
			last += len(v)
			if !utf8.ValidString(v) || !utf8.ValidString(name) {
				t.Errorf("%s: field %q is not UTF-8", it.Place, name)
			}
		}
		if total += last; last > page.MaxBytes {
			t.Errorf("%s: a record of %d bytes, at most %d", it.Place, last, page.MaxBytes)
		}
		if it.Reject != "" && len(it.Raw) > page.RawLimit {
			t.Errorf("%s: a reject with %d raw bytes", it.Place, len(it.Raw))
		}
	}
	if total-last > page.MaxBytes {
		t.Errorf("a page of %d bytes before its last record, at most %d", total-last, page.MaxBytes)
	}
}

// ReadAll reads until Done and returns every page, the last one empty at
// times. A reader that never ends fails the test.
func ReadAll(t testing.TB, r connector.Reader) []Page {
	t.Helper()
	var pages []Page
	b := page.NewBuilder()
	for stuck := 0; ; {
		p, err := Next(t, context.Background(), r, b)
		if err != nil {
			t.Fatalf("page %d: %v", len(pages)+1, err)
		}
		if len(p.Items) == 0 && !p.Done && len(pages) > 0 && p.Cursor == pages[len(pages)-1].Cursor {
			if stuck++; stuck > 100 {
				t.Fatal("the reader gives empty pages for ever")
			}
		}
		pages = append(pages, p)
		if p.Done {
			return pages
		}
	}
}

// Read makes a connector, reads a whole table and closes both: for a
// connector's own tests of single inputs.
func Read(t testing.TB, make connector.Factory, def *source.Definition, k *Keeper) []Item {
	t.Helper()
	c, err := make(def, Tools(k))
	if err != nil {
		t.Fatalf("make the connector: %v", err)
	}
	defer c.Close()
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Name: "read"})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer r.Close()
	return flatten(ReadAll(t, r))
}

// Items takes a builder's page through its own encoding and returns what the
// loader will see.
func Items(t testing.TB, b *page.Builder) []Item {
	t.Helper()
	batch, rejects := decode(t, b)
	defer batch.Release()
	items := make([]Item, 0, batch.Len()+len(rejects))
	for i := range batch.Len() {
		it := Item{Values: map[string]string{}, Op: batch.Op(i), Place: batch.Place(i)}
		for c, f := range batch.Fields() {
			if col := batch.Column(c); !col.Null(i) {
				it.Values[f.Name] = string(col.AppendText(nil, i))
			}
		}
		items = append(items, it)
	}
	for _, r := range rejects {
		if r.Code == "" || r.Cause == "" || r.Mend == "" {
			t.Errorf("%s: a reject lacks its code, cause or mend: %+v", r.Place, r)
		}
		items = append(items, Item{Reject: r.Code, Place: r.Place, Raw: string(r.Raw)})
	}
	return items
}

func decode(t testing.TB, b *page.Builder) (*page.Batch, []page.Reject) {
	t.Helper()
	payload, err := b.Encode(&page.Header{})
	if err != nil {
		t.Fatalf("encode page: %v", err)
	}
	batch, rejects, err := page.Decode(payload)
	if err != nil {
		t.Fatalf("decode page: %v", err)
	}
	return batch, rejects
}

func fields(t testing.TB, b *page.Builder) []page.Field {
	batch, _ := decode(t, b)
	defer batch.Release()
	if batch == nil {
		return nil
	}
	return slices.Clone(batch.Fields())
}

// flatten puts the pages' items in one line; rejects stand behind the records
// of their page, so a page boundary may move them: they come last here.
func flatten(pages []Page) []Item {
	records, rejects := []Item{}, []Item{}
	for _, p := range pages {
		for _, it := range p.Items {
			if it.Reject == "" {
				records = append(records, it)
			} else {
				rejects = append(rejects, it)
			}
		}
	}
	return append(records, rejects...)
}

func key(it Item) string { return fmt.Sprintf("%v %s %d", it.Values, it.Reject, it.Op) }

// without takes away the items that came before, comparing all but places.
func without(items, before []Item) []Item {
	seen := map[string]bool{}
	for _, it := range before {
		seen[key(it)] = true
	}
	out := []Item{}
	for _, it := range items {
		if !seen[key(it)] {
			out = append(out, it)
		}
	}
	return out
}

// diffWant compares what was wanted with what came; zero places and raws are
// not compared.
func diffWant(want, got []Item) string {
	want = flatten([]Page{{Items: want}})
	var out strings.Builder
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			fmt.Fprintf(&out, "+ %s %s\n", key(got[i]), got[i].Place)
		case i >= len(got):
			fmt.Fprintf(&out, "- %s\n", key(want[i]))
		case !meets(want[i], got[i]):
			fmt.Fprintf(&out, "- %s %s\n+ %s %s\n", key(want[i]), want[i].Place, key(got[i]), got[i].Place)
		}
	}
	return clip(out.String())
}

func meets(want, got Item) bool {
	if key(want) != key(got) && !(want.Reject != "" && want.Reject == got.Reject) {
		return false
	}
	return (want.Place == page.Place{} || want.Place == got.Place) && (want.Raw == "" || want.Raw == got.Raw)
}
