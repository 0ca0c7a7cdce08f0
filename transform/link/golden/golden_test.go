package golden

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const buildingRules = `
entity: building
day: graded_on
sources: {zhujian: 住建局, yingji: 应急局, jiedao: 街道办}
attributes:
  name: {order: [jiedao, zhujian], empty: [不详]}
  address: {order: [zhujian, yingji]}
  floor_area: {order: [zhujian, yingji], within: 2%}
  floors: {order: [zhujian, yingji], fresh_days: 365}
  graded_on: {order: [zhujian], others: never, within: 7}
`

func rules(t interface {
	Helper()
	Fatal(...any)
}, text string) *Rules {
	t.Helper()
	r, err := Parse("golden.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func on(text string) time.Time {
	t, _ := time.Parse(time.DateOnly, text)
	return t
}

var asOf = on("2026-01-31")

// one makes a row that gives one plain attribute.
func one(source, day, attribute, text string) Row {
	return Row{ID: source + day + text, Source: source, Day: on(day), Values: map[string]Value{attribute: {Text: text}}}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name, attribute string
		rows            []Row
		shown           string
		reason          Reason
		differ, agree   string
		since, why      string
	}{
		{"one source", "name", []Row{one("zhujian", "2025-01-01", "name", "甲楼")}, "甲楼", Alone, "", "", "", "只有住建局提供"},
		{"spellings of one", "name", []Row{one("zhujian", "2025-01-01", "name", "甲 楼（A）"), one("jiedao", "2024-01-01", "name", "甲楼(a)")}, "甲楼(a)", Agreed, "", "zhujian", "", "2 个来源一致，取街道办"},
		{"the order decides, not the day", "name", []Row{one("zhujian", "2025-06-01", "name", "乙楼"), one("jiedao", "2024-01-01", "name", "甲楼")}, "甲楼", Order, "zhujian", "", "2025-06-01", "街道办在来源顺序中列第 1，住建局列第 2，取街道办"},
		{"a text that means nothing", "name", []Row{one("zhujian", "2025-06-01", "name", "乙楼"), one("jiedao", "2025-06-01", "name", " 不详 ")}, "乙楼", Alone, "", "", "", "只有住建局提供"},
		{"white space is no value", "name", []Row{one("zhujian", "2025-06-01", "name", "乙楼"), one("jiedao", "2025-06-01", "name", "　")}, "乙楼", Alone, "", "", "", "只有住建局提供"},
		{"not in the order comes last", "name", []Row{one("gongan", "2025-12-01", "name", "丙楼"), one("zhujian", "", "name", "乙楼")}, "乙楼", Order, "gongan", "", "", "住建局在来源顺序中列第 2，gongan未列入，取住建局"},
		{"two not in the order: the later", "name", []Row{one("gongan", "2025-12-01", "name", "丙楼"), one("minzheng", "2025-11-01", "name", "丁楼")}, "丙楼", Later, "minzheng", "", "2025-12-01", "gongan的日期较新"},
		{"two not in the order, one day", "name", []Row{one("minzheng", "2025-12-01", "name", "丁楼"), one("gongan", "2025-12-01", "name", "丙楼")}, "丙楼", Tie, "minzheng", "", "2025-12-01", "按来源标识取gongan"},
		{"numbers within two in a hundred", "floor_area", []Row{one("zhujian", "2025-01-01", "floor_area", "1000.000000"), one("yingji", "2025-01-01", "floor_area", "1020")}, "1000.000000", Agreed, "", "yingji", "", "一致"},
		{"numbers further apart", "floor_area", []Row{one("zhujian", "2025-01-01", "floor_area", "1000"), one("yingji", "2025-01-01", "floor_area", "1021")}, "1000", Order, "yingji", "", "2025-01-01", "取住建局"},
		{"a number that is none", "floor_area", []Row{one("zhujian", "2025-01-01", "floor_area", "约一千"), one("yingji", "2025-01-01", "floor_area", "NaN")}, "约一千", Order, "yingji", "", "2025-01-01", "取住建局"},
		{"past its time yields", "floors", []Row{one("zhujian", "2020-01-01", "floors", "6"), one("yingji", "2025-10-01", "floors", "7")}, "7", Fresh, "zhujian", "", "2025-10-01", "应急局的值（2025-10-01）在 365 天时效内，住建局的值（2020-01-01）不在，取应急局"},
		{"the last day within its time", "floors", []Row{one("zhujian", "2025-01-31", "floors", "6"), one("yingji", "2025-10-01", "floors", "7")}, "6", Order, "yingji", "", "2025-10-01", "取住建局"},
		{"the first day past it", "floors", []Row{one("zhujian", "2025-01-30", "floors", "6"), one("yingji", "2025-10-01", "floors", "7")}, "7", Fresh, "zhujian", "", "2025-10-01", "取应急局"},
		{"both past it", "floors", []Row{one("zhujian", "2020-01-01", "floors", "6"), one("yingji", "2021-10-01", "floors", "7")}, "6", Order, "yingji", "", "2021-10-01", "两者都不在时效内；住建局"},
		{"no day is past it", "floors", []Row{one("zhujian", "", "floors", "6"), one("yingji", "2025-10-01", "floors", "7")}, "7", Fresh, "zhujian", "", "", "住建局的值（无日期）不在"},
		{"a source's own latest", "floors", []Row{one("zhujian", "2025-08-01", "floors", "6"), one("zhujian", "2025-09-01", "floors", "8")}, "8", Alone, "", "", "", "只有住建局提供"},
		{"days within a week", "graded_on", []Row{one("zhujian", "2025-08-01", "graded_on", "2025-08-01"), one("yingji", "2025-08-09", "graded_on", "2025-08-08")}, "2025-08-01", Agreed, "", "yingji", "", "一致"},
		{"days further apart", "graded_on", []Row{one("zhujian", "2025-08-01", "graded_on", "2025-08-01"), one("yingji", "2025-08-09", "graded_on", "2025-08-09")}, "2025-08-01", Order, "yingji", "", "2025-08-09", "未列入"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := rules(t, buildingRules).Resolve("b-1", c.rows, asOf)
			if err != nil || len(out.Winners) != 1 {
				t.Fatalf("%v: %+v", err, out)
			}
			w := out.Winners[0]
			if w.Shown != c.shown || w.Reason != c.reason || strings.Join(w.Differ, ",") != c.differ || strings.Join(w.Agree, ",") != c.agree || !strings.Contains(w.Why, c.why) {
				t.Errorf("winner %+v", w)
			}
			if len(out.Disagreements) != len(w.Differ) {
				t.Fatalf("disagreements %+v", out.Disagreements)
			}
			if c.differ != "" {
				d := out.Disagreements[0]
				if !d.Since.Equal(on(c.since)) || d.Winner != w.Said || d.Other.Source != c.differ || d.Entity != "b-1" || d.Attribute != c.attribute || d.Why != w.Why {
					t.Errorf("disagreement %+v", d)
				}
			}
		})
	}
}

// A number that failed its check comes after every one that did not, whoever
// gives it and however fresh; of several that failed the order decides.
func TestAnUnsoundValueComesLast(t *testing.T) {
	r := rules(t, "entity: organisation\nday: registered_on\nsources: {a: 甲局, b: 乙局}\nattributes:\n  credit_code: {order: [a, b], sound: credit_code_valid, fresh_days: 100}\n")
	row := func(source, day, code string, unsound bool) Row {
		return Row{ID: source, Source: source, Day: on(day), Values: map[string]Value{"credit_code": {Text: code, Unsound: unsound}}}
	}
	for _, c := range []struct {
		rows   []Row
		shown  string
		reason Reason
		why    string
	}{
		{[]Row{row("a", "2026-01-01", "X", true), row("b", "2020-01-01", "Y", false)}, "Y", Sound, "甲局的值未通过校验，取乙局"},
		{[]Row{row("a", "2026-01-01", "X", true), row("b", "2026-01-01", "Y", true)}, "X", Order, "列第 1"},
		{[]Row{row("a", "2026-01-01", "X", true)}, "X", Alone, "只有甲局提供；未通过校验"},
	} {
		out, err := r.Resolve("o-1", c.rows, asOf)
		if err != nil || len(out.Winners) != 1 {
			t.Fatalf("%v: %+v", err, out)
		}
		if w := out.Winners[0]; w.Shown != c.shown || w.Reason != c.reason || !strings.Contains(w.Why, c.why) || w.Unsound != (c.shown == "X") {
			t.Errorf("winner %+v", w)
		}
	}
}

// A disagreement is named by what is said, not by who wins or in which row.
func TestTheKeyOfADisagreement(t *testing.T) {
	r := rules(t, buildingRules)
	key := func(rows ...Row) string {
		out, err := r.Resolve("b-1", rows, asOf)
		if err != nil || len(out.Disagreements) != 1 {
			t.Fatalf("%v: %+v", err, out)
		}
		return out.Disagreements[0].Key
	}
	first := key(one("zhujian", "2025-06-01", "floors", "6"), one("yingji", "2025-06-01", "floors", "7"))
	if got := key(one("zhujian", "2020-01-01", "floors", "6"), one("yingji", "2025-06-01", "floors", "7")); got != first {
		t.Error("the other one wins, and it has another name")
	}
	if got := key(one("zhujian", "2025-06-01", "floors", "6"), one("yingji", "2025-06-01", "floors", "7"), one("yingji", "2025-09-01", "floors", "7")); got != first {
		t.Error("another row says the same, and it has another name")
	}
	for name, other := range map[string]string{
		"another value":    key(one("zhujian", "2025-06-01", "floors", "6"), one("yingji", "2025-06-01", "floors", "8")),
		"values exchanged": key(one("zhujian", "2025-06-01", "floors", "7"), one("yingji", "2025-06-01", "floors", "6")),
		"another source":   key(one("zhujian", "2025-06-01", "floors", "6"), one("jiedao", "2025-06-01", "floors", "7")),
	} {
		if other == first {
			t.Errorf("%s has the same name", name)
		}
	}
}

// What is not compared has one source that speaks and no disagreement.
func TestWhatIsNotCompared(t *testing.T) {
	r := rules(t, "entity: building\nattributes:\n  name: {order: [zhujian, jiedao], compare: false}\n")
	out, err := r.Resolve("b-1", []Row{one("jiedao", "", "name", "乙"), one("zhujian", "", "name", "甲")}, asOf)
	if err != nil || len(out.Winners) != 1 || out.Winners[0].Shown != "甲" || out.Winners[0].Reason != Order || len(out.Winners[0].Differ)+len(out.Disagreements)+len(out.Compared) != 0 {
		t.Errorf("%v: %+v", err, out)
	}
}

func TestEveryPairIsCompared(t *testing.T) {
	rows := []Row{one("zhujian", "", "name", "甲"), one("gongan", "", "name", "乙"), one("jiedao", "", "name", "甲"), one("yingji", "", "floors", "1")}
	out, err := rules(t, buildingRules).Resolve("b-1", rows, asOf)
	want := []Comparison{{"name", "gongan", "jiedao", false}, {"name", "gongan", "zhujian", false}, {"name", "jiedao", "zhujian", true}}
	if err != nil || !slices.Equal(out.Compared, want) {
		t.Errorf("%v: %+v", err, out.Compared)
	}
}

func TestSinceGoesBackToTheLastChange(t *testing.T) {
	rows := []Row{
		one("zhujian", "2025-01-01", "name", "乙楼"), one("zhujian", "2025-03-01", "name", "甲楼"), one("zhujian", "2025-09-01", "name", "甲 楼"),
		one("jiedao", "2024-05-01", "name", "丙楼"), one("jiedao", "2025-10-01", "name", "丙楼"),
	}
	out, err := rules(t, buildingRules).Resolve("b-1", rows, asOf)
	if err != nil || len(out.Disagreements) != 1 || !out.Disagreements[0].Since.Equal(on("2025-03-01")) {
		t.Errorf("%v: %+v", err, out.Disagreements)
	}
}

func TestStatedOutcomes(t *testing.T) {
	r := rules(t, buildingRules)
	t.Run("no rows", func(t *testing.T) {
		if out, err := r.Resolve("b-1", nil, asOf); err != nil || len(out.Winners)+len(out.Disagreements)+len(out.Unsettled) != 0 {
			t.Errorf("%v: %+v", err, out)
		}
	})
	t.Run("a row of the day after", func(t *testing.T) {
		rows := []Row{one("jiedao", "2026-02-01", "name", "甲楼"), one("zhujian", "2026-01-31", "name", "乙楼")}
		if out, err := r.Resolve("b-1", rows, asOf); err != nil || out.Ahead != 1 || out.Winners[0].Shown != "乙楼" {
			t.Errorf("%v: %+v", err, out)
		}
	})
	t.Run("only who can't win", func(t *testing.T) {
		rows := []Row{one("yingji", "2025-08-01", "graded_on", "2025-08-01")}
		if out, err := r.Resolve("b-1", rows, asOf); err != nil || len(out.Winners) != 0 || !slices.Equal(out.Unsettled, []string{"graded_on"}) {
			t.Errorf("%v: %+v", err, out)
		}
	})
	for _, row := range []Row{{Source: "a"}, {ID: "a"}} {
		if _, err := r.Resolve("b-1", []Row{row}, asOf); !WrongRow.Is(err) {
			t.Errorf("%+v: %v", row, err)
		}
	}
	t.Run("a huge entity", func(t *testing.T) {
		// All pairs of so many rows would take hours.
		rows := make([]Row, 200_000)
		for i := range rows {
			rows[i] = Row{ID: fmt.Sprint(i), Source: fmt.Sprintf("s%d", i%12), Values: map[string]Value{"name": {Text: fmt.Sprintf("楼%d", i%2)}}}
		}
		out, err := r.Resolve("b-1", rows, asOf)
		if err != nil || len(out.Disagreements) != 6 {
			t.Errorf("%v: %d disagreements", err, len(out.Disagreements))
		}
	})
}

func TestPersonalValuesStayMasked(t *testing.T) {
	r := rules(t, "entity: person\nattributes:\n  phone: {order: [gongan, minzheng]}\n  name: {order: [gongan, minzheng]}\n")
	personal := func(source, token, mask string) Row {
		return Row{ID: source, Source: source, Values: map[string]Value{
			"phone": {Text: "13800138000", Token: token, Mask: mask}, "name": {Text: "清楚姓名"},
		}}
	}
	out, err := r.Resolve("p-1", []Row{personal("gongan", "t1", "138****8000"), personal("minzheng", "t2", "138****8000")}, asOf)
	if err != nil || len(out.Winners) != 1 || len(out.Disagreements) != 1 {
		t.Fatalf("%v: %+v", err, out)
	}
	if !strings.Contains(out.Disagreements[0].Why, "脱敏后相同，原值不同") || out.Winners[0].Token != "t1" {
		t.Errorf("%+v", out)
	}
	data, _ := json.Marshal(out)
	for _, clear := range []string{"13800138000", "清楚姓名", "t2"} {
		if strings.Contains(string(data), clear) {
			t.Errorf("%s stands in the result", clear)
		}
	}
	same, _ := r.Resolve("p-1", []Row{personal("gongan", "t1", "138****8000"), personal("minzheng", "t1", "")}, asOf)
	if len(same.Disagreements) != 0 || same.Winners[0].Reason != Agreed {
		t.Errorf("equal pseudonyms disagree: %+v", same)
	}
	bare, _ := r.Resolve("p-1", []Row{personal("gongan", "t1", ""), personal("minzheng", "t2", "138****8000")}, asOf)
	if bare.Winners[0].Shown != "***" {
		t.Errorf("without a mask: %+v", bare.Winners[0])
	}
}

// Of rows that no day tells apart one speaks for all attributes.
func TestRowsOfOneDayAreNotMixed(t *testing.T) {
	r := rules(t, "entity: building\nattributes:\n  floors: {order: [zhujian]}\n  built_year: {order: [zhujian]}\n")
	row := func(id, floors, year string) Row {
		return Row{ID: id, Source: "zhujian", Values: map[string]Value{"floors": {Text: floors}, "built_year": {Text: year}}}
	}
	out, err := r.Resolve("b-1", []Row{row("2024", "6", "1999"), row("2025", "7", "1990")}, asOf)
	if err != nil || len(out.Winners) != 2 || out.Winners[0].Row != "2025" || out.Winners[1].Row != "2025" {
		t.Errorf("%v: %+v", err, out.Winners)
	}
}

func TestOneRowHandedOverTwice(t *testing.T) {
	r := rules(t, buildingRules)
	row := func(token string) Row {
		return Row{ID: "r", Source: "zhujian", Values: map[string]Value{"address": {Token: token, Mask: "某路***"}}}
	}
	for _, rows := range [][]Row{{row("t1"), row("t2")}, {row("t2"), row("t1")}} {
		if out, err := r.Resolve("b-1", rows, asOf); err != nil || out.Winners[0].Token != "t1" {
			t.Errorf("%v: %+v", err, out)
		}
	}
}

var sources = []string{"zhujian", "yingji", "jiedao", "gongan", "minzheng"}

// drawRow makes a row of few different values, so that they meet.
func drawRow(t *rapid.T) Row {
	day := asOf.AddDate(0, 0, -rapid.IntRange(-30, 800).Draw(t, "age"))
	if rapid.IntRange(0, 5).Draw(t, "undated") == 0 {
		day = time.Time{}
	}
	return Row{
		ID: rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(t, "id"), Source: rapid.SampledFrom(sources).Draw(t, "source"), Day: day,
		Values: map[string]Value{
			"name":       {Text: rapid.SampledFrom([]string{"", "甲", " 甲", "乙", "不详"}).Draw(t, "name")},
			"floors":     {Text: rapid.SampledFrom([]string{"6", "6.0", "7", "x"}).Draw(t, "floors")},
			"floor_area": {Text: rapid.SampledFrom([]string{"100", "101", "103", ""}).Draw(t, "area")},
			"address":    {Token: rapid.SampledFrom([]string{"t1", "t2", ""}).Draw(t, "token"), Mask: "某路***"},
			"graded_on":  {Text: rapid.SampledFrom([]string{"2025-01-01", "2025-01-05", "2025-02-01"}).Draw(t, "graded")},
		},
	}
}

func TestOrderOfRowsChangesNothing(t *testing.T) {
	r := rules(t, buildingRules)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 0, 12).Draw(t, "rows")
		a, err := r.Resolve("b-1", rows, asOf)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Resolve("b-1", rapid.Permutation(rows).Draw(t, "shuffled"), asOf)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Fatalf("\n%s\n%s", x, y)
		}
	})
}

// A row of a source below the winner's changes the winner only where the
// winner is past its time and the row is not.
func TestLowerSourceNeverWinsUnlessFresher(t *testing.T) {
	r := rules(t, buildingRules)
	order := map[string][]string{"name": {"jiedao", "zhujian"}, "address": {"zhujian", "yingji"}, "floor_area": {"zhujian", "yingji"}, "floors": {"zhujian", "yingji"}, "graded_on": {"zhujian"}}
	place := func(attribute, source string) int {
		if i := slices.Index(order[attribute], source); i >= 0 {
			return i
		}
		return len(order[attribute])
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 1, 8).Draw(t, "rows")
		more := drawRow(t)
		before, err := r.Resolve("b-1", rows, asOf)
		if err != nil {
			t.Fatal(err)
		}
		after, err := r.Resolve("b-1", append(slices.Clone(rows), more), asOf)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range before.Winners {
			at := slices.IndexFunc(after.Winners, func(x Winner) bool { return x.Attribute == w.Attribute })
			if at < 0 {
				t.Fatalf("%s lost its winner", w.Attribute)
			}
			now := after.Winners[at]
			fresher := w.Attribute == "floors" && w.Stale && !now.Stale
			if place(w.Attribute, more.Source) > place(w.Attribute, w.Source) && !fresher && now.Said != w.Said {
				t.Fatalf("%s: %+v gave way to %+v", w.Attribute, w, now)
			}
		}
	})
}
