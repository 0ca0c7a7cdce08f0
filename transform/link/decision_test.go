package link

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"huiliu/transform/link/block"
)

// clusters are those of rows whose pairs have the weights given.
func clusters(n int, links []Link, d Decisions) [][]uint32 {
	c := component{links: links}
	for r := range uint32(n) {
		c.rows = append(c.rows, r)
	}
	out := (&Scorer{spec: &Spec{Match: 0.5}}).averageLink(c, d.parted())
	out = d.Join(out)
	slices.SortFunc(out, func(a, b []uint32) int { return int(a[0]) - int(b[0]) })
	return out
}

func complete(n int, p func(i, j int) float64) []Link {
	var out []Link
	for i := range n {
		for j := i + 1; j < n; j++ {
			out = append(out, Link{Pair: block.NewPair(uint32(i), uint32(j)), Bits: logit(p(i, j))})
		}
	}
	return out
}

func TestDecisions(t *testing.T) {
	near := complete(4, func(i, j int) float64 { return 0.9 })
	far := complete(4, func(i, j int) float64 { return 0.1 })
	pair := block.NewPair
	for name, c := range map[string]struct {
		links []Link
		d     Decisions
		want  string
	}{
		"nothing decided":         {near, Decisions{}, "[[0 1 2 3]]"},
		"taken apart":             {far, Decisions{Apart: []block.Pair{pair(0, 1)}}, "[[0] [1] [2] [3]]"},
		"put together":            {far, Decisions{Same: []block.Pair{pair(0, 3)}}, "[[0 3] [1] [2]]"},
		"both ways":               {far, Decisions{Same: []block.Pair{pair(0, 1)}, Apart: []block.Pair{pair(0, 1)}}, "[[0] [1] [2] [3]]"},
		"chain of decided for":    {far, Decisions{Same: []block.Pair{pair(0, 1), pair(1, 2)}}, "[[0 1 2] [3]]"},
		"of a cluster":            {append(complete(3, func(i, j int) float64 { return 0.9 }), far[2], far[4], far[5]), Decisions{Same: []block.Pair{pair(1, 3)}}, "[[0 1 2 3]]"},
		"decided twice, the same": {far, Decisions{Same: []block.Pair{pair(0, 1), pair(0, 1)}}, "[[0 1] [2] [3]]"},
	} {
		if got := fmt.Sprint(clusters(4, c.links, c.d)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	got := clusters(4, far, Decisions{Same: []block.Pair{pair(0, 1), pair(1, 2)}, Apart: []block.Pair{pair(0, 2)}})
	if together(got, 0, 2) || !together(got, 0, 1) && !together(got, 1, 2) {
		t.Errorf("decided apart through a third: %v", got)
	}
}

func together(clusters [][]uint32, a, b uint32) bool {
	return slices.ContainsFunc(clusters, func(c []uint32) bool { return slices.Contains(c, a) && slices.Contains(c, b) })
}

// Whatever the probabilities: rows that are decided apart never stand
// together, rows decided to be the same do where nothing speaks against it,
// and every row stands once.
func TestDecisionsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "rows")
		links := complete(n, func(i, j int) float64 { return rapid.Float64Range(0.01, 0.99).Draw(t, "p") })
		var d Decisions
		for _, l := range links {
			switch rapid.IntRange(0, 5).Draw(t, "decision") {
			case 0:
				d.Apart = append(d.Apart, l.Pair)
			case 1:
				d.Same = append(d.Same, l.Pair)
			}
		}
		got := clusters(n, links, d)
		seen := map[uint32]int{}
		for _, c := range got {
			for _, r := range c {
				seen[r]++
			}
		}
		for r := range uint32(n) {
			if seen[r] != 1 {
				t.Fatalf("row %d stands %d times in %v", r, seen[r], got)
			}
		}
		for _, p := range d.Apart {
			if a, b := p.Rows(); together(got, a, b) {
				t.Fatalf("%d and %d are decided apart: %v", a, b, got)
			}
		}
		if len(d.Apart) > 0 {
			return
		}
		for _, p := range d.Same {
			if a, b := p.Rows(); !together(got, a, b) {
				t.Fatalf("%d and %d are decided the same: %v", a, b, got)
			}
		}
	})
}

// A merge that was found and is taken apart stays so, and rows that nothing
// but a person joins stay joined; the others are as they were.
func TestDecisionsBesideLinks(t *testing.T) {
	r := run(t, spec(t, persons), crowd(60), nil)
	before := r.Scorer.Cluster(r.Links, Decisions{})
	var pairs [][]uint32
	for _, c := range before {
		if len(c) == 2 {
			pairs = append(pairs, c)
		}
	}
	if len(pairs) < 2 {
		t.Fatalf("clusters %v", before)
	}
	parted, one, other := pairs[0], pairs[0][0], pairs[1][0]
	d := Decisions{Apart: []block.Pair{block.NewPair(parted[0], parted[1])}, Same: []block.Pair{block.NewPair(one, other)}}
	after := r.Scorer.Cluster(r.Links, d)
	if together(after, parted[0], parted[1]) || !together(after, one, other) {
		t.Errorf("after %v", after)
	}
	for _, c := range before {
		if !slices.Contains(c, parted[0]) && !slices.Contains(c, other) && !slices.ContainsFunc(after, func(x []uint32) bool { return slices.Equal(x, c) }) {
			t.Errorf("%v is no longer together", c)
		}
	}
}
