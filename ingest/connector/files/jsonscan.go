package files

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/ingest/page"
)

// jsonScanner puts the members of JSON objects (RFC 8259) into columns, by the
// same rules as jsonrow and several times faster. It expects valid UTF-8. It
// only says that a text is no record; jsonrow says why.
type jsonScanner struct {
	builder *page.Builder
	slots   []slot
	index   map[string]int
	// record numbers the objects, so that a slot knows a key that stands twice.
	record  int64
	next    int // the slot that comes next when the keys keep their order
	text    []byte
	scratch []byte
	strict  bool // a control character stands somewhere in the text
}

// slot is one key of the page.
type slot struct {
	name   string
	column int
	seen   int64
}

// begin starts a page.
func (s *jsonScanner) begin(b *page.Builder) {
	s.builder, s.slots = b, s.slots[:0]
	if s.index == nil {
		s.index = map[string]int{}
	}
	clear(s.index)
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (s *jsonScanner) skip(i int) int {
	for i < len(s.text) && space(s.text[i]) {
		i++
	}
	return i
}

// object reads one record; false says that it is none, and that some of its
// values may be set.
func (s *jsonScanner) object(text []byte) bool {
	s.text, s.strict, s.next = text, hasControl(text), 0
	s.record++
	i := s.skip(0)
	if i == len(text) || text[i] != '{' {
		return false
	}
	i = s.skip(i + 1)
	if i < len(text) && text[i] == '}' {
		return s.skip(i+1) == len(text)
	}
	for {
		slot, at, ok := s.member(i)
		if !ok {
			return false
		}
		if i, ok = s.value(at, slot); !ok {
			return false
		}
		i = s.skip(i)
		switch {
		case i == len(text):
			return false
		case text[i] == '}':
			return s.skip(i+1) == len(text)
		case text[i] != ',':
			return false
		}
		i = s.skip(i + 1)
	}
}

// member reads a key and its colon and returns the key's slot and where the
// value begins.
func (s *jsonScanner) member(i int) (int, int, bool) {
	if i == len(s.text) || s.text[i] != '"' {
		return 0, i, false
	}
	key, at, ok := s.str(i)
	if !ok || len(key) == 0 || key[0] < ' ' {
		return 0, i, false
	}
	slot := s.slot(key)
	if s.slots[slot].seen == s.record {
		return 0, i, false // the key stands twice
	}
	s.slots[slot].seen = s.record
	at = s.skip(at)
	if at == len(s.text) || s.text[at] != ':' {
		return 0, i, false
	}
	return slot, s.skip(at + 1), true
}

func (s *jsonScanner) slot(key []byte) int {
	if s.next < len(s.slots) && s.slots[s.next].name == string(key) {
		s.next++
		return s.next - 1
	}
	at, ok := s.index[string(key)]
	if !ok {
		at = len(s.slots)
		name := string(key)
		s.index[name] = at
		s.slots = append(s.slots, slot{name: name, column: -1})
	}
	s.next = at + 1
	return at
}

// str reads a string and returns its text, which holds until the next call,
// and where it ends.
func (s *jsonScanner) str(i int) ([]byte, int, bool) {
	rest := s.text[i+1:]
	at := bytes.IndexByte(rest, '"')
	if at < 0 {
		return nil, i, false
	}
	plain := bytes.IndexByte(rest[:at], '\\') < 0
	if plain && !s.strict {
		return rest[:at], i + at + 2, true
	}
	for j := 0; ; j++ {
		if j = nextSpecial(rest, j); j == len(rest) {
			return nil, i, false
		}
		if rest[j] == '"' {
			at = j
			break
		}
		if rest[j] < 0x20 {
			return nil, i, false // a control character
		}
		j++ // the byte behind a backslash
	}
	var err error
	s.scratch, err = jsontext.AppendUnquote(s.scratch[:0], s.text[i:i+at+2])
	if err != nil {
		return nil, i, false
	}
	return s.scratch, i + at + 2, true
}

// nextSpecial finds a quote, a backslash or a control character.
func nextSpecial(b []byte, i int) int {
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return min(i, len(b))
}

// column returns the page's column of a slot, made with the kind of its first
// value.
func (s *jsonScanner) column(slot int, kind page.Kind) int {
	at := &s.slots[slot]
	if at.column < 0 {
		at.column = s.builder.Column(at.name, kind)
	}
	return at.column
}

// value reads a value into the slot's column and returns where it ends.
func (s *jsonScanner) value(i int, slot int) (int, bool) {
	if i == len(s.text) {
		return i, false
	}
	b, rest := s.builder, s.text[i:]
	switch c := rest[0]; {
	case c == '"':
		text, end, ok := s.str(i)
		if ok {
			b.Text(s.column(slot, page.Text), text)
		}
		return end, ok
	case c == '-' || c >= '0' && c <= '9':
		return s.number(i, slot)
	case c == '{' || c == '[':
		return s.nested(i, slot)
	case bytes.HasPrefix(rest, []byte("null")):
		s.column(slot, page.Text)
		return i + 4, true
	case bytes.HasPrefix(rest, []byte("true")):
		b.Bool(s.column(slot, page.Bool), true)
		return i + 4, true
	case bytes.HasPrefix(rest, []byte("false")):
		b.Bool(s.column(slot, page.Bool), false)
		return i + 5, true
	}
	return i, false
}

// nested keeps an object or a list as its JSON text.
func (s *jsonScanner) nested(i, slot int) (int, bool) {
	e := extent{}
	n := e.scan(s.text[i:])
	if n < 0 || !jsontext.Value(s.text[i:i+n]).IsValid() {
		return i, false
	}
	s.builder.JSON(s.column(slot, page.JSON), s.text[i:i+n])
	return i + n, true
}

// number keeps an integer of 64 bits as Int, a decimal that a double prints
// back as Float, and every other number as its JSON text.
func (s *jsonScanner) number(i, slot int) (int, bool) {
	lit, ok := scanNumber(s.text[i:])
	if !ok {
		return i, false
	}
	if v, ok := exactInt(lit); ok {
		s.builder.Int(s.column(slot, page.Int), v)
	} else if f, ok := exactFloat(lit); ok {
		s.builder.Float(s.column(slot, page.Float), f)
	} else {
		s.builder.JSON(s.column(slot, page.JSON), lit)
	}
	return i + len(lit), true
}

// hasControl reports whether a byte below 0x20 is there.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < 0x20 {
			return true
		}
	}
	return false
}

// invalidUTF8 returns the offset of the first byte that is not valid UTF-8,
// -1 when all are.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	return firstInvalid(b)
}

// extent finds where a JSON value ends by its brackets and strings alone. It
// can be fed piece by piece.
type extent struct {
	depth           int
	inside, escaped bool
	begun           bool
}

// scan returns how many of the bytes belong to the value, -1 when it goes on.
func (e *extent) scan(b []byte) int {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if e.inside {
			switch {
			case e.escaped:
				e.escaped = false
			case c == '\\':
				e.escaped = true
			case c == '"':
				e.inside = false
				if e.depth == 0 {
					return i + 1
				}
			}
			continue
		}
		switch c {
		case '"':
			e.inside = true
		case '{', '[':
			e.depth++
		case '}', ']':
			if e.depth == 0 && !e.begun {
				return i + 1 // a bracket that closes nothing
			}
			if e.depth == 0 {
				return i // a scalar ends before the list's bracket
			}
			if e.depth--; e.depth == 0 {
				return i + 1
			}
		case ',':
			if e.depth == 0 && e.begun {
				return i
			}
		}
		e.begun = true
	}
	return -1
}
