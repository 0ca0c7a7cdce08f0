package golden

import (
	"slices"
	"strings"
	"testing"

	"huiliu/internal/conf"
	"huiliu/internal/fault"
)

func TestParseRefuses(t *testing.T) {
	head := "entity: building\nday: graded_on\nattributes:\n"
	for _, c := range []struct {
		name, text string
		want       *fault.Kind
		says       string
	}{
		{"nothing", "", conf.MissingKey, "entity"},
		{"no YAML", "a: [", conf.NotYAML, ""},
		{"no entity", "attributes: {name: {order: [a]}}", conf.MissingKey, "entity"},
		{"unknown entity", "entity: ship\nattributes: {name: {order: [a]}}", conf.WrongValue, "ship"},
		{"unknown key", head + "  name: {order: [a], fresh: 3}", conf.UnknownKey, "fresh"},
		{"unknown attribute", head + "  colour: {order: [a]}", noSuchAttribute, "colour"},
		{"a point", head + "  point: {order: [a]}", noSuchAttribute, "point"},
		{"no order", head + "  name: {empty: [x]}", conf.MissingKey, "order"},
		{"an empty order", head + "  name: {order: []}", conf.WrongValue, "at least one"},
		{"a source twice", head + "  name: {order: [a, b, a]}", conf.WrongValue, "each source once"},
		{"a day that is none", "entity: building\nday: name\nattributes: {name: {order: [a]}}", conf.WrongValue, "a day or a moment"},
		{"fresh without a day", "entity: building\nattributes: {name: {order: [a], fresh_days: 3}}", conf.WrongValue, "name one under day"},
		{"fresh below nothing", head + "  name: {order: [a], fresh_days: -1}", conf.WrongValue, "0 to 100000"},
		{"others", head + "  name: {order: [a], others: first}", conf.WrongValue, "last or never"},
		{"a check that is none", head + "  name: {order: [a], sound: floors}", conf.WrongValue, "yes or no"},
		{"a report that is neither", head + "  name: {order: [a], report: sometimes}", conf.WrongValue, "true or false"},
		{"a tolerance of texts", head + "  name: {order: [a], within: 1}", conf.WrongValue, "only numbers and days"},
		{"a tolerance of persons", head + "  address: {order: [a], within: 1}", conf.WrongValue, "only numbers and days"},
		{"a tolerance below nothing", head + "  floors: {order: [a], within: -1}", conf.WrongValue, "percentage"},
		{"a tolerance not a number", head + "  floors: {order: [a], within: NaN}", conf.WrongValue, "percentage"},
		{"half a day", head + "  graded_on: {order: [a], within: 0.5}", conf.WrongValue, "whole number of days"},
	} {
		_, err := Parse("golden.yaml", []byte(c.text))
		if !c.want.Is(err) || !strings.Contains(err.Error(), "golden.yaml") || !strings.Contains(told(err), c.says) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// told is all that a person reads of an error.
func told(err error) string {
	var b strings.Builder
	for _, e := range fault.All(err) {
		b.WriteString(e.Error() + " " + e.Mend(fault.English))
	}
	return b.String()
}

func TestParseTellsEveryFault(t *testing.T) {
	_, err := Parse("golden.yaml", []byte("entity: building\nattributes:\n  name: {order: [a, a], within: 1}\n  colour: {order: [a]}\n"))
	if got := len(fault.All(err)); got != 3 {
		t.Errorf("%d faults: %v", got, err)
	}
}

func TestQuery(t *testing.T) {
	r := rules(t, "entity: person\nday: updated\nattributes:\n  phone: {order: [a]}\n  birth_date: {order: [a]}\n  sex: {order: [a]}\n  identity_no: {order: [a], sound: identity_valid}\n")
	want := `SELECT entity_id, id, source, day, birth_date::VARCHAR AS birth_date, identity_no_token::VARCHAR AS identity_no_token, identity_no_mask::VARCHAR AS identity_no_mask, identity_valid::VARCHAR AS identity_valid, phone_token::VARCHAR AS phone_token, phone_mask::VARCHAR AS phone_mask, sex::VARCHAR AS sex
FROM core.person_row
WHERE substr(md5(entity_id), 1, 1) = 'a'
ORDER BY entity_id, id`
	if got := r.Query("core.person_row", 10); got != want {
		t.Errorf("got\n%s", got)
	}
	// Every column is one that the store has.
	var have []string
	for _, c := range r.Type.Columns() {
		have = append(have, c.Name)
	}
	for _, c := range r.Columns() {
		if !slices.Contains(have, c) {
			t.Errorf("no column %s", c)
		}
	}
}

func TestValues(t *testing.T) {
	r := rules(t, "entity: person\nattributes:\n  phone: {order: [a]}\n  sex: {order: [a]}\n")
	got, ok := r.Values([]string{"token", "138****8000", ""})
	if !ok || len(got) != 1 || got["phone"] != (Value{Token: "token", Mask: "138****8000"}) {
		t.Errorf("got %v %v", got, ok)
	}
	checked := rules(t, "entity: organisation\nattributes:\n  credit_code: {order: [a], sound: credit_code_valid}\n")
	for flag, unsound := range map[string]bool{"true": false, "false": true, "": true} {
		if got, ok := checked.Values([]string{"X", flag}); !ok || got["credit_code"] != (Value{Text: "X", Unsound: unsound}) {
			t.Errorf("flag %q: %v %v", flag, got, ok)
		}
	}
	for _, n := range []int{0, 1, 2, 4} {
		if _, ok := r.Values(make([]string, n)); ok {
			t.Errorf("%d columns are taken for 3", n)
		}
	}
}

// The site's names of sources fill in for those that the rules do not name.
func TestNamed(t *testing.T) {
	r := rules(t, "entity: building\nsources: {a: 甲局}\nattributes:\n  name: {order: [a, b]}\n")
	named := r.Named(map[string]string{"a": "别名", "b": "乙局"})
	out, err := named.Resolve("x", []Row{one("a", "", "name", "一"), one("b", "", "name", "二")}, asOf)
	if err != nil || out.Winners[0].Why != "甲局在来源顺序中列第 1，乙局列第 2，取甲局" {
		t.Errorf("%v: %+v", err, out.Winners)
	}
	if named.Version() == r.Version() || named.Version() != r.Named(map[string]string{"b": "乙局", "a": "x"}).Version() || r.Named(nil).label("b") != "b" {
		t.Error("the version does not follow the names")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(buildingRules))
	f.Add([]byte("entity: person\nattributes: {name: {order: a}}"))
	f.Add([]byte("entity: building\nattributes: {floors: {order: [a], within: 1e309%}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse("f", text)
		if err != nil {
			return
		}
		rows := []Row{one("a", "2025-01-01", "floors", "1"), one("b", "", "floors", "2")}
		if _, err := r.Resolve("x", rows, asOf); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzSame(f *testing.F) {
	f.Add("1000", "1e3")
	f.Add("2025-01-01", "2025-01-08 00:00:00")
	f.Add("0x1p-2", "NaN")
	r := rules(f, buildingRules)
	f.Fuzz(func(t *testing.T, a, b string) {
		for i := range r.attributes {
			x := &r.attributes[i]
			if !x.same(a, a) || x.same(a, b) != x.same(b, a) {
				t.Fatalf("%s: %q and %q", x.of.Name, a, b)
			}
		}
	})
}
