package issue

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
)

// group is one cluster on its way: its members by number in the component.
type group struct {
	members []int32
	links   map[int32]int64 // summed shares to other groups
	apart   map[int32]bool  // groups that people hold apart from it
	gone    bool
}

// merge is a union that may come; it is out of date when a side has grown.
type merge struct {
	mean         float64
	a, b         int32
	sizeA, sizeB int
}

type merges []merge

func (m merges) Len() int      { return len(m) }
func (m merges) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merges) Push(x any)   { *m = append(*m, x.(merge)) }
func (m merges) Less(i, j int) bool {
	if m[i].mean != m[j].mean {
		return m[i].mean > m[j].mean
	}
	if m[i].a != m[j].a {
		return m[i].a < m[j].a
	}
	return m[i].b < m[j].b
}

func (m *merges) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// clusterer makes groups of one component, average link (Sokal & Michener
// 1958): a pair without a link counts as 0, so that no chain of weak pairs
// holds. Groups are named by their earliest member.
type clusterer struct {
	groups []group
	of     forest // the group of a request is its root
	queue  merges
	o      *Options
}

// component are requests by number in the order of their times, with the links
// among them, each pair both ways, and what is decided of them.
type component struct {
	links []map[int32]link
	// same are pairs that are one problem, the stronger word first; apart
	// pairs go before them.
	same, apart [][2]int32
}

// cluster parts one component. What is said to be one problem joins the groups
// that the two are in by their words: who says that a call is about an issue
// means the whole of it. Where that would bring together what is held apart, the
// pairs are joined first and the rest goes by them.
func cluster(c *component, o *Options) [][]int32 {
	k := newClusterer(c, o)
	if len(c.same) == 0 {
		k.run()
		return k.parts()
	}
	first := newClusterer(c, o)
	said := first.unite(c.same)
	for _, x := range c.apart { // what is apart from one is apart from its like
		for _, i := range first.like(x[0]) {
			for _, j := range first.like(x[1]) {
				k.part(i, j)
				k.part(j, i)
			}
		}
	}
	k.run()
	if len(k.unite(said)) < len(said) {
		k = first
		k.run()
	}
	return k.parts()
}

func newClusterer(c *component, o *Options) *clusterer {
	k := &clusterer{groups: make([]group, len(c.links)), of: newForest(len(c.links)), o: o}
	for i := range k.groups {
		g := &k.groups[i]
		*g = group{members: []int32{int32(i)}, links: make(map[int32]int64, len(c.links[i]))}
		for j, l := range c.links[i] {
			g.links[j] = int64(l.share)
		}
	}
	for _, p := range c.apart {
		k.part(p[0], p[1])
		k.part(p[1], p[0])
	}
	return k
}

func (c *clusterer) part(a, b int32) {
	if c.groups[a].apart == nil {
		c.groups[a].apart = map[int32]bool{}
	}
	c.groups[a].apart[b] = true
}

// like are the members of a request's group.
func (c *clusterer) like(i int32) []int32 { return c.groups[c.of.root(i)].members }

// unite joins what is said to be one problem, unless it is held apart, and
// gives the pairs that are together then.
func (c *clusterer) unite(same [][2]int32) (together [][2]int32) {
	for _, p := range same {
		a, b := c.of.root(p[0]), c.of.root(p[1])
		if c.groups[a].apart[b] {
			continue
		}
		if a != b {
			c.join(min(a, b), max(a, b))
		}
		together = append(together, p)
	}
	return together
}

// parts are the groups that there are, their members ascending.
func (c *clusterer) parts() (out [][]int32) {
	for i := range c.groups {
		if g := &c.groups[i]; !g.gone {
			slices.Sort(g.members)
			out = append(out, g.members)
		}
	}
	return out
}

// meanShare is the mean of shares that sum up between two groups, over the
// pairs that could have been compared: no request is compared with more than
// Neighbours before it.
func (o *Options) meanShare(sum int64, x, y int) float64 {
	return float64(sum) / million / float64(min(x*y, o.Neighbours*min(x, y)))
}

func (c *clusterer) offer(a, b int32) {
	a, b = min(a, b), max(a, b)
	x, y := &c.groups[a], &c.groups[b]
	m := c.o.meanShare(x.links[b], len(x.members), len(y.members))
	if m >= c.o.Probability && !x.apart[b] {
		heap.Push(&c.queue, merge{m, a, b, len(x.members), len(y.members)})
	}
}

// run merges the nearest two groups as long as they are near enough.
func (c *clusterer) run() {
	for i := range c.groups {
		for j := range c.groups[i].links {
			if j > int32(i) {
				c.offer(int32(i), j)
			}
		}
	}
	for c.queue.Len() > 0 {
		m := heap.Pop(&c.queue).(merge)
		a, b := &c.groups[m.a], &c.groups[m.b]
		if a.gone || b.gone || len(a.members) != m.sizeA || len(b.members) != m.sizeB {
			continue
		}
		c.join(m.a, m.b)
		for j := range a.links {
			c.offer(m.a, j)
		}
	}
}

// join puts group b into a.
func (c *clusterer) join(into, from int32) {
	a, b := &c.groups[into], &c.groups[from]
	c.of.join(into, from)
	a.members = append(a.members, b.members...)
	for j, sum := range b.links {
		delete(c.groups[j].links, from)
		if j != into {
			a.links[j] += sum
			c.groups[j].links[into] = a.links[j]
		}
	}
	delete(a.links, from)
	for j := range b.apart {
		c.part(into, j)
		c.part(j, into)
		delete(c.groups[j].apart, from)
	}
	*b = group{gone: true}
}

// forest is a union of numbers.
type forest []int32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = int32(i)
	}
	return f
}

func (f forest) root(i int32) int32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

// join makes one of two trees; the least number is the root.
func (f forest) join(a, b int32) {
	a, b = f.root(a), f.root(b)
	f[max(a, b)] = min(a, b)
}

// trees are the numbers by tree, ascending, in the order of their roots.
func (f forest) trees() [][]int32 {
	by := map[int32][]int32{}
	for i := range f {
		r := f.root(int32(i))
		by[r] = append(by[r], int32(i))
	}
	out := make([][]int32, 0, len(by))
	for _, r := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[r])
	}
	return out
}

// order sorts pairs, and drops repeats.
func order(pairs [][2]int32) [][2]int32 {
	slices.SortFunc(pairs, func(x, y [2]int32) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) })
	return slices.Compact(pairs)
}
