package heatmap

import (
	"cmp"
	"container/heap"
	"slices"
)

// count is one row of a month.
type count struct {
	level            int
	category         string
	kind, area       string
	requests, issues int64
}

// primary reports whether a row is withheld for what it tells itself.
func (c *count) primary() bool {
	return c.requests < small || c.issues > 0 && c.issues < small
}

// What a reader can work out of a month follows from these sums, in which each
// row stands twice: the categories of an area add up to its row over all of
// them; the rows of a category add up to the same number over communities and
// over cells; the rows over all categories add up, in each kind of area, to
// the month's total, which other tables tell. With the sums as nodes and the
// rows as edges between them, a withheld row can be computed from what is
// shown exactly when it is a bridge of the graph of withheld rows: signs can
// be given to the sums so that each row enters one of its two with plus and
// the other with minus (Gusfield, "A graph theoretic approach to statistical
// data security", SIAM Journal on Computing 17, 1988).
type month struct {
	counts   []count
	ends     [][2]int // the two sums of each row
	touching [][]int  // rows of each sum
	withheld []bool
}

// newMonth builds the graph; rows come in any order.
func newMonth(counts []count) *month {
	m := &month{counts: counts, withheld: make([]bool, len(counts))}
	nodes := map[[2]string]int{}
	node := func(kind, name string) int {
		key := [2]string{kind, name}
		n, ok := nodes[key]
		if !ok {
			n = len(nodes)
			nodes[key] = n
			m.touching = append(m.touching, nil)
		}
		return n
	}
	for i := range counts {
		c := &counts[i]
		a, b := node("area "+c.kind, c.area), 0
		if c.level == 0 {
			b = node("total", c.kind)
		} else {
			b = node("category", c.category)
		}
		m.ends = append(m.ends, [2]int{a, b})
		m.touching[a], m.touching[b] = append(m.touching[a], i), append(m.touching[b], i)
	}
	return m
}

// sign is how a row enters a sum: an area's row over all categories is the sum
// of its others, so it stands on the other side; so do cells in a category's.
func (m *month) sign(row, sum int) int {
	c := &m.counts[row]
	if m.ends[row][0] == sum {
		if c.level == 0 {
			return -1
		}
		return 1
	}
	if c.level > 0 && c.kind != "community" {
		return -1
	}
	return 1
}

// withhold returns the indices, ascending, of the rows of one month that the
// district may not see: those that are small, and as few and as small others
// as keep each of them from being computed, or held under five by a sum. A
// month with fewer than five requests is withheld as a whole by the first
// rule alone.
func withhold(counts []count) []int {
	m := newMonth(counts)
	for i := range counts {
		m.withheld[i] = counts[i].primary()
	}
	for m.hideBridges() || m.widen() {
	}
	var out []int
	for i, w := range m.withheld {
		if w {
			out = append(out, i)
		}
	}
	return out
}

// hideBridges closes a cycle through the first bridge for which there is one,
// and reports whether there was.
func (m *month) hideBridges() bool {
	for _, row := range m.bridges() {
		if path, ok := m.path(row); ok {
			for _, other := range path {
				m.withheld[other] = true
			}
			return true
		}
	}
	return false
}

// widen looks for a sum that holds its withheld rows too narrowly: as each is
// at least one, none of n rows can be more than their sum less n - 1. It
// withholds the smallest other row of that sum, and reports whether there was
// one.
func (m *month) widen() bool {
	for sum, rows := range m.touching {
		total, n, signs, next := int64(0), int64(0), 0, -1
		for _, row := range rows {
			switch {
			case m.withheld[row]:
				total, n, signs = total+m.counts[row].requests, n+1, signs+m.sign(row, sum)
			case next < 0 || m.less(row, next):
				next = row
			}
		}
		// Rows on both sides bound each other only by their difference.
		oneSide := signs == int(n) || signs == -int(n)
		if n > 0 && oneSide && total-(n-1) < small && next >= 0 {
			m.withheld[next] = true
			return true
		}
	}
	return false
}

// less orders rows by what withholding them costs.
func (m *month) less(a, b int) bool {
	x, y := &m.counts[a], &m.counts[b]
	return cmp.Or(cmp.Compare(x.requests, y.requests), cmp.Compare(y.level, x.level), cmp.Compare(x.category, y.category), cmp.Compare(x.kind, y.kind), cmp.Compare(x.area, y.area)) < 0
}

// bridges returns the withheld rows that are bridges of the graph of withheld
// rows, in order (Tarjan 1974). It walks without recursion: a city of many
// cells is deep.
func (m *month) bridges() []int {
	type step struct{ node, by, next int }
	var out []int
	entered, low := make([]int, len(m.touching)), make([]int, len(m.touching))
	clock := 0
	for root := range m.touching {
		if entered[root] > 0 {
			continue
		}
		clock++
		entered[root], low[root] = clock, clock
		walk := []step{{root, -1, 0}}
		for len(walk) > 0 {
			at := &walk[len(walk)-1]
			if at.next == len(m.touching[at.node]) {
				done := *at
				walk = walk[:len(walk)-1]
				if len(walk) > 0 {
					up := walk[len(walk)-1].node
					low[up] = min(low[up], low[done.node])
					if low[done.node] > entered[up] {
						out = append(out, done.by)
					}
				}
				continue
			}
			row := m.touching[at.node][at.next]
			at.next++
			if !m.withheld[row] || row == at.by {
				continue
			}
			other := m.other(row, at.node)
			if entered[other] > 0 {
				low[at.node] = min(low[at.node], entered[other])
				continue
			}
			clock++
			entered[other], low[other] = clock, clock
			walk = append(walk, step{other, row, 0})
		}
	}
	slices.Sort(out)
	return out
}

func (m *month) other(row, sum int) int {
	if m.ends[row][0] == sum {
		return m.ends[row][1]
	}
	return m.ends[row][0]
}

// path returns the rows that close the cheapest cycle through a row: what is
// withheld costs nothing, what is shown its requests (Dijkstra 1959).
func (m *month) path(row int) ([]int, bool) {
	from, to := m.ends[row][0], m.ends[row][1]
	cost, by := map[int]int64{from: 0}, map[int]int{}
	queue := &frontier{{from, 0}}
	for queue.Len() > 0 {
		at, _ := heap.Pop(queue).(reached)
		if at.cost > cost[at.node] {
			continue
		}
		if at.node == to {
			var out []int
			for n := to; n != from; n = m.other(by[n], n) {
				out = append(out, by[n])
			}
			return out, true
		}
		for _, r := range m.touching[at.node] {
			if r == row {
				continue
			}
			next, other := at.cost, m.other(r, at.node)
			if !m.withheld[r] {
				next += m.counts[r].requests
			}
			if c, ok := cost[other]; !ok || next < c {
				cost[other], by[other] = next, r
				heap.Push(queue, reached{other, next})
			}
		}
	}
	return nil, false
}

// frontier is the queue of path: the cheapest first, then the first named.
type frontier []reached

type reached struct {
	node int
	cost int64
}

func (f frontier) Len() int { return len(f) }
func (f frontier) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(f[i].cost, f[j].cost), cmp.Compare(f[i].node, f[j].node)) < 0
}
func (f frontier) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)   { r, _ := x.(reached); *f = append(*f, r) }
func (f *frontier) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}
