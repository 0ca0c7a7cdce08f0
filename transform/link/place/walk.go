package place

import (
	"slices"
	"strings"

	"huiliu/transform/address"
)

// walk reads the pieces of one address in their order.
type walk struct {
	reader  *Reader
	sig     Signature
	inside  Inside
	letter  string // 甲 before a house number
	several bool   // it names two houses, so it is at neither
	beside  bool   // it is told by a place that it is near
}

func (w *walk) all(pieces []piece) {
	for _, p := range pieces {
		name, beside := trim(p.name)
		if p.unit == "米" {
			name, beside = strings.TrimRight(name, "东南西北"), true
		}
		if beside && name == "" {
			w.beside = true
		}
		if w.beside {
			return
		}
		w.name(name)
		if beside {
			w.beside = true
			return
		}
		w.number(p, name)
	}
}

var brackets = strings.NewReplacer("(", "", ")", "")

// trim takes off a name's end what stands before the place (门口), and reports
// whether the name tells a place by another one (附近). Of what follows such a
// word nothing is read.
func trim(name string) (short string, beside bool) {
	name = brackets.Replace(name)
	for _, word := range near {
		if before, _, ok := strings.Cut(name, word); ok {
			name, beside = before, true
		}
	}
	for {
		word := last(name, at)
		if word == "" {
			return name, beside
		}
		name = strings.TrimSuffix(name, word)
	}
}

// name reads a name: the first is a road's or a compound's, one behind a house
// number is a compound's.
func (w *walk) name(name string) {
	if name == "" || w.joins(name) || w.sig.House != "" {
		return
	}
	if before, behind, ok := strings.Cut(name, "交叉口"); ok {
		w.crossing(before, behind)
		return
	}
	h := w.reader.head(name)
	w.sig.Area += h.area
	w.sig.Community = firstOf(w.sig.Community, h.community)
	if h.road != "" && w.sig.Road == "" {
		w.sig.Road = h.road
	}
	switch {
	case h.road != "" && len(h.rest) == len("甲") && strings.Contains("甲乙丙丁", h.rest):
		w.letter = h.rest
	case h.rest != "" && w.sig.Compound == "":
		w.sig.Compound = h.rest
	}
}

// joins reports whether a name only joins numbers: 附3号, 之3, 3和4幢.
func (w *walk) joins(name string) bool {
	return w.sig.Number+w.sig.House != "" && slices.Contains(joining, name)
}

var joining = []string{"附", "之", "和", "与", "及", "、", "至"}

// crossing is a road's place that has no number: the roads in one order.
func (w *walk) crossing(before, behind string) {
	h := w.reader.head(before)
	w.sig.Area, w.sig.Community = h.area, firstOf(w.sig.Community, h.community)
	roads := h.road + h.rest
	for _, join := range []string{"与", "和", "跟", "及"} {
		if a, b, ok := strings.Cut(roads, join); ok && isRoad(a) && isRoad(b) {
			pair := []string{a, b}
			slices.Sort(pair)
			w.sig.Road = pair[0] + "×" + pair[1]
		}
	}
	w.beside = behind != "" || w.sig.Road == ""
}

// number reads a number by its unit and by the name that it stands behind.
func (w *walk) number(p piece, name string) {
	s := &w.sig
	switch {
	case p.run == "":
	case p.unit == "单元" || p.unit == "层" || p.unit == "室" || p.unit == "户" || p.unit == "号门":
		w.door(p)
	case p.unit == "幢":
		w.house(p)
	case s.House != "" || w.inside != Inside{}:
		w.door(p)
	case s.Compound != "" && (p.unit != "" || strings.Contains(p.run, "-")):
		w.houseAndDoor(p)
	case s.Compound != "":
		w.door(p)
	case s.Road == "": // a number of nothing
	case s.Number == "":
		w.onRoad(p)
	case name == "附" || name == "之":
		s.Number += "-" + p.run
	case strings.HasSuffix(s.Number, "弄"):
		w.house(p)
	case p.unit == "号":
		w.several = true
	default:
		w.door(p)
	}
}

// onRoad reads the number of a house on a road. Of 12-3-502 only the first is
// sure to be one.
func (w *walk) onRoad(p piece) {
	number := p.run
	if strings.Count(number, "-") > 1 {
		number, _, _ = strings.Cut(number, "-")
	}
	if p.unit == "弄" {
		number += "弄"
	}
	w.sig.Number = w.letter + number
}

func (w *walk) house(p piece) {
	switch {
	case strings.Contains(p.run, "-"):
		w.several = true
	case w.sig.House != "" && w.sig.House != p.run:
		w.several = true
	default:
		w.sig.House = p.run
	}
}

// mostHouse bounds the characters of a house's number that only a 号 or a dash
// tells: a longer one is likely a room's, but in a village.
const mostHouse = 2

// houseAndDoor reads 3号, 3-502 and 3-2-502 behind a compound.
func (w *walk) houseAndDoor(p piece) {
	house, rest, dashed := strings.Cut(p.run, "-")
	if len(house) > mostHouse && !strings.ContainsAny(w.sig.Compound, "村组队") {
		w.door(p)
		return
	}
	if dashed && p.unit != "" && p.unit != "室" && p.unit != "户" {
		w.several = true
		return
	}
	w.house(piece{run: house})
	if dashed {
		w.door(piece{run: rest})
	}
}

// door reads where inside a house: a unit, a floor, a room, or 2-502.
func (w *walk) door(p piece) {
	unit, room, dashed := strings.Cut(p.run, "-")
	switch {
	case p.unit == "单元" || p.unit == "号门":
		w.inside.Unit = p.run
	case p.unit == "层":
		w.inside.Floor = p.run
	case dashed && len(unit) <= mostHouse:
		w.inside.Unit, w.inside.Room = unit, room
	default:
		w.inside.Room = p.run
	}
}

// close gives the reading. What is told by another place, or names two houses,
// is known to the compound or the road alone.
func (w *walk) close(normal string) Reading {
	s := &w.sig
	if w.beside || w.several {
		s.House, w.inside = "", Inside{}
		if s.Compound == "" || w.beside {
			s.Number = ""
		}
	}
	if numeralName(s.Compound) {
		s.Compound = s.Community + s.Compound
	}
	// A name that no house stands behind and that doesn't end as a place's does
	// may be a shop's or a person's.
	if !nameable(s.Compound) || numeralName(s.Compound) || s.House == "" && compoundEnd(s.Compound) == "" {
		s.Compound = ""
		if s.Number == "" {
			s.House = ""
		}
	}
	if s.Compound == "" && s.Road == "" && s.Community == "" && normal != "" && !slices.Contains(void, normal) {
		*s = Signature{Alone: w.reader.alone(normal)}
		return Reading{Signature: *s}
	}
	return Reading{Signature: *s, Inside: w.inside, Level: w.level()}
}

// numeralName reports whether a name is a number alone, as 3组: it names
// something only within its community.
func numeralName(name string) bool {
	end := last(name, partOfName)
	digits := strings.TrimSuffix(name, end)
	return end != "" && strings.Trim(digits, "0123456789") == ""
}

func (w *walk) level() address.Level {
	s := &w.sig
	switch {
	case s.House == "" && s.Number == "" && s.Compound == "" && s.Road != "":
		return address.OnRoad
	case s.House == "" && s.Number == "" && s.Compound == "" && s.Community != "":
		return address.InCommunity
	case s.House == "" && s.Number == "" && s.Compound == "":
		return address.Nowhere
	case w.inside.Room != "":
		return address.AtRoom
	case w.inside.Unit != "" || w.inside.Floor != "":
		return address.AtUnit
	case s.House != "":
		return address.AtBuilding
	}
	return address.AtPlace
}
