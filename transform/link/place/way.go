package place

import (
	"strings"

	"huiliu/internal/fault"
)

// Way is how a signature came to its place.
type Way int

// The ways, the surest first.
const (
	// ByCode is by the building number that the rows give.
	ByCode Way = iota
	// ByHouse is by a compound and the number of a building in it.
	ByHouse
	// ByGate is by the house number of a compound on its road, in place of its
	// name.
	ByGate
	// ByNumber is by a house number on a road.
	ByNumber
	// ByName is by the name of something that stands at one house number.
	ByName
	// ByArea is by a compound, road or community alone: a place of that level,
	// never of a building.
	ByArea
	// ByText is for texts that can't be read: equal ones are together.
	ByText
	// Untold is for what says nothing: no place at all.
	Untold
)

var wayNames = [...]string{"code", "house", "gate", "number", "name", "area", "text", "untold"}

// String is the way's name in lower case, "unknown" for none.
func (w Way) String() string {
	if w >= 0 && int(w) < len(wayNames) {
		return wayNames[w]
	}
	return "unknown"
}

// method is a way, whether a name was taken for another spelling, and whether
// the rest of the row speaks for another building.
type method struct {
	way                Way
	respelled, against bool
}

// verdicts counts rows with a building number for which a method alone would
// have led to that number, and to another one.
type verdicts struct{ right, wrong int }

// probability is the rule of succession (Laplace 1774): .5 where nothing was
// measured, never 1.
func (v verdicts) probability() float64 {
	return float64(v.right+1) / float64(v.right+v.wrong+2)
}

// doorplate writes a house number as it is said.
func doorplate(number string) string {
	if strings.HasSuffix(number, "弄") {
		return number
	}
	return number + "号"
}

// reason says in words why a signature is in its place.
func (l *linker) reason(s Signature, k key, m method, code string) fault.Text {
	var en, zh strings.Builder
	say := func(e, z string) {
		if en.Len() > 0 {
			en.WriteString("; ")
			zh.WriteString("；")
		}
		en.WriteString(e)
		zh.WriteString(z)
	}
	road, name := s.Road+s.Number, k.name
	at := s.Road + doorplate(s.Number)
	if id, ok := senseOf(k.name); ok {
		name = l.compounds.label(id)
	}
	switch m.way {
	case ByCode:
		say("building number "+s.Code, "房屋编号"+s.Code+"一致")
		if m.against {
			say("though its address speaks for another building", "但所写地址指向另一幢房屋")
		}
	case ByHouse:
		say("building "+k.house+" of "+name, name+k.house+"幢一致")
	case ByGate:
		say(road+" is where "+name+" is", at+"即"+name)
	case ByNumber:
		say("number "+s.Number+" on "+s.Road, at+"一致")
	case ByName:
		say(s.Compound+" is at "+name+" "+k.house, s.Compound+"位于"+name+doorplate(k.house))
	case ByArea:
		say("no more told than "+name, "只写明"+name)
	case ByText:
		say("the address can't be read; equal texts are together", "地址无法识别，仅文字相同者归在一起")
	default:
		say("nothing told of a place", "未写明地点")
	}
	if m.respelled {
		for _, w := range [][2]string{{s.Compound, l.compounds.label(l.sense(s))}, {s.Road, l.road(s)}} {
			if w[0] != w[1] && w[0] != "" {
				say(w[0]+" is taken for "+w[1], "“"+w[0]+"”视为“"+w[1]+"”")
			}
		}
	}
	if code != "" && m.way != ByCode {
		say("rows that say the same have building number "+code, "写法相同的记录房屋编号为"+code)
	}
	return fault.Text{EN: en.String(), ZH: zh.String()}
}
