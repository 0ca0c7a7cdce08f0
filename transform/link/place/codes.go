package place

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// codes is which building number a key leads to.
type codes struct {
	byKey  table[key]
	near   table[nearer] // the same within a community
	byCode map[string]map[key]int
	// lead is where keys lead to: of a key without a community in all of them,
	// or else in one.
	lead map[nearer]string
}

// nearer is a key in one community, for names that a site has twice.
type nearer struct {
	key
	community string
}

// leads reports whether a key of this level is one building's, in the site. A
// compound may be one where no row names a building of it.
func (k *keys) leads(x key) bool {
	if x.area != "" {
		return false
	}
	return x.level == Building || x.level == Number || x.level == Compound && !k.housed["|"+x.name]
}

func (k *keys) newCodes() *codes {
	c := &codes{byKey: table[key]{}, near: table[nearer]{}, byCode: map[string]map[key]int{}, lead: map[nearer]string{}}
	for i := range k.seen {
		s := &k.seen[i]
		x, code := k.key[i], k.code(s.Signature)
		if code == "" || !k.leads(x) {
			continue
		}
		c.byKey.add(x, code, s.Rows)
		c.near.add(nearer{x, k.community(s.Signature)}, code, s.Rows)
		if c.byCode[code] == nil {
			c.byCode[code] = map[key]int{}
		}
		c.byCode[code][x] += s.Rows
	}
	for x, at := range c.byKey {
		c.leads(nearer{key: x}, at)
	}
	for x, at := range c.near {
		if c.lead[nearer{key: x.key}] == "" && x.community != "" {
			c.leads(x, at)
		}
	}
	k.oneHouseEach(c)
	return c
}

// leads notes where a key leads to by its rows.
func (c *codes) leads(x nearer, at counts) {
	if code := c.own(x.key, at).rule(); code != "" {
		c.lead[x] = code
	}
}

// code is a signature's building number, "" for one that is none.
func (l *linker) code(s Signature) string {
	if l.void[s.Code] {
		return ""
	}
	return s.Code
}

// voidCodes finds the numbers that are no building's: such a one stands with
// three compounds or roads or more, and with none of them in most rows.
func (l *linker) voidCodes() {
	parents := table[string]{}
	for i := range l.seen {
		s := l.seen[i].Signature
		if name := firstOf(s.Compound, s.Road); s.Code != "" && name != "" {
			parents.add(s.Code, s.Area+"|"+name, l.seen[i].Rows)
		}
	}
	l.void = map[string]bool{}
	for code, at := range parents {
		if _, most := at.top(); len(at) > 2 && 2*most < at.total() {
			l.void[code] = true
		}
	}
}

// own leaves out the numbers that stand at a key by a slip: those of which it
// has less than a tenth of the rows.
func (c *codes) own(x key, at counts) counts {
	out := counts{}
	for code, rows := range at {
		all := 0
		for _, n := range c.byCode[code] {
			all += n
		}
		if 10*c.byCode[code][x] >= all {
			out[code] = rows
		}
	}
	return out
}

// oneHouseEach lets a number be led to by one house of a compound or road only,
// in whatever spelling, so that no two houses meet in it: the one with most
// rows.
func (k *keys) oneHouseEach(c *codes) {
	type claim struct{ code, name string }
	taken := map[claim]string{}
	rows := func(x nearer) int {
		if x.community == "" {
			return c.byKey[x.key].total()
		}
		return c.near[x].total()
	}
	order := slices.SortedFunc(maps.Keys(c.lead), func(a, b nearer) int {
		return cmp.Or(cmp.Compare(rows(b), rows(a)), a.compare(b.key), strings.Compare(a.community, b.community))
	})
	for _, x := range order {
		code, spellings := c.lead[x], k.spellings(x.key)
		other := func(name string) bool {
			house, ok := taken[claim{code, name}]
			return ok && house != x.house
		}
		if slices.ContainsFunc(spellings, other) {
			delete(c.lead, x)
			continue
		}
		for _, name := range spellings {
			taken[claim{code, name}] = x.house
		}
	}
}

// spellings are the names of what a key's house is a house of.
func (k *keys) spellings(x key) []string {
	g := k.roads.at(sense{name: x.name})
	if id, ok := senseOf(x.name); ok {
		g = k.compounds.groups[id]
	}
	if g == nil {
		return []string{x.name}
	}
	return slices.Collect(maps.Keys(g.names))
}

// number is the building number that a key leads to in a community, "" for
// none.
func (c *codes) number(x key, community string) string {
	return firstOf(c.lead[nearer{key: x}], c.lead[nearer{x, community}])
}

// without is what a key's rows would say without those of one signature that
// gives its number: for measuring. Nothing is left where it alone has one.
func (c *codes) without(x key, code string, rows int) string {
	rest := maps.Clone(c.byKey[x])
	if rest[code] -= rows; rest[code] <= 0 {
		delete(rest, code)
	}
	return c.own(x, rest).rule()
}
