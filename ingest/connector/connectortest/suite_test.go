package connectortest

import (
	"errors"
	"strings"
	"testing"

	"huiliu/ingest/page"
)

func item(name string, row int64) Item {
	return Item{Values: map[string]string{"name": name}, Place: page.Place{Origin: "f", Row: row, Offset: -1}}
}

func TestDiffWant(t *testing.T) {
	got := []Item{item("a", 1), item("b", 2), {Reject: "bad", Raw: "x"}}
	for _, c := range []struct {
		name string
		want []Item
		diff string
	}{
		{"equal", []Item{item("a", 1), item("b", 2), {Reject: "bad"}}, ""},
		{"places not given", []Item{{Values: got[0].Values}, {Values: got[1].Values}, {Reject: "bad"}}, ""},
		{"rejects come last", []Item{{Reject: "bad"}, item("a", 1), item("b", 2)}, ""},
		{"one lost", []Item{item("a", 1), item("x", 0), item("b", 2), {Reject: "bad"}}, "- map[name:x]"},
		{"one too many", []Item{item("a", 1)}, "+ map[name:b]"},
		{"another place", []Item{item("a", 9), item("b", 2), {Reject: "bad"}}, "f:9"},
		{"another reason", []Item{item("a", 1), item("b", 2), {Reject: "worse"}}, "worse"},
		{"other bytes", []Item{item("a", 1), item("b", 2), {Reject: "bad", Raw: "y"}}, "bad"},
	} {
		if d := diffWant(c.want, got); (d == "") != (c.diff == "") || !strings.Contains(d, c.diff) {
			t.Errorf("%s: %q, want %q in it", c.name, d, c.diff)
		}
	}
}

func TestWithout(t *testing.T) {
	rest := without([]Item{item("a", 5), item("b", 6)}, []Item{item("a", 1)})
	if len(rest) != 1 || rest[0].Values["name"] != "b" {
		t.Errorf("left %v, want b alone", rest)
	}
}

func TestKeeper(t *testing.T) {
	k := &Keeper{Fail: errors.New("full")}
	if _, err := k.Keep(page.Place{}, strings.NewReader("abc")); err == nil {
		t.Error("Fail was not returned")
	}
	r, err := k.Keep(page.Place{Origin: "f"}, strings.NewReader("abc"))
	if err != nil || r.Size != 3 || r.Place.Origin != "f" || len(k.Kept) != 1 || !strings.HasPrefix(k.Kept[0].Sum, "ba7816bf") {
		t.Errorf("kept %+v as %+v, %v", k.Kept, r, err)
	}
}
