package issue

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
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
	// Work says what it took.
	Work Work
}

// Grow brings the issues of a store up to a change. Written to the store, they
// are the issues of all requests that are there then, grouped at once under the
// same model, whatever the days on which requests came, changed and went and in
// whatever order.
//
// Of the requests within Options.Horizon of those that changed only the keys of
// their blocks are looked at; opened and compared are those that share a block
// with one that changed, at most Neighbours of each before and after it and as
// many that these have displaced, and the parts that pairs touch are grouped
// anew. So time grows with what is new, not with the store. The faults are NoID,
// TwiceID and BadFeatures, and whatever the store says.
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
	known map[string]*node // what is fresh, and then what is grouped anew
	// pairs are new, broken were kept and are no more.
	pairs  []Pair
	broken map[[2]string]bool
	// touched are requests of which something that can tie a component is
	// another than before.
	touched map[string]bool
	decided [][2]string
	work    Work
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
	taken := make([]*features, len(c.Put))
	spread(len(c.Put), func(i int) { taken[i] = read(&c.Put[i], &g.m.o) })
	keyed := g.m.o.keyed()
	for i, f := range taken {
		k := &Kept{ID: c.Put[i].ID, At: f.at, Features: f.encode(keyed)}
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

// compare finds which pairs are new and which are no more.
func (g *growth) compare() error {
	g.broken = map[[2]string]bool{}
	if err := g.leave(); err != nil {
		return err
	}
	r, err := g.around()
	if err != nil {
		return err
	}
	m := newMeetings(r, &g.m.o)
	o := newOpener(g, r)
	if err := g.meet(m, o); err != nil {
		return err
	}
	parted, joined, recounted := m.moved()
	g.work.Recounted = recounted
	apart, err := m.speak(o, parted)
	if err != nil {
		return err
	}
	for _, p := range apart {
		g.broken[g.pair(r, p.meeting)] = true
	}
	near, err := m.speak(o, joined)
	if err != nil {
		return err
	}
	for _, p := range near {
		g.tied(r, p.meeting, p.link)
		g.touched[r.list[p.early].id], g.touched[r.list[p.late].id] = true, true // may be of one part
	}
	for key := range g.broken {
		g.touched[key[0]], g.touched[key[1]] = true, true
	}
	return nil
}

// leave drops the pairs of what is gone.
func (g *growth) leave() error {
	if len(g.gone) == 0 {
		return nil
	}
	pairs, err := g.s.Pairs(slices.Sorted(maps.Keys(g.left)))
	if err != nil {
		return fmt.Errorf("read pairs: %w", err)
	}
	for _, p := range pairs {
		g.broken[[2]string{p.A, p.B}] = true
	}
	return nil
}

// pair are the identifiers of two rows, the lesser first.
func (g *growth) pair(r *rows, p meeting) [2]string {
	a, b := r.list[p.early].id, r.list[p.late].id
	return [2]string{min(a, b), max(a, b)}
}

// tied notes a pair that is new.
func (g *growth) tied(r *rows, p meeting, l link) {
	key := g.pair(r, p)
	g.pairs = append(g.pairs, newPair(key[0], key[1], l))
	delete(g.broken, key)
	if g.m.o.joins(l) || r.transferred(p.early, p.late) {
		g.touched[key[0]], g.touched[key[1]] = true, true
	}
}

// meet compares what is fresh with whom it meets.
func (g *growth) meet(m *meetings, o *opener) error {
	var list []int32
	for i := range m.rows.list {
		if m.rows.list[i].state == fresh {
			list = append(list, int32(i))
		}
	}
	slices.SortStableFunc(list, func(x, y int32) int { return cmp.Compare(m.rows.home(x), m.rows.home(y)) })
	o.tell = func(p meeting, l link) { g.tied(m.rows, p, l) }
	met := newMarks(len(m.rows.list))
	var with []int32
	for _, i := range list {
		with = m.of(with[:0], i, met)
		for _, j := range with {
			if !m.rows.worth(i, j) {
				continue
			}
			if err := o.compare(meeting{min(i, j), max(i, j)}); err != nil {
				return err
			}
		}
	}
	return o.flush()
}

// speak compares pairs, and gives those that say something and that no other
// block holds together.
func (m *meetings) speak(o *opener, list []meeting) (said []spoken, err error) {
	o.tell = func(p meeting, l link) { said = append(said, spoken{p, l}) }
	for _, p := range list {
		if err := o.compare(p); err != nil {
			return nil, err
		}
	}
	if err := o.flush(); err != nil {
		return nil, err
	}
	return m.elsewhere(said), nil
}
