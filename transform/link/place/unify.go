package place

import (
	"cmp"
	"maps"
	"slices"
)

// names brings together the senses of names that mean one thing. No union is
// made that building numbers or points contradict, also when the contradiction
// came with an earlier union.
type names struct {
	endings []string
	groups  map[sense]*group
	into    map[sense]sense
	spoken  map[string]spoken
}

func newNames(endings []string) *names {
	return &names{endings: endings, groups: map[sense]*group{}, into: map[sense]sense{}, spoken: map[string]spoken{}}
}

func (n *names) of(s sense) *group {
	g := n.groups[s]
	if g == nil {
		g = newGroup(s)
		n.groups[s] = g
	}
	return g
}

// root is the sense that stands for a group.
func (n *names) root(s sense) sense {
	for {
		next, ok := n.into[s]
		if !ok {
			return s
		}
		s = next
	}
}

// at is the group that a sense is in.
func (n *names) at(s sense) *group { return n.groups[n.root(s)] }

// label is the name that most rows of a sense's group write; of what was never
// seen it is the name itself.
func (n *names) label(s sense) string {
	if g := n.at(s); g != nil {
		return g.lead
	}
	return s.name
}

// roots lists the groups in order.
func (n *names) roots() []sense {
	return slices.SortedFunc(func(yield func(sense) bool) {
		for s := range n.groups {
			if _, gone := n.into[s]; !gone && !yield(s) {
				return
			}
		}
	}, sense.compare)
}

// join makes two groups one, unless something contradicts it.
func (n *names) join(a, b sense) {
	great, small := n.at(a), n.at(b)
	if great == small || contradict(great, small) {
		return
	}
	if small.rows > great.rows || small.rows == great.rows && small.id.compare(great.id) < 0 {
		great, small = small, great
	}
	n.into[small.id] = great.id
	great.take(small)
}

// unify goes from the surest to the least: alike names at one house number,
// building numbers in common, one name at several house numbers, one name
// without a house number, slips.
func (n *names) unify() {
	n.pass(func(g *group) []string { return slices.Collect(maps.Keys(g.marks)) }, func(a, b *group) likeness {
		if a.marks.shares(b.marks) {
			return alike(n.speak(a.lead), n.speak(b.lead))
		}
		return unlike
	})
	n.pass(numbersOf, func(a, b *group) likeness {
		if agree, _ := agreement(a, b); agree > 1 {
			return sounded
		} else if agree == 1 && a.lead != b.lead {
			return alike(n.speak(a.lead), n.speak(b.lead))
		} else if agree == 1 {
			return sounded
		}
		return unlike
	})
	n.pass(func(g *group) []string { return []string{g.lead} }, func(a, b *group) likeness {
		if len(a.marks) > 0 && len(b.marks) > 0 && a.lead == b.lead && open(a, b) {
			return sounded
		}
		return unlike
	})
	n.settle(n.namesOf, n.bears)
	n.settle(func(g *group) []string { return nearKeys(n.speak(g.lead)) }, n.slip)
}

func numbersOf(g *group) []string {
	var out []string
	for _, codes := range g.codes {
		out = slices.AppendSeq(out, maps.Keys(codes))
	}
	return out
}

// namesOf are the names that a group is called by, and what is left of its own
// without its ending: somebody may call it so.
func (n *names) namesOf(g *group) []string {
	return append(slices.Collect(maps.Keys(g.names)), n.speak(g.lead).core)
}

// crowd is how many groups may meet under one key; of more only those with most
// rows do.
const crowd = 64

// meetings are the groups that share a key, each pair once, in order.
func (n *names) meetings(keysOf func(*group) []string) [][2]sense {
	blocks := map[string][]sense{}
	for _, s := range n.roots() {
		keys := keysOf(n.groups[s])
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			blocks[k] = append(blocks[k], s)
		}
	}
	pairs := map[[2]sense]bool{}
	for _, b := range blocks {
		if len(b) > crowd {
			slices.SortStableFunc(b, func(x, y sense) int { return cmp.Compare(n.groups[y].rows, n.groups[x].rows) })
			b = b[:crowd]
			slices.SortFunc(b, sense.compare)
		}
		for i := range b {
			for j := range i {
				pairs[[2]sense{b[j], b[i]}] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(pairs), func(a, b [2]sense) int {
		return cmp.Or(a[0].compare(b[0]), a[1].compare(b[1]))
	})
}

// pass joins the groups that judge holds for one, the most alike first.
func (n *names) pass(keysOf func(*group) []string, judge func(a, b *group) likeness) {
	type union struct {
		pair [2]sense
		like likeness
	}
	var all []union
	for _, p := range n.meetings(keysOf) {
		if like := judge(n.groups[p[0]], n.groups[p[1]]); like != unlike {
			all = append(all, union{p, like})
		}
	}
	slices.SortStableFunc(all, func(x, y union) int { return cmp.Compare(y.like, x.like) })
	for _, u := range all {
		n.join(u.pair[0], u.pair[1])
	}
}

// settle joins a group to the only one that it may belong to; where several
// claim it, it stays alone. Claims are weighed: only the strongest count.
func (n *names) settle(keysOf func(*group) []string, claim func(great, small *group) int) {
	claims := map[sense]map[sense]int{}
	for _, p := range n.meetings(keysOf) {
		for _, q := range [][2]sense{p, {p[1], p[0]}} {
			great, small := n.groups[q[0]], n.groups[q[1]]
			if contradict(great, small) {
				continue
			}
			if weight := claim(great, small); weight > 0 {
				if claims[q[1]] == nil {
					claims[q[1]] = map[sense]int{}
				}
				claims[q[1]][q[0]] = weight
			}
		}
	}
	for _, small := range slices.SortedFunc(maps.Keys(claims), sense.compare) {
		strongest, by := 0, map[sense]bool{}
		for great, weight := range claims[small] {
			if weight > strongest {
				strongest = weight
				clear(by)
			}
			if weight == strongest {
				by[n.root(great)] = true
			}
		}
		if len(by) == 1 {
			for great := range by {
				n.join(great, small)
			}
		}
	}
}

// rare is how many times more often the right name is written than a slip of
// it: a bound, learned from nothing, that keeps two names of equal standing
// apart.
const rare = 20

// bears weighs whether a group without a house number is the great one: it is
// called as the great one is, or as that one would be without its ending, and
// is in its community; or no community is told; or a few rows tell another.
func (n *names) bears(great, small *group) int {
	name := small.lead
	called := great.names[name] > 0 || n.speak(great.lead).core == name
	if len(small.marks) > 0 || !called {
		return 0
	}
	// What is told without any context must not bring two contexts together.
	if len(great.marks)+len(great.communities) == 0 && len(small.communities) > 0 {
		return 0
	}
	weight := 1
	if great.lead == name && n.speak(name).end != "" {
		weight = 2 // more than one that is only called so now and then
	}
	switch {
	case here(great, small):
		return 2 + weight
	case open(great, small), len(great.marks) > 0 && rare*small.rows <= great.rows:
		return weight
	}
	return 0
}

// slip weighs whether a group is a slip of the great one, that nothing but its
// context and its rarity shows.
func (n *names) slip(great, small *group) int {
	like := alike(n.speak(great.lead), n.speak(small.lead))
	if like != slipped && like != sounded || len(great.marks) > 0 && len(small.marks) > 0 && !great.marks.shares(small.marks) {
		return 0
	}
	if here(great, small) && rare*small.rows <= great.rows {
		return 1
	}
	return 0
}

// bySound brings names of one sound together without asking more.
func (n *names) bySound() {
	n.pass(func(g *group) []string { return []string{n.speak(g.lead).sound} }, func(a, b *group) likeness {
		if sameSound(n.speak(a.lead), n.speak(b.lead)) {
			return sounded
		}
		return unlike
	})
}
