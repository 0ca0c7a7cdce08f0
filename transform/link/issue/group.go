package issue

import (
	"slices"
	"time"
)

// Grouper holds requests and their issues, and takes new ones. It is not safe
// for use by two goroutines at once.
type Grouper struct {
	model  *Model
	o      Options
	nodes  []*node
	known  map[string]bool
	blocks *blocks
	links  []map[int32]link
	parent []int32           // of the forest of components
	within map[int32][]int32 // members of a component by its root
	parts  map[int32][][]int32
}

// NewGrouper begins with no requests, under a model and the options it was
// fitted with.
func NewGrouper(m *Model) *Grouper {
	g := &Grouper{model: m, o: m.o, known: map[string]bool{}}
	g.clear()
	return g
}

func (g *Grouper) clear() {
	g.blocks = newBlocks(&g.o)
	g.links, g.parent = nil, nil
	g.within, g.parts = map[int32][]int32{}, map[int32][][]int32{}
}

// Group fits a model to the requests and groups them by it. The issues are the
// same in every order of the requests. The faults are those of Fit.
func Group(requests []Request, o Options) ([]Issue, error) {
	m, err := Fit(requests, o)
	if err != nil {
		return nil, err
	}
	g := NewGrouper(m)
	if err := g.Add(requests); err != nil {
		return nil, err
	}
	return g.Issues(), nil
}

// Add takes new requests. The issues are then the same as if all requests had
// come at once, under the same model. Only the components that new requests
// touch are grouped again, so that the time grows with them; but a request
// that is earlier than others of its place, where the place has more than
// Options.Neighbours requests, has all compared anew. The faults are NoID and
// TwiceID; nothing is added then.
func (g *Grouper) Add(requests []Request) error {
	if err := check(requests, g.known); err != nil {
		return err
	}
	from := len(g.nodes)
	for i := range requests {
		g.known[requests[i].ID] = true
		g.nodes = append(g.nodes, g.model.node(&requests[i], &g.o))
	}
	slices.SortFunc(g.nodes[from:], before)
	touched := g.meet(from)
	if g.blocks.broken {
		g.clear()
		slices.SortFunc(g.nodes, before)
		touched = g.meet(0)
	}
	for _, root := range touched {
		g.part(root)
	}
	return nil
}

// meet compares the nodes from a number on and returns the roots of the
// components they came into.
func (g *Grouper) meet(from int) []int32 {
	for i := from; i < len(g.nodes); i++ {
		g.links = append(g.links, nil)
		g.parent = append(g.parent, int32(i))
		g.within[int32(i)] = []int32{int32(i)}
		for _, j := range g.blocks.meet(g.nodes, i, g.nodes[i], true) {
			if l, ok := g.model.compare(g.nodes[i], g.nodes[j]); ok {
				g.link(int32(i), j, l)
			}
		}
		if g.blocks.broken && from > 0 {
			return nil
		}
	}
	var touched []int32
	for i := from; i < len(g.nodes); i++ {
		touched = append(touched, g.root(int32(i)))
	}
	slices.Sort(touched)
	return slices.Compact(touched)
}

func (g *Grouper) link(i, j int32, l link) {
	for _, p := range [][2]int32{{i, j}, {j, i}} {
		if g.links[p[0]] == nil {
			g.links[p[0]] = map[int32]link{}
		}
		g.links[p[0]][p[1]] = l
	}
	a, b := g.root(i), g.root(j)
	if a == b {
		return
	}
	if len(g.within[a]) < len(g.within[b]) {
		a, b = b, a
	}
	g.parent[b] = a
	g.within[a] = append(g.within[a], g.within[b]...)
	delete(g.within, b)
	delete(g.parts, b)
}

func (g *Grouper) root(i int32) int32 {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

// part groups one component anew.
func (g *Grouper) part(root int32) {
	members := g.within[root]
	slices.SortFunc(members, func(a, b int32) int { return before(g.nodes[a], g.nodes[b]) })
	if len(members) == 1 {
		g.parts[root] = [][]int32{members}
		return
	}
	number := make(map[int32]int32, len(members))
	at := make([]time.Time, len(members))
	for n, i := range members {
		number[i], at[n] = int32(n), g.nodes[i].at
	}
	links := make([]map[int32]link, len(members))
	for n, i := range members {
		links[n] = make(map[int32]link, len(g.links[i]))
		for j, l := range g.links[i] {
			links[n][number[j]] = l
		}
	}
	parts := cluster(at, links, &g.o)
	for _, p := range parts {
		for k := range p {
			p[k] = members[p[k]]
		}
	}
	g.parts[root] = parts
}

// check refuses identifiers that are empty or come twice.
func check(requests []Request, known map[string]bool) error {
	seen := make(map[string]bool, len(requests))
	for i := range requests {
		id := requests[i].ID
		if id == "" {
			return NoID.At("link issues", "n", i+1)
		}
		if seen[id] || known[id] {
			return TwiceID.At("link issues", "id", id)
		}
		seen[id] = true
	}
	return nil
}
