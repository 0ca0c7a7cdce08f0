package files

import (
	"bytes"
	"strings"
)

// xmlScan finds the elements of one name in bytes of XML without parsing
// them. Markup is ASCII in every encoding that is read here, and no byte of a
// character in UTF-8 or GB18030 looks like it.
type xmlScan struct{ name []byte }

// newXMLScan takes the last part of a path such as /export/items/item.
func newXMLScan(path string) xmlScan {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' })
	if len(parts) == 0 {
		return xmlScan{}
	}
	return xmlScan{[]byte(parts[len(parts)-1])}
}

// markup is one piece between < and >.
type markup struct {
	start, end  int
	open, close bool // a start tag, an end tag; both for an empty element
	mine        bool // of the record's name
	docType     bool // declares a document type
}

// next returns the first piece of markup at or behind i; ok is false when
// there is none, or its end is not there, and start is then where it begins.
func (s xmlScan) next(have []byte, i int) (m markup, ok bool) {
	at := bytes.IndexByte(have[i:], '<')
	if at < 0 {
		return markup{start: len(have)}, false
	}
	m.start = i + at
	rest := have[m.start:]
	for _, skip := range [][2]string{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if len(rest) < len(skip[0]) && strings.HasPrefix(skip[0], string(rest)) {
			return m, false
		}
		if bytes.HasPrefix(rest, []byte(skip[0])) {
			end := bytes.Index(rest[len(skip[0]):], []byte(skip[1]))
			if end < 0 {
				return m, false
			}
			m.end = m.start + len(skip[0]) + end + len(skip[1])
			return m, true
		}
	}
	end := tagEnd(rest)
	if end < 0 {
		return m, false
	}
	m.end = m.start + end
	tag := bytes.TrimSuffix(rest[1:end], []byte(">"))
	switch {
	case bytes.HasPrefix(tag, []byte("/")):
		m.close, tag = true, tag[1:]
	case bytes.HasPrefix(tag, []byte("!")):
		m.docType = bytes.HasPrefix(tag, []byte("!DOCTYPE"))
		return m, true
	case bytes.HasSuffix(tag, []byte("/")):
		m.open, m.close, tag = true, true, tag[:len(tag)-1]
	default:
		m.open = true
	}
	m.mine = bytes.Equal(localName(tag), s.name)
	return m, true
}

// tagEnd returns the length of the tag that text begins with: up to the first
// > outside quotes, -1 when it is not there. A < ends a tag that was never
// closed.
func tagEnd(text []byte) int {
	quote := byte(0)
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		case c == '<':
			return i
		}
	}
	return -1
}

// localName is the name of a tag's text without its prefix.
func localName(tag []byte) []byte {
	if i := bytes.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.IndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	return tag
}

// landmark is what comes next between records.
type landmark uint8

const (
	nothing landmark = iota
	// recordStart is a record's start tag.
	recordStart
	// strayEnd is a record's end tag whose start tag is not there: a record
	// stands before it whose beginning is damaged.
	strayEnd
	// docType declares a document type.
	docType
)

// find returns what comes next between records, and where: a record's start
// tag begins there, a stray end tag ends there. Where there is nothing, it is
// how many bytes hold nothing that is still needed.
func (s xmlScan) find(have []byte) (what landmark, at int) {
	for i := 0; ; {
		m, ok := s.next(have, i)
		switch {
		case !ok:
			return nothing, keepTail(have, m.start)
		case m.docType:
			return docType, m.start
		case m.mine && m.open:
			return recordStart, m.start
		case m.mine && m.close:
			return strayEnd, m.end
		}
		i = m.end
	}
}

// tailKept is how much of what was passed over stays in sight, to see the
// document's end.
const tailKept = 256

func keepTail(have []byte, start int) int { return max(0, min(start, len(have)-tailKept)) }

// extent is the length of the record's element at the start of the bytes, 0
// when its end is not there. A start tag of the same name ends it too: what
// came before it was never closed.
func (s xmlScan) extent(have []byte) int {
	for i := 0; ; {
		m, ok := s.next(have, i)
		switch {
		case !ok:
			return 0
		case m.mine && m.close:
			return m.end
		case m.mine && m.open && m.start > 0:
			return m.start
		}
		i = m.end
	}
}

// closes reports whether the bytes hold the end of the document element.
func (s xmlScan) closes(have []byte, root string) bool {
	root = strings.TrimSpace(root)
	for i := 0; ; {
		m, ok := xmlScan{[]byte(root)}.next(have, i)
		if !ok {
			return root == "" && len(bytes.TrimSpace(have)) == 0
		}
		if m.mine && m.close {
			return true
		}
		i = m.end
	}
}

// finder finds the end of a record that does not fit, in pieces of any size.
func (s xmlScan) finder() func([]byte) int {
	var carry []byte
	return func(piece []byte) int {
		seen := append(carry, piece...)
		for i := 0; ; {
			at := bytes.Index(seen[i:], []byte("</"))
			if at < 0 {
				break
			}
			at += i
			end := bytes.IndexByte(seen[at:], '>')
			if end < 0 {
				carry = append([]byte(nil), seen[at:min(len(seen), at+longestTag)]...)
				return -1
			}
			if bytes.Equal(localName(seen[at+2:at+end]), s.name) {
				return at + end + 1 - (len(seen) - len(piece))
			}
			i = at + 2
		}
		carry = nil
		if n := len(seen); n > 0 && seen[n-1] == '<' {
			carry = []byte("<")
		}
		return -1
	}
}

// longestTag is how much of an end tag is remembered from piece to piece.
const longestTag = 256
