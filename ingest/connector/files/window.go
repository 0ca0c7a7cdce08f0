package files

import (
	"io"

	"huiliu/ingest/page"
)

// windowSize holds the largest record that fits a page, with room to spare.
const windowSize = page.MaxBytes + 128<<10

// window holds the bytes of a content around the record at hand.
type window struct {
	in   io.Reader
	buf  []byte
	r, w int
	// offset is that of buf[r] in the content.
	offset int64
	// err is what ended the content: io.EOF, damage, or a failing disk.
	err error
}

func newWindow(in io.Reader, offset int64) *window {
	return &window{in: in, buf: make([]byte, windowSize), offset: offset}
}

// bytes returns what is there.
func (w *window) bytes() []byte { return w.buf[w.r:w.w] }

// ended reports that no more bytes will come.
func (w *window) ended() bool { return w.err != nil }

// full reports that more bytes don't fit: the record is too large for a page.
func (w *window) full() bool { return w.w-w.r > page.MaxBytes }

// drop passes over bytes that were dealt with.
func (w *window) drop(n int) {
	w.r += n
	w.offset += int64(n)
}

// more reads at least one byte more or meets the end.
func (w *window) more() {
	if w.r > 0 {
		w.w = copy(w.buf, w.buf[w.r:w.w])
		w.r = 0
	}
	for tries := 0; w.err == nil && w.w < len(w.buf); tries++ {
		n, err := w.in.Read(w.buf[w.w:])
		w.w += n
		w.err = err
		if n > 0 {
			return
		}
		if tries > 100 {
			w.err = io.ErrNoProgress
		}
	}
}

// restReader gives the bytes of an overlong record up to its end, or to the
// end of the content.
type restReader struct {
	w *window
	// find returns how many of the bytes belong to the record, -1 for all of
	// them and more; it sees every byte once, in order.
	find func([]byte) int
	done bool
}

// Read is io.Reader's.
func (r *restReader) Read(p []byte) (int, error) {
	if r.done || len(p) == 0 {
		return 0, io.EOF
	}
	if len(r.w.bytes()) == 0 {
		r.w.more()
	}
	have := r.w.bytes()
	if len(have) == 0 {
		return 0, r.w.err
	}
	have = have[:min(len(have), len(p))]
	if at := r.find(have); at >= 0 {
		have, r.done = have[:at], true
	}
	n := copy(p, have)
	r.w.drop(n)
	return n, nil
}
