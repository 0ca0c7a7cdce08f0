package normalise

import (
	"bytes"
	"math"
	"testing"

	"huiliu/ingest/page"
)

const fuzzTable = `
key: [a, b]
version: c
delete: {field: d, values: [x]}
contract: {columns: discard_value, fields: {a: text, b: int, c: time, d: bool, e: number, f: {type: json, not_null: true}, g: date}}
maps:
  - entity: service_request
    fields:
      {request_no: a, description: f, reporter: {from: [f, a], do: [half_width, squash, strip_brackets]}, reporter_phone: b, address: f, requested: c, closed: {from: g, on_bad: row},
       on_time: d, reopened_times: b, title: {join: {columns: [a, b, c], with: "|"}}, kind: {from: e, codes: {"1": 投诉}, else: quarantine}, point: {lat: e, long: b, datum: bd09}}
    events: {requested: c, closed: g}
  - entity: organisation
    fields: {credit_code: f, capital: {from: f, do: [money]}, capital_currency: {from: f, do: [currency]}, registered_on: {from: [c, g, f], format: [auto, minguo]}, point: {text: f}, name: {from: f, do: [{python_dict: a.b}]}, representative: a}
  - entity: person
    when: [{field: d, not: ["1"]}]
    fields: {identity_no: f, home: {lat: f, long: e, datum: gcj02}, birth_date: {parts: {year: b, month: b, day: b}}}
`

// fuzzPage makes a page of the bytes: each cell takes its kind from one byte
// and its value from the next ones.
func fuzzPage(t *testing.T, raw []byte) *page.Batch {
	b := page.NewBuilder()
	next := func(n int) []byte {
		n = min(n, len(raw))
		cut := raw[:n]
		raw = raw[n:]
		return cut
	}
	for range 64 {
		if len(raw) == 0 {
			break
		}
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			op := next(1)
			if len(op) == 0 {
				break
			}
			kind := page.Kind(op[0] % 9)
			col := b.Column(name, kind)
			v := next(int(op[0] / 9))
			n := int64(0)
			for _, c := range v {
				n = n<<8 | int64(c)
			}
			switch {
			case op[0] >= 250:
			case kind == page.Text:
				b.Text(col, v)
			case kind == page.JSON:
				b.JSON(col, v)
			case kind == page.Bytes:
				b.Bytes(col, v)
			case kind == page.Int:
				b.Int(col, n)
			case kind == page.Float:
				b.Float(col, math.Float64frombits(uint64(n)))
			case kind == page.Bool:
				b.Bool(col, n&1 == 1)
			case kind == page.Date:
				b.Date(col, int32(n))
			case kind == page.Instant:
				b.Instant(col, n)
			case kind == page.LocalTime:
				b.LocalTime(col, n)
			}
		}
		b.End(page.Op(len(raw)%5/4), int64(len(raw)), -1)
	}
	var h page.Header
	payload, err := b.Encode(&h)
	if err != nil {
		t.Skip()
	}
	batch, _, err := page.Decode(payload)
	if err != nil || batch == nil {
		t.Skip()
	}
	return batch
}

// No page panics, whatever it holds. Bytes changed on the way don't come here:
// page.Open refuses them by their seal, since the Arrow reader allocates
// whatever length a forged payload names. Here every record has one fate, and every
// row's record is to be loaded.
func FuzzApply(f *testing.F) {
	f.Add([]byte("\x09a\x12bb\x1bccc\x24dddd"))
	f.Add(bytes.Repeat([]byte{200, 1, 2, 3, 250, 77}, 40))
	f.Add([]byte("\x6312345678901\x1b501\xb42018-09-01 00:00:00\x00\x1b1.5\xc611010519491231002X   \x09"))
	tr, d := compile(f, fuzzTable)
	contract := CompileContract(&d.Tables[0])
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := fuzzPage(t, raw)
		v := contract.Check(b)
		out, err := tr.Apply(b, v)
		if err != nil {
			if v.Freeze == nil && !MissingColumn.Is(err) {
				t.Fatal(err)
			}
			return
		}
		for _, r := range out.Rows {
			if int(r.Batch.NumRows()) != len(r.Record) {
				t.Errorf("%d rows of %d records", r.Batch.NumRows(), len(r.Record))
			}
			for _, i := range r.Record {
				if out.Records[i].Fate != Load {
					t.Errorf("record %d has rows and fate %d", i, out.Records[i].Fate)
				}
			}
			if err := validate(r.Batch); err != nil {
				t.Error(err)
			}
		}
		for _, bad := range out.Bad {
			if bad.Code == "" || bad.Cause == "" || bad.Mend == "" || bad.Field == "" && out.Records[bad.Record].Fate != Quarantined {
				t.Errorf("%+v", bad)
			}
		}
		out.Release()
		b.Release()
	})
}
