package address

import "strings"

// Level is how far down an address says where something is.
type Level uint8

// The levels, from the vaguest.
const (
	Nowhere     Level = iota
	InDivision        // a province to a town
	InCommunity       // a community or a grid
	OnRoad            // a road without a number
	AtPlace           // a number on a road, or a compound
	AtBuilding        // a building of the place
	AtUnit            // a unit, or a floor where there is none
	AtRoom            // a room
)

var levelNames = [...]string{"nowhere", "division", "community", "road", "place", "building", "unit", "room"}

// String is the level's name in lower case, "unknown" for none.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// Address is an address read: names as they are written but folded, divisions
// in their full form where Nation has them, numbers as digits without the word
// behind them. What is not told is empty.
type Address struct {
	Province, City, District, Zone, Town string
	Community, Grid                      string
	Road, Number, SubRoad, SubNumber     string
	Compound, SubCompound                string
	Building, Unit, Floor, Room          string
	Occupant                             string
	// Level is the finest of the parts that were sure enough.
	Level Level
	// Sure is the least probability of the parts from which the level follows,
	// 0 for Nowhere.
	Sure float64
}

// enough is the probability from which on a part counts for the level: more
// likely right than wrong.
const enough = .5

// Read parses an address and reads its parts.
func (p *Parser) Read(text string) Address { return Read(p.Parse(text)) }

// Read puts parts into an Address. Of a kind that comes twice the first
// counts, but a second compound is a part of the first.
func Read(parts []Part) Address {
	var a Address
	parts = mend(parts)
	for _, p := range parts {
		if f := a.field(p.Kind); f != nil && *f == "" {
			*f = normal(p.Kind, p.Text)
		} else if p.Kind == Compound && a.SubCompound == "" {
			a.SubCompound = plain(p.Text)
		}
	}
	if a.Floor == "" {
		a.Floor = floorOf(a.Room)
	}
	a.complete()
	a.Level, a.Sure = levelOf(parts)
	return a
}

func (a *Address) field(k Kind) *string {
	fields := [kinds]*string{Province: &a.Province, City: &a.City, District: &a.District, Zone: &a.Zone, Town: &a.Town,
		Community: &a.Community, Grid: &a.Grid, Road: &a.Road, Number: &a.Number, SubRoad: &a.SubRoad,
		SubNumber: &a.SubNumber, Compound: &a.Compound, SubCompound: &a.SubCompound, Building: &a.Building,
		Unit: &a.Unit, Floor: &a.Floor, Room: &a.Room, Occupant: &a.Occupant}
	if k >= kinds {
		return nil
	}
	return fields[k]
}

// normal writes a part's text in the one form of its kind.
func normal(k Kind, s string) string {
	switch k {
	case Number, SubNumber:
		return houseNumber(s)
	case Building:
		return bare(s, buildingWords)
	case Unit:
		return bare(s, unitWords)
	case Floor:
		return floorNumber(s)
	case Room:
		return bare(s, roomWords)
	case Grid:
		return strings.Trim(plain(s), "网格")
	case Town:
		return strings.TrimSuffix(folded(s), "办事处")
	}
	return folded(s)
}

// folded writes a name without white space and in folded form.
func folded(s string) string {
	var b strings.Builder
	for _, t := range tokenise(s) {
		b.WriteString(t.norm)
	}
	return b.String()
}

// mend corrects what the field can't know: a number before 米 is a distance, a
// 网格 is a grid, and numbers joined by dashes behind a compound are building, unit and room.
func mend(parts []Part) []Part {
	out := make([]Part, 0, len(parts))
	for i, p := range parts {
		numbered := p.Kind == Number || p.Kind == SubNumber || p.Kind == Building || p.Kind == Room || p.Kind == Unit
		switch {
		case numbered && (strings.HasSuffix(p.Text, "米") || i+1 < len(parts) && strings.HasPrefix(parts[i+1].Text, "米")):
			p.Kind = Hint
			out = append(out, p)
		case p.Kind != Grid && strings.HasSuffix(p.Text, "网格"):
			p.Kind = Grid
			out = append(out, p)
		case numbered && i > 0 && within(parts[:i]) && strings.Count(folded(p.Text), "-") == 2:
			out = append(out, split(p)...)
		default:
			out = append(out, p)
		}
	}
	return out
}

// within reports whether the last part that means something is a compound.
func within(before []Part) bool {
	for i := len(before) - 1; i >= 0; i-- {
		switch before[i].Kind {
		case Compound, SubCompound:
			return true
		case Redundant, Hint:
			continue
		}
		return false
	}
	return false
}

func split(p Part) []Part {
	pieces := strings.Split(folded(p.Text), "-")
	for _, s := range pieces {
		if s == "" {
			return []Part{p}
		}
	}
	var out []Part
	for i, k := range []Kind{Building, Unit, Room} {
		q := p
		q.Kind, q.Text = k, pieces[i]
		out = append(out, q)
	}
	return out
}

// complete writes divisions in full and adds the province of a prefecture.
func (a *Address) complete() {
	names := nationIndex()
	if long, ok := names.province[a.Province]; ok {
		a.Province = long
	}
	if long, ok := names.city[a.City]; ok {
		a.City = long
	}
	if p, ok := names.above[a.City]; ok && a.Province == "" {
		a.Province = p
	}
	// A municipality is province and prefecture in one.
	if _, ok := names.city[a.Province]; ok && a.City == "" {
		a.City = a.Province
	}
}

func levelOf(parts []Part) (Level, float64) {
	var level Level
	sure := map[Level]float64{}
	for _, p := range parts {
		l := levelOfKind(p.Kind)
		if l == Nowhere || p.Sure < enough {
			continue
		}
		sure[l] = max(sure[l], p.Sure)
		level = max(level, l)
	}
	// A building, unit or room of an unknown place says nothing.
	if _, placed := sure[AtPlace]; level > AtPlace && !placed {
		if _, road := sure[OnRoad]; road {
			level = OnRoad
		} else if _, community := sure[InCommunity]; !community {
			level = Nowhere
			if _, ok := sure[InDivision]; ok {
				level = InDivision
			}
		}
	}
	if level == Nowhere {
		return Nowhere, 0
	}
	least := sure[level]
	if level > AtPlace && sure[AtPlace] > 0 {
		least = min(least, sure[AtPlace])
	}
	return level, least
}

func levelOfKind(k Kind) Level {
	switch k {
	case Province, City, District, Zone, Town:
		return InDivision
	case Community, Grid:
		return InCommunity
	case Road, SubRoad:
		return OnRoad
	case Number, SubNumber, Compound, SubCompound:
		return AtPlace
	case Building:
		return AtBuilding
	case Unit, Floor:
		return AtUnit
	case Room:
		return AtRoom
	}
	return Nowhere
}

// Keys gives the keys of an address at a level from AtPlace on: one by road
// and number, one by compound, as far as they are told. Two addresses of one
// sub-district that share a key are the same place, building, unit or room.
// Divisions are not in the keys, for they are mostly left out: whoever compares
// more widely compares them as well. There is none where the level is not told.
func (a Address) Keys(level Level) []string {
	var inside string
	switch {
	case level < AtPlace || level > AtRoom,
		level == AtBuilding && a.Building == "",
		level == AtUnit && a.Unit == "" && a.Floor == "",
		level == AtRoom && a.Room == "":
		return nil
	case level >= AtBuilding:
		inside = "|" + a.Building
	}
	switch level {
	case AtUnit:
		inside += "|" + a.Unit
		if a.Unit == "" {
			inside += "F" + a.Floor
		}
	case AtRoom:
		inside += "|" + a.Unit + "|" + a.Room
	}
	var out []string
	road, number := a.Road, a.Number
	if a.SubRoad != "" && a.SubNumber != "" {
		road, number = a.SubRoad, a.SubNumber
	}
	switch {
	case road != "" && number != "":
		out = append(out, road+"#"+number+inside)
	case number != "" && a.Community != "":
		out = append(out, a.Community+"#"+number+inside)
	}
	if a.Compound != "" {
		out = append(out, a.Compound+"/"+a.SubCompound+inside)
	}
	return out
}
