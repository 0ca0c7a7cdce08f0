package place

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// rowsOf repeats a signature.
func rowsOf(n int, s Signature) Seen { return Seen{Signature: s, Rows: n} }

// whereIs gives each signature's place.
func whereIs(places []Place) map[Signature]int {
	out := map[Signature]int{}
	for i, p := range places {
		for _, m := range p.Members {
			out[m.Signature] = i
		}
	}
	return out
}

// Each outcome says which of the signatures, by number, are at one place; what
// is not named is alone.
func TestOutcomes(t *testing.T) {
	house := func(code, compound, house string) Signature {
		return Signature{Code: code, Compound: compound, House: house}
	}
	gated := func(road, number, compound, house string) Signature {
		return Signature{Road: road, Number: number, Compound: compound, House: house}
	}
	in := func(community string, s Signature) Signature {
		s.Community = community
		return s
	}
	for _, c := range []struct {
		name   string
		seen   []Seen
		at     [][]int
		levels []Level // of the places named
	}{
		{"an address meets a number through rows that give both",
			[]Seen{rowsOf(5, house("", "天目小区", "3")), rowsOf(5, house("A01", "", "")), rowsOf(1, house("A01", "天目小区", "3"))},
			[][]int{{0, 1, 2}}, []Level{Building}},
		{"two houses of a compound never meet",
			[]Seen{rowsOf(5, house("", "天目小区", "3")), rowsOf(5, house("", "天目小区", "4")), rowsOf(9, gated("柳浪路", "264", "天目小区", "3")), rowsOf(9, gated("柳浪路", "264", "天目小区", "4")), rowsOf(9, gated("柳浪路", "264", "", ""))},
			[][]int{{0, 2}, {1, 3}}, []Level{Building, Building}},
		{"nor in one building number",
			[]Seen{rowsOf(5, house("A01", "天目小区", "3")), rowsOf(4, house("A01", "天目小区", "4")), rowsOf(5, house("", "天目小区", "3")), rowsOf(5, house("", "天目小区", "4"))},
			[][]int{{0, 1, 2}}, []Level{Building}},
		{"two building numbers of one address stay apart, and rows without any are at neither",
			[]Seen{rowsOf(5, house("A01", "天目小区", "3")), rowsOf(5, house("A02", "天目小区", "3")), rowsOf(5, house("", "天目小区", "3"))},
			nil, nil},
		{"unless one of them is a slip",
			[]Seen{rowsOf(5, house("A01", "天目小区", "3")), rowsOf(20, house("A02", "锦绣园", "1")), rowsOf(1, house("A02", "天目小区", "3")), rowsOf(5, house("", "天目小区", "3"))},
			[][]int{{0, 3}, {1, 2}}, []Level{Building, Building}},
		{"one name in two communities",
			[]Seen{rowsOf(5, in("柳岸", house("A01", "天目小区", "3"))), rowsOf(5, in("云溪", house("A02", "天目小区", "3"))), rowsOf(5, in("柳岸", house("", "天目小区", "3"))), rowsOf(5, in("云溪", house("", "天目小区", "3")))},
			[][]int{{0, 2}, {1, 3}}, []Level{Building, Building}},
		{"a road's number for the compound that stands there",
			[]Seen{rowsOf(5, gated("柳浪路", "264", "天目小区", "3")), rowsOf(5, gated("柳浪路", "264", "", "3")), rowsOf(5, house("", "天目小区", "")), rowsOf(5, gated("柳浪路", "264", "", ""))},
			[][]int{{0, 1}, {2, 3}}, []Level{Building, Compound}},
		{"one row doesn't make a house number a compound's",
			[]Seen{rowsOf(50, gated("柳浪路", "435", "", "")), rowsOf(1, gated("柳浪路", "435", "万家商城", "2")), rowsOf(1, gated("柳浪路", "435", "东来学校", ""))},
			[][]int{{0, 2}}, []Level{Number}},
		{"a name that stands at one number",
			[]Seen{rowsOf(5, gated("柳浪路", "435", "", "")), rowsOf(5, gated("柳浪路", "435", "万家大厦", "")), rowsOf(5, house("", "万家大厦", "")), rowsOf(1, Signature{Code: "A09", Road: "柳浪路", Number: "435"})},
			[][]int{{0, 1, 2, 3}}, []Level{Building}},
		{"a homophone at the same house number",
			[]Seen{rowsOf(50, gated("柳浪路", "264", "锦绣园", "3")), rowsOf(1, gated("柳浪路", "264", "锦秀园", "3"))},
			[][]int{{0, 1}}, []Level{Building}},
		{"a homophone in the same community, when it is rare",
			[]Seen{rowsOf(50, in("柳岸", gated("柳浪路", "264", "锦绣园", "3"))), rowsOf(1, in("柳岸", house("", "锦秀园", "3")))},
			[][]int{{0, 1}}, []Level{Building}},
		{"not when it is as frequent",
			[]Seen{rowsOf(50, in("柳岸", house("", "锦绣园", "3"))), rowsOf(50, in("柳岸", house("", "锦秀园", "3")))}, nil, nil},
		{"nor elsewhere",
			[]Seen{rowsOf(50, in("柳岸", house("", "锦绣园", "3"))), rowsOf(1, in("云溪", house("", "锦秀园", "3")))}, nil, nil},
		{"nor at another house number",
			[]Seen{rowsOf(50, gated("柳浪路", "264", "锦绣园", "3")), rowsOf(1, gated("柳浪路", "88", "锦秀园", "3"))}, nil, nil},
		{"a compound's neighbour by name",
			[]Seen{rowsOf(50, in("柳岸", house("", "锦绣园", "3"))), rowsOf(1, in("柳岸", house("", "新锦绣园", "3"))), rowsOf(1, in("柳岸", house("", "锦绣园2期", "3")))}, nil, nil},
		{"a name without its ending",
			[]Seen{rowsOf(5, in("柳岸", house("", "天目小区", "3"))), rowsOf(5, in("柳岸", house("", "天目", "3")))},
			[][]int{{0, 1}}, []Level{Building}},
		{"not when two compounds may be meant",
			[]Seen{rowsOf(5, gated("柳浪路", "264", "天目小区", "3")), rowsOf(5, gated("沈家路", "88", "天目公寓", "3")), rowsOf(5, house("", "天目", "3")), rowsOf(5, gated("沈家路", "88", "天目", "3"))},
			[][]int{{1, 3}}, []Level{Building}},
		{"another name with the same building numbers",
			[]Seen{rowsOf(5, house("A01", "天目小区", "1")), rowsOf(5, house("A02", "天目小区", "2")), rowsOf(5, house("A01", "柳岸家园", "1")), rowsOf(5, house("A02", "柳岸家园", "2")), rowsOf(1, house("", "柳岸家园", "5")), rowsOf(1, house("", "天目小区", "5"))},
			[][]int{{0, 2}, {1, 3}, {4, 5}}, []Level{Building, Building, Building}},
		{"outside the site",
			[]Seen{rowsOf(5, house("", "天目小区", "3")), rowsOf(5, Signature{Area: "湖滨街道", Compound: "天目小区", House: "3"})}, nil, nil},
		{"wide places hold what says no more",
			[]Seen{rowsOf(5, house("", "天目小区", "3")), rowsOf(5, house("", "天目小区", "")), rowsOf(5, Signature{Road: "柳浪路"}), rowsOf(5, Signature{Community: "柳岸"}), rowsOf(5, Signature{Community: "柳按"})},
			[][]int{{3, 4}}, []Level{Community}},
		{"a number that half of all rows have is no building's",
			[]Seen{rowsOf(500, house("X99", "天目小区", "3")), rowsOf(500, house("X99", "锦绣园", "1")), rowsOf(500, house("X99", "东来公寓", "2")), rowsOf(500, house("X99", "", "")), rowsOf(1, house("A01", "天目小区", "3"))},
			[][]int{{0, 4}}, []Level{Building}},
		{"an address that half of all rows have, whatever their building",
			[]Seen{rowsOf(500, house("A01", "天目小区", "3")), rowsOf(500, house("A02", "天目小区", "3")), rowsOf(500, house("A03", "天目小区", "3")), rowsOf(900, house("", "天目小区", "3")), rowsOf(5, house("A03", "锦绣园", "1")), rowsOf(5, house("", "锦绣园", "1"))},
			[][]int{{2, 4}}, []Level{Building}},
		{"nothing told, and texts that can't be read",
			[]Seen{rowsOf(500, Signature{}), rowsOf(1, Signature{Alone: "p1"}), rowsOf(1, Signature{Alone: "p2"}), rowsOf(5, house("", "天目小区", "3"))}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			places := Link(c.seen)
			at := whereIs(places)
			want := make([]int, len(c.seen))
			for i := range want {
				want[i] = i
			}
			for k, together := range c.at {
				for _, i := range together {
					want[i] = together[0]
				}
				if got := places[at[c.seen[together[0]].Signature]].Level; got != c.levels[k] {
					t.Errorf("%v are at a %s", together, got)
				}
			}
			for i := range c.seen {
				for j := range i {
					got := at[c.seen[i].Signature] == at[c.seen[j].Signature]
					if got != (want[i] == want[j]) {
						t.Errorf("%+v and %+v together: %v", c.seen[j].Signature, c.seen[i].Signature, got)
					}
				}
			}
		})
	}
}

// Points tell two compounds of like names apart, and one name at two places.
func TestPoints(t *testing.T) {
	near := Seen{Signature{Compound: "锦绣园", House: "3"}, 50, 30.2800, 120.0500}
	slip := Seen{Signature{Compound: "锦秀园", House: "3"}, 1, 30.2810, 120.0510}
	far := slip
	far.Lat = 30.2990
	if at := whereIs(Link([]Seen{near, slip})); at[near.Signature] != at[slip.Signature] {
		t.Error("a slip beside the compound is elsewhere")
	}
	if at := whereIs(Link([]Seen{near, far})); at[near.Signature] == at[far.Signature] {
		t.Error("a like name two kilometres off is the same")
	}
}

// The median of a signature's points does not move by missing and far ones.
func TestTally(t *testing.T) {
	var tally Tally
	s := Signature{Compound: "锦绣园", House: "3"}
	for _, p := range [][2]float64{{30.28, 120.05}, {30.2801, 120.0501}, {30.2799, 120.05}, {0, 0}, {30.28, 119.5}, {99, 190}} {
		tally.Add(s, p[0], p[1])
	}
	seen := tally.Seen()
	if len(seen) != 1 || seen[0].Rows != 6 || seen[0].Lat < 30.2798 || seen[0].Lat > 30.2802 || seen[0].Long < 120.0498 || seen[0].Long > 120.0502 {
		t.Errorf("%+v", seen)
	}
}

// A reason is in both languages, and a probability is the share measured.
func TestReasonsAndProbabilities(t *testing.T) {
	seen := []Seen{
		rowsOf(8, Signature{Code: "A01", Compound: "天目小区", House: "3"}), rowsOf(8, Signature{Code: "A01", Road: "柳浪路", Number: "264", Compound: "天目小区", House: "3"}),
		rowsOf(5, Signature{Compound: "天目小区", House: "3"}), rowsOf(1, Signature{Code: "A02", Compound: "天目小区", House: "3"}), rowsOf(90, Signature{Code: "A02"}), rowsOf(90, Signature{Code: "A02", Compound: "锦绣园", House: "1"}),
	}
	found := map[Signature]Member{}
	for _, p := range Link(seen) {
		for _, m := range p.Members {
			found[m.Signature] = m
			if m.Reason.EN == "" || m.Reason.ZH == "" || m.Probability <= 0 || m.Probability >= 1 {
				t.Errorf("%+v", m)
			}
		}
	}
	// Of 17 rows that others speak for, 16 agree.
	if m := found[seen[2].Signature]; m.Way != ByHouse || m.Measured != 17 || m.Probability != 17./19 {
		t.Errorf("by house: %+v", m)
	}
	if m := found[seen[3].Signature]; m.Way != ByCode || m.Probability != .5 {
		t.Errorf("contradicted: %+v", m)
	}
}

// anySeen draws signatures from few values, so that all kinds of clashes come.
func anySeen(t *rapid.T) []Seen {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Seen {
		s := Signature{Code: pick("code", "", "", "A01", "A02", "A03"), Area: pick("area", "", "", "", "湖滨街道"), Community: pick("community", "", "柳岸", "柳按", "云溪"),
			Road: pick("road", "", "柳浪路", "沈家路"), Compound: pick("compound", "", "锦绣园", "锦秀园", "锦绣", "锦绣公寓", "新锦绣园"), House: pick("house", "", "1", "2")}
		if s.Road != "" {
			s.Number = pick("number", "", "12", "14")
		}
		if s.Compound == "" && s.Number == "" {
			s.House = ""
		}
		seen := Seen{Signature: s, Rows: rapid.IntRange(1, 60).Draw(t, "rows")}
		if rapid.Bool().Draw(t, "point") {
			seen.Lat, seen.Long = rapid.SampledFrom([]float64{30.28, 30.281, 30.3}).Draw(t, "lat"), 120.05
		}
		return seen
	}), 0, 30).Draw(t, "seen")
}

func TestLinkIsAPartitionInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := anySeen(t)
		places := Link(seen)
		rows := map[Signature]int{}
		for _, s := range seen {
			rows[s.Signature] += s.Rows
		}
		for _, p := range places {
			for _, m := range p.Members {
				if rows[m.Signature] != m.Rows {
					t.Fatalf("%+v has %d rows, or is at two places", m, rows[m.Signature])
				}
				delete(rows, m.Signature)
			}
		}
		if len(rows) > 0 {
			t.Fatalf("left out: %v", rows)
		}
		shuffled := append([]Seen{}, seen...)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := Link(shuffled); !reflect.DeepEqual(places, again) {
			t.Fatalf("another order gives %+v, not %+v", again, places)
		}
	})
}

// No place has two building numbers, and rows without one never bring two
// houses of a compound together.
func TestHousesNeverChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, p := range Link(anySeen(t)) {
			code, houses := "", map[string]string{}
			for _, m := range p.Members {
				s := m.Signature
				switch {
				case m.Way == ByCode && code != "" && code != s.Code:
					t.Fatalf("%s and %s at one place", code, s.Code)
				case m.Way == ByCode:
					code = s.Code
				case s.Compound != "" && s.House != "":
					if h, ok := houses[s.Compound]; ok && h != s.House {
						t.Fatalf("houses %s and %s of %s at one place", h, s.House, s.Compound)
					}
					houses[s.Compound] = s.House
				}
			}
		}
	})
}

func ExampleLink() {
	var tally Tally
	for _, s := range []Signature{{Code: "330198001001"}, {Code: "330198001001", Compound: "锦绣园", House: "3"}, {Compound: "锦绣园", House: "3"}} {
		tally.Add(s, 0, 0)
	}
	for _, p := range Link(tally.Seen()) {
		fmt.Println(p.Level, p.Code, len(p.Members))
		for _, m := range p.Members {
			fmt.Println(m.Way, m.Reason.ZH)
		}
	}
	// Output:
	// building 330198001001 3
	// house 锦绣园3幢一致；写法相同的记录房屋编号为330198001001
	// code 房屋编号330198001001一致
	// code 房屋编号330198001001一致
}
