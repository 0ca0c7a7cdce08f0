// Package source is the definition of a department's feed: where it is, how
// often, its zone, its way of change, the contract its fields keep and how
// they map to entities. A source is one folder with a source.yaml; nothing
// else in the house names a department.
package source

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"huiliu/internal/conf"
)

// Change is how a table tells what changed since it was last read.
type Change string

const (
	// Append gives each record once and never again.
	Append Change = "append"
	// Upsert gives a record again when it changes.
	Upsert Change = "upsert"
	// Snapshot gives the complete state each time; what is absent has vanished.
	Snapshot Change = "snapshot"
	// CDC gives inserts, updates and deletes as they happened.
	CDC Change = "cdc"
)

// Definition is one source.
type Definition struct {
	// ID is the short name used in topics, paths and tables.
	ID string
	// Name is what an official calls the department.
	Name string
	// Zone is the zone of the source's clock times.
	Zone *time.Location
	// Every is the schedule as a cron line in the site's zone; empty means
	// only when asked.
	Every string
	// Connector names the protocol.
	Connector string
	// Connection is the connector's own settings of the whole source.
	Connection conf.Section
	// Limits stop the source when too much of it is bad.
	Limits Limits
	// RetentionDays is how long raw pages are kept.
	RetentionDays int
	// Tables in the order of their partitions: new ones go to the end.
	Tables []Table
	// Hash is a fingerprint of the definition's text.
	Hash string
	// Place is where the definition stands.
	Place string
}

// Limits is how much of one run may be bad before the source stops; zero
// values mean no limit.
type Limits struct {
	// Rows is a number of quarantined records and rejects.
	Rows int64 `yaml:"rows"`
	// Share is their share of what was read, 0 to 1; it counts from the
	// hundredth record on.
	Share float64 `yaml:"share"`
}

// Table is one kind of record that the source gives.
type Table struct {
	Name   string
	Change Change
	// Key is the fields that identify a record. The pseudo-fields $origin and
	// $row identify it by its place, for feeds that give no identity.
	Key []string
	// Version is the field that orders the versions of a record, empty when
	// the source has none.
	Version string
	// Delete tells which records are deletions, when the feed marks them.
	Delete *Mark
	// Ignore lists fields that don't count as a change.
	Ignore []string
	// Read is the connector's own settings of this table.
	Read conf.Section
	// Contract is what the fields keep.
	Contract Contract
	// Maps say what the records become.
	Maps []Map
	// Stream and Partition are where the table's pages go.
	Partition int
}

// Mark is a field and the texts in it that mark a record.
type Mark struct {
	Field  string   `yaml:"field,required"`
	Values []string `yaml:"values,required"`
}

// Mode is what happens to what a contract did not foresee (dlt's words).
type Mode string

const (
	// Evolve takes it in.
	Evolve Mode = "evolve"
	// Freeze stops the stream before the page.
	Freeze Mode = "freeze"
	// DiscardRow quarantines the record.
	DiscardRow Mode = "discard_row"
	// DiscardValue loads the record without the value and quarantines the cell.
	DiscardValue Mode = "discard_value"
)

// Contract is what a table's records promise to look like.
type Contract struct {
	// Columns is for a field that Fields doesn't name; Types for a value that
	// is not of its field's type.
	Columns Mode
	Types   Mode
	// Fields in the order they are written; none means nothing is promised.
	Fields []Field
}

// Field is the promise of one field.
type Field struct {
	Name string
	// Type is text, int, number, bool, date, time or json; a text that reads
	// as the type keeps the promise.
	Type string
	// Required says that the field must be in the page; NotNull that each
	// record must have a value.
	Required bool
	NotNull  bool
	// OnType overrides the contract's Types for this field.
	OnType Mode
}

// Map says what a record becomes: one row of an entity. A table may have
// several.
type Map struct {
	// Entity names the entity.
	Entity string
	// Name tells several maps of one entity apart; it becomes part of the row's id.
	Name string
	// Of is set when the record is about a row of another table: the map then
	// makes events of that row and no row of its own.
	Of *Owner
	// When lists conditions that a record must meet to become a row.
	When []Condition
	// Fields maps entity fields to the section that says where the value
	// comes from; transform/normalise compiles it.
	Fields []Assignment
	// Events are what the record says has happened.
	Events []Assignment
	Place  string
}

// Owner is another table of the source and the fields that hold its key.
type Owner struct {
	Table string   `yaml:"table,required"`
	Key   []string `yaml:"key,required"`
}

// Condition is met when the field's text is one of Is, or is none of Not, or
// (both empty) is there at all.
type Condition struct {
	Field string   `yaml:"field,required"`
	Is    []string `yaml:"is"`
	Not   []string `yaml:"not"`
}

// Assignment is one entry of a map.
type Assignment struct {
	Field string
	Value conf.Section
}

// Table returns a table by name, nil when there is none.
func (d *Definition) Table(name string) *Table {
	for i := range d.Tables {
		if d.Tables[i].Name == name {
			return &d.Tables[i]
		}
	}
	return nil
}

func hashText(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
