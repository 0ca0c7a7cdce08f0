package place

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"huiliu/transform/link/compare"
)

// profile is what the rows with one name say beside it.
type profile struct {
	name        string
	rows        int
	marks       counts // what only one place has: of a compound its house numbers on roads
	communities counts
	codes       table[string] // building numbers by the number of the house
	lat, long   []weighted
}

func newProfile(name string) *profile {
	return &profile{name: name, marks: counts{}, communities: counts{}, codes: table[string]{}}
}

func (p *profile) take(o *profile) {
	p.rows += o.rows
	for v, n := range o.marks {
		p.marks[v] += n
	}
	for v, n := range o.communities {
		p.communities[v] += n
	}
	for house, c := range o.codes {
		for code, n := range c {
			p.codes.add(house, code, n)
		}
	}
	p.lat, p.long = append(p.lat, o.lat...), append(p.long, o.long...)
}

// names brings spellings of one name together. A union of two whose building
// numbers, house numbers or points contradict each other is refused, also when
// the contradiction came with an earlier union.
type names struct {
	endings []string
	// exclusive says that marks are a place's own: two names that have some and
	// share none are two places.
	exclusive bool
	profiles  map[string]*profile
	into      map[string]string
}

func newNames(endings []string, exclusive bool) *names {
	return &names{endings: endings, exclusive: exclusive, profiles: map[string]*profile{}, into: map[string]string{}}
}

func (n *names) of(name string) *profile {
	p := n.profiles[name]
	if p == nil {
		p = newProfile(name)
		n.profiles[name] = p
	}
	return p
}

// root is the spelling that stands for a name.
func (n *names) root(name string) string {
	for n.into[name] != "" {
		name = n.into[name]
	}
	return name
}

// crowd is how many names may meet under one key; more have nothing in common.
const crowd = 64

// unify brings together what is one name.
func (n *names) unify() {
	type union struct {
		a, b string
		like likeness
	}
	var all []union
	for pair := range n.pairs() {
		if like := alike(pair[0], pair[1], n.endings); like != unlike || n.sameCodes(pair[0], pair[1]) {
			all = append(all, union{pair[0], pair[1], like})
		}
	}
	slices.SortFunc(all, func(x, y union) int {
		return cmp.Or(cmp.Compare(y.like, x.like), strings.Compare(x.a, y.a), strings.Compare(x.b, y.b))
	})
	// What codes and house numbers say comes before likeness alone.
	for _, u := range all {
		n.try(u.a, u.b, func(great, small *profile) bool { return n.proven(great, small, u.like) })
	}
	rivals := map[string]counts{}
	for _, u := range all {
		n.weigh(rivals, u.a, u.b, u.like)
		n.weigh(rivals, u.b, u.a, u.like)
	}
	for _, small := range slices.Sorted(maps.Keys(rivals)) {
		if len(rivals[small]) == 1 {
			great, _ := rivals[small].top()
			n.try(small, great, func(*profile, *profile) bool { return true })
		}
	}
}

// weigh notes great as what small may be a slip of.
func (n *names) weigh(rivals map[string]counts, small, great string, like likeness) {
	a, b := n.root(small), n.root(great)
	if a == b || a != small {
		return
	}
	if n.likely(n.profiles[b], n.profiles[a], like) {
		if rivals[a] == nil {
			rivals[a] = counts{}
		}
		rivals[a][b]++
	}
}

// pairs are the names that meet under some key, each pair once and in order.
func (n *names) pairs() map[[2]string]bool {
	blocks := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(n.profiles)) {
		keys := nearKeys(name, n.endings)
		for mark := range n.profiles[name].marks {
			keys = append(keys, "m"+mark)
		}
		for _, codes := range n.profiles[name].codes {
			for code := range codes {
				keys = append(keys, "n"+code)
			}
		}
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			blocks[k] = append(blocks[k], name)
		}
	}
	out := map[[2]string]bool{}
	for _, b := range blocks {
		if len(b) > crowd {
			continue
		}
		for i := range b {
			for j := range i {
				out[[2]string{b[j], b[i]}] = true
			}
		}
	}
	return out
}

// try makes two names one if nothing contradicts it and say agrees.
func (n *names) try(a, b string, say func(great, small *profile) bool) {
	great, small := n.profiles[n.root(a)], n.profiles[n.root(b)]
	if great == small {
		return
	}
	if small.rows > great.rows || small.rows == great.rows && small.name < great.name {
		great, small = small, great
	}
	if n.contradict(great, small) || !say(great, small) {
		return
	}
	n.into[small.name] = great.name
	great.take(small)
}

// apart is the distance in metres from which two names are two compounds, and
// within which they may be one: a compound is seldom wider than half a
// kilometre.
const apart = 500

func (n *names) contradict(a, b *profile) bool {
	agree, clash := agreement(a, b)
	if clash > 0 && agree < 4*clash {
		return true
	}
	if agree > 1 {
		return false
	}
	if n.exclusive && len(a.marks) > 0 && len(b.marks) > 0 && !a.marks.shares(b.marks) {
		return true
	}
	metres, known := distance(a, b)
	return known && metres > apart
}

// agreement counts the houses for which two names have the same building
// number and those for which they have another.
func agreement(a, b *profile) (agree, clash int) {
	for house, codes := range a.codes {
		x, y := codes.rule(), b.codes[house].rule()
		switch {
		case x == "" || y == "":
		case x == y:
			agree++
		default:
			clash++
		}
	}
	return agree, clash
}

func (n *names) sameCodes(a, b string) bool {
	agree, _ := agreement(n.profiles[a], n.profiles[b])
	return agree > 0
}

func distance(a, b *profile) (metres float64, known bool) {
	lat, long := median(slices.Clone(a.lat)), median(slices.Clone(a.long))
	lat2, long2 := median(slices.Clone(b.lat)), median(slices.Clone(b.long))
	if lat == 0 || lat2 == 0 {
		return 0, false
	}
	return 1000 * compare.Haversine(lat, long, lat2, long2), true
}

// proven holds for alike names with a house number or a building number in
// common, and for any two names that agree on several building numbers.
func (n *names) proven(great, small *profile, like likeness) bool {
	agree, _ := agreement(great, small)
	return agree > 1 || like != unlike && (agree > 0 || great.marks.shares(small.marks))
}

// rare is how many times more often the right name is written than a slip of
// it: a bound, learned from nothing, that keeps two names of equal standing
// apart.
const rare = 20

// likely holds for a slip that nothing but its context and its rarity shows: in
// the same community or within the reach of a compound. A name without its
// ending need not be rare.
func (n *names) likely(great, small *profile, like likeness) bool {
	if like < slipped || n.contradict(great, small) {
		return false
	}
	metres, known := distance(great, small)
	here := known && metres <= apart || great.communities.shares(small.communities)
	if _, end := core(small.name, n.endings); like == shortened {
		return end == "" && (here || len(small.communities) == 0)
	}
	return here && rare*small.rows <= great.rows
}

// bySound brings names of one sound together without asking more.
func (n *names) bySound() {
	bySound := table[string]{}
	for name, p := range n.profiles {
		bySound.add(compare.Pinyin(name), name, p.rows)
	}
	for _, same := range bySound {
		most := same.byRows()
		for _, name := range most[1:] {
			if alike(most[0], name, n.endings) == sounded {
				n.into[name] = most[0]
			}
		}
	}
}
