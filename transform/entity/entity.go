// Package entity is the canonical row types: what a person, a building or a
// service request is to the house, whichever department tells of it. The
// store's tables, the maps' checks and the catalogue are all made from the
// declarations here.
package entity

import "fmt"

// Kind is the type of an attribute.
type Kind uint8

const (
	// Text is text that names no person.
	Text Kind = iota
	// Category is text of a small vocabulary.
	Category
	// Int is a whole number.
	Int
	// Decimal is a number with up to six decimals, DECIMAL(18,6).
	Decimal
	// Bool is yes or no.
	Bool
	// Day is a calendar day.
	Day
	// Instant is a moment: stored as <name>_at, a UTC timestamp, and
	// <name>_on, the local day; a source that gives only the day leaves
	// <name>_at without a value.
	Instant
	// Point is a place on the earth, WGS 84: stored as lat, long (degrees,
	// six decimals), h3_7 to h3_9 (H3 cells as BIGINT) and place_state (ok,
	// none, suspect).
	Point
	// Home is a point where somebody lives: its cells alone, resolution 9 at
	// most, are stored.
	Home
)

// Tag says what an attribute tells of a person, and so how it is kept.
type Tag uint8

const (
	// Plain tells nothing of a person.
	Plain Tag = iota
	// IdentityNumber is a citizen's identity number (GB 11643-1999).
	IdentityNumber
	// Phone is a telephone number.
	Phone
	// PersonName is a person's name.
	PersonName
	// Address is an address to the door.
	Address
	// FreeText is what somebody wrote; it may hold any of the above.
	FreeText
)

// Attribute is one thing an entity says of itself. One with a Tag other than
// Plain is never stored in the clear: <name>_token is its keyed pseudonym,
// <name>_mask the form for showing, the value itself is sealed with the row.
type Attribute struct {
	Name string
	Kind Kind
	Tag  Tag
	// Label is the name an official reads; it becomes the column's comment.
	Label string
	// Unit of a number, empty when it has none.
	Unit string
}

// Type is one entity.
type Type struct {
	// Name is the table's name.
	Name string
	// Label is what an official calls it.
	Label string
	// Reference tells of types that describe the site rather than what
	// happens in it; they are published under ref.
	Reference  bool
	Attributes []Attribute
	// Events that can happen to a row, in their natural order.
	Events []Event
}

// Event is one kind of thing that happens to an entity's row.
type Event struct{ Name, Label string }

// Attribute returns an attribute by name, nil when there is none.
func (t *Type) Attribute(name string) *Attribute {
	for i := range t.Attributes {
		if t.Attributes[i].Name == name {
			return &t.Attributes[i]
		}
	}
	return nil
}

// Column is one stored column of an entity's table.
type Column struct {
	Name string
	// SQL is the DuckDB type.
	SQL string
	// Attribute is where the column comes from.
	Attribute *Attribute
	// Comment is Chinese, for the catalogue.
	Comment string
}

// Columns returns the stored columns in order: what each attribute becomes.
func (t *Type) Columns() []Column {
	var out []Column
	for i := range t.Attributes {
		out = append(out, t.Attributes[i].columns()...)
	}
	return out
}

func (a *Attribute) columns() []Column {
	one := func(suffix, sql, note string) Column {
		comment := a.Label + note
		if a.Unit != "" {
			comment += fmt.Sprintf("（%s）", a.Unit)
		}
		return Column{Name: a.Name + suffix, SQL: sql, Attribute: a, Comment: comment}
	}
	if a.Tag != Plain {
		return []Column{one("_token", "VARCHAR", "：比对用假名"), one("_mask", "VARCHAR", "：脱敏")}
	}
	switch a.Kind {
	case Int:
		return []Column{one("", "BIGINT", "")}
	case Decimal:
		return []Column{one("", "DECIMAL(18,6)", "")}
	case Bool:
		return []Column{one("", "BOOLEAN", "")}
	case Day:
		return []Column{one("", "DATE", "")}
	case Instant:
		return []Column{one("_at", "TIMESTAMP", "时刻（UTC）"), one("_on", "DATE", "日期（当地）")}
	case Point, Home:
		cells := []Column{}
		for _, r := range []string{"7", "8", "9"} {
			cells = append(cells, Column{Name: "h3_" + r, SQL: "BIGINT", Attribute: a, Comment: a.Label + "：H3 网格，" + r + " 级"})
		}
		state := Column{Name: "place_state", SQL: "VARCHAR", Attribute: a, Comment: a.Label + "：ok 可用，none 无坐标，suspect 可疑（在辖区外）"}
		if a.Kind == Home {
			return append(cells, state)
		}
		ends := []Column{
			{Name: "lat", SQL: "DOUBLE", Attribute: a, Comment: a.Label + "：纬度（度，WGS 84）"},
			{Name: "long", SQL: "DOUBLE", Attribute: a, Comment: a.Label + "：经度（度，WGS 84）"},
		}
		return append(append(ends, cells...), state)
	}
	return []Column{one("", "VARCHAR", "")}
}

// Find returns an entity by name, nil when there is none.
func Find(name string) *Type {
	for i := range Types {
		if Types[i].Name == name {
			return &Types[i]
		}
	}
	return nil
}
