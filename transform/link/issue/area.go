package issue

import (
	"cmp"
	"slices"
	"strings"
)

// area are requests, in the order of their times, that are grouped together,
// with all that ties them.
type area struct {
	m      *Model
	o      *Options
	nodes  []*node
	number map[string]int32
	links  []map[int32]link
	// same are pairs that people or numbers call one problem, the people first.
	same, apart [][2]int32
	said        map[[2]int32]bool // same, without what is held apart
	people      int               // how many of same people said
	// of is the issue of each node, and parts what must be grouped together.
	of     []int32
	issues [][]int32
	parts  forest
}

func (a *area) tie(x, y string, l link) {
	i, ok := a.number[x]
	j, also := a.number[y]
	if ok && also {
		a.set(i, j, l)
	}
}

func (a *area) set(i, j int32, l link) {
	for _, p := range [...][2]int32{{i, j}, {j, i}} {
		if a.links[p[0]] == nil {
			a.links[p[0]] = map[int32]link{}
		}
		a.links[p[0]][p[1]] = l
	}
}

// decide drops the links of what people hold apart, and lists what is said to
// be one problem. How probable that was by its words stays: the word joins the
// groups of the two, and doesn't tear one out of its own.
func (a *area) decide(d Decisions) {
	numbers := func(pairs [][2]string) (out [][2]int32) {
		for _, p := range pairs {
			i, ok := a.number[p[0]]
			j, also := a.number[p[1]]
			if ok && also && i != j {
				out = append(out, [2]int32{min(i, j), max(i, j)})
			}
		}
		return order(out)
	}
	a.apart, a.same = numbers(d.Apart), numbers(d.Same)
	a.said = map[[2]int32]bool{}
	for _, p := range a.same {
		if _, ok := a.links[p[0]][p[1]]; !ok {
			x, y := a.nodes[p[0]], a.nodes[p[1]]
			a.m.prepare(x)
			a.m.prepare(y)
			a.set(p[0], p[1], link{0, int32(alike(x, y)*million + .5)})
		}
		a.said[p] = true
	}
	for _, p := range a.apart {
		delete(a.links[p[0]], p[1])
		delete(a.links[p[1]], p[0])
		delete(a.said, p)
	}
	a.people = len(a.same)
	var sure [][2]int32
	for i := range a.links {
		for j := range a.links[i] {
			if p := [2]int32{int32(i), j}; p[0] < j && !a.said[p] && transferred(a.nodes[i], a.nodes[j]) {
				sure = append(sure, p)
			}
		}
	}
	for _, p := range sure {
		a.said[p] = true
	}
	a.same = append(a.same, order(sure)...)
}

// group makes issues: components of strong links are clustered, and bursts
// take in what is near them. Two groups between which no link is strong can't
// have a strong mean, so that weak links need not tie components.
func (a *area) group() {
	a.parts = newForest(len(a.nodes))
	for i := range a.links {
		for j, l := range a.links[i] {
			if a.o.joins(l) {
				a.parts.join(int32(i), j)
			}
		}
	}
	for _, p := range a.same {
		a.parts.join(p[0], p[1])
	}
	b := &bursts{nodes: a.nodes, links: a.links, of: make([]int32, len(a.nodes)), o: a.o}
	for _, members := range a.parts.trees() {
		b.groups = append(b.groups, a.cluster(members)...)
	}
	slices.SortFunc(b.groups, func(x, y []int32) int { return cmp.Compare(x[0], y[0]) })
	for k, members := range b.groups {
		for _, i := range members {
			b.of[i] = int32(k)
		}
	}
	found := b.find()
	a.of = make([]int32, len(a.nodes))
	for _, tree := range b.join(found, a.apart).trees() {
		var members []int32
		for _, k := range tree {
			members = append(members, b.groups[k]...)
		}
		slices.Sort(members)
		for _, i := range members {
			a.of[i] = int32(len(a.issues))
		}
		a.issues = append(a.issues, members)
	}
	for _, f := range found {
		a.parts.join(b.groups[f.group][0], b.groups[f.into][0])
	}
}

// cluster parts one component, whose members are in the order of their times.
func (a *area) cluster(members []int32) [][]int32 {
	if len(members) == 1 {
		return [][]int32{members}
	}
	number := make(map[int32]int32, len(members))
	for n, i := range members {
		number[i] = int32(n)
	}
	c := &component{links: make([]map[int32]link, len(members))}
	for n, i := range members {
		c.links[n] = make(map[int32]link, len(a.links[i]))
		for j, l := range a.links[i] {
			if k, ok := number[j]; ok {
				c.links[n][k] = l
			}
		}
	}
	own := func(pairs [][2]int32) (out [][2]int32) {
		for _, p := range pairs {
			i, ok := number[p[0]]
			j, also := number[p[1]]
			if ok && also {
				out = append(out, [2]int32{i, j})
			}
		}
		return out
	}
	c.same, c.apart = own(a.same), own(a.apart)
	parts := cluster(c, a.o)
	for _, p := range parts {
		for k := range p {
			p[k] = members[p[k]]
		}
	}
	return parts
}

func comparePairs(a, b [2]string) int {
	return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
}

// earlier orders issues by their first reports, then by name.
func earlier(a, b Issue) int {
	return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Name, b.Name))
}
