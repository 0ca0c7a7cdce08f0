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

// cluster parts one component.
func cluster(c *component, o *Options) [][]int32 {
	k := &clusterer{groups: make([]group, len(c.links)), o: o}
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
	k.unite(c.same)
	for i := range k.groups {
		for j := range k.groups[i].links {
			if j > int32(i) {
				k.offer(int32(i), j)
			}
		}
	}
	k.run()
	var out [][]int32
	for i := range k.groups {
		if g := &k.groups[i]; !g.gone {
			slices.Sort(g.members)
			out = append(out, g.members)
		}
	}
	return out
}

func (c *clusterer) part(a, b int32) {
	if c.groups[a].apart == nil {
		c.groups[a].apart = map[int32]bool{}
	}
	c.groups[a].apart[b] = true
}

// unite joins what is said to be one problem, unless it is held apart.
func (c *clusterer) unite(same [][2]int32) {
	of := make([]int32, len(c.groups))
	for i := range of {
		of[i] = int32(i)
	}
	for _, p := range same {
		a, b := min(of[p[0]], of[p[1]]), max(of[p[0]], of[p[1]])
		if a == b || c.groups[a].apart[b] {
			continue
		}
		for _, i := range c.groups[b].members {
			of[i] = a
		}
		c.join(a, b)
	}
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

func (c *clusterer) run() {
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
