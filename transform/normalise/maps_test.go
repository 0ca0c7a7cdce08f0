package normalise

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"huiliu/ingest/page"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, entity, fields, sheet string
		want                        map[string]string
		bad                         string
	}{
		{"parts of a time", "observation", "observed: {parts: {year: y, month: m, day: d, hour: h}}\nvalue: {from: v, \"null\": [NA]}\nmetric: {const: PM2.5}",
			"no|y|m|d|h|v\n1|2013|3|1|5|NA", map[string]string{"observed_at": "2013-02-28T21:00:00Z", "observed_on": "2013-03-01", "value": "~", "metric": "PM2.5"}, ""},
		{"parts that are no day", "observation", "observed: {parts: {year: y, month: m, day: d}}", "no|y|m|d\n1|2013|2|30", map[string]string{"observed_on": "~"}, "d:value_out_of_range"},
		{"join", "place", "name: {join: {columns: [a, b, c], with: \"-\"}, \"null\": [无]}", "no|a|b|c|\n1|甲|无|乙|", map[string]string{"name": "甲-乙"}, ""},
		{"money into another unit", "organisation", "capital: {from: m, do: [money]}\ncapital_currency: {from: m, do: [currency]}", "no|m\n1|50(万美元)", map[string]string{"capital": "50", "capital_currency": "USD"}, ""},
		{"unit", "project", "budget: {from: m, unit: wan_yuan}\nprogress: {from: p, unit: fraction}", "no|m|p\n1|1,234.5678|0.875", map[string]string{"budget": "12345678", "progress": "87.5"}, ""},
		{"percent sign", "project", "progress: p", "no|p\n1|87.5%", map[string]string{"progress": "87.5"}, ""},
		{"square feet", "building", "floor_area: {from: a, unit: square_foot}", "no|a\n1|88434", map[string]string{"floor_area": "8215.787439"}, ""},
		{"GCJ-02", "place", "point: {lat: y, long: x, datum: gcj02}", "no|x|y\n1|114.35|22.7", map[string]string{"place_state": "ok", "lat": "22.702712", "long": "114.345085"}, ""},
		{"a point in one text", "place", "point: {text: p}", "no|p\n1|(22.7, 114.35)", map[string]string{"lat": "22.700000", "long": "114.350000", "place_state": "ok", "h3_9": "618138569991258111"}, ""},
		{"WKT", "place", "point: {text: p, pattern: long lat}", "no|p\n1|POINT (114.35 22.7)", map[string]string{"lat": "22.700000", "long": "114.350000"}, ""},
		{"a point in a dict", "place", "point: {lat: {from: p, do: [{python_dict: latitude}]}, long: {from: p, do: [{python_dict: longitude}]}}", "no|p\n1|{'latitude': '22.7', 'longitude': '114.35'}", map[string]string{"lat": "22.700000", "long": "114.350000"}, ""},
		{"a point that can't be", "place", "point: {lat: y, long: x}", "no|x|y\n1|22.7|114.35", map[string]string{"lat": "~", "place_state": "none"}, "x:value_out_of_range"},
		{"half a point", "place", "point: {lat: y, long: x}", "no|x|y\n1|~|22.7", map[string]string{"lat": "~", "place_state": "none"}, ""},
		{"0, 0 meant", "place", "point: {lat: y, long: x, null_zero: false}", "no|x|y\n1|0|0", map[string]string{"lat": "0.000000", "place_state": "suspect"}, ""},
		{"home", "person", "home: {lat: y, long: x}", "no|x|y\n1|114.35|22.7", map[string]string{"place_state": "ok", "h3_9": "618138569991258111", "lat": "no column lat"}, ""},
		{"identity", "person", "identity_no: i", "no|i\n1|11010519491231002x", map[string]string{"identity_valid": "true", "identity_no_mask": "110*************2X"}, ""},
		{"wrong identity", "person", "identity_no: i", "no|i\n1|110105194912310021", map[string]string{"identity_valid": "false", "identity_no_mask": "110*************21"}, ""},
		{"no identity", "person", "identity_no: i", "no|i\n1| ", map[string]string{"identity_valid": "~", "identity_no_token": "~"}, ""},
		{"identity judged by the source", "person", "identity_no: i\nidentity_valid: v", "no|i|v\n1|11010519491231002x|否", map[string]string{"identity_valid": "false"}, ""},
		{"credit code", "organisation", "credit_code: c", "no|c\n1| 91310000757904992p ", map[string]string{"credit_code": "91310000757904992P", "credit_code_valid": "true"}, ""},
		{"wrong credit code", "inspection", "credit_code: c", "no|c\n1|91310000757904992Q", map[string]string{"credit_code": "91310000757904992Q"}, ""},
		{"a day with a zone is the site's", "organisation", "registered_on: d", "no|d\n1|2018-09-01T20:00:00Z", map[string]string{"registered_on": "2018-09-02"}, ""},
		{"another zone", "hazard", "found: {from: d, zone: America/New_York}", "no|d\n1|2026-03-08 02:30:00", map[string]string{"found_at": "2026-03-08T07:30:00Z", "found_on": "2026-03-08"}, ""},
		{"several formats", "hazard", "found: {from: d, format: [01/02/2006, auto]}", "no|d\n1|09/01/2018", map[string]string{"found_on": "2018-09-01", "found_at": "~"}, ""},
		{"a Chinese number", "building", "floors: {from: f, do: [{before: 层}, chinese_number]}", "no|f\n1|十八层", map[string]string{"floors": "18"}, ""},
		{"a value under a condition", "hazard", "closed: {from: d, when: [{field: s, is: [已销号]}]}", "no|d|s\n1|2018-09-01|在办", map[string]string{"closed_on": "~"}, ""},
		{"else null", "hazard", "level: {from: l, codes: {\"1\": 一般}, else: \"null\"}", "no|l\n1|9", map[string]string{"level": "~"}, ""},
		{"control characters", "place", "name: n", "no|n\n1|甲\x00\t乙\x07", map[string]string{"name": "甲 乙"}, ""},
		{"lines in free text", "hazard", "description: n", "no|n\n1| \t甲\x0b乙 ", map[string]string{"description_mask": "甲乙"}, ""},
		{"an optional column", "place", "name: {from: gone, optional: true}", "no|n\n1|x", map[string]string{"name": "~"}, ""},
		{"a function that fails", "place", "name: {from: n, do: [{json: a}]}", "no|n\n1|{", map[string]string{"name": "~"}, "n:value_unreadable"},
		{"no whole number", "building", "floors: n", "no|n\n1|3.5", map[string]string{"floors": "~"}, "n:value_unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, _ := compile(t, "key: [no]\nmaps:\n  - entity: "+c.entity+"\n    fields:\n      "+strings.ReplaceAll(c.fields, "\n", "\n      ")+"\n")
			out := apply(t, tr, sheet(t, c.sheet))
			expect(t, out.Rows[0].Batch, 0, c.want)
			var bad []string
			for _, b := range out.Bad {
				bad = append(bad, b.Field+":"+b.Code)
				if strings.Contains(b.Cause, string(b.Value)) {
					t.Errorf("the cause tells the value: %s", b.Cause)
				}
			}
			if strings.Join(bad, " ") != c.bad {
				t.Errorf("bad %q, want %q", bad, c.bad)
			}
		})
	}
}

// A page whose columns have the source's own types gives the same rows.
func TestNativeKinds(t *testing.T) {
	tr, _ := compile(t, "key: [no]\nversion: at\nmaps:\n  - entity: inspection\n    fields: {inspected: at, score: score, findings: n, inspection_no: no, result: ok}\n  - entity: organisation\n    fields: {registered_on: on, name: mixed, point: {lat: lat, long: long}}\n")
	b := page.NewBuilder()
	b.Int(b.Column("no", page.Int), 7)
	b.LocalTime(b.Column("at", page.LocalTime), 1535790600000000)
	b.Float(b.Column("score", page.Float), 98.5)
	b.Int(b.Column("n", page.Int), 3)
	b.Bool(b.Column("ok", page.Bool), true)
	b.Date(b.Column("on", page.Date), 17775)
	b.JSON(b.Column("mixed", page.JSON), []byte(`"甲"`))
	b.Float(b.Column("lat", page.Float), 22.70000049)
	b.Float(b.Column("long", page.Float), 114.35)
	b.End(page.Upsert, 1, -1)
	b.Int(b.Column("no", page.Int), 8)
	b.LocalTime(b.Column("at", page.LocalTime), 1<<62)
	b.JSON(b.Column("mixed", page.JSON), []byte("null"))
	b.End(page.Upsert, 2, -1)
	out := apply(t, tr, finish(t, b))
	expect(t, out.Rows[0].Batch, 0, map[string]string{"inspected_at": "2018-09-01T00:30:00Z", "inspected_on": "2018-09-01", "score": "98.5", "findings": "3", "inspection_no": "7", "result": "true"})
	expect(t, out.Rows[1].Batch, 0, map[string]string{"registered_on": "2018-09-01", "name": "甲", "lat": "22.700000", "place_state": "ok"})
	expect(t, out.Rows[1].Batch, 1, map[string]string{"name": "~", "place_state": "none"})
	if r := out.Records[0]; r.Version != 1535761800000000 {
		t.Errorf("version %d", r.Version)
	}
}

func TestKeys(t *testing.T) {
	two := page.NewBuilder()
	two.Origin("f")
	for _, p := range [][2]string{{"a|b", "c"}, {"a", "b|c"}, {" a ", "b"}, {"a", "b"}, {"a", ""}} {
		two.Text(two.Column("a", page.Text), []byte(p[0]))
		two.Text(two.Column("b", page.Text), []byte(p[1]))
		two.End(page.Upsert, 1, -1)
	}
	tr, _ := compile(t, "key: [a, b]\nmaps:\n  - entity: place\n    fields: {name: a}\n")
	out := apply(t, tr, finish(t, two))
	ids := out.Rows[0].Batch
	if show(ids, 0, "id") != `dept.feed:a\|b|c` || show(ids, 1, "id") != `dept.feed:a|b\|c` || out.Records[0].Key == out.Records[1].Key {
		t.Errorf("ids %s and %s", show(ids, 0, "id"), show(ids, 1, "id"))
	}
	if out.Records[2].Key != out.Records[3].Key || out.Records[2].Check != out.Records[3].Check {
		t.Error("white space made another key")
	}
	if out.Records[4].Fate != Quarantined || out.Bad[0].Code != codeKey {
		t.Errorf("half a key: %+v, %+v", out.Records[4], out.Bad)
	}
}

// A key that is personal stands in the id as its pseudonym, equal for all
// spellings.
func TestPersonalKey(t *testing.T) {
	tr, _ := compile(t, "key: [id]\nmaps:\n  - entity: person\n    fields: {identity_no: id, name: name}\n")
	out := apply(t, tr, sheet(t, "id|name\n11010519491231002x|张三\n110105491231002|张 三"))
	rows := out.Rows[0].Batch
	token := testKeeper(t).Token(entity.IdentityNumber, "11010519491231002X")
	for i := range 2 {
		if id := show(rows, i, "id"); id != "dept.feed:"+token || strings.Contains(id, "1949") {
			t.Errorf("id %s", id)
		}
	}
	if out.Records[0].Key != out.Records[1].Key {
		t.Error("two spellings of one identity are two keys")
	}
	sealed := rows.Column(int(rows.NumCols()) - 1).(*array.Binary).Value(0)
	got, err := testKeeper(t).OpenRow(show(rows, 0, "id"), sealed)
	if want := []privacy.Sealed{{Name: "name", Value: "张三"}, {Name: "identity_no", Value: "11010519491231002x"}}; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sealed %v, %v", got, err)
	}
}

func TestPlaceAsKey(t *testing.T) {
	tr, _ := compile(t, "key: [$origin, $row]\nmaps:\n  - entity: place\n    fields: {name: n}\n")
	out := apply(t, tr, sheet(t, "n\nx\ny"))
	if id := show(out.Rows[0].Batch, 1, "id"); id != "dept.feed:a.csv|2" {
		t.Errorf("id %s", id)
	}
}

// One record may become rows of several entities, and several of one.
func TestEach(t *testing.T) {
	tr, _ := compile(t, `
key: [no]
maps:
  - entity: observation
    fields: {station: no, observed: d}
    each:
      - {name: so2, fields: {metric: {const: SO2}, value: s}, when: [{field: s}]}
      - {name: no2, fields: {metric: {const: NO2}, value: n}}
`)
	out := apply(t, tr, sheet(t, "no|d|s|n\n1|2018-09-01|5|6\n2|2018-09-01|~|7"))
	if len(out.Rows) != 2 || out.Rows[0].Batch.NumRows() != 1 || out.Rows[1].Batch.NumRows() != 2 || out.Rows[1].Record[1] != 1 {
		t.Fatalf("%+v", out.Rows)
	}
	expect(t, out.Rows[1].Batch, 1, map[string]string{"id": "dept.feed:2#no2", "metric": "NO2", "value": "7"})
}

// A value that takes its record along leaves nothing of it, and the others
// whole.
func TestWholeRow(t *testing.T) {
	tr, _ := compile(t, "key: [no]\nmaps:\n  - entity: hazard\n    fields: {hazard_no: no, found: {from: d, on_bad: row}, due: e}\n    events: {found: d}\n  - entity: place\n    fields: {name: no}\n")
	out := apply(t, tr, sheet(t, "no|d|e\n1|2018-09-01|x\n2|soon|x\n3|2018-09-02|2018-09-03"))
	if out.Records[1].Fate != Quarantined || out.Rows[0].Batch.NumRows() != 2 || out.Rows[1].Batch.NumRows() != 2 || out.Events.NumRows() != 2 || show(out.Rows[1].Batch, 1, "name") != "3" {
		t.Errorf("%+v", out)
	}
	if len(out.Bad) != 2 || out.Bad[0].Field != "e" || out.Bad[1].Record != 1 || out.Bad[1].Field != "" || out.Bad[1].Code != codeUnreadable {
		t.Errorf("bad %+v", out.Bad)
	}
}

func TestMissingColumn(t *testing.T) {
	tr, _ := compile(t, "key: [no]\nmaps:\n  - entity: place\n    fields: {name: gone, kind: {from: [lost, no]}}\n")
	_, err := tr.Apply(sheet(t, "no|x\n1|2"), Verdict{})
	if !MissingColumn.Is(err) || !strings.Contains(err.Error(), "gone") || !strings.Contains(err.Error(), "lost") {
		t.Errorf("a page without mapped columns: %v", err)
	}
	b := page.NewBuilder()
	b.Text(b.Column("no", page.Text), []byte("1"))
	b.End(page.Delete, 1, -1)
	out, err := tr.Apply(finish(t, b), Verdict{})
	if err != nil || out.Records[0].Fate != Delete || out.Rows[0].Batch.NumRows() != 0 {
		t.Errorf("a page of deletions: %v", err)
	}
	promised, _ := compile(t, "key: [no]\ncontract: {fields: {no: text, gone: text}}\nmaps:\n  - entity: place\n    fields: {name: gone}\n")
	if _, err := promised.Apply(sheet(t, "no|x\n1|2"), Verdict{}); err != nil {
		t.Errorf("a column that the contract knows: %v", err)
	}
}

func TestVerdictIsKept(t *testing.T) {
	tr, _ := compile(t, "key: [no]\nmaps:\n  - entity: place\n    fields: {name: n, kind: k}\n")
	out, err := tr.Apply(sheet(t, "no|n|k\n1|a|b\n2|c|d"), Verdict{Rows: []Bad{{Record: 0}}, Cells: []Bad{{Record: 1, Field: "n"}}})
	if err != nil || out.Records[0].Fate != Quarantined || len(out.Bad) != 0 || out.Rows[0].Batch.NumRows() != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	expect(t, out.Rows[0].Batch, 0, map[string]string{"id": "dept.feed:2", "name": "~", "kind": "d"})
	stop := errors.New("stop")
	if _, err := tr.Apply(sheet(t, "no|n|k\n1|a|b"), Verdict{Freeze: stop}); err != stop {
		t.Errorf("a frozen page: %v", err)
	}
}

// The same page gives the same rows but for the sealed column, whoever
// applies it and however often.
func TestDeterminism(t *testing.T) {
	one, _ := compile(t, benchMap)
	two, _ := compile(t, benchMap)
	b := benchPage(t, true)
	first := apply(t, one, b)
	for _, tr := range []*Transform{one, two} {
		again := apply(t, tr, b)
		x, y := first.Rows[0].Batch, again.Rows[0].Batch
		for c := range int(x.NumCols()) - 1 {
			if !array.Equal(x.Column(c), y.Column(c)) {
				t.Errorf("column %s differs", x.ColumnName(c))
			}
		}
		if fmt.Sprint(first.Records) != fmt.Sprint(again.Records) {
			t.Error("records differ")
		}
	}
}

// One transform serves several loaders at once.
func TestConcurrentUse(t *testing.T) {
	tr, _ := compile(t, benchMap)
	b := benchPage(t, true)
	want := apply(t, tr, b)
	_ = want.Rows[0].Batch.Column(10).NullN() // arrow counts it when it is first asked for
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			out, err := tr.Apply(b, Verdict{})
			if err != nil || !array.Equal(out.Rows[0].Batch.Column(10), want.Rows[0].Batch.Column(10)) || fmt.Sprint(out.Records) != fmt.Sprint(want.Records) {
				t.Errorf("another outcome beside others (%v)", err)
			}
		})
	}
	all.Wait()
}

func TestEmptyPage(t *testing.T) {
	tr, d := compile(t, benchMap)
	out, err := tr.Apply(nil, CompileContract(&d.Tables[0]).Check(nil))
	if err != nil || len(out.Records) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	out.Release()
}
