package place

import (
	"slices"

	"huiliu/transform/link/compare"
)

// sense is a name in its context, for one name may mean two compounds: with
// the house number that it is told with, or else with the community. Roads and
// communities have one sense each.
type sense struct{ name, mark, community string }

func (s sense) compare(o sense) int {
	return slices.Compare([]string{s.name, s.mark, s.community}, []string{o.name, o.mark, o.community})
}

// group are the senses held to be one thing, and what their rows say.
type group struct {
	id          sense
	lead        string // the name that most rows write
	rows        int
	names       counts
	marks       counts // what a thing is told with: a compound with house numbers on roads
	communities counts
	codes       table[string] // building numbers by the number of the house
	lat, long   []weighted
}

func newGroup(id sense) *group {
	return &group{id: id, lead: id.name, names: counts{}, marks: counts{}, communities: counts{}, codes: table[string]{}}
}

// see adds rows to a group.
func (g *group) see(s *Seen, mark, community, house, code string) {
	g.rows += s.Rows
	g.names[g.id.name] += s.Rows
	if mark != "" {
		g.marks[mark] += s.Rows
	}
	if community != "" {
		g.communities[community] += s.Rows
	}
	if code != "" && house != "" {
		g.codes.add(house, code, s.Rows)
	}
	if s.Lat != 0 && s.Long != 0 {
		g.lat, g.long = append(g.lat, weighted{s.Lat, s.Rows}), append(g.long, weighted{s.Long, s.Rows})
	}
}

func (g *group) take(o *group) {
	g.rows += o.rows
	for _, c := range []struct{ into, from counts }{{g.names, o.names}, {g.marks, o.marks}, {g.communities, o.communities}} {
		for v, n := range c.from {
			c.into[v] += n
		}
	}
	for house, c := range o.codes {
		for code, n := range c {
			g.codes.add(house, code, n)
		}
	}
	g.lat, g.long = append(g.lat, o.lat...), append(g.long, o.long...)
	g.lead, _ = g.names.top()
}

// apart is the distance in metres from which two names are two compounds, and
// within which they may be one: a compound is seldom wider than half a
// kilometre.
const apart = 500

// contradict reports whether two groups can't be one: their houses have other
// building numbers, or they lie apart.
func contradict(a, b *group) bool {
	agree, clash := agreement(a, b)
	if clash > 0 && agree < 4*clash {
		return true
	}
	metres, known := distance(a, b)
	return agree < 2 && known && metres > apart
}

// agreement counts the houses for which two groups have the same building
// number and those for which they have another.
func agreement(a, b *group) (agree, clash int) {
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

func distance(a, b *group) (metres float64, known bool) {
	lat, long := median(slices.Clone(a.lat)), median(slices.Clone(a.long))
	lat2, long2 := median(slices.Clone(b.lat)), median(slices.Clone(b.long))
	if lat == 0 || lat2 == 0 {
		return 0, false
	}
	return 1000 * compare.Haversine(lat, long, lat2, long2), true
}

// here reports whether two groups are in one community or within the reach of
// a compound.
func here(a, b *group) bool {
	metres, known := distance(a, b)
	return known && metres <= apart || a.communities.shares(b.communities)
}

// open reports whether the communities of two groups allow them to be one.
func open(a, b *group) bool {
	return len(a.communities) == 0 || len(b.communities) == 0 || here(a, b)
}
