package textsim

import (
	"math"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"full width and case", "Ａ３区ABC", "a3区abc"},
		{"white space goes", " 路灯\t不 亮\n", "路灯不亮"},
		{"signs part", "路灯，，不亮！", "路灯\x00不亮\x00"},
		{"no sign first", "！路灯", "路灯"},
		{"empty", "", ""},
	} {
		if got := string(Fold(nil, c.text)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func grams(words ...string) (out []Gram) {
	for _, w := range words {
		out = append(out, HashRunes([]rune(w)))
	}
	return out
}

func TestGrams(t *testing.T) {
	for _, c := range []struct {
		name, text string
		skip       []bool
		want       []Gram
	}{
		{"two and three", "路灯坏了", nil, grams("路灯", "路灯坏", "灯坏", "灯坏了", "坏了")},
		{"a sign parts", "路灯\x00坏", nil, grams("路灯")},
		{"digits stay whole", "住1203室内", nil, grams("1203", "室内")},
		{"skipped", "路灯坏了", []bool{true, true, false, false}, grams("坏了")},
		{"one character", "路", nil, nil},
		{"empty", "", nil, nil},
	} {
		got := Grams(nil, []rune(c.text), 2, 3, c.skip)
		if d := cmp.Diff(Set(c.want), Set(got)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func FuzzGrams(f *testing.F) {
	f.Add("路灯坏了 12号")
	f.Add("\xff\x00！Ａ")
	f.Fuzz(func(t *testing.T, text string) {
		folded := Fold(nil, text)
		if len(folded) > utf8.RuneCountInString(text) {
			t.Fatalf("folding made %d runes of %q", len(folded), text)
		}
		got := Grams(nil, folded, 2, 3, nil)
		if len(got) > 2*len(folded) {
			t.Fatalf("%d grams of %d runes", len(got), len(folded))
		}
		if again := Fold(nil, string(folded)); utf8.ValidString(text) && !slices.Contains(folded, 0) && !slices.Equal(again, folded) {
			t.Fatalf("folded twice %q is %q", string(folded), string(again))
		}
	})
}

func TestWeightAndVector(t *testing.T) {
	r := NewRarity()
	r.Add([]Gram{1, 1, 2})
	r.Add([]Gram{1})
	r.Add([]Gram{1, 2})
	for _, c := range []struct {
		gram Gram
		want float64
	}{{1, math.Log(4. / 3)}, {2, math.Log(4. / 2)}, {9, math.Log(4)}} {
		if got := r.Weight(c.gram); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("weight of %d: %v, want %v", c.gram, got, c.want)
		}
	}
	before := r.Weight(9)
	r.Add([]Gram{8})
	r.Trim()
	if r.Weight(8) != r.Weight(9) || r.Weight(9) <= before || r.Texts() != 4 {
		t.Error("a gram of one text must weigh as one never seen")
	}
}

func TestCosine(t *testing.T) {
	r := NewRarity()
	r.Add([]Gram{1, 2})
	r.Add([]Gram{3})
	a, b := r.Vector([]Gram{1, 2}), r.Vector([]Gram{2, 3})
	if got := Cosine(a, b); math.Abs(got-.5) > 1e-12 {
		t.Errorf("half in common: %v", got)
	}
	if Cosine(a, nil) != 0 || Cosine(a, r.Vector([]Gram{3})) != 0 {
		t.Error("nothing in common must be 0")
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func() []Gram {
			return rapid.SliceOf(rapid.Map(rapid.IntRange(1, 9), func(n int) Gram { return Gram(n) })).Draw(t, "grams")
		}
		x, y := draw(), draw()
		a, b := r.Vector(x), r.Vector(y)
		c := Cosine(a, b)
		if c != Cosine(b, a) || c < 0 || c > 1 {
			t.Fatalf("cosine %v", c)
		}
		if len(a) > 0 && Cosine(a, a) < 1-1e-9 {
			t.Fatalf("with itself %v", Cosine(a, a))
		}
	})
}

// The chance that two sets share a MinHash key must follow the curve of the
// banding; the bounds are five standard deviations of 400 trials.
func TestKeysFollowCurve(t *testing.T) {
	const trials = 400
	for _, c := range []struct{ shared, own int }{{80, 10}, {54, 23}, {20, 40}} {
		met := 0.
		for trial := range trials {
			var a, b []Gram
			for i := range c.shared + c.own {
				a = append(a, Gram(Mix(uint64(trial*1000+i))))
				if i < c.shared {
					b = append(b, a[i])
				} else {
					b = append(b, Gram(Mix(uint64(trial*1000+i+500))))
				}
			}
			keys := Keys(b)
			if slices.ContainsFunc(Keys(a), func(k Gram) bool { return slices.Contains(keys, k) }) {
				met++
			}
		}
		j := float64(c.shared) / float64(c.shared+2*c.own)
		want := 1 - math.Pow(1-math.Pow(j, rows), bands)
		if d := math.Abs(met/trials - want); d > 5*math.Sqrt(want*(1-want)/trials)+.01 {
			t.Errorf("J %.2f: %.3f meet, want %.3f", j, met/trials, want)
		}
	}
	if Keys(nil) != nil {
		t.Error("no grams, no keys")
	}
}

func TestJaccard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() []Gram {
			return Set(rapid.SliceOf(rapid.Map(rapid.IntRange(1, 20), func(n int) Gram { return Gram(n) })).Draw(t, "grams"))
		}
		a, b := draw(), draw()
		in := map[Gram]int{}
		for _, g := range append(slices.Clone(a), b...) {
			in[g]++
		}
		both := 0
		for _, n := range in {
			both += n - 1
		}
		want := 0.
		if len(in) > 0 {
			want = float64(both) / float64(len(in))
		}
		if got := Jaccard(a, b); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
