package issue

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// together reports which issue each request is in.
func together(issues []Issue) map[string]string {
	of := map[string]string{}
	for _, i := range issues {
		for _, m := range i.Members {
			of[m.ID] = i.Name
		}
	}
	return of
}

// What people hold apart is apart; what they call one problem is one, where
// that brings nothing together that is held apart.
func TestPeopleDecide(t *testing.T) {
	requests := located(9, 40)
	m := fitted(t, requests)
	ids := make([]string, len(requests))
	for i, r := range requests {
		ids[i] = r.ID
	}
	alone, _ := Grow(m, &Memory{}, Change{Put: requests})
	of := together(alone.Issues)
	rapid.Check(t, func(t *rapid.T) {
		pair := rapid.Custom(func(t *rapid.T) [2]string {
			a, b := rapid.SampledFrom(ids).Draw(t, "a"), rapid.SampledFrom(ids).Draw(t, "b")
			if mates := mates(ids, of, a); len(mates) > 0 && rapid.Bool().Draw(t, "of its issue") {
				b = rapid.SampledFrom(mates).Draw(t, "mate")
			}
			return [2]string{a, b}
		})
		d := Decisions{Same: rapid.SliceOfN(pair, 0, 6).Draw(t, "same"), Apart: rapid.SliceOfN(pair, 0, 6).Draw(t, "apart")}
		g, err := Grow(m, &Memory{Decided: d}, Change{Put: requests})
		if err != nil {
			t.Fatal(err)
		}
		got := together(g.Issues)
		for _, p := range d.Apart {
			if p[0] != p[1] && got[p[0]] == got[p[1]] {
				t.Fatalf("%v are held apart and are together", p)
			}
		}
		if len(d.Apart) > 0 {
			return
		}
		for _, p := range d.Same {
			if got[p[0]] != got[p[1]] {
				t.Fatalf("%v are one problem and are apart", p)
			}
		}
		for _, p := range d.Same { // nothing is torn out of its issue
			for _, q := range mates(ids, of, p[0]) {
				if got[q] != got[p[0]] {
					t.Fatalf("%v were together before somebody spoke of %v", [2]string{p[0], q}, p)
				}
			}
		}
	})
}

func mates(ids []string, of map[string]string, a string) (out []string) {
	for _, id := range ids {
		if id != a && of[id] == of[a] {
			out = append(out, id)
		}
	}
	return out
}

// Both ways, by themselves and through others: apart goes before same.
func TestDecidedBothWays(t *testing.T) {
	var requests []Request
	for i := range 4 {
		requests = append(requests, Request{ID: string(rune('a' + i)), At: begin.Add(time.Duration(i) * time.Hour)})
	}
	m := fitted(t, nil)
	for _, c := range []struct {
		name string
		d    Decisions
		want []string
	}{
		{"same", Decisions{Same: [][2]string{{"a", "b"}, {"d", "b"}}}, []string{"abd", "c"}},
		{"both", Decisions{Same: [][2]string{{"a", "b"}}, Apart: [][2]string{{"b", "a"}}}, []string{"a", "b", "c", "d"}},
		{"through another", Decisions{Same: [][2]string{{"a", "b"}, {"b", "c"}}, Apart: [][2]string{{"a", "c"}}}, []string{"ab", "c", "d"}},
		{"with itself", Decisions{Same: [][2]string{{"a", "a"}}, Apart: [][2]string{{"b", "b"}}}, []string{"a", "b", "c", "d"}},
	} {
		g, err := Grow(m, &Memory{Decided: c.d}, Change{Put: requests})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range g.Issues {
			s := ""
			for _, m := range i.Members {
				s += m.ID
			}
			got = append(got, s)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A case that a call was made into is one problem with it, in whatever order
// they come and however little their words have in common; a person may part them.
func TestTransferIsSure(t *testing.T) {
	call := Request{ID: "call", Number: "RX1", Body: "电梯坏了", At: begin, Channel: "12345", Reporter: "u"}
	made := Request{ID: "case", Number: "CG1", Origin: "RX1", Body: "处理设施故障", At: begin.Add(30 * time.Hour), Channel: "城管"}
	other := Request{ID: "other", Origin: "RX2", Body: "处理设施故障", At: begin}
	m := fitted(t, nil)
	for _, days := range [][][]Request{{{call, made, other}}, {{made}, {other}, {call}}, {{call}, {made, other}}} {
		store := &Memory{}
		for _, day := range days {
			g, err := Grow(m, store, Change{Put: day})
			if err != nil {
				t.Fatal(err)
			}
			store.Apply(g)
		}
		issues := store.Issues()
		if len(issues) != 2 || len(issues[0].Members) != 2 || !slices.Equal(issues[0].Channels, []string{"12345", "城管"}) {
			t.Fatalf("got %+v", issues)
		}
		if m := issues[0].Members[1]; m.ID != "case" || m.Share != 1 || m.With != "call" ||
			m.Reason.ZH != "转办来源编号一致；无共同地点；相距 1 天；内容相似 0%" {
			t.Errorf("got %+v", m)
		}
		store.Decided.Apart = [][2]string{{"case", "call"}}
		g, err := Grow(m, store, Change{Decided: store.Decided.Apart})
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Issues) != 2 {
			t.Errorf("a person parted them, and got %+v", g.Issues)
		}
	}
}
