package issue

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Change is what is new since the store was written.
type Change struct {
	// Put are new requests, and known ones of which something is another;
	// what is not compared by (a status, a unit) makes no other.
	Put []Request
	// Remove are requests that are no more.
	Remove []string
	// Decided are pairs of which a decision was made, changed or withdrawn.
	Decided [][2]string
}

// Growth is what a change brought, to be written in one transaction. Lists are
// sorted, so that the same change gives the same bytes.
type Growth struct {
	// Model is the version of the model it was made by.
	Model string
	// Kept are requests to write: new and changed ones, and those that are in
	// another part or issue now. Gone are requests to drop.
	Kept []Kept
	Gone []string
	// Pairs are to be written, Broken to be dropped before.
	Pairs  []Pair
	Broken [][2]string
	// Issues are new or have changed in a member or in what ties them. Ended are
	// the names of issues that are no more: their members are in others now, or
	// gone.
	Issues []Issue
	Ended  []string
}

// Grow brings the issues of a store up to a change. Written to the store, they
// are the issues of all requests that are there then, grouped at once under the
// same model, whatever the days on which requests came, changed and went and in
// whatever order.
//
// Read are the requests within Options.Horizon of the times of those that
// changed, and the parts that these touch: the time grows with what is near the
// change, not with the store. The faults are NoID, TwiceID and BadFeatures, and
// whatever the store says.
func Grow(m *Model, s Store, c Change) (*Growth, error) {
	g := &growth{m: m, s: s, known: map[string]*node{}, left: map[string]bool{}, touched: map[string]bool{}, decided: c.Decided}
	if err := g.change(c); err != nil {
		return nil, err
	}
	if err := g.compare(); err != nil {
		return nil, err
	}
	a, err := g.reach()
	if err != nil {
		return nil, err
	}
	a.group()
	return g.tell(a), nil
}

// Group fits a model to requests and groups them by it and by decisions. The
// issues are the same in every order of the requests. The faults are those of
// Fit.
func Group(requests []Request, d Decisions, o Options) ([]Issue, error) {
	m, err := Fit(requests, o)
	if err != nil {
		return nil, err
	}
	g, err := Grow(m, &Memory{Decided: d}, Change{Put: requests})
	if err != nil {
		return nil, err
	}
	return g.Issues, nil
}

// growth is the work of one Grow.
type growth struct {
	m     *Model
	s     Store
	fresh []*node          // new and changed requests
	gone  []*node          // old versions of changed requests, and removed ones
	drop  []string         // removed requests
	left  map[string]bool  // identifiers of gone
	known map[string]*node // all that has been read, without those gone
	// pairs are those that are to be kept from now on, of the requests whose
	// pairs were looked at; broken were kept and are no more.
	pairs  map[[2]string]link
	broken map[[2]string]bool
	// touched are requests whose ties may be others than before.
	touched map[string]bool
	decided [][2]string
}

// change reads the old versions of what changed.
func (g *growth) change(c Change) error {
	if err := check(append(slices.Clone(c.Put), removed(c.Remove)...)); err != nil {
		return err
	}
	ids := slices.Clone(c.Remove)
	for i := range c.Put {
		ids = append(ids, c.Put[i].ID)
	}
	old := map[string]*Kept{}
	kept, err := g.s.Requests(ids)
	if err != nil {
		return fmt.Errorf("read changed requests: %w", err)
	}
	for i := range kept {
		old[kept[i].ID] = &kept[i]
	}
	leave := func(k *Kept) error {
		n, err := g.m.open(k)
		if err == nil {
			g.gone = append(g.gone, n)
			g.left[k.ID], g.touched[k.ID] = true, true
		}
		return err
	}
	for i := range c.Put {
		f := read(&c.Put[i], &g.m.o)
		k := &Kept{ID: c.Put[i].ID, At: f.at, Features: f.encode(g.m.o.keyed())}
		if was := old[k.ID]; was != nil {
			if slices.Equal(was.Features, k.Features) {
				continue
			}
			if err := leave(was); err != nil {
				return err
			}
		}
		n := g.m.node(k.ID, f)
		n.kept, n.fresh = k, true
		g.fresh = append(g.fresh, n)
		g.known[k.ID], g.touched[k.ID] = n, true
	}
	for _, id := range c.Remove {
		if was := old[id]; was != nil {
			g.drop = append(g.drop, id)
			if err := leave(was); err != nil {
				return err
			}
		}
	}
	return nil
}

func removed(ids []string) (out []Request) {
	for _, id := range ids {
		out = append(out, Request{ID: id})
	}
	return out
}

// compare reads the requests around what changed and finds which pairs are new
// and which are no more.
func (g *growth) compare() error {
	if err := g.around(); err != nil {
		return err
	}
	nodes := make([]*node, 0, len(g.known))
	for _, n := range g.known {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, before)
	b := newBlocks(nodes, &g.m.o, true)
	meet, recount := g.meetings(b)
	was, err := g.stored(recount, nodes)
	if err != nil {
		return err
	}
	g.pairs, g.broken = map[[2]string]link{}, map[[2]string]bool{}
	counted := map[string]bool{}
	for _, i := range recount {
		counted[nodes[i].id] = true
	}
	for _, p := range was {
		x, y := g.known[p.A], g.known[p.B]
		key := [2]string{p.A, p.B}
		if g.left[p.A] || g.left[p.B] {
			g.broken[key] = true
			continue
		}
		if x == nil || y == nil {
			continue
		}
		if before(x, y) > 0 {
			x, y = y, x
		}
		if at := [2]int32{b.number(x), b.number(y)}; meet[at] {
			delete(meet, at)
		} else if counted[y.id] {
			g.broken[key] = true
		}
	}
	for at := range meet {
		x, y := nodes[at[0]], nodes[at[1]]
		if l, ok := g.m.compare(x, y); ok {
			p := newPair(x.id, y.id, l)
			key := [2]string{p.A, p.B}
			g.pairs[key] = l
			delete(g.broken, key)
			g.touched[x.id], g.touched[y.id] = true, true
		}
	}
	for key := range g.broken {
		g.touched[key[0]], g.touched[key[1]] = true, true
	}
	return nil
}

// around reads the requests within the horizon of those that changed.
func (g *growth) around() error {
	var when []time.Time
	for _, n := range slices.Concat(g.fresh, g.gone) {
		when = append(when, n.at)
	}
	slices.SortFunc(when, time.Time.Compare)
	h := g.m.o.Horizon
	for len(when) > 0 {
		last := 0
		for last+1 < len(when) && when[last+1].Sub(when[last]) <= 2*h {
			last++
		}
		kept, err := g.s.Between(when[0].Add(-h), when[last].Add(h))
		if err != nil {
			return fmt.Errorf("read the requests around: %w", err)
		}
		if err := g.learn(kept); err != nil {
			return err
		}
		when = when[last+1:]
	}
	return nil
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

// meetings lists the pairs that are to be compared, by number, the earlier
// first: those of fresh requests, and all of the requests of which a full
// block has moved, which are recounted.
func (g *growth) meetings(b *blocks) (meet map[[2]int32]bool, recount []int32) {
	meet = map[[2]int32]bool{}
	count := func(i int32) {
		for _, j := range b.earlier(nil, i, true) {
			meet[[2]int32{j, i}] = true
		}
	}
	isFresh := make(map[int32]bool, len(g.fresh))
	for _, n := range g.fresh {
		isFresh[b.number(n)] = true
	}
	moved := map[int32]bool{}
	for _, n := range g.fresh {
		i := b.number(n)
		count(i)
		b.later(n, true, func(j int32, full bool) {
			if !isFresh[j] {
				meet[[2]int32{i, j}] = true
				if full {
					moved[j] = true
				}
			}
		})
	}
	for _, n := range g.gone {
		b.later(n, false, func(j int32, full bool) {
			if full && !isFresh[j] {
				moved[j] = true
			}
		})
	}
	for j := range moved {
		recount = append(recount, j)
	}
	slices.Sort(recount)
	for _, j := range recount {
		count(j)
	}
	return meet, recount
}

// stored reads the kept pairs of what is gone and of what is recounted.
func (g *growth) stored(recount []int32, nodes []*node) ([]Pair, error) {
	var ids []string
	for _, n := range g.gone {
		ids = append(ids, n.id)
	}
	for _, i := range recount {
		ids = append(ids, nodes[i].id)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.SortFunc(ids, cmp.Compare)
	pairs, err := g.s.Pairs(slices.Compact(ids))
	if err != nil {
		return nil, fmt.Errorf("read pairs: %w", err)
	}
	return pairs, nil
}
