package block

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func column(values ...string) Column {
	c := Column{Values: []string{""}}
	places := map[string]uint32{"": 0}
	for _, v := range values {
		at, ok := places[v]
		if !ok {
			at = uint32(len(c.Values))
			places[v] = at
			c.Values = append(c.Values, v)
		}
		c.Rows = append(c.Rows, at)
	}
	return c
}

func parse(t testing.TB, texts ...string) []Rule {
	t.Helper()
	var out []Rule
	for _, text := range texts {
		r, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func pairs(t testing.TB, table *Table, limits Limits, rules ...string) ([][2]uint32, []Count) {
	t.Helper()
	all, counts, err := Pairs(t.Context(), table, parse(t, rules...), limits)
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]uint32
	for _, p := range all {
		a, b := p.Rows()
		out = append(out, [2]uint32{a, b})
	}
	return out, counts
}

var wide = Limits{Cap: 100, Pairs: 1000}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule   string
		values []string
		want   [][2]uint32
	}{
		{rule: "f", values: []string{"a", "", "a", ""}, want: [][2]uint32{{0, 2}}},
		{rule: "prefix(f, 2)", values: []string{"坪山区", "坪山街", "坪地"}, want: [][2]uint32{{0, 1}}},
		{rule: "suffix(f, 2)", values: []string{"xx12", "y12", "12", "2"}, want: [][2]uint32{{0, 1}, {0, 2}, {1, 2}}},
		{rule: "soundex(f)", values: []string{"robert", "Rupert", "rubin"}, want: [][2]uint32{{0, 1}}},
		{rule: "pinyin(f)", values: []string{"张伟", "章伟", "张威", "zhang wei"}, want: [][2]uint32{{0, 1}, {0, 2}, {1, 2}}},
		{rule: "initials(f)", values: []string{"张伟", "赵武", "李武"}, want: [][2]uint32{{0, 1}}},
		{rule: "year(f)", values: []string{"19800102", "1980-03-04", "19810102"}, want: [][2]uint32{{0, 1}}},
		{rule: "month(f)", values: []string{"19800102", "1980-01-04", "19800202"}, want: [][2]uint32{{0, 1}}},
		{rule: "sorted(f)", values: []string{"b a", "a, b", "a"}, want: [][2]uint32{{0, 1}}},
		{rule: "tokens(f)", values: []string{"b a", "c a", "c"}, want: [][2]uint32{{0, 1}, {1, 2}}},
		{rule: "rare(f, 1)", values: []string{"a b c", "a b d", "a c b", "a", "a"}, want: [][2]uint32{{0, 2}, {3, 4}}},
		{rule: "grams(f, 3)", values: []string{"abcd", "xbcd", "q"}, want: [][2]uint32{{0, 1}}},
		{rule: "deletes(f)", values: []string{"abcd", "abd", "abxd", "qrst"}, want: [][2]uint32{{0, 1}, {0, 2}, {1, 2}}},
		{rule: "minhash(f, 1, 16)", values: []string{"the quick brown fox", "the quick brown fix", "zzz"}, want: [][2]uint32{{0, 1}}},
		{rule: "near(1, f)", values: []string{"b", "c", "", "a"}, want: [][2]uint32{{0, 1}, {0, 3}}},
	} {
		got, _ := pairs(t, &Table{Columns: map[string]Column{"f": column(c.values...)}, Rows: len(c.values)}, wide, c.rule)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestJoinedPartsMeetOnlyTogether(t *testing.T) {
	table := &Table{Columns: map[string]Column{"f": column("a", "a", "a", "b"), "g": column("1", "2", "1", "1")}, Rows: 4}
	if got, _ := pairs(t, table, wide, "f + g"); !reflect.DeepEqual(got, [][2]uint32{{0, 2}}) {
		t.Error(got)
	}
}

func TestTwoLists(t *testing.T) {
	table := &Table{Columns: map[string]Column{"f": column("a", "a", "a", "a")}, Rows: 4, First: 2}
	want := [][2]uint32{{0, 2}, {0, 3}, {1, 2}, {1, 3}}
	for _, rule := range []string{"f", "near(3, f)"} {
		if got, _ := pairs(t, table, wide, rule); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", rule, got)
		}
	}
}

func TestPairsOfManyRulesAreThereOnce(t *testing.T) {
	table := &Table{Columns: map[string]Column{"f": column("a", "a", "b"), "g": column("x", "x", "x")}, Rows: 3}
	got, counts := pairs(t, table, wide, "f", "g")
	if !reflect.DeepEqual(got, [][2]uint32{{0, 1}, {0, 2}, {1, 2}}) || counts[0].New != 1 || counts[1].Pairs != 3 || counts[1].New != 2 {
		t.Error(got, counts)
	}
}

// A block over the cap is split by further keys; what stays over it, or has
// no further key, makes no pairs and is counted.
func TestBlocksOverTheCap(t *testing.T) {
	f, g := make([]string, 100), make([]string, 100)
	for i := range f {
		f[i], g[i] = "same", fmt.Sprint(i/4)
		if i >= 60 {
			g[i] = "most"
		}
	}
	table := &Table{Columns: map[string]Column{"f": column(f...), "g": column(g...)}, Rows: 100}
	_, counts := pairs(t, table, Limits{Cap: 10, Pairs: 1000}, "f")
	if c := counts[0]; c.Pairs != 0 || c.Dropped != 1 || c.DroppedRows != 100 {
		t.Errorf("without a split: %+v", c)
	}
	_, counts = pairs(t, table, Limits{Cap: 10, Pairs: 1000, Split: parse(t, "g")}, "f")
	if c := counts[0]; c.Pairs != 15*6 || c.Split != 1 || c.Dropped != 1 || c.DroppedRows != 40 {
		t.Errorf("with a split: %+v", c)
	}
}

func TestTooManyPairs(t *testing.T) {
	f := make([]string, 50)
	for i := range f {
		f[i] = "a"
	}
	table := &Table{Columns: map[string]Column{"f": column(f...)}, Rows: 50}
	_, _, err := Pairs(t.Context(), table, parse(t, "f"), Limits{Cap: 50, Pairs: 1000})
	if !TooManyPairs.Is(err) {
		t.Error(err)
	}
}

// Neither a cap set too high nor keys that multiply take memory before the
// fault.
func TestLimitsComeFirst(t *testing.T) {
	c := Column{Values: []string{"", "abcdefghijklmnopqrstuvwxyz0123456789"}, Rows: make([]uint32, 60_000)}
	for i := range c.Rows {
		c.Rows[i] = 1
	}
	for _, first := range []int{0, 30_000} {
		table := &Table{Columns: map[string]Column{"f": c}, Rows: len(c.Rows), First: first}
		for _, rule := range []string{"f", "deletes(f) + grams(f, 2) + grams(f, 3)"} {
			_, _, err := Pairs(t.Context(), table, parse(t, rule), Limits{Cap: 1_000_000, Pairs: 100_000})
			if !TooManyPairs.Is(err) {
				t.Errorf("%s: %v", rule, err)
			}
		}
		_, _, err := Pairs(t.Context(), table, parse(t, "f"), Limits{Cap: 10, Pairs: 100_000, Split: parse(t, "grams(f, 2) + grams(f, 3)")})
		if !TooManyPairs.Is(err) {
			t.Error(err)
		}
	}
}

func TestAMillionInOneBlockIsQuick(t *testing.T) {
	c := Column{Values: []string{"", "a"}, Rows: make([]uint32, 1_000_000)}
	for i := range c.Rows {
		c.Rows[i] = 1
	}
	began := time.Now()
	got, counts := pairs(t, &Table{Columns: map[string]Column{"f": c}, Rows: len(c.Rows)}, Limits{Cap: 500, Pairs: 10}, "f")
	if len(got) != 0 || counts[0].DroppedRows != len(c.Rows) {
		t.Error(counts)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Error("took", took)
	}
}

func TestKeysOfARecordAreThoseOfItsBlocks(t *testing.T) {
	text := rapid.StringMatching(`[ab1 ]{0,6}`)
	rule := rapid.SampledFrom([]string{"f", "f + g", "deletes(f) + prefix(g, 1)", "tokens(f)", "minhash(f, 1, 4)", "grams(g, 2)"})
	rapid.Check(t, func(t *rapid.T) {
		r, err := Parse(rule.Draw(t, "rule"))
		if err != nil {
			t.Fatal(err)
		}
		fs, gs := []string{}, []string{}
		for range 4 {
			fs, gs = append(fs, text.Draw(t, "f")), append(gs, text.Draw(t, "g"))
		}
		table := &Table{Columns: map[string]Column{"f": column(fs...), "g": column(gs...)}, Rows: 4}
		all, _, err := Pairs(t.Context(), table, []Rule{r}, wide)
		if err != nil {
			t.Fatal(err)
		}
		keys := func(row int) []uint64 {
			return r.Keys(func(field string) string { return map[string]string{"f": fs[row], "g": gs[row]}[field] })
		}
		for a := range 4 {
			for b := a + 1; b < 4; b++ {
				meet := slices.ContainsFunc(keys(a), func(k uint64) bool { return slices.Contains(keys(b), k) })
				if meet != slices.Contains(all, NewPair(uint32(a), uint32(b))) {
					t.Fatalf("rows %d and %d of %q, %q: %v", a, b, fs, gs, meet)
				}
			}
		}
	})
}

// Codes of jellyfish 1.3.0.
func TestSoundex(t *testing.T) {
	for text, want := range map[string]string{
		"Robert": "R163", "Rupert": "R163", "Rubin": "R150", "Ashcraft": "A261", "Ashcroft": "A261", "Tymczak": "T522",
		"Pfister": "P236", "Honeyman": "H555", "Lee": "L000", "Gutierrez": "G362", "Jackson": "J250", "VanDeusen": "V532",
		"": "", "张": "",
	} {
		if got := Soundex(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestWrongRules(t *testing.T) {
	for _, text := range []string{"", "f +", "nothing(f)", "prefix(f, 0)", "prefix(f, 2, 3)", "prefix()", "near(f)", "near(0, f)", "near(3)", "1f", "f(", "value(f)", "minhash(f, 99)"} {
		if _, err := Parse(text); !WrongRule.Is(err) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a + prefix(b, 3)", "near(5, a, b)", "minhash(t, 2, 16)", "deletes(姓名)"} {
		f.Add(s, "some value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		r, err := Parse(text)
		if err != nil {
			if !WrongRule.Is(err) {
				t.Fatal(err)
			}
			return
		}
		if len(r.Parts) > 3 || strings.Contains(text, "minhash") {
			// Keys multiply; the table below would be large.
			return
		}
		table := &Table{Columns: map[string]Column{}, Rows: 2}
		for _, field := range r.Fields() {
			table.Columns[field] = column(value[:min(len(value), 20)], "x")
		}
		if _, _, err := Pairs(t.Context(), table, []Rule{r}, wide); err != nil {
			t.Fatal(err)
		}
	})
}
