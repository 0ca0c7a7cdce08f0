package suggest

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name, text string
		letters    int
		want       []string
	}{
		{"pairs", "垃圾清运", 99, []string{"垃圾", "圾清", "清运"}},
		{"signs part runs", "噪声，扰民", 99, []string{"噪声", "扰民"}},
		{"numbers part runs", "路12号院", 99, []string{"号院"}},
		{"white space does not", "噪 声\n扰", 99, []string{"噪声", "声扰"}},
		{"other letters are whole words", "装KTV和ＥＴＣ", 99, []string{"ktv", "etc"}},
		{"single letters and codes", "A3区B座", 99, nil},
		{"cut off", "垃圾清运", 3, []string{"垃圾", "圾清"}},
		{"nothing", "", 99, nil},
		{"broken bytes", "垃\xff圾清", 99, []string{"圾清"}},
	} {
		var got []string
		words(c.text, c.letters, func(w string, _ int) { got = append(got, w) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// The reference is scikit-learn 1.9.1's TfidfTransformer(sublinear_tf=True).
func TestVectorAgainstReference(t *testing.T) {
	docs := []map[string]float64{{"a": 3, "b": 1}, {"a": 1, "c": 2}, {"a": 1}}
	texts := map[string]int{"a": 3, "b": 1, "c": 1}
	x := newLexicon(texts, 3, 9)
	want := [][]float64{{0.7782829228046183, 0.6279137616509933}, {0.32936388935151817, 0.9442030652308014}, {1}}
	for i, d := range docs {
		terms, _ := x.vector(d)
		for j, term := range terms {
			if math.Abs(term.Weight-want[i][j]) > 1e-9 {
				t.Errorf("document %d term %d: got %v, want %v", i, j, term.Weight, want[i][j])
			}
		}
	}
}

func TestLexiconKeepsTheCommonest(t *testing.T) {
	x := newLexicon(map[string]int{"d": 1, "a": 1, "c": 2, "b": 1}, 4, 2)
	if !slices.Equal(x.words, []string{"a", "c"}) {
		t.Errorf("kept %v", x.words)
	}
}

func TestLongTextIsCutOff(t *testing.T) {
	m := fitted(t, made(10), Options{})
	long := strings.Repeat("垃圾　", 3_000_000)
	start := time.Now()
	if got := m.Suggest(long, long).Category.Ranked[0].Code; got != "市容环卫" {
		t.Errorf("got %s", got)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("27 MB took %v", took)
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"垃圾A3区", "㈱ﬀ", "a\u0301\u0301", "\xff垃", "ⅷ한글"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := -1
		words(s, bodyLetters, func(w string, at int) {
			if at < last || at >= bodyLetters || utf8.RuneCountInString(w) < 2 || !utf8.ValidString(w) {
				t.Fatalf("%q at %d after %d in %q", w, at, last, s)
			}
			last = at
		})
	})
}

func FuzzRead(f *testing.F) {
	m, err := Fit(made(4), Options{})
	if err != nil {
		f.Fatal(err)
	}
	whole, _ := m.MarshalBinary()
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"form":1,"words":["a"],"rarity":[1],"unit":{"labels":["x"],"scale":1,"threshold":1,"coefficient":[0]}}`))
	f.Add([]byte(`{"form":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(data)
		if err != nil {
			if !UnreadableModel.Is(err) {
				t.Fatal(err)
			}
			return
		}
		m.Suggest("垃圾清运", "噪声")
		again, err := Read(m.encoded)
		if err != nil || again.Version() != m.Version() {
			t.Fatalf("what was read can't be read again: %v", err)
		}
	})
}
