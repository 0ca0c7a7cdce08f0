// Package connector is what every protocol is to the house: a reader that
// goes on from a mark and fills pages. A connector knows its protocol and no
// department; the protocols lie in the folders beside this file, and the
// acceptance suite in connectortest is the same for all.
package connector

import (
	"context"
	"io"
	"log/slog"
	"time"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

// Connector reads the tables of one source.
type Connector interface {
	// Check asks the source whether it answers, without reading records.
	Check(ctx context.Context) error
	// Open begins to read a table after the request's cursor.
	Open(ctx context.Context, req Request) (Reader, error)
	// Close gives back connections.
	Close() error
}

// Factory makes a connector from a source's definition. It decodes the
// definition's Connection and each table's Read strictly and returns every
// fault at once; it touches no network and no file.
type Factory func(def *source.Definition, tools Tools) (Connector, error)

// Tools is what a connector may use of the house.
type Tools struct {
	Log *slog.Logger
	// Now is the clock, for waits and time-outs alone; it never reaches a
	// record.
	Now func() time.Time
	// Keep streams a record that is too large for a page into the sealed
	// archive and returns the reject that stands for it, with its length and
	// hash. Never nil.
	Keep func(place page.Place, record io.Reader) (page.Reject, error)
}

// Request says what to read.
type Request struct {
	Table *source.Table
	// Cursor is the mark of the last page that went out, empty at first.
	Cursor string
	// Name tells snapshots of reads apart that have no name of their own: it
	// is the same when a read is taken up again after a crash.
	Name string
}

// Reader reads one table onward. It is used by one goroutine.
type Reader interface {
	// Next adds records and rejects to an empty builder until it is full, a
	// snapshot ends, or nothing more is there now. An error loses the page
	// under construction: the stream goes on from the last mark, so Next must
	// be able to read the same again.
	Next(ctx context.Context, b *page.Builder) (Progress, error)
	Close() error
}

// Progress is where the source stands after a page.
type Progress struct {
	// Cursor is the mark after the page's last record; equal to the one
	// before when the page is empty and nothing was passed.
	Cursor string
	// Read is how many records and rejects the reader took from the source
	// for this page, by its own count.
	Read int64
	// Snapshot is the snapshot that the page belongs to.
	Snapshot page.Snapshot
	// Done says that nothing more is there now.
	Done bool
}

// Committer is a Reader of a pushed source, whose sender waits to hear that
// its messages are safe.
type Committer interface {
	// Committed says that all up to the cursor is in the store.
	Committed(ctx context.Context, cursor string) error
}

// Retryable is implemented by errors that tell how a failed call may be
// tried again.
type Retryable interface {
	// RetryAfter returns the least wait before the next try, and false when a
	// further try is useless.
	RetryAfter() (time.Duration, bool)
}
