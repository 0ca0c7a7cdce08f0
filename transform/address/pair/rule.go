package pair

import "fmt"

// Verdict is what was decided about a pair.
type Verdict struct {
	Class Class
	// Probability is the share of each class where it was learned; rules give
	// none.
	Probability [Classes]float64
	// Reasons say in Chinese what spoke for it and against it; Fit gives none.
	Reasons []string
}

// The rules' shares of rarity: a name is found again from this share of it on,
// and an address is covered from that one on. They are plain halves and
// four-fifths, learned from nothing.
const (
	foundShare   = 0.5
	coveredShare = 0.8
)

// Rules decides by parts and conflicts, the first address being the one that
// is asked for. What names a place (estate, road, village) must be found again
// in the other address; a house or building number that contradicts leaves a
// part of the place at most; an address is the same in full when all that
// names its place is found and both go down to the same detail. Addresses of
// which one is empty don't agree.
func Rules(a, b *Address) Verdict {
	var r reasons
	if len(a.tokens) == 0 || len(b.tokens) == 0 {
		return r.is(None, "地址为空")
	}
	if a.Normal == b.Normal {
		return r.is(Full, "写法统一后相同")
	}
	if f, apart := areasApart(a, b); apart {
		return r.is(None, f.String()+"不同："+a.text(f)+"与"+b.text(f))
	}
	names := anchors(a, b)
	if len(names.found) == 0 {
		return r.is(None, "没有共同的地点、道路或村社区名称")
	}
	for _, n := range names.found {
		r.say("共同的%s：%s", n.Field, n.Text)
	}
	for _, n := range names.lost {
		r.say("未找到%s：%s", n.Field, n.Text)
	}
	clash := r.clashes(a, b)
	switch {
	case share(names.foundWeight, names.weight) < foundShare && !names.place:
		return r.is(None, "共同部分过少")
	case clash == Number && !names.place && names.road:
		return r.is(None, "同路而门牌号不同")
	case clash != fields:
		return r.is(Partial, "")
	case share(names.foundWeight, names.weight) < coveredShare:
		return r.is(Partial, "只有一部分名称相同")
	case len(b.tail) > 0 && overlap(a.grams[1], b.tail).inSecond() < foundShare:
		return r.is(Partial, "对方另有所指的地点")
	case state(a.values(Building), b.values(Building)) == onlyFirst, !names.place && finest(a) != finest(b):
		return r.is(Partial, "两个地址的详细程度不同")
	}
	return r.is(Full, "名称齐全且无矛盾")
}

type reasons []string

func (r *reasons) say(form string, values ...any) { *r = append(*r, fmt.Sprintf(form, values...)) }

// is closes the reasons with the one that decided.
func (r *reasons) is(c Class, why string) Verdict {
	if why != "" {
		r.say("%s", why)
	}
	return Verdict{Class: c, Reasons: *r}
}

// areasApart finds an area that both addresses name and of which neither names
// the other's. Counties and towns are merged and renamed too often to decide
// alone; provinces and cities seldom are.
func areasApart(a, b *Address) (Field, bool) {
	for _, f := range []Field{Province, City} {
		if len(a.zones[f]) == 0 || len(b.zones[f]) == 0 {
			continue
		}
		if overlap(a.zones[f], b.grams[1]).count == 0 && overlap(a.grams[1], b.zones[f]).count == 0 {
			return f, true
		}
	}
	return 0, false
}

// anchored are the names of an address that are found in the other one and
// those that are not, with their rarity.
type anchored struct {
	found, lost         []Part
	weight, foundWeight float64
	place, road         bool // such a name was found
}

// anchors looks for the names of places, roads and villages of a in b.
func anchors(a, b *Address) anchored {
	var out anchored
	for _, p := range a.Parts {
		if p.Field != Place && p.Field != Road && p.Field != Village {
			continue
		}
		s := overlap(a.gramsOf(p), b.grams[1])
		out.weight += s.first
		if s.inFirst() < foundShare || s.count == 0 {
			out.lost = append(out.lost, p)
			continue
		}
		out.foundWeight += s.first
		out.found = append(out.found, p)
		out.place = out.place || p.Field != Road
		out.road = out.road || p.Field == Road
	}
	return out
}

// clashes tells the numbers that contradict each other and returns the widest
// field that does; fields is none. A number of a crossing's road is none of
// the house.
func (r *reasons) clashes(a, b *Address) Field {
	widest := fields
	for _, f := range []Field{Number, Zone, Building, Unit, Floor, Room} {
		if state(a.values(f), b.values(f)) != conflict {
			continue
		}
		r.say("%s不同：%s与%s", f, a.text(f), b.text(f))
		widest = min(widest, f)
	}
	return widest
}

// finest is the narrowest field that an address reaches.
func finest(a *Address) Field {
	out := Province
	for _, p := range a.Parts {
		if p.Field <= Room {
			out = max(out, p.Field)
		}
	}
	return out
}
