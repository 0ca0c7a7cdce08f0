package normalise

import (
	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/transform/entity"
)

// Fate is what the transform already knows of a record's end.
type Fate uint8

const (
	// Load: the record becomes rows.
	Load Fate = iota
	// Delete: the record ends its row.
	Delete
	// Filtered: no map wants the record.
	Filtered
	// Quarantined: the record can't become what it should; Bad says why.
	Quarantined
)

// Record is what the loader must know of one record to decide its fate.
type Record struct {
	// Key and Check are 128 bits of the hash of the row's id: equal keys with
	// unequal checks are different records.
	Key, Check uint64
	// Version orders the versions of a record: microseconds since 1970 or the
	// source's own number; HasVersion is false when it gives none.
	Version    int64
	HasVersion bool
	Fate       Fate
}

// Bad is one record or cell for the quarantine.
type Bad struct {
	// Record is its position in the page; Field names the cell, empty when
	// the whole record is bad.
	Record int
	Field  string
	Code   string
	Cause  string
	Mend   string
	// Value is the cell's text, empty for a whole record.
	Value []byte
}

// Rows is the rows that one map made of a page.
type Rows struct {
	Map    *source.Map
	Entity *entity.Type
	// Record is the position in the page of each row's record.
	Record []int32
	// Batch has the columns of Transform.Schema.
	Batch arrow.RecordBatch
}

// Output is what one page becomes. Release gives its memory back.
type Output struct {
	Records []Record
	Rows    []Rows
	// Events has the columns id, entity, event (VARCHAR), happened_at
	// (TIMESTAMP, UTC), happened_on (DATE), _event (UBIGINT); EventRecord is
	// the position in the page of each event's record.
	Events      arrow.RecordBatch
	EventRecord []int32
	Bad         []Bad
}

// Release gives the batches back.
func (o *Output) Release() {
	for _, r := range o.Rows {
		r.Batch.Release()
	}
	if o.Events != nil {
		o.Events.Release()
	}
}

// Verdict is what a contract says of a page.
type Verdict struct {
	// Freeze is the reason to stop the stream before this page, nil when it
	// may pass.
	Freeze error
	// Rows are records to quarantine, Cells values to leave out.
	Rows, Cells []Bad
	// Drift tells what the contract did not foresee, with the row that showed
	// it and the edit that would accept it.
	Drift []Drift
}

// Drift is one departure from a contract that was let in or refused.
type Drift struct {
	Field, What, Edit string
	Place             page.Place
	Mode              source.Mode
}
