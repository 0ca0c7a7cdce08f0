package crf

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSpansEqualEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, k, c := drawLattice(t, 3)
		price := rapid.Float64Range(0, .6).Draw(t, "price")
		logZ := math.Inf(-1)
		paths(l, k, c, func(_ []int, score float64) { logZ = logAdd(logZ, score) })
		chance := map[Span]float64{}
		paths(l, k, c, func(path []int, score float64) {
			for _, s := range spansOf(path) {
				s.P = 0
				chance[s] += math.Exp(score - logZ)
			}
		})
		value := func(spans []Span) (sum float64) {
			for _, s := range spans {
				s.P = 0
				sum += chance[s] - price
			}
			return sum
		}
		best := math.Inf(-1)
		paths(l, k, c, func(path []int, _ float64) { best = max(best, value(spansOf(path))) })
		if _, ok := l.forwardBackward(k); !ok {
			t.Fatal("underflow")
		}
		got := newSpanner(l, k).best(price)
		at := 0
		for _, s := range got {
			if s.From != at || s.To <= s.From {
				t.Fatalf("%v leaves a gap", got)
			}
			at = s.To
			p := s.P
			s.P = 0
			if math.Abs(p-chance[s]) > 1e-5 {
				t.Fatalf("%+v has probability %v, want %v", s, p, chance[s])
			}
		}
		if at != l.length || math.Abs(value(got)-best) > 1e-4 {
			t.Fatalf("%v is worth %v, the best %v", got, value(got), best)
		}
	})
}

func TestSpansOfTrainedModel(t *testing.T) {
	m, err := Train(BIO([]string{"x", "y"}), lessons(200, 8), Options{Drop: .1})
	if err != nil {
		t.Fatal(err)
	}
	got := m.Spans([][]uint32{{101}, {200}, {300}}, .4)
	if len(got) != 1 || got[0].Kind != 1 || got[0].To != 3 || got[0].P < .8 {
		t.Fatalf("%+v", got)
	}
	if m.Spans(nil, 0) != nil {
		t.Fatal("no positions have segments")
	}
}

func TestSpansNeedBIO(t *testing.T) {
	free := Chain{Labels: []string{"a", "b"}, Starts: []int{0, 1}, Edges: [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}}}
	m, err := Train(free, []Sequence{{Features: [][]uint32{{1}, {2}}, Labels: []int{0, 1}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Spans([][]uint32{{1}}, 0) != nil || !slices.Equal(m.Viterbi([][]uint32{{1}, {2}}), []int{0, 1}) {
		t.Fatal("a chain that is not of segments has none")
	}
}
