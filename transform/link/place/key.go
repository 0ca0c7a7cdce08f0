package place

import (
	"cmp"
	"strings"
)

// key is what signatures of one place have in common. Of a house number on a
// road, name is the road and house the number.
type key struct {
	level Level
	area  string
	name  string
	house string
}

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.level, o.level), strings.Compare(k.area, o.area), strings.Compare(k.name, o.name), strings.Compare(k.house, o.house))
}

// gate is a house number on a road.
type gate struct{ area, road, number string }

func (g gate) name() string { return g.road + " " + g.number }

// keys gives signatures their keys.
type keys struct {
	*linker
	housed map[string]bool // compounds of which some row names a building
	gates  table[gate]     // compounds of which a row names a building, by the number on a road
	fronts table[string]   // numbers on roads, by the compound

	key []key // of each signature
	way []Way
}

// road is a signature's road in its one spelling. Names outside the site are
// left as they are: too little is known of them.
func (l *linker) road(s Signature) string {
	if s.Area != "" || s.Road == "" {
		return s.Road
	}
	return l.roads.label(sense{name: s.Road})
}

// compound is the name of the group that a signature's compound is in. Two
// groups may be called alike, so it is the group's own and not its label.
func (l *linker) compound(s Signature) string {
	if s.Area != "" || s.Compound == "" {
		return s.Compound
	}
	id := l.compounds.root(l.sense(s))
	return id.name + "\x00" + id.mark + "\x00" + id.community
}

// senseOf undoes compound; ok is false for a name that is no group's.
func senseOf(name string) (id sense, ok bool) {
	p := strings.Split(name, "\x00")
	if len(p) != 3 {
		return sense{}, false
	}
	return sense{p[0], p[1], p[2]}, true
}

// sense is what a signature's compound is told with.
func (l *linker) sense(s Signature) sense {
	switch {
	case s.Number != "" && s.Road != "":
		return sense{name: s.Compound, mark: l.road(s) + " " + s.Number}
	default:
		return sense{name: s.Compound, community: l.community(s)}
	}
}

func (l *linker) community(s Signature) string {
	if s.Area != "" || s.Community == "" {
		return s.Community
	}
	return l.communities.label(sense{name: s.Community})
}

func (l *linker) newKeys() *keys {
	k := &keys{linker: l, housed: map[string]bool{}, gates: table[gate]{}, fronts: table[string]{}, key: make([]key, len(l.seen)), way: make([]Way, len(l.seen))}
	for i := range l.seen {
		s := l.seen[i].Signature
		if c := l.compound(s); c != "" && s.House != "" {
			k.housed[s.Area+"|"+c] = true
		}
	}
	all := map[gate]int{}
	for i := range l.seen {
		s, rows := l.seen[i].Signature, l.seen[i].Rows
		road, c := l.road(s), l.compound(s)
		if road == "" || s.Number == "" {
			continue
		}
		g := gate{s.Area, road, s.Number}
		all[g] += rows
		if c == "" {
			continue
		}
		if s.House != "" {
			k.gates.add(g, c, rows)
		}
		k.fronts.add(s.Area+"|"+c, g.road+"\x01"+g.number, rows)
	}
	for g, at := range k.gates {
		if 10*at.total() < all[g] {
			delete(k.gates, g) // one row in many is a slip
		}
	}
	for i := range l.seen {
		k.key[i], k.way[i] = k.of(l.seen[i].Signature)
	}
	return k
}

// of gives a signature's key and how it came by it.
func (k *keys) of(s Signature) (key, Way) {
	road, compound := k.road(s), k.compound(s)
	at := gate{s.Area, road, s.Number}
	way := ByHouse
	if compound == "" && road != "" && s.Number != "" {
		if compound = k.gates[at].rule(); compound != "" {
			way = ByGate
		} else if s.House != "" {
			compound = at.name() // a numbered yard or lane without a name
		}
	}
	switch {
	case compound != "" && s.House != "":
		return key{Building, s.Area, compound, s.House}, way
	case k.housed[s.Area+"|"+compound] && way == ByGate:
		return key{Compound, s.Area, compound, ""}, ByGate
	case k.housed[s.Area+"|"+compound]:
		return key{Compound, s.Area, compound, ""}, ByArea
	case road != "" && s.Number != "":
		return key{Number, s.Area, road, s.Number}, ByNumber
	case compound != "":
		if front := k.fronts[s.Area+"|"+compound].rule(); front != "" {
			r, n, _ := strings.Cut(front, "\x01")
			return key{Number, s.Area, r, n}, ByName
		}
		return key{Compound, s.Area, compound, ""}, ByArea
	case road != "":
		return key{Road, s.Area, road, ""}, ByArea
	case s.Community != "":
		return key{Community, s.Area, k.community(s), ""}, ByArea
	case s.Alone != "":
		return key{Nowhere, "", s.Alone, ""}, ByText
	}
	return key{}, Untold
}
