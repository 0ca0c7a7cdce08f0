package compare

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Values of jellyfish 1.3.0 (damerau_levenshtein_distance,
// jaro_winkler_similarity), the same as RapidFuzz 3.14.6 gives.
var edits = []struct {
	a, b     string
	distance int
	winkler  float64
}{
	{"martha", "marhta", 1, 0.961111},
	{"dwayne", "duane", 2, 0.840000},
	{"dixon", "dicksonx", 4, 0.813333},
	{"ca", "abc", 2, 0.000000},
	{"a cat", "an abct", 3, 0.811429},
	{"", "abc", 3, 0.000000},
	{"kitten", "sitting", 3, 0.746032},
	{"specter", "spectre", 1, 0.971429},
	{"jellyfish", "smellyfish", 2, 0.896296},
	{"张三丰", "张三风", 1, 0.822222},
	{"王小明", "王晓明", 1, 0.800000},
	{"欧阳建国", "欧阳国建", 1, 0.933333},
	{"zhongshan road", "zhongshan raod", 1, 0.985714},
	{"abcdefghijklmnopqrstuvwxyz", "abdcefghijklmnopqrstuvwxzy", 2, 0.979487},
	{"aaaa", "aa", 2, 0.866667},
	{"abcdef", "fedcba", 5, 0.388889},
	{"smith", "smyth", 1, 0.893333},
	{"rhodes", "rohdes", 1, 0.950000},
	{"ab", "ba", 1, 0.000000},
	{"abcd", "badc", 2, 0.833333},
}

func TestEdits(t *testing.T) {
	for _, c := range edits {
		if got := DamerauLevenshtein(c.a, c.b); got != c.distance {
			t.Errorf("distance of %q and %q is %d, want %d", c.a, c.b, got, c.distance)
		}
		if got := JaroWinkler(c.a, c.b); math.Abs(got-c.winkler) > 1e-6 {
			t.Errorf("similarity of %q and %q is %.6f, want %.6f", c.a, c.b, got, c.winkler)
		}
	}
}

// plainDistance is Lowrance & Wagner's algorithm as their paper has it.
func plainDistance(a, b []rune) int {
	far := len(a) + len(b)
	h := make([][]int, len(a)+2)
	for i := range h {
		h[i] = make([]int, len(b)+2)
		h[i][0] = far
		if i > 0 {
			h[i][1] = i - 1
		}
	}
	for j := range h[0] {
		h[0][j] = far
		if j > 0 {
			h[1][j] = j - 1
		}
	}
	last := map[rune]int{}
	for i := 1; i <= len(a); i++ {
		match := 0
		for j := 1; j <= len(b); j++ {
			row, col, cost := last[b[j-1]], match, 1
			if a[i-1] == b[j-1] {
				cost, match = 0, j
			}
			h[i+1][j+1] = min(h[i][j]+cost, h[i+1][j]+1, h[i][j+1]+1, h[row][col]+(i-row-1)+1+(j-col-1))
		}
		last[a[i-1]] = i
	}
	return h[len(a)+1][len(b)+1]
}

func TestDistanceIsThatOfThePaper(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[abc]{0,30}`), rapid.StringMatching(`[甲乙a]{0,20}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b, limit := text.Draw(t, "a"), text.Draw(t, "b"), rapid.IntRange(0, 5).Draw(t, "limit")
		want := plainDistance([]rune(a), []rune(b))
		if got := DamerauLevenshtein(a, b); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
		if got := within(a, b, limit); (got <= limit) != (want <= limit) || got <= limit && got != want {
			t.Fatalf("within %d: %d, want %d", limit, got, want)
		}
	})
}

func TestSymmetry(t *testing.T) {
	text := rapid.StringMatching(`[ab甲 12]{0,12}`)
	level := rapid.SampledFrom([]string{
		"exact", "damerau 2", "jaro_winkler 0.8", "pinyin", "prefix 2", "jaccard tokens 0.5", "jaccard grams2 0.4 idf",
		"containment grams 0.5", "containment tokens 0.5 idf", "number 1", "ratio 0.1", "days 3", "km 1",
	})
	rarity := func(term uint64) float64 { return 1 + float64(term%7) }
	rapid.Check(t, func(t *rapid.T) {
		l, err := ParseLevel(level.Draw(t, "level"))
		if err != nil {
			t.Fatal(err)
		}
		f := NewField([]Level{l})
		a, b := f.Prepare(text.Draw(t, "a"), rarity), f.Prepare(text.Draw(t, "b"), rarity)
		if x, y := f.Class(&a, &b), f.Class(&b, &a); x != y {
			t.Fatalf("%d and %d", x, y)
		}
	})
}

func TestClass(t *testing.T) {
	for _, c := range []struct {
		name   string
		levels []string
		a, b   string
		want   uint8
	}{
		{"missing", []string{"exact"}, "", "a", Null},
		{"equal", []string{"exact", "damerau 1"}, "张三", "张三", 1},
		{"one edit", []string{"exact", "damerau 1"}, "20190102", "20190201", 3},
		{"transposed", []string{"exact", "damerau 1"}, "12345", "12354", 2},
		{"sounds alike", []string{"exact", "pinyin"}, "张伟", "章伟", 2},
		{"no pinyin in Latin", []string{"exact", "pinyin"}, "li", "lee", 3},
		{"resident number", []string{"checksum resident", "exact"}, "11010519491231002X", "11010519491231002X", 1},
		{"wrong resident number", []string{"checksum resident", "exact"}, "110105194912310021", "110105194912310021", 2},
		{"credit code", []string{"checksum credit", "exact"}, "91310000757904992P", "91310000757904992P", 1},
		{"wrong credit code", []string{"checksum credit", "exact"}, "91310000757904929P", "91310000757904929P", 2},
		{"prefix", []string{"prefix 3"}, "坪山区a", "坪山区b", 1},
		{"prefix too short", []string{"prefix 3"}, "坪山", "坪山", 2},
		{"tokens", []string{"jaccard tokens 0.5"}, "data base", "base, data, mine", 1},
		{"contained", []string{"jaccard tokens 0.9", "containment tokens 1"}, "a b", "a b c d", 2},
		{"numbers", []string{"number 2", "ratio 0.1"}, "100", "102.5", 2},
		{"no numbers", []string{"number 2"}, "x", "x", 2},
		{"days", []string{"days 2"}, "2024-02-28", "20240301", 1},
		{"no days", []string{"days 400"}, "20240230", "20240301", 2},
		{"near", []string{"km 1"}, "22.70,114.30", "22.705,114.30", 1},
		{"far", []string{"km 1"}, "22.70,114.30", "22.72,114.30", 2},
		{"no point", []string{"km 1"}, "122.70,114.30", "122.70,114.30", 2},
		{"swapped is left to the records", []string{"swapped other", "exact"}, "a", "a", 2},
	} {
		var levels []Level
		for _, text := range c.levels {
			l, err := ParseLevel(text)
			if err != nil {
				t.Fatal(err)
			}
			if l.Label().EN == "" || l.Label().ZH == "" {
				t.Errorf("%s has no label", text)
			}
			levels = append(levels, l)
		}
		f := NewField(levels)
		a, b := f.Prepare(c.a, nil), f.Prepare(c.b, nil)
		if got := f.Class(&a, &b); got != c.want {
			t.Errorf("%s: class %d, want %d", c.name, got, c.want)
		}
	}
}

func TestRareTermsWeighMore(t *testing.T) {
	l, err := ParseLevel("jaccard tokens 0.5 idf")
	if err != nil {
		t.Fatal(err)
	}
	f := NewField([]Level{l})
	rare := Tokens("winter")[0]
	rarity := func(term uint64) float64 {
		if term == rare {
			return 9
		}
		return 1
	}
	class := func(a, b string) uint8 {
		x, y := f.Prepare(a, rarity), f.Prepare(b, rarity)
		return f.Class(&x, &y)
	}
	if class("winter road one", "winter street two") != 1 || class("old road one", "old road two winter") != 2 {
		t.Error("the rare term doesn't decide")
	}
}

// The distances are those of the formula computed by hand in Python 3.
func TestHaversine(t *testing.T) {
	if d := Haversine(22.7, 114.3, 39.9, 116.4); math.Abs(d-1922.769711) > 1e-3 {
		t.Error(d)
	}
	if d := Haversine(0, 0, 0, 180); math.Abs(d-20015.114442) > 1e-3 {
		t.Error(d)
	}
}

func TestPinyin(t *testing.T) {
	for text, want := range map[string]string{"汇流": "hui liu", "A张3": "zhang", "": "", "abc": ""} {
		if got := Pinyin(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	if got := Initials("汇流"); got != "hl" {
		t.Error(got)
	}
}

func TestWords(t *testing.T) {
	if got := strings.Join(Words("建设路12号, Block-3a"), "|"); got != "建|设|路|12|号|Block|3a" {
		t.Error(got)
	}
}

func FuzzParseLevel(f *testing.F) {
	for _, s := range []string{"exact", "damerau 1", "jaccard grams2 0.5 idf", "swapped x", "checksum credit", "number -1", "km NaN"} {
		f.Add(s, "a", "b")
	}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		l, err := ParseLevel(text)
		if err != nil {
			return
		}
		again, err := ParseLevel(l.String())
		if err != nil || again != l {
			t.Fatalf("%q was read as %+v, written as %q, read as %+v: %v", text, l, l.String(), again, err)
		}
		field := NewField([]Level{l})
		x, y := field.Prepare(a, nil), field.Prepare(b, nil)
		if c := field.Class(&x, &y); int(c) >= field.Classes() {
			t.Fatalf("class %d of %d", c, field.Classes())
		}
	})
}
