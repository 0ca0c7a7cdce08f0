package files

import (
	"bytes"
	"context"
	"io"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// xmlCutter cuts a document into its records and what stands between them.
// It reads well-formed XML as XML is meant, and of any other every byte that
// may be a record's comes out in a piece: nothing damaged takes a record
// with it unseen.
type xmlCutter struct {
	scan xmlScan
	w    *window
	// root is the document element's name, empty before it was met.
	root []byte
	// closed says that the document element's end was met.
	closed bool
}

type pieceKind int

const (
	pieceRecord  pieceKind = iota
	pieceBroken            // an element of the record's name, with what is wrong
	pieceLarge             // one that is too large for a page
	pieceStray             // what is no record and may have been one
	pieceDocType           // a document type
	pieceCut               // the document ends too early
	pieceEnd
)

// piece is a part of the document. The window stands at its beginning; of one
// that the window has no room for, within it.
type piece struct {
	kind       pieceKind
	start, end int64 // in the document; the end of a large one is not known
	why        *fault.Kind
}

// next returns the next piece.
func (c *xmlCutter) next(ctx context.Context) (piece, error) {
	g := gap{start: -1}
	for i := 0; ; {
		have := c.w.bytes()
		at := bytes.IndexByte(have[i:], '<')
		text := have[i:]
		if at >= 0 {
			text = text[:at]
		}
		g.addText(text, c.w.offset+int64(i))
		if i += len(text); at < 0 {
			if c.w.ended() {
				return c.end(&g, i), nil
			}
		} else if m, ok := c.scan.next(c.view(i), i); ok {
			p, done := c.take(&g, m)
			if done {
				return p, nil
			}
			i = m.end
			continue
		}
		if err := ctx.Err(); err != nil {
			return piece{}, err
		}
		i = c.more(i, &g)
	}
}

// more reads on behind i; what the gap need not hold, and what there is no
// room for, is dropped.
func (c *xmlCutter) more(i int, g *gap) int {
	if g.start < 0 || len(c.w.bytes()) == len(c.w.buf) {
		c.w.drop(i)
		i = 0
	}
	c.w.more()
	return i
}

// view is what may be looked at for the end of markup at i: as much as the
// largest record has.
func (c *xmlCutter) view(i int) view {
	have := c.w.bytes()
	limit := min(len(have), i+page.MaxBytes)
	return view{have[:limit], c.w.offset, limit == i+page.MaxBytes || c.w.ended()}
}

// take goes over markup between records; done when a piece ends there.
func (c *xmlCutter) take(g *gap, m markup) (p piece, done bool) {
	have, at := c.w.bytes(), c.w.offset+int64(m.start)
	if c.root == nil && m.kind == declaration && isDocType(have[m.start:]) {
		return piece{kind: pieceDocType}, true
	}
	switch {
	case m.mine && m.open:
		if p, dirty := g.stray(at); dirty {
			return p, true
		}
		c.w.drop(m.start)
		c.meet(m.text)
		return c.record(), true
	case m.mine:
		g.dirty = true
		p, _ = g.from(at).stray(c.w.offset + int64(m.end))
		p.why = xmlNoStart
		return p, true
	case m.kind == tag:
		c.meetTag(g, m, at)
	case m.kind == comment:
		// Another beginning in it says that it was never closed, or that one
		// was put around another: with records in it, no one can tell.
		inner := have[m.inner:m.end]
		g.from(at).spoil(m.endless || c.scan.begins(inner) >= 0 && bytes.Contains(inner, fences[comment].open))
	case m.kind == section:
		inner := have[m.inner:m.end]
		g.addText(bytes.TrimSuffix(inner, fences[section].close), at)
		g.from(at).spoil(m.endless || c.scan.begins(inner) >= 0)
	case m.kind == instruction:
		g.from(at).spoil(m.endless || c.scan.begins(have[m.inner:m.end]) >= 0)
	default:
		g.from(at).spoil(true)
	}
	return p, false
}

// meet takes the first start tag for the document element's.
func (c *xmlCutter) meet(text []byte) (first bool) {
	if first = c.root == nil; first {
		c.root = bytes.Clone(localName(text))
	}
	return first
}

// meetTag goes over a tag of another name.
func (c *xmlCutter) meetTag(g *gap, m markup, at int64) {
	if m.open && c.meet(m.text) {
		c.closed = m.close
		if g.from(at).spoil(m.broken); !g.dirty {
			*g = gap{start: -1} // what stands before the document is settled
		}
		return
	}
	g.from(at)
	if outside := g.tag(m); outside && bytes.Equal(localName(m.text), c.root) {
		c.closed = true
	}
}

// record cuts the element at the window's beginning.
func (c *xmlCutter) record() piece {
	for {
		v := c.view(0)
		n, why, ok := c.scan.extent(v)
		p := piece{kind: pieceRecord, start: c.w.offset, end: c.w.offset + int64(n), why: why}
		switch {
		case ok && why != nil:
			p.kind = pieceBroken
			return p
		case ok:
			c.closed = c.closed || bytes.Equal(c.scan.name, c.root)
			return p
		case v.final && len(v.have) < len(c.w.bytes()), v.final && !c.w.ended():
			p.kind = pieceLarge
			return p
		case v.final:
			p.kind, p.why, p.end = pieceCut, xmlCut, c.w.offset+int64(len(v.have))
			c.closed = true // said once
			return p
		}
		c.w.more()
	}
}

// end deals with what stands behind the last record: without the document's
// own end it was cut between two of them.
func (c *xmlCutter) end(g *gap, i int) piece {
	at := c.w.offset + int64(i)
	p, dirty := g.stray(at)
	switch {
	case c.w.err == io.EOF && c.root != nil && !c.closed:
		c.closed = true // said once
		return piece{pieceCut, g.from(at).start, at, xmlCut}
	case !dirty:
		p.kind = pieceEnd
	}
	return p
}

// extent is the length of the record's element at the view's beginning; not
// ok when its end is not there. why is what is wrong with it, nil when
// nothing that the scan sees.
func (s *xmlScan) extent(v view) (n int, why *fault.Kind, ok bool) {
	blame := func(k *fault.Kind) {
		if why == nil {
			why = k
		}
	}
	for i := 0; ; {
		at := bytes.IndexByte(v.have[i:], '<')
		if at < 0 {
			return 0, why, false
		}
		i += at
		m, ok := s.next(v, i)
		switch {
		case !ok:
			return 0, why, false
		case m.endless:
			blame(xmlOpen)
		case m.kind < declaration:
			if end, merged := s.swallowed(v.have[:m.end], m); end >= 0 {
				blame(xmlOpen)
				m.end = end
			} else if merged {
				blame(xmlMerged)
			}
		case m.mine && m.open && i > 0: // what came before it was never closed
			blame(xmlOpen)
			return i, why, true
		case m.mine && m.close:
			return m.end, why, true
		}
		i = m.end
	}
}

// swallowed reports whether a fence in a record may hold more than text. With
// this record's end in it and then another beginning of its own kind, its end
// is that one's: it was never closed, and end is where this record ends, else
// -1. With a record's beginning in it, it may be one record or several.
func (s *xmlScan) swallowed(have []byte, m markup) (end int, merged bool) {
	inner := have[m.inner:]
	at, close := s.edge(inner)
	if close && bytes.Contains(inner[at:], fences[m.kind].open) {
		return m.inner + at, true
	}
	return -1, at >= 0 && s.begins(inner) >= 0
}

// xmlRest gives the bytes of a record that does not fit a page: up to the
// first end tag of its name or before the next start tag, wherever they
// stand.
type xmlRest struct {
	scan *xmlScan
	w    *window
	// free is how many bytes at hand are known to be the record's, 1 at its
	// beginning; last says that they are all.
	free int
	last bool
}

// Read is io.Reader's.
func (x *xmlRest) Read(p []byte) (int, error) {
	for x.free == 0 && !x.last {
		x.look()
	}
	have := x.w.bytes()
	switch {
	case len(have) == 0:
		return 0, x.w.err
	case x.free == 0:
		return 0, io.EOF
	}
	n := copy(p, have[:x.free])
	x.w.drop(n)
	x.free -= n
	return n, nil
}

// look finds out about the bytes that come next.
func (x *xmlRest) look() {
	have := x.w.bytes()
	if len(have) < longestTag && !x.w.ended() {
		x.w.more()
		return
	}
	switch at := bytes.IndexByte(have, '<'); {
	case len(have) == 0:
		x.last = true
		return
	case at < 0:
		x.free = len(have)
		return
	case at > 0:
		x.free = at
		return
	}
	x.free = 1
	switch open, close := x.scan.mine(have); {
	case open:
		x.free, x.last = 0, true
	case close:
		x.free, x.last = bytes.IndexByte(have[:min(len(have), longestTag)], '>')+1, true
		if x.free == 0 {
			x.free = len("</") + len(x.scan.name)
		}
	}
}
