package issue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reach reads what the grouping of the touched requests depends on, and no
// more: their parts, and the parts that a burst ties to these, since a burst
// that grows may take in what it could not before. A tie that leads out of there
// can't join anything: else both its ends were in one part.
func (g *growth) reach() (*area, error) {
	for _, p := range g.decided {
		g.touched[p[0]], g.touched[p[1]] = true, true
	}
	d, err := g.s.Decisions(slices.Sorted(maps.Keys(g.touched)))
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	about := map[string]bool{}
	for _, p := range slices.Concat(d.Same, d.Apart) {
		if g.touched[p[0]] || g.touched[p[1]] {
			about[p[0]], about[p[1]] = true, true
		}
	}
	maps.Copy(g.touched, about)
	a := &area{o: &g.m.o, m: g.m, number: map[string]int32{}}
	in := map[string]*node{}
	parts := map[string]bool{}
	for _, n := range g.gone {
		parts[n.kept.Part] = true
	}
	if err := g.enter(in, parts, slices.Sorted(maps.Keys(g.touched))); err != nil {
		return nil, err
	}
	pairs, err := g.s.Pairs(slices.Sorted(maps.Keys(in)))
	if err != nil {
		return nil, fmt.Errorf("read pairs: %w", err)
	}
	more, err := g.beyond(in, pairs, d.Same)
	if err != nil {
		return nil, err
	}
	if err := g.enter(in, parts, more); err != nil {
		return nil, err
	}
	a.nodes = slices.SortedFunc(maps.Values(in), before)
	ids := make([]string, len(a.nodes))
	for i, n := range a.nodes {
		ids[i], a.number[n.id] = n.id, int32(i)
	}
	if pairs, err = g.s.Pairs(ids); err != nil {
		return nil, fmt.Errorf("read pairs: %w", err)
	}
	if d, err = g.s.Decisions(ids); err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	g.tie(a, pairs)
	a.decide(d)
	return a, nil
}

// enter takes requests, and all of their parts, into an area. parts are those
// that are in it already, or wanted.
func (g *growth) enter(in map[string]*node, parts map[string]bool, ids []string) error {
	var unknown []string
	for _, id := range ids {
		if g.known[id] == nil && !g.left[id] {
			unknown = append(unknown, id)
		}
	}
	kept, err := g.s.Requests(unknown)
	if err != nil {
		return fmt.Errorf("read requests: %w", err)
	}
	if err := g.learn(kept); err != nil {
		return err
	}
	for _, id := range ids {
		switch n := g.known[id]; {
		case n == nil:
		case n.fresh:
			in[id] = n
		default:
			parts[n.kept.Part] = true
		}
	}
	if kept, err = g.s.Parts(slices.Sorted(maps.Keys(parts))); err != nil {
		return fmt.Errorf("read parts: %w", err)
	}
	if err := g.learn(kept); err != nil {
		return err
	}
	for i := range kept {
		if n := g.known[kept[i].ID]; n != nil {
			in[n.id] = n
		}
	}
	return nil
}

// tie sets the links of an area: those kept, without the broken, and the new.
func (g *growth) tie(a *area, pairs []Pair) {
	a.links = make([]map[int32]link, len(a.nodes))
	for _, p := range pairs {
		if !g.broken[[2]string{p.A, p.B}] {
			a.tie(p.A, p.B, link{p.Share, p.Likeness})
		}
	}
	for _, p := range g.pairs {
		a.tie(p.A, p.B, link{p.Share, p.Likeness})
	}
}

// tell compares the issues of an area with those of before.
func (g *growth) tell(a *area) *Growth {
	out := &Growth{Model: g.m.version}
	was := map[string]int{} // members of the issues of before
	for _, n := range slices.Concat(g.gone, a.nodes) {
		if !n.fresh {
			was[n.kept.Issue]++
		}
	}
	changed := make([]bool, len(a.issues))
	tied := func(p [2]string) {
		i, ok := a.number[p[0]]
		j, also := a.number[p[1]]
		if ok && also && a.of[i] == a.of[j] {
			changed[a.of[i]] = true
		}
	}
	for _, p := range g.pairs {
		tied([2]string{p.A, p.B})
	}
	for p := range g.broken {
		tied(p)
		out.Broken = append(out.Broken, p)
	}
	for _, p := range g.decided {
		tied(p)
	}
	names := map[string]bool{}
	for k, members := range a.issues {
		name := a.nodes[members[0]].id
		names[name] = true
		before := was[name]
		for _, i := range members {
			if n := a.nodes[i]; n.fresh || n.kept.Issue != name {
				before = 0
			}
		}
		if changed[k] || before != len(members) {
			out.Issues = append(out.Issues, a.issue(members))
		}
	}
	for name := range was {
		if !names[name] {
			out.Ended = append(out.Ended, name)
		}
	}
	for i, n := range a.nodes {
		k := *n.kept
		k.Issue = a.nodes[a.issues[a.of[i]][0]].id
		k.Part = a.nodes[a.parts.root(int32(i))].id
		if n.fresh || k.Issue != n.kept.Issue || k.Part != n.kept.Part {
			out.Kept = append(out.Kept, k)
		}
	}
	out.Pairs, out.Gone, out.Work = g.pairs, g.drop, g.work
	out.Work.Regrouped = len(a.nodes)
	out.sort()
	return out
}

func (g *Growth) sort() {
	slices.SortFunc(g.Kept, func(a, b Kept) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(g.Gone)
	slices.SortFunc(g.Pairs, func(a, b Pair) int { return comparePairs([2]string{a.A, a.B}, [2]string{b.A, b.B}) })
	slices.SortFunc(g.Broken, comparePairs)
	slices.SortFunc(g.Issues, earlier)
	slices.Sort(g.Ended)
}

// learn takes what was kept of requests, unless it is known or gone.
func (g *growth) learn(kept []Kept) error {
	for i := range kept {
		k := &kept[i]
		if g.known[k.ID] != nil || g.left[k.ID] {
			continue
		}
		n, err := g.m.open(k)
		if err != nil {
			return err
		}
		g.known[k.ID] = n
	}
	return nil
}
