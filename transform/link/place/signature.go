package place

import (
	"cmp"
	"strings"
)

// Level is how narrow a place is.
type Level int

// The levels, the widest first. Nowhere is for what names no place: its rows
// must not be counted as being at one place.
const (
	Nowhere Level = iota
	Community
	Road
	Compound
	Number // a house number on a road that is no compound's gate
	Building
)

var levelNames = [...]string{"nowhere", "community", "road", "compound", "number", "building"}

// String is the level's name in lower case, "unknown" for none.
func (l Level) String() string {
	if l >= 0 && int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// Signature is what a row says of where something is, in one form. It is
// comparable and holds no room and no person, as far as a name before a house's
// number is a compound's; names are as people write them, so it is kept sealed
// like any address. What is not told is empty.
type Signature struct {
	// Code is the building's number as departments share it.
	Code string
	// Area is the town, or the district, of an address that lies outside the
	// site; empty for one inside or silent about it.
	Area string
	// Community is without 社区 or 居委会.
	Community string
	// Road and Number say where on a road: 12, 12-3 for 12号附3号, 123弄.
	Road, Number string
	// Compound and House say which building of which compound. The house is a
	// number or a letter without 幢, 栋, 号楼 or #.
	Compound, House string
	// Alone is the caller's pseudonym of a text that can't be read, and is empty
	// for all others.
	Alone string
}

// Empty reports whether a signature says nothing at all.
func (s Signature) Empty() bool { return s == Signature{} }

// compare orders signatures.
func (s Signature) compare(o Signature) int {
	return cmp.Or(
		strings.Compare(s.Code, o.Code), strings.Compare(s.Area, o.Area), strings.Compare(s.Compound, o.Compound),
		strings.Compare(s.House, o.House), strings.Compare(s.Road, o.Road), strings.Compare(s.Number, o.Number),
		strings.Compare(s.Community, o.Community), strings.Compare(s.Alone, o.Alone),
	)
}

// Inside is where within its place a row is. It is given beside the signature
// and is never part of it.
type Inside struct{ Unit, Floor, Room string }
