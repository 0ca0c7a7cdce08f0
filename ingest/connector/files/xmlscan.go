package files

import (
	"bytes"
	"strings"
)

// xmlScan finds markup in bytes of XML without parsing them. < > / and quotes
// are ASCII in every encoding that is read here, and no byte of a character in
// UTF-8 or GB18030 looks like them.
type xmlScan struct {
	// name is the record element's, without prefix, as the file writes it.
	name []byte
	// wide says that a byte of a character may look like ] (GB18030).
	wide bool
	// reach remembers for each fence where no end of it begins, so that a
	// file of beginnings alone is searched once, not once for each.
	reach [len(fences)]struct{ from, upto int64 }
}

// recordName is the last part of a path such as /export/items/item.
func recordName(path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' })
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// fences are what holds text in which < means nothing.
var fences = [...]struct{ open, close []byte }{
	comment:     {[]byte("<!--"), []byte("-->")},
	section:     {[]byte("<![CDATA["), []byte("]]>")},
	instruction: {[]byte("<?"), []byte("?>")},
}

type markupKind int

const (
	comment markupKind = iota
	section
	instruction
	declaration // <! and anything else, of which only the two bytes count
	tag
	junk // a < that begins nothing
)

// markup is one piece between < and >.
type markup struct {
	kind       markupKind
	start, end int
	// inner is where what a fence holds begins; text is the inside of a tag.
	inner int
	text  []byte
	// open is a start tag, close an end tag, both an empty element.
	open, close bool
	// mine says that a tag has the record's name.
	mine bool
	// endless is a fence that has no end; only its beginning counts. broken is
	// a tag that a < ends, or whose name and attributes XML does not allow.
	endless, broken bool
}

// view is the bytes from a place on; final says that what does not end in
// them counts as without end: the document ends, or no record is that long.
type view struct {
	have  []byte
	base  int64 // of have[0] in the document
	final bool
}

// next returns the markup that begins with the < at i; ok is false when its
// end may still come.
func (s *xmlScan) next(v view, i int) (m markup, ok bool) {
	rest := v.have[i:]
	for kind := range fences {
		open := fences[kind].open
		if !v.final && len(rest) < len(open) && bytes.HasPrefix(open, rest) {
			return m, false
		}
		if !bytes.HasPrefix(rest, open) {
			continue
		}
		m = markup{kind: markupKind(kind), start: i, inner: i + len(open)}
		if m.end = s.fenceEnd(m.kind, v, m.inner); m.end >= 0 {
			return m, true
		}
		m.end, m.endless = m.inner, true
		return m, v.final
	}
	m = markup{kind: junk, start: i, end: i + 1}
	switch {
	case len(rest) > 1 && rest[1] == '!':
		m.kind, m.end = declaration, i+2
		return m, v.final || len(rest) >= len(docType)
	case len(rest) > 2 && rest[1] == '/' && !nameStart(rest[2]), len(rest) > 1 && rest[1] != '/' && !nameStart(rest[1]):
		return m, true
	}
	n, broken := tagEnd(rest)
	if n < 0 {
		return m, v.final
	}
	m = markup{kind: tag, start: i, end: i + n, text: rest[1:n]}
	if !broken {
		m.text = m.text[:n-2]
	}
	s.read(&m)
	m.broken = broken || !proper(m.text)
	return m, true
}

// read tells what a tag is by its inside.
func (s *xmlScan) read(m *markup) {
	switch {
	case bytes.HasPrefix(m.text, []byte("/")):
		m.close, m.text = true, m.text[1:]
	case bytes.HasSuffix(m.text, []byte("/")):
		m.open, m.close, m.text = true, true, m.text[:len(m.text)-1]
	default:
		m.open = true
	}
	m.mine = bytes.Equal(localName(m.text), s.name)
}

var docType = []byte("<!DOCTYPE")

func isDocType(text []byte) bool {
	return len(text) >= len(docType) && bytes.EqualFold(text[:len(docType)], docType)
}

// nameStart reports whether a name of an element may begin with a byte.
func nameStart(c byte) bool {
	return c >= 0x80 || c == '_' || c == ':' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// fenceEnd is the offset behind a fence's end, -1 when it is not there; inner
// is where the fence's text begins.
func (s *xmlScan) fenceEnd(kind markupKind, v view, inner int) int {
	end, r := fences[kind].close, &s.reach[kind]
	from := inner
	if at := v.base + int64(inner); r.from <= at && at <= r.upto {
		from = int(r.upto - v.base)
	} else {
		r.from = at
	}
	for from <= len(v.have) {
		at := bytes.Index(v.have[from:], end)
		if at < 0 {
			break
		}
		at += from
		r.upto = v.base + int64(at)
		if kind != section || !s.wide || characterAt(v.have[inner:], at-inner) {
			return at + len(end)
		}
		from = at + 1
	}
	r.upto = v.base + int64(max(from, len(v.have)-len(end)+1))
	return -1
}

// characterAt reports whether a character of text in GB18030 begins at an
// offset: ] may be the second byte of one.
func characterAt(text []byte, offset int) bool {
	// Only behind a byte that may lead is there doubt.
	i := offset
	for i > 0 && text[i-1] >= 0x81 {
		i--
	}
	for i < offset {
		i += charLen(text[i:])
	}
	return i == offset
}

// tagEnd returns the length of the tag that text begins with: up to the first
// > outside quotes, -1 when it is not there. A < ends a tag that was never
// closed, and so is broken: XML allows it nowhere in one, not even in quotes.
func tagEnd(text []byte) (n int, broken bool) {
	quote := byte(0)
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '<':
			return i, true
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1, false
		}
	}
	return -1, false
}

// proper reports whether the text of a tag is a name and attributes.
func proper(text []byte) bool {
	rest := text[nameEnd(text):]
	for len(rest) > 0 {
		trimmed := bytes.TrimLeft(rest, whiteSpace)
		if len(trimmed) == 0 {
			return true
		}
		n := nameEnd(trimmed)
		value := bytes.TrimLeft(trimmed[n:], whiteSpace)
		if len(trimmed) == len(rest) || n == 0 || len(value) == 0 || value[0] != '=' {
			return false
		}
		value = bytes.TrimLeft(value[1:], whiteSpace)
		if len(value) == 0 || value[0] != '"' && value[0] != '\'' {
			return false
		}
		end := bytes.IndexByte(value[1:], value[0])
		if end < 0 {
			return false
		}
		rest = value[end+2:]
	}
	return true
}

const whiteSpace = " \t\r\n"

// nameEnd is the length of the name that text begins with. What may stand in
// one is not checked but for what ends it; a character in GB18030 holds none
// of that.
func nameEnd(text []byte) int {
	if i := bytes.IndexAny(text, whiteSpace+`/=<>"'&`); i >= 0 {
		return i
	}
	return len(text)
}

// fullName is the name of a tag's text, with its prefix.
func fullName(text []byte) []byte { return text[:nameEnd(text)] }

// localName is the name of a tag's text without its prefix.
func localName(text []byte) []byte {
	text = fullName(text)
	if i := bytes.IndexByte(text, ':'); i >= 0 {
		text = text[i+1:]
	}
	return text
}

// longestTag is how much of a tag is looked at to know its name.
const longestTag = 256

// mine reports whether text, which begins with <, begins a start or an end
// tag of the record's name; it need not hold the tag's end.
func (s *xmlScan) mine(text []byte) (open, close bool) {
	text = text[1:min(len(text), longestTag)]
	if close = len(text) > 0 && text[0] == '/'; close {
		text = text[1:]
	}
	if i := bytes.IndexAny(text, "<>"); i >= 0 {
		text = text[:i]
	}
	if !bytes.Equal(localName(text), s.name) {
		return false, false
	}
	return !close, close
}

// edge returns where the first tag of the record's name begins in text, -1
// when there is none, and whether it is an end tag.
func (s *xmlScan) edge(text []byte) (at int, close bool) {
	for i := 0; ; i++ {
		next := bytes.IndexByte(text[i:], '<')
		if next < 0 {
			return -1, false
		}
		i += next
		if open, close := s.mine(text[i:]); open || close {
			return i, close
		}
	}
}

// begins returns where the first start tag of the record's name begins in
// text, -1 when there is none.
func (s *xmlScan) begins(text []byte) int {
	for i := 0; ; i++ {
		at, close := s.edge(text[i:])
		if at < 0 {
			return -1
		}
		if i += at; !close {
			return i
		}
	}
}
