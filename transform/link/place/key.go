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

// parent is what of one building number leads to one house only.
func (k key) parent() key { return key{level: k.level, area: k.area, name: k.name} }

// gate is a house number on a road.
type gate struct{ area, road, number string }

func (g gate) name() string { return g.road + " " + g.number }

// keys gives signatures their keys.
type keys struct {
	*linker
	housed map[string]bool // compounds of which some row names a building
	gates  table[gate]     // compounds with buildings, by the number on a road
	fronts table[string]   // numbers on roads, by the compound
}

// called are the names of a signature in their one spelling. Names outside the
// site are left as they are: too little is known of them.
func (l *linker) called(s Signature) (road, compound string) {
	if s.Area != "" {
		return s.Road, s.Compound
	}
	return l.roads.root(s.Road), l.compounds.root(s.Compound)
}

func (l *linker) community(s Signature) string {
	if s.Area != "" {
		return s.Community
	}
	return l.communities.root(s.Community)
}

func (l *linker) newKeys() *keys {
	k := &keys{l, map[string]bool{}, table[gate]{}, table[string]{}}
	for i := range l.seen {
		s := l.seen[i].Signature
		if _, c := l.called(s); c != "" && s.House != "" {
			k.housed[s.Area+"|"+c] = true
		}
	}
	for i := range l.seen {
		s := l.seen[i].Signature
		road, c := l.called(s)
		if c == "" || road == "" || s.Number == "" {
			continue
		}
		g := gate{s.Area, road, s.Number}
		if k.housed[s.Area+"|"+c] {
			k.gates.add(g, c, l.seen[i].Rows)
		}
		k.fronts.add(s.Area+"|"+c, g.road+"\x00"+g.number, l.seen[i].Rows)
	}
	return k
}

// of gives a signature's key and how it came by it.
func (k *keys) of(s Signature) (key, Way) {
	road, compound := k.called(s)
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
			r, n, _ := strings.Cut(front, "\x00")
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
