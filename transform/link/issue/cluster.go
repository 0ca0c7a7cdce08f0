package issue

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// group is one cluster on its way: its members by number in the component.
type group struct {
	members     []int32
	links       map[int32]int64 // summed shares to other groups
	first, last time.Time
	gone        bool
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

// clusterer makes issues of one component, average link (Sokal & Michener
// 1958): a pair without a link counts as 0, so that no chain of weak pairs
// holds. Groups are named by their earliest member.
type clusterer struct {
	groups []group
	queue  merges
	at     []time.Time
	o      *Options
}

// cluster parts one component. The members are in the order of their times;
// links are by number among them, each pair both ways.
func cluster(at []time.Time, links []map[int32]link, o *Options) [][]int32 {
	c := &clusterer{groups: make([]group, len(at)), at: at, o: o}
	for i := range c.groups {
		g := &c.groups[i]
		*g = group{members: []int32{int32(i)}, links: make(map[int32]int64, len(links[i])), first: at[i], last: at[i]}
		for j, l := range links[i] {
			g.links[j] = int64(l.share)
		}
	}
	for i := range c.groups {
		for j := range c.groups[i].links {
			if j > int32(i) {
				c.offer(int32(i), j, o.Probability)
			}
		}
	}
	c.run(o.Probability)
	for c.absorb() {
	}
	var out [][]int32
	for i := range c.groups {
		if g := &c.groups[i]; !g.gone {
			slices.Sort(g.members)
			out = append(out, g.members)
		}
	}
	return out
}

// mean is the mean share between two groups over the pairs that could have
// been compared: no request is compared with more than Neighbours before it.
func (c *clusterer) mean(a, b int32) float64 {
	x, y := len(c.groups[a].members), len(c.groups[b].members)
	pairs := min(x*y, c.o.Neighbours*min(x, y))
	return float64(c.groups[a].links[b]) / million / float64(pairs)
}

func (c *clusterer) offer(a, b int32, least float64) {
	if a > b {
		a, b = b, a
	}
	if m := c.mean(a, b); m >= least {
		heap.Push(&c.queue, merge{m, a, b, len(c.groups[a].members), len(c.groups[b].members)})
	}
}

func (c *clusterer) run(least float64) {
	for c.queue.Len() > 0 {
		m := heap.Pop(&c.queue).(merge)
		a, b := &c.groups[m.a], &c.groups[m.b]
		if a.gone || b.gone || len(a.members) != m.sizeA || len(b.members) != m.sizeB {
			continue
		}
		c.join(m.a, m.b)
		for j := range a.links {
			c.offer(m.a, j, least)
		}
	}
}

// join puts group b into a.
func (c *clusterer) join(into, from int32) {
	a, b := &c.groups[into], &c.groups[from]
	a.members = append(a.members, b.members...)
	if b.first.Before(a.first) {
		a.first = b.first
	}
	if b.last.After(a.last) {
		a.last = b.last
	}
	for j, sum := range b.links {
		delete(c.groups[j].links, from)
		if j != into {
			a.links[j] += sum
			c.groups[j].links[into] = a.links[j]
		}
	}
	delete(a.links, from)
	*b = group{gone: true}
}

// burstMargin is how long before and after a burst a request may belong to it.
const burstMargin = 7 * 24 * time.Hour

// absorb takes smaller groups into a burst: while very many write about one
// place, one more from there is about the same thing far more likely than on
// any other day, and its words need say less. The smallest groups are asked
// first, and each joins the larger burst that it is nearest to. A burst that has
// grown may last longer: absorb reports whether any has.
func (c *clusterer) absorb() (grown bool) {
	var bursts, all []int32
	for i := range c.groups {
		if c.groups[i].gone {
			continue
		}
		all = append(all, int32(i))
		if c.dense(c.groups[i].members) {
			bursts = append(bursts, int32(i))
		}
	}
	slices.SortStableFunc(all, func(a, b int32) int {
		return cmp.Compare(len(c.groups[a].members), len(c.groups[b].members))
	})
	for _, i := range all {
		if into, ok := c.burst(i, bursts); ok {
			c.join(into, i)
			grown = true
		}
	}
	return grown
}

// dense reports whether some Burst of the members came within BurstSpan.
func (c *clusterer) dense(members []int32) bool {
	if len(members) < c.o.Burst {
		return false
	}
	sorted := slices.Clone(members)
	slices.Sort(sorted) // the order of the numbers is that of the times
	for i := c.o.Burst - 1; i < len(sorted); i++ {
		if c.at[sorted[i]].Sub(c.at[sorted[i-c.o.Burst+1]]) <= c.o.BurstSpan {
			return true
		}
	}
	return false
}

// burst finds the burst that group i is to join.
func (c *clusterer) burst(i int32, bursts []int32) (into int32, ok bool) {
	odds := c.o.Probability / (1 - c.o.Probability) / float64(c.o.Burst)
	g, most := &c.groups[i], odds/(1+odds)
	for _, b := range bursts {
		burst := &c.groups[b]
		if b == i || burst.gone || len(g.members) > len(burst.members) ||
			g.last.Before(burst.first.Add(-burstMargin)) || g.first.After(burst.last.Add(burstMargin)) {
			continue
		}
		if m := c.mean(i, b); m > most || m == most && !ok {
			into, most, ok = b, m, true
		}
	}
	return into, ok
}
