package place

import (
	"cmp"
	"maps"
	"slices"
)

// codes is which building number a key leads to.
type codes struct {
	byKey  table[key]
	near   table[nearer] // the same within a community
	byCode map[string]map[key]int
	lead   map[key]string // the keys that may lead to a number, and to which
}

// nearer is a key in one community, for names that a site has twice.
type nearer struct {
	key
	community string
}

// leads reports whether a key of this level is one building's. A compound may
// be one where no row names a building of it.
func (k *keys) leads(x key) bool {
	return x.level == Building || x.level == Number || x.level == Compound && !k.housed[x.area+"|"+x.name]
}

func (k *keys) newCodes() *codes {
	c := &codes{byKey: table[key]{}, near: table[nearer]{}, byCode: map[string]map[key]int{}, lead: map[key]string{}}
	for i := range k.seen {
		s := &k.seen[i]
		x, _ := k.of(s.Signature)
		code := k.code(s.Signature)
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
	for x := range c.byKey {
		if code := c.byKey[x].rule(); code != "" && c.belongs(code, x) {
			c.lead[x] = code
		}
	}
	c.oneHouseEach()
	return c
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

// belongs reports whether a key is one of a number's own and not a slip among
// its rows: it has a tenth of them.
func (c *codes) belongs(code string, x key) bool {
	all := 0
	for _, rows := range c.byCode[code] {
		all += rows
	}
	return 10*c.byCode[code][x] >= all
}

// oneHouseEach lets a number be led to by one house of a compound or road only,
// so that no two houses meet in it: the one with most rows.
func (c *codes) oneHouseEach() {
	type claim struct {
		code   string
		parent key
	}
	best := map[claim]key{}
	order := slices.SortedFunc(maps.Keys(c.lead), func(a, b key) int {
		return cmp.Or(cmp.Compare(c.byKey[b].total(), c.byKey[a].total()), a.compare(b))
	})
	for _, x := range order {
		at := claim{c.lead[x], x.parent()}
		if _, taken := best[at]; taken {
			delete(c.lead, x)
			continue
		}
		best[at] = x
	}
}

// number is the building number that a key leads to in a community, "" for
// none.
func (c *codes) number(x key, community string) string {
	if code := c.lead[x]; code != "" {
		return code
	}
	if len(c.byKey[x]) < 2 || community == "" {
		return ""
	}
	return c.near[nearer{x, community}].rule()
}

// without is what a key's rows would say without those of one signature that
// gives its number: for measuring. Nothing is left where it alone has one.
func (c *codes) without(x key, code string, rows int) string {
	rest := maps.Clone(c.byKey[x])
	if rest[code] -= rows; rest[code] <= 0 {
		delete(rest, code)
	}
	return counts(rest).rule()
}
