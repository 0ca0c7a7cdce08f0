package pair

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestLexicalLearnsAWord(t *testing.T) {
	// Slot 1 speaks for Partial, slot 2 for Full; 3 to 9 say nothing.
	var rows [][]uint32
	var classes []int
	for i := range 300 {
		row := []uint32{uint32(3 + i%7)}
		if c := i % 3; c > 0 {
			row = append(row, uint32(c))
		}
		slices.Sort(row)
		rows, classes = append(rows, row), append(classes, i%3)
	}
	m := fitLexical(rows, classes, []float64{1, 1, 1})
	for want, row := range [][]uint32{{4}, {1, 4}, {2, 4}} {
		p := m.probabilities(row)
		if slices.Index(p, slices.Max(p)) != want || math.Abs(p[0]+p[1]+p[2]-1) > 1e-9 {
			t.Errorf("%v: %v, want class %d", row, p, want)
		}
	}
	slices.Reverse(rows)
	slices.Reverse(classes)
	if again := fitLexical(rows, classes, []float64{1, 1, 1}); !slices.Equal(again.weights[2], m.weights[2]) {
		t.Error("the order of the examples changed the weights")
	}
	none := fitLexical(nil, nil, []float64{1, 1, 1})
	for _, p := range none.probabilities(nil) {
		if math.Abs(p-1.0/3) > 1e-12 {
			t.Errorf("nothing learned, and yet %v", p)
		}
	}
}

func TestLexiconTellsWhere(t *testing.T) {
	r := Reader{}
	rapid.Check(t, func(t *rapid.T) {
		a, b := r.Read(some.Draw(t, "a")), r.Read(some.Draw(t, "b"))
		there, back := lexicon(a, b), lexicon(b, a)
		if !slices.IsSorted(there) || len(there) > len(a.grams[0])+len(b.grams[0])+len(a.grams[1])+len(b.grams[1]) {
			t.Fatal("slots out of order, or too many")
		}
		if s := overlap(a.grams[0], b.grams[0]); s.count < max(len(a.grams[0]), len(b.grams[0])) && slices.Equal(there, back) {
			t.Fatal("it is not told which address a word stands in")
		}
	})
}

func TestBesides(t *testing.T) {
	p := [][]float64{{0.7, 0.2, 0.1}, {0.1, 0.3, 0.6}, {0.2, 0.5, 0.3}}
	alike := [][]float64{{1, 0.5, 0}, {0.5, 1, 0.25}, {0, 0.25, 1}}
	row := besides(p, p, alike, 0)
	// The third class: own, how many have more, the others' mean and greatest,
	// how far it is from that, and the mean by likeness.
	want := []float32{0.1, 2, 0.45, 0.6, -0.5, 0.6}
	got := row[len(row)-6:]
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Errorf("column %d: %v, want %v", i, got[i], want[i])
		}
	}
	alone := besides(p[:1], p[:1], [][]float64{{1}}, 0)
	if len(alone) != len(row) || alone[len(alone)-1] == alone[len(alone)-1] {
		t.Error("a candidate alone has no others to be compared with")
	}
}

func TestReadingTwiceIsTheSame(t *testing.T) {
	r := Reader{Corpus: corpus()}
	rapid.Check(t, func(t *rapid.T) {
		a := some.Draw(t, "a")
		v := Rules(r.Read(a), r.Read(a))
		if r.Read(a).Normal != "" && len(r.Read(a).tokens) > 0 && v.Class != Full {
			t.Fatalf("%q is not itself: %v", a, v)
		}
		if len(v.Reasons) == 0 {
			t.Fatal("a verdict without a reason")
		}
	})
}
