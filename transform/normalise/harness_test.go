package normalise

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/geo"
	"huiliu/internal/seal"
	"huiliu/transform/privacy"
)

func testKeeper(t testing.TB) *privacy.Keeper {
	t.Helper()
	box, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return privacy.NewKeeper(box)
}

// definition parses a source with one table whose settings are given.
func definition(t testing.TB, table string) *source.Definition {
	t.Helper()
	text := "id: dept\nconnector: files\ntables:\n  - name: feed\n    change: upsert\n" + indent(table)
	s, err := conf.Parse("source.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	d, err := source.Parse(s, []byte(text), conf.Section{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.Trim(text, "\n") + "\n") {
		b.WriteString("    " + line)
	}
	return b.String()
}

var testSite = Site{Bounds: &geo.Box{South: 22.5, West: 114.2, North: 22.9, East: 114.5}}

func compile(t testing.TB, table string) (*Transform, *source.Definition) {
	t.Helper()
	d := definition(t, table)
	tr, err := Compile(d, &d.Tables[0], testSite, testKeeper(t))
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return tr, d
}

// sheet makes a page of text columns: a line of names, then lines of values,
// cut at |; ~ stands for no value.
func sheet(t testing.TB, text string) *page.Batch {
	t.Helper()
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	b := page.NewBuilder()
	b.Origin("a.csv")
	names := strings.Split(lines[0], "|")
	for n, line := range lines[1:] {
		for k, v := range strings.Split(line, "|") {
			col := b.Column(strings.TrimSpace(names[k]), page.Text)
			if v != "~" {
				b.Text(col, []byte(v))
			}
		}
		b.End(page.Upsert, int64(n+1), -1)
	}
	return finish(t, b)
}

// finish encodes and decodes a page, as it travels.
func finish(t testing.TB, b *page.Builder) *page.Batch {
	t.Helper()
	var h page.Header
	payload, err := b.Encode(&h)
	if err != nil {
		t.Fatal(err)
	}
	batch, _, err := page.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

func apply(t testing.TB, tr *Transform, b *page.Batch) *Output {
	t.Helper()
	out, err := tr.Apply(b, Verdict{})
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return out
}

// show writes one cell for a test: ~ for null.
func show(r arrow.RecordBatch, row int, name string) string {
	at := r.Schema().FieldIndices(name)
	if len(at) == 0 {
		return "no column " + name
	}
	col := r.Column(at[0])
	if col.IsNull(row) {
		return "~"
	}
	switch c := col.(type) {
	case *array.Timestamp:
		return time.UnixMicro(int64(c.Value(row))).UTC().Format("2006-01-02T15:04:05.999999Z")
	case *array.Float64:
		return fmt.Sprintf("%.6f", c.Value(row))
	}
	return col.ValueStr(row)
}

func expect(t *testing.T, r arrow.RecordBatch, row int, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if got := show(r, row, name); got != w {
			t.Errorf("row %d, %s: %q, want %q", row, name, got, w)
		}
	}
}

// validate checks what DuckDB takes for granted: that text is UTF-8 and
// columns are as long as they say.
func validate(r arrow.RecordBatch) error {
	for i, c := range r.Columns() {
		if c.Len() != int(r.NumRows()) {
			return fmt.Errorf("%s has %d values of %d", r.ColumnName(i), c.Len(), r.NumRows())
		}
		if s, ok := c.(*array.String); ok {
			for k := range s.Len() {
				if !utf8.ValidString(s.Value(k)) {
					return fmt.Errorf("%s: %q is no UTF-8", r.ColumnName(i), s.Value(k))
				}
			}
		}
	}
	return nil
}
