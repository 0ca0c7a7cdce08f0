package page

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"huiliu/internal/seal"
)

func testBox(t testing.TB) *seal.Box {
	b, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func texts(b *Batch) [][]string {
	var out [][]string
	for i := range b.Len() {
		var row []string
		for c := range b.Fields() {
			if col := b.Column(c); col.Null(i) {
				row = append(row, "∅")
			} else {
				row = append(row, string(col.AppendText(nil, i)))
			}
		}
		out = append(out, row)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	b := NewBuilder()
	b.Origin("a.csv")
	id, name, when := b.Column("id", Int), b.Column("name", Text), b.Column("when", Instant)
	b.Int(id, 7)
	b.Text(name, []byte("张三"))
	b.Instant(when, time.Date(2025, 3, 4, 5, 6, 7, 8000, time.UTC).UnixMicro())
	b.End(Upsert, 1, 10)
	b.Int(id, 8)
	b.Undo()
	b.Origin("b.csv")
	late := b.Column("late", Bool)
	b.Bool(late, true)
	b.Date(b.Column("day", Date), 20000)
	b.Float(b.Column("x", Float), 1.5)
	b.Bytes(b.Column("raw", Bytes), []byte{0, 255})
	b.LocalTime(b.Column("local", LocalTime), 0)
	b.JSON(b.Column("nested", JSON), []byte(`{"a":1}`))
	b.End(Delete, 2, -1)
	b.Reject(Reject{Place: Place{Origin: "b.csv", Row: 3, Offset: 99}, Code: "csv_too_few_columns", Cause: "c", Mend: "m", Raw: []byte("x,y")})

	h := Header{Site: "s", Source: "src", Table: "t", Read: 3}
	payload, err := b.Encode(&h)
	if err != nil {
		t.Fatal(err)
	}
	box := testBox(t)
	p, err := Open(box, h, Seal(box, &h, payload))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Batch.Release()
	want := [][]string{
		{"7", "张三", "2025-03-04T05:06:07.000008Z", "∅", "∅", "∅", "∅", "∅", "∅"},
		{"∅", "∅", "∅", "true", "2024-10-04", "1.5", "AP8=", "1970-01-01T00:00:00", `{"a":1}`},
	}
	if d := cmp.Diff(want, texts(p.Batch)); d != "" {
		t.Error(d)
	}
	if p.Batch.Op(1) != Delete || p.Batch.Place(0).String() != "a.csv:1@10" || p.Batch.Place(1).String() != "b.csv:2" {
		t.Errorf("ops or places: %v %v", p.Batch.Place(0), p.Batch.Place(1))
	}
	if len(p.Rejects) != 1 || p.Rejects[0].Size != 3 || string(p.Rejects[0].Raw) != "x,y" {
		t.Errorf("rejects %+v", p.Rejects)
	}
	again, err := ParseHeader(h.Pairs())
	if err != nil || again.Sum != h.Sum || again.Schema != h.Schema {
		t.Errorf("header %+v, %v", again, err)
	}
	other := h
	other.Sum[0] ^= 1
	if _, err := Open(box, other, Seal(box, &h, payload)); !errors.Is(err, ErrSum) {
		t.Errorf("a page under another header: %v", err)
	}
	moved := h
	moved.Table = "u"
	if _, err := Open(box, moved, Seal(box, &h, payload)); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("a page moved to another table: %v", err)
	}
}

func TestWidening(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []func(b *Builder, col int)
		kind Kind
		want []string
	}{
		{"int then float", []func(*Builder, int){func(b *Builder, c int) { b.Int(c, 5) }, func(b *Builder, c int) { b.Float(c, 2.5) }}, Float, []string{"5", "2.5"}},
		{"float then int", []func(*Builder, int){func(b *Builder, c int) { b.Float(c, 2.5) }, func(b *Builder, c int) { b.Int(c, 5) }}, Float, []string{"2.5", "5"}},
		{"big int then float keeps its digits", []func(*Builder, int){func(b *Builder, c int) { b.Int(c, 1<<60+1) }, func(b *Builder, c int) { b.Float(c, 2.5) }}, JSON, []string{"1152921504606846977", "2.5"}},
		{"int then text", []func(*Builder, int){func(b *Builder, c int) { b.Int(c, 5) }, func(b *Builder, c int) { b.Text(c, []byte("5\"甲\n")) }}, JSON, []string{"5", "5\"甲\n"}},
		{"nothing then bool", []func(*Builder, int){func(*Builder, int) {}, func(b *Builder, c int) { b.Bool(c, true) }}, Bool, []string{"∅", "true"}},
		{"time then text", []func(*Builder, int){func(b *Builder, c int) { b.LocalTime(c, 0) }, func(b *Builder, c int) { b.Text(c, []byte("2019/1/1")) }}, JSON, []string{"1970-01-01T00:00:00", "2019/1/1"}},
	} {
		b := NewBuilder()
		col := b.Column("v", Text)
		b.columns[col].field.Kind = map[bool]Kind{true: Text, false: Int}[c.name == "nothing then bool"]
		switch c.name {
		case "float then int":
			b.columns[col].field.Kind = Float
		case "time then text":
			b.columns[col].field.Kind = LocalTime
		}
		for i, set := range c.set {
			set(b, col)
			b.End(Upsert, int64(i), 0)
		}
		var h Header
		payload, err := b.Encode(&h)
		if err != nil {
			t.Fatal(err)
		}
		batch, _, err := Decode(payload)
		if err != nil {
			t.Fatal(err)
		}
		got := texts(batch)
		for i, w := range c.want {
			if got[i][0] != w {
				t.Errorf("%s: row %d is %q, want %q", c.name, i, got[i][0], w)
			}
		}
		if k := batch.Fields()[0].Kind; k != c.kind {
			t.Errorf("%s: kind %s, want %s", c.name, k, c.kind)
		}
	}
}

// A record's hash must not tell in what order, in what company or in which
// column kind its values came.
func TestHashStandsOnValuesAlone(t *testing.T) {
	sum := func(build func(b *Builder)) Hash {
		b := NewBuilder()
		build(b)
		var h Header
		payload, err := b.Encode(&h)
		if err != nil {
			t.Fatal(err)
		}
		batch, _, err := Decode(payload)
		if err != nil {
			t.Fatal(err)
		}
		return NewHasher(batch, []string{"fetched"}).Sum(batch.Len() - 1)
	}
	plain := sum(func(b *Builder) {
		b.Int(b.Column("a", Int), 5)
		b.Text(b.Column("b", Text), []byte("x"))
		b.End(Upsert, 1, 1)
	})
	same := map[string]func(b *Builder){
		"other order, an empty field, an ignored one": func(b *Builder) {
			b.Text(b.Column("b", Text), []byte("x"))
			b.Column("c", Text)
			b.Text(b.Column("fetched", Text), []byte("now"))
			b.Int(b.Column("a", Int), 5)
			b.End(Upsert, 9, 9)
		},
		"in mixed columns": func(b *Builder) {
			a, t := b.Column("a", Float), b.Column("b", Int)
			b.Float(a, 0.5)
			b.Int(t, 1)
			b.End(Upsert, 1, 1)
			b.Int(a, 5)
			b.Text(t, []byte("x"))
			b.End(Upsert, 2, 2)
		},
	}
	for name, build := range same {
		if sum(build) != plain {
			t.Errorf("%s: another hash", name)
		}
	}
	different := map[string]func(b *Builder){
		"text 5": func(b *Builder) {
			b.Text(b.Column("a", Text), []byte("5"))
			b.Text(b.Column("b", Text), []byte("x"))
			b.End(Upsert, 1, 1)
		},
		"values run together": func(b *Builder) {
			b.Int(b.Column("a", Int), 5)
			b.Text(b.Column("b", Text), []byte("x\x00"))
			b.End(Upsert, 1, 1)
		},
	}
	for name, build := range different {
		if sum(build) == plain {
			t.Errorf("%s: the same hash", name)
		}
	}
}

func TestStreamRules(t *testing.T) {
	at := State{Epoch: 3, Writer: "w", Seq: 4, Cursor: "c4", Sum: fmt.Sprintf("%x", [32]byte{4})}
	for _, c := range []struct {
		name string
		h    Header
		want Outcome
		next State
	}{
		{"next page", Header{Epoch: 3, Writer: "w", Seq: 5, CursorBefore: "c4", CursorAfter: "c5", Sum: [32]byte{5}}, Accept, State{3, "w", 5, "c5", fmt.Sprintf("%x", [32]byte{5})}},
		{"repeated page", Header{Epoch: 3, Writer: "w", Seq: 4, Sum: [32]byte{4}}, Repeat, at},
		{"page of before", Header{Epoch: 3, Writer: "w", Seq: 2}, Repeat, at},
		{"forged repetition", Header{Epoch: 3, Writer: "w", Seq: 4, Sum: [32]byte{9}}, Broken, at},
		{"gap", Header{Epoch: 3, Writer: "w", Seq: 6, CursorBefore: "c5"}, Broken, at},
		{"other mark", Header{Epoch: 3, Writer: "w", Seq: 5, CursorBefore: "c3"}, Broken, at},
		{"zombie", Header{Epoch: 2, Writer: "v", Seq: 9, CursorBefore: "c4"}, Stale, at},
		{"loser of the epoch", Header{Epoch: 3, Writer: "v", Seq: 5, CursorBefore: "c4"}, Stale, at},
		{"unopened epoch", Header{Epoch: 4, Writer: "w", Seq: 1, CursorBefore: "c4"}, Broken, at},
		{"new epoch keeps the mark", Header{Epoch: 4, Writer: "x"}, Accept, State{Epoch: 4, Writer: "x", Cursor: "c4"}},
		{"same opening again", Header{Epoch: 3, Writer: "w"}, Repeat, at},
		{"second opening of an epoch", Header{Epoch: 3, Writer: "x"}, Stale, at},
		{"old opening", Header{Epoch: 1, Writer: "x"}, Stale, at},
	} {
		s := at
		got, reason := s.Apply(&c.h)
		if got != c.want || s != c.next {
			t.Errorf("%s: %v %q %+v, want %v %+v", c.name, got, reason, s, c.want, c.next)
		}
		if (got == Stale || got == Broken) && reason == "" {
			t.Errorf("%s: no reason", c.name)
		}
	}
}

// Whatever writers do, the pages that count form one unbroken line of marks.
func TestOneLineOfHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		line := ""
		for range rapid.IntRange(1, 60).Draw(t, "pages") {
			h := Header{
				Epoch: rapid.Int64Range(1, 3).Draw(t, "epoch"), Writer: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "writer"),
				Seq: rapid.Int64Range(0, 4).Draw(t, "seq"), CursorBefore: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "before"),
				CursorAfter: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "after"),
			}
			before := s
			if got, _ := s.Apply(&h); got == Accept && !h.Opens() {
				if h.CursorBefore != line || h.Epoch != before.Epoch || h.Seq != before.Seq+1 {
					t.Fatalf("%+v accepted after %+v", h, before)
				}
				line = h.CursorAfter
			} else if got != Accept && s != before {
				t.Fatalf("%+v moved the state without being accepted", h)
			}
		}
	})
}

// Bytes that nobody with the key wrote never reach the decoder.
func FuzzOpen(f *testing.F) {
	b := NewBuilder()
	b.Text(b.Column("a", Text), []byte("x"))
	b.End(Upsert, 1, 1)
	var h Header
	payload, err := b.Encode(&h)
	if err != nil {
		f.Fatal(err)
	}
	box := testBox(f)
	f.Add(Seal(box, &h, payload), "1", "x")
	f.Add(payload, "", "é")
	f.Fuzz(func(t *testing.T, raw []byte, number, text string) {
		if p, err := Open(box, h, raw); err == nil {
			if plain, err := box.Open(nil, raw, sealContext(&h)); err != nil || !bytes.Equal(plain, payload) {
				t.Fatalf("forged page opened: %+v", p)
			}
		}
		pairs := h.Pairs()
		for i := range pairs {
			changed := append([]Pair(nil), pairs...)
			changed[i].Value = number
			_, _ = ParseHeader(changed)
			_, _ = ParseHeader(append(changed[:i], Pair{text, number}))
		}
	})
}

// Any sequence of values comes back as it was put in.
func TestAnyPageComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder()
		names := []string{"a", "b", "c"}
		var want [][]string
		for i := range rapid.IntRange(0, 30).Draw(t, "rows") {
			row := map[string]string{}
			for _, name := range names {
				switch rapid.IntRange(0, 3).Draw(t, "what") {
				case 0:
					v := rapid.Int64().Draw(t, "int")
					b.Int(b.Column(name, Int), v)
					row[name] = fmt.Sprint(v)
				case 1:
					v := rapid.String().Draw(t, "text")
					b.Text(b.Column(name, Text), []byte(v))
					row[name] = v
				case 2:
					v := rapid.Bool().Draw(t, "bool")
					b.Bool(b.Column(name, Bool), v)
					row[name] = fmt.Sprint(v)
				}
			}
			b.End(Upsert, int64(i), 0)
			line := []string{}
			for _, name := range names {
				if v, ok := row[name]; ok {
					line = append(line, name+"="+v)
				}
			}
			want = append(want, line)
		}
		var h Header
		payload, err := b.Encode(&h)
		if err != nil {
			t.Fatal(err)
		}
		batch, _, err := Decode(payload)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Len() {
			got := []string{}
			for _, name := range names {
				if c := batch.Find(name); c >= 0 && !batch.Column(c).Null(i) {
					got = append(got, name+"="+string(batch.Column(c).AppendText(nil, i)))
				}
			}
			if d := cmp.Diff(want[i], got); d != "" {
				t.Fatalf("row %d: %s", i, d)
			}
		}
	})
}

func BenchmarkEncodeDecode(b *testing.B) {
	builder := NewBuilder()
	value := []byte("twenty bytes of text")
	for i := range 2000 {
		for c := range 20 {
			builder.Text(builder.Column(fmt.Sprint("column", c), Text), value)
		}
		builder.End(Upsert, int64(i), int64(i)*400)
	}
	for b.Loop() {
		var h Header
		payload, err := builder.Encode(&h)
		if err != nil {
			b.Fatal(err)
		}
		batch, _, err := Decode(payload)
		if err != nil {
			b.Fatal(err)
		}
		hasher := NewHasher(batch, nil)
		for i := range batch.Len() {
			hasher.Sum(i)
		}
		batch.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/row")
}
