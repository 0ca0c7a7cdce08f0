// Package page is what travels from a department to the loader: records in
// columns, the rejects beside them, and the header that gives a page its one
// place in its stream's history. Every later stage reads pages through this
// package and knows nothing of the connector that made them.
package page

import (
	"strconv"
	"time"
)

const (
	// MaxRecords is how many records a page holds at most.
	MaxRecords = 4096
	// MaxBytes is how many bytes of field values a page holds at most; a
	// record that alone is larger is kept beside the page as a sealed blob.
	MaxBytes = 768 << 10
)

// Kind is the type a field has in the source itself. Nothing is converted on
// the way into a page: a CSV gives Text alone, a database its own types.
type Kind uint8

const (
	// Text is UTF-8 text.
	Text Kind = iota
	// Int is a signed integer of 64 bits.
	Int
	// Float is an IEEE 754 double.
	Float
	// Bool is true or false.
	Bool
	// Instant is a moment, microseconds since 1970 UTC.
	Instant
	// LocalTime is a date and clock time with no zone, as microseconds since
	// 1970-01-01 00:00 on the same clock; the source's zone makes it a moment.
	LocalTime
	// Date is a calendar day, days since 1970-01-01.
	Date
	// Bytes is binary.
	Bytes
	// JSON is a nested or mixed value as JSON text.
	JSON
)

var kindNames = [...]string{"text", "int", "float", "bool", "instant", "local_time", "date", "bytes", "json"}

// String returns the kind's name as source definitions write it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// ParseKind is the reverse of String.
func ParseKind(s string) (Kind, bool) {
	for i, n := range kindNames {
		if n == s {
			return Kind(i), true
		}
	}
	return 0, false
}

// Op is what a record does to the row of its key.
type Op uint8

const (
	// Upsert writes the row, new or changed.
	Upsert Op = 0
	// Delete ends the row.
	Delete Op = 1
)

// Field is one column of a page: its name and kind in the source.
type Field struct {
	Name string
	Kind Kind
}

// Reject is bytes that no record could be cut from.
type Reject struct {
	Place Place
	// Code is the stable code of the reason, such as csv_too_few_columns.
	Code string
	// Cause says what is wrong, Mend what the department or the analyst does.
	Cause, Mend string
	// Raw is the bytes as they came, at most RawLimit of them.
	Raw []byte
	// Size is how long the whole was, in bytes.
	Size int64
}

// RawLimit is how many bytes of a reject are carried in the page.
const RawLimit = 64 << 10

// Place says where in the source a record or a reject stood.
type Place struct {
	// Origin names the file and sheet, the URL, the topic and partition, or
	// the table: whatever the connector reads one after another.
	Origin string
	// Row counts records in the origin from 1; 0 when it has no rows.
	Row int64
	// Offset is the byte (or broker) offset in the origin, -1 when it has none.
	Offset int64
}

// String writes the place for a person: origin:row@offset.
func (p Place) String() string {
	s := p.Origin
	if p.Row > 0 {
		s += ":" + strconv.FormatInt(p.Row, 10)
	}
	if p.Offset >= 0 {
		s += "@" + strconv.FormatInt(p.Offset, 10)
	}
	return s
}

// Snapshot is the declared state of a source that a page belongs to: a file,
// or one full read. The zero value says the source declares none.
type Snapshot struct {
	// ID names it: the hash of a file's stored bytes, or a read's own name.
	ID string
	// At orders snapshots of one table: the date the file declares.
	At time.Time
	// End is true on the last page of the snapshot: it is then complete.
	End bool
	// Count is the source's own count of its records, -1 when it gives none;
	// it stands on the last page.
	Count int64
}

// Page is one decoded page.
type Page struct {
	Header  Header
	Batch   *Batch
	Rejects []Reject
}
