package link

import (
	"strings"
	"testing"
)

// A rule that finds nothing new, and one that makes too many pairs, are not
// taken.
func TestChoose(t *testing.T) {
	s := spec(t, strings.Replace(persons, "rules: [birth,", "rules: [town, birth, birth + birth,", 1))
	s.Block.Cap = 500
	rules, err := Choose(t.Context(), s, crowd(2000), 20_000)
	if err != nil {
		t.Fatal(err)
	}
	extra, found := 0, map[string]bool{}
	for i, r := range rules {
		found[r.Rule] = r.Taken
		extra += r.Extra
		if r.Gain > r.Found+1e-6 || r.Extra > r.Pairs || r.Taken && i > 0 && !rules[i-1].Taken {
			t.Errorf("%+v", r)
		}
	}
	if found["town"] || found["birth"] == found["birth + birth"] || !found["given + surname"] || extra > 20_000 {
		t.Errorf("%+v", rules)
	}
	if _, err := Choose(t.Context(), s, &Records{Columns: crowd(0).Columns}, 1); err == nil {
		t.Error("no records, no columns, and no fault")
	}
}
