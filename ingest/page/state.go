package page

import "fmt"

// State is how far a stream's one line of history has come. The writer and
// the loader follow a partition with the same rules, so they always agree on
// which pages count.
type State struct {
	Epoch  int64  `json:"epoch"`
	Writer string `json:"writer"`
	// Seq is the last page of the epoch that counts.
	Seq    int64  `json:"seq"`
	Cursor string `json:"cursor"`
	// Sum is the SHA-256 of that page in hex, empty after an opening page.
	Sum string `json:"sum"`
}

// Outcome is what becomes of a page in its stream.
type Outcome uint8

const (
	// Accept: the page is next in line and State has moved to it.
	Accept Outcome = iota
	// Repeat: the same page came before; it is dropped.
	Repeat
	// Stale: an older writer's page, after a newer one opened its epoch; it
	// is dropped and counted.
	Stale
	// Broken: the page does not continue the stream, which must stop.
	Broken
)

// Apply follows one page. The reason is given for Stale and Broken. A page
// whose number lies further back than the last one is Repeat here: the loader
// compares it with the sum it has recorded.
func (s *State) Apply(h *Header) (Outcome, string) {
	if h.Opens() {
		return s.open(h)
	}
	switch {
	case h.Epoch < s.Epoch:
		return Stale, fmt.Sprintf("epoch %d is over, epoch %d is open", h.Epoch, s.Epoch)
	case h.Epoch > s.Epoch:
		return Broken, fmt.Sprintf("epoch %d was never opened, epoch %d is open", h.Epoch, s.Epoch)
	case h.Writer != s.Writer:
		return Stale, fmt.Sprintf("epoch %d was opened by another writer", h.Epoch)
	case h.Seq < s.Seq:
		return Repeat, ""
	case h.Seq == s.Seq:
		if s.Sum == h.sumText() {
			return Repeat, ""
		}
		return Broken, fmt.Sprintf("page %d of epoch %d comes again with other bytes", h.Seq, h.Epoch)
	case h.Seq > s.Seq+1:
		return Broken, fmt.Sprintf("page %d of epoch %d follows page %d: pages are missing", h.Seq, h.Epoch, s.Seq)
	case h.CursorBefore != s.Cursor:
		return Broken, fmt.Sprintf("page %d of epoch %d begins at another mark than the stream has reached", h.Seq, h.Epoch)
	}
	s.Seq, s.Cursor, s.Sum = h.Seq, h.CursorAfter, h.sumText()
	return Accept, ""
}

func (s *State) open(h *Header) (Outcome, string) {
	switch {
	case h.Epoch > s.Epoch:
		s.Epoch, s.Writer, s.Seq, s.Sum = h.Epoch, h.Writer, 0, ""
		return Accept, ""
	case h.Epoch == s.Epoch && h.Writer == s.Writer:
		return Repeat, ""
	}
	return Stale, fmt.Sprintf("epoch %d was opened by another writer", s.Epoch)
}

func (h *Header) sumText() string { return fmt.Sprintf("%x", h.Sum) }
