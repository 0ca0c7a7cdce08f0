package connectortest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	"huiliu/ingest/page"
)

// Keeper is the double of the sealed archive: it reads a record to its end,
// keeps its length and hash, and holds none of it. Its zero value is ready,
// and it is safe for concurrent use.
type Keeper struct {
	mu sync.Mutex
	// Kept lists the records in the order they came.
	Kept []Kept
	// Fail is returned by the next Keep, which then reads nothing.
	Fail error
}

// Kept is one record that was too large for a page.
type Kept struct {
	Place page.Place
	Size  int64
	Sum   string
}

// Keep is the function that connector.Tools wants.
func (k *Keeper) Keep(place page.Place, record io.Reader) (page.Reject, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.Fail; err != nil {
		k.Fail = nil
		return page.Reject{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, record)
	if err != nil {
		return page.Reject{}, err
	}
	kept := Kept{Place: place, Size: n, Sum: hex.EncodeToString(sum.Sum(nil))}
	k.Kept = append(k.Kept, kept)
	return page.Reject{
		Place: place, Code: "record_too_large", Size: n,
		Cause: "the record is too large for a page; sha256 " + kept.Sum,
		Mend:  "look at the kept blob",
	}, nil
}
