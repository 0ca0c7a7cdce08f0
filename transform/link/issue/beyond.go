package issue

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// neighbourhood are the parts that ties lead to, each by its name, and whether
// it can hold a burst. A part within the area stands for all that new ties may
// make one with it.
type neighbourhood struct {
	of    map[string]string // the part of a request
	dense map[string]bool
}

// beyond lists requests outside an area of which the parts must be grouped with
// it. A weak tie between two parts joins nothing unless one of them can hold a
// burst, for only a burst takes in what is no part of it.
func (g *growth) beyond(in map[string]*node, pairs []Pair, same [][2]string) (out []string, err error) {
	n := &neighbourhood{map[string]string{}, map[string]bool{}}
	n.inside(in, g, same)
	var ties [][2]string
	for _, list := range [...][]Pair{pairs, g.pairs} {
		for _, p := range list {
			if tie := [2]string{p.A, p.B}; (in[p.A] == nil || in[p.B] == nil) && !g.broken[tie] {
				ties = append(ties, tie)
			}
		}
	}
	if err := n.outside(in, g, ties); err != nil {
		return nil, err
	}
	for _, t := range ties {
		if n.dense[n.of[t[0]]] || n.dense[n.of[t[1]]] {
			out = append(out, t[0], t[1])
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// inside joins the parts of an area that may become one.
func (n *neighbourhood) inside(in map[string]*node, g *growth, same [][2]string) {
	nodes := slices.SortedFunc(maps.Values(in), before)
	number := make(map[string]int32, len(nodes))
	first := map[string]int32{}
	sets := newForest(len(nodes))
	for i, x := range nodes {
		number[x.id] = int32(i)
		if x.fresh {
			continue
		}
		if j, ok := first[x.kept.Part]; ok {
			sets.join(int32(i), j)
		} else {
			first[x.kept.Part] = int32(i)
		}
	}
	join := func(a, b string) {
		i, ok := number[a]
		j, also := number[b]
		if ok && also {
			sets.join(i, j)
		}
	}
	for _, p := range g.pairs {
		if x, y := in[p.A], in[p.B]; x != nil && y != nil && (g.m.o.joins(link{share: p.Share}) || transferred(x, y)) {
			join(p.A, p.B)
		}
	}
	for _, p := range same {
		join(p[0], p[1])
	}
	for _, set := range sets.trees() {
		// A name that no part has: those of parts are identifiers of requests.
		name := "\x00" + nodes[set[0]].id
		for _, i := range set {
			n.of[nodes[i].id] = name
		}
		n.dense[name] = g.m.o.dense(len(set), func(i int) time.Time { return nodes[set[i]].at })
	}
}

// outside reads the parts that ties lead to outside of an area.
func (n *neighbourhood) outside(in map[string]*node, g *growth, ties [][2]string) error {
	wanted := map[string]bool{}
	for _, t := range ties {
		for _, id := range t {
			if in[id] == nil && !g.left[id] {
				wanted[id] = true
			}
		}
	}
	kept, err := g.s.Requests(slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return fmt.Errorf("read requests: %w", err)
	}
	parts := map[string]bool{}
	for i := range kept {
		n.of[kept[i].ID] = kept[i].Part
		parts[kept[i].Part] = true
	}
	if kept, err = g.s.Parts(slices.Sorted(maps.Keys(parts))); err != nil {
		return fmt.Errorf("read parts: %w", err)
	}
	times := map[string][]time.Time{}
	for i := range kept {
		times[kept[i].Part] = append(times[kept[i].Part], kept[i].At)
	}
	for part, list := range times {
		slices.SortFunc(list, time.Time.Compare)
		n.dense[part] = g.m.o.dense(len(list), func(i int) time.Time { return list[i] })
	}
	return nil
}
