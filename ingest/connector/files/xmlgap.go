package files

// gap is what was seen between two records. White space, comments,
// instructions and whole elements of other names are passed over. Anything
// else makes all of it a reject: text that no such element holds, markup that
// is broken, an end tag without its start tag. Elements that hold records open
// in a gap, elements that held some close in it; their names are not known
// when a reading goes on from a mark, so an end tag that closes nothing here
// is taken for one of those.
type gap struct {
	// start is where the first thing other than white space stands in the
	// document, -1 when there is none.
	start int64
	dirty bool
	// open are the elements that began here and did not end.
	open []openElement
}

type openElement struct {
	name string
	text bool // text stands right in it
}

// deepestGap bounds the elements that a gap remembers.
const deepestGap = 256

// from notes that something stands at an offset.
func (g *gap) from(at int64) *gap {
	if g.start < 0 {
		g.start = at
	}
	return g
}

func (g *gap) spoil(bad bool) { g.dirty = g.dirty || bad }

// addText takes text that stands at an offset.
func (g *gap) addText(text []byte, at int64) {
	for i, c := range text {
		if space(c) {
			continue
		}
		g.from(at + int64(i))
		if n := len(g.open); n > 0 {
			g.open[n-1].text = true
		} else {
			g.dirty = true
		}
		return
	}
}

// tag takes a tag of another name than the record's; outside says that it
// closes an element that did not open here.
func (g *gap) tag(m markup) (outside bool) {
	name := fullName(m.text)
	g.spoil(m.broken)
	switch {
	case m.open && m.close:
	case m.open && len(g.open) == deepestGap:
		g.dirty = true
	case m.open:
		g.open = append(g.open, openElement{name: string(name)})
	case len(g.open) == 0:
		return true
	default:
		last := len(g.open) - 1
		for last > 0 && g.open[last].name != string(name) {
			last--
		}
		g.spoil(last != len(g.open)-1 || g.open[last].name != string(name))
		g.open = g.open[:last]
	}
	return false
}

// stray returns the gap as a reject, if it is one, up to an offset. An element
// that goes on behind it may hold records, but no text beside them.
func (g *gap) stray(end int64) (p piece, dirty bool) {
	for _, e := range g.open {
		g.spoil(e.text)
	}
	return piece{pieceStray, g.start, end, xmlStray}, g.dirty
}
