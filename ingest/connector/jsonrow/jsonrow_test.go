package jsonrow

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// decoded is one page of records as kinds and texts.
type decoded struct {
	fields []page.Field
	rows   []map[string]string
}

func decode(t testing.TB, b *page.Builder) decoded {
	t.Helper()
	payload, err := b.Encode(&page.Header{})
	if err != nil {
		t.Fatal(err)
	}
	batch, _, err := page.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	var out decoded
	if batch.Len() == 0 {
		return out
	}
	out.fields = append(out.fields, batch.Fields()...)
	for i := range batch.Len() {
		row := map[string]string{}
		for c, f := range batch.Fields() {
			if col := batch.Column(c); !col.Null(i) {
				row[f.Name] = string(col.AppendText(nil, i))
			}
		}
		out.rows = append(out.rows, row)
	}
	return out
}

func TestAppend(t *testing.T) {
	type fields = []page.Field
	type rows = []map[string]string
	for _, c := range []struct {
		name, raw string
		fields    fields
		rows      rows
	}{
		{"scalars", `{"a":"x","b":7,"c":1.5,"d":true,"e":false}`,
			fields{{Name: "a"}, {Name: "b", Kind: page.Int}, {Name: "c", Kind: page.Float}, {Name: "d", Kind: page.Bool}, {Name: "e", Kind: page.Bool}},
			rows{{"a": "x", "b": "7", "c": "1.5", "d": "true", "e": "false"}}},
		{"null has a field and no value", `{"a":null,"b":1}`,
			fields{{Name: "a"}, {Name: "b", Kind: page.Int}}, rows{{"b": "1"}}},
		{"nested stays as it stands", `{"a":{"b": [1, 2]},"c":[ ]}`,
			fields{{Name: "a", Kind: page.JSON}, {Name: "c", Kind: page.JSON}}, rows{{"a": `{"b": [1, 2]}`, "c": `[ ]`}}},
		{"escapes", ` {"\u5730\n":"\"\u5740\\ 😀"} `,
			fields{{Name: "地\n"}}, rows{{"地\n": `"址\ 😀`}}},
		{"the widest integers", `{"a":9223372036854775807,"b":-9223372036854775808}`,
			fields{{Name: "a", Kind: page.Int}, {Name: "b", Kind: page.Int}}, rows{{"a": "9223372036854775807", "b": "-9223372036854775808"}}},
		{"wider integers keep every digit", `{"a":9223372036854775808,"b":-9223372036854775809,"c":123456789012345678901234567890}`,
			fields{{Name: "a", Kind: page.JSON}, {Name: "b", Kind: page.JSON}, {Name: "c", Kind: page.JSON}},
			rows{{"a": "9223372036854775808", "b": "-9223372036854775809", "c": "123456789012345678901234567890"}}},
		{"numbers beyond a double keep every digit", `{"a":0.1234567890123456789,"b":1e400,"c":1e-400,"d":5e-324}`,
			fields{{Name: "a", Kind: page.JSON}, {Name: "b", Kind: page.JSON}, {Name: "c", Kind: page.JSON}, {Name: "d", Kind: page.JSON}},
			rows{{"a": "0.1234567890123456789", "b": "1e400", "c": "1e-400", "d": "5e-324"}}},
		{"doubles", `{"a":113.123456,"b":-0.5E2,"c":0.0,"d":1000000000000000000000}`,
			fields{{Name: "a", Kind: page.Float}, {Name: "b", Kind: page.Float}, {Name: "c", Kind: page.Float}, {Name: "d", Kind: page.Float}},
			rows{{"a": "113.123456", "b": "-50", "c": "0", "d": "1e+21"}}},
		{"empty object", `{}`, nil, rows{{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := page.NewBuilder()
			raw := []byte(c.raw)
			if err := New().Append(b, raw); err != nil {
				t.Fatal(err)
			}
			b.End(page.Upsert, 1, -1)
			got := decode(t, b)
			if d := cmp.Diff(c.fields, got.fields); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.rows, got.rows); d != "" {
				t.Error(d)
			}
			if string(raw) != c.raw {
				t.Errorf("the caller's bytes changed to %q", raw)
			}
		})
	}
}

func TestBrokenRecords(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      *fault.Kind
	}{
		{"nothing", "", Cut},
		{"cut in a text", `{"a":"x`, Cut},
		{"cut behind a value", `{"a":1`, Cut},
		{"cut in a nested list", `{"a":[1,`, Cut},
		{"null", `null`, NotObject},
		{"a list", `[{"a":1}]`, NotObject},
		{"a number", `12`, NotObject},
		{"a cut list", `[1`, Cut},
		{"no JSON", `<html>`, Syntax},
		{"a comma too many", `{"a":1,}`, Syntax},
		{"a control character", "{\"a\":\"\x01\"}", Syntax},
		{"the same key twice", `{"a":1,"a":2}`, DuplicateKey},
		{"the same key in escapes", `{"a":1,"\u0061":2}`, DuplicateKey},
		{"the same key twice inside", `{"a":{"b":1,"b":2}}`, DuplicateKey},
		{"another encoding", "{\"a\":\"\xb5\xd8\"}", InvalidUTF8},
		{"half a surrogate pair", `{"a":"\ud800"}`, InvalidUTF8},
		{"two objects", `{"a":1}{"a":2}`, TwoValues},
		{"rubbish behind", `{"a":1} x`, TwoValues},
		{"a nameless field", `{"":1}`, FieldName},
		{"a technical field", `{"\u0001op":1}`, FieldName},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := page.NewBuilder()
			d := New()
			err := d.Append(b, []byte(c.raw))
			if err == nil || !c.want.Is(err) {
				t.Fatalf("got %v, want %s", err, c.want.Code)
			}
			for _, lang := range []fault.Lang{fault.English, fault.Chinese} {
				f := fault.All(err)[0]
				if f.Cause(lang) == "" || f.Mend(lang) == "" || strings.Contains(f.Cause(lang), "{kind") {
					t.Errorf("texts are not whole: %q %q", f.Cause(lang), f.Mend(lang))
				}
			}
			// The next record is not touched by the broken one.
			if err := d.Append(b, []byte(`{"z":1}`)); err != nil {
				t.Fatal(err)
			}
			b.End(page.Upsert, 1, -1)
			if d := cmp.Diff(decoded{[]page.Field{{Name: "z", Kind: page.Int}}, []map[string]string{{"z": "1"}}}, decode(t, b), cmp.AllowUnexported(decoded{})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNamesFollowTheRecord(t *testing.T) {
	b, d := page.NewBuilder(), New()
	for i, raw := range []string{`{"a":1,"b":"x"}`, `{"b":"y","a":2}`, `{"c":3}`, `{"a":"t"}`} {
		if err := d.Append(b, []byte(raw)); err != nil {
			t.Fatal(err)
		}
		b.End(page.Upsert, int64(i+1), -1)
	}
	want := []map[string]string{{"a": "1", "b": "x"}, {"a": "2", "b": "y"}, {"c": "3"}, {"a": "t"}}
	if d := cmp.Diff(want, decode(t, b).rows); d != "" {
		t.Error(d)
	}
}

func FuzzAppend(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[2],"c":"\u0041","d":1.50}`, `{"a":1,"a":2}`, `{`, `null`, "{\"\xff\":1}", `{"a":-0}`, `{"a":1e999}`} {
		f.Add(s)
	}
	d := New()
	f.Fuzz(func(t *testing.T, raw string) {
		b := page.NewBuilder()
		err := d.Append(b, []byte(raw))
		var coded *fault.Error
		if err != nil && !errors.As(err, &coded) {
			t.Fatalf("an error without a code: %v", err)
		}
		if err != nil {
			return
		}
		b.End(page.Upsert, 1, -1)
		if got := decode(t, b); len(got.rows) != 1 {
			t.Fatalf("%d records", len(got.rows))
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	raw := []byte(`{"id":"SR-2025-000123","status":"closed","status_notes":"已办结","service_code":"0403","service_name":"占道经营","description":"门口有人占道经营影响通行,请尽快处理","agency":"城管中队","requested":"2025-03-04T08:15:00+08:00","closed":"2025-03-06T10:00:00+08:00","address":"云溪街道柳岸社区柳岸路12号","lat":30.12345,"long":120.54321,"count":3,"ok":true,"note":null}`)
	page := page.NewBuilder()
	d := New()
	b.ReportAllocs()
	for b.Loop() {
		if page.Full() {
			page.Reset()
		}
		if err := d.Append(page, raw); err != nil {
			b.Fatal(err)
		}
		page.End(0, 1, -1)
	}
}
