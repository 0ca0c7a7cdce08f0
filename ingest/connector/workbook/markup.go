package workbook

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxToken is how long one tag or one run of text may be, in bytes. Excel
// allows 32,767 characters a cell.
const maxToken = 4 << 20

// markup cuts XML into tags and text, many times faster than a full parser:
// the parts of a workbook use no document types, and names are compared
// without their prefix. Slices hold until the next call.
type markup struct {
	in   io.Reader
	buf  []byte
	r, w int
	err  error
	// name and attributes of the last tag; empty says that it is its own end.
	name, attributes []byte
	empty            bool
	text             []byte
}

// token is what markup.next found.
type token uint8

const (
	endOfPart token = iota
	beginTag
	endTag
	textRun
)

func newMarkup(in io.Reader) *markup { return &markup{in: in, buf: make([]byte, 64<<10)} }

// more reads further bytes, and false at the end.
func (m *markup) more() (bool, error) {
	if m.err != nil {
		return false, m.failure()
	}
	if m.r > 0 {
		m.w = copy(m.buf, m.buf[m.r:m.w])
		m.r = 0
	}
	if m.w == len(m.buf) {
		if len(m.buf) >= maxToken {
			return false, fmt.Errorf("%w: a tag or a text of more than %d bytes", ErrBroken, maxToken)
		}
		m.buf = append(m.buf, make([]byte, len(m.buf))...)
	}
	var n int
	for tries := 0; n == 0 && m.err == nil; tries++ {
		n, m.err = m.in.Read(m.buf[m.w:])
		if tries > 100 {
			m.err = io.ErrNoProgress
		}
	}
	m.w += n
	return n > 0, m.failure()
}

func (m *markup) failure() error {
	if m.err == nil || m.err == io.EOF {
		return nil
	}
	return m.err
}

// find returns where a text begins behind from, reading on; -1 at the end.
func (m *markup) find(what string, from int) (int, error) {
	for {
		if at := bytes.Index(m.buf[m.r+from:m.w], []byte(what)); at >= 0 {
			return from + at, nil
		}
		from = max(from, m.w-m.r-len(what)+1)
		if ok, err := m.more(); !ok || err != nil {
			return -1, err
		}
	}
}

// next returns the next tag or text; comments and instructions are passed.
func (m *markup) next() (token, error) {
	for {
		if m.r == m.w {
			if ok, err := m.more(); err != nil {
				return endOfPart, err
			} else if !ok {
				return endOfPart, nil
			}
		}
		if m.buf[m.r] != '<' {
			return textRun, m.plain()
		}
		switch special, err := m.special(); {
		case err != nil:
			return endOfPart, err
		case special == textRun:
			return textRun, nil
		case special == endOfPart:
			continue
		}
		return m.tag()
	}
}

// plain takes the text up to the next tag.
func (m *markup) plain() error {
	n, err := m.find("<", 0)
	if n < 0 {
		n = m.w - m.r
	}
	m.text = m.buf[m.r : m.r+n]
	m.r += n
	return err
}

// special passes comments, instructions and declarations, and takes CDATA:
// textRun for it, endOfPart for what was passed, beginTag for an ordinary tag.
func (m *markup) special() (token, error) {
	for m.w-m.r < len("<![CDATA[") {
		if ok, err := m.more(); err != nil {
			return endOfPart, err
		} else if !ok {
			break
		}
	}
	head := m.buf[m.r:m.w]
	if len(head) > 1 && head[1] != '!' && head[1] != '?' {
		return beginTag, nil
	}
	for _, s := range []struct{ begin, end string }{{"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}, {"<!", ">"}} {
		if !bytes.HasPrefix(head, []byte(s.begin)) {
			continue
		}
		n, err := m.find(s.end, len(s.begin))
		if err != nil {
			return endOfPart, err
		}
		if n < 0 {
			return endOfPart, fmt.Errorf("%w: %s without its end", ErrBroken, s.begin)
		}
		body := m.buf[m.r+len(s.begin) : m.r+n]
		m.r += n + len(s.end)
		if s.begin == "<![CDATA[" {
			// Escapes mean nothing here: they are guarded from unescape.
			m.text = bytes.ReplaceAll(body, []byte("&"), []byte("&amp;"))
			return textRun, nil
		}
		return endOfPart, nil
	}
	return beginTag, nil
}

// tagEnd finds the > that ends the tag at the beginning; one inside quotes
// does not.
func (m *markup) tagEnd() (int, error) {
	from, quote := 1, byte(0)
	for {
		rest := m.buf[m.r+from : m.w]
		if at := bytes.IndexByte(rest, '>'); quote == 0 && at >= 0 &&
			bytes.IndexByte(rest[:at], '\'') < 0 && bytes.Count(rest[:at], quoteMark)%2 == 0 {
			return from + at, nil
		}
		for i, c := range rest {
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return from + i, nil
			}
		}
		from = m.w - m.r
		if ok, err := m.more(); err != nil {
			return 0, err
		} else if !ok {
			return 0, fmt.Errorf("%w: a tag without its end", ErrBroken)
		}
	}
}

var quoteMark = []byte{'"'}

// tag takes one tag.
func (m *markup) tag() (token, error) {
	end, err := m.tagEnd()
	if err != nil {
		return endOfPart, err
	}
	inner := m.buf[m.r+1 : m.r+end]
	m.r += end + 1
	kind := beginTag
	if len(inner) > 0 && inner[0] == '/' {
		kind, inner = endTag, inner[1:]
	}
	m.empty = kind == beginTag && len(inner) > 0 && inner[len(inner)-1] == '/'
	if m.empty {
		inner = inner[:len(inner)-1]
	}
	at := 0
	for at < len(inner) && inner[at] > ' ' {
		at++
	}
	m.name, m.attributes = local(inner[:at]), inner[at:]
	return kind, nil
}

// local takes the prefix off a name.
func local(name []byte) []byte {
	if at := bytes.LastIndexByte(name, ':'); at >= 0 {
		return name[at+1:]
	}
	return name
}

// attribute returns the value of an attribute of the last tag as it stands,
// nil when it has none. Names are compared without their prefix.
func (m *markup) attribute(name string) []byte {
	rest := m.attributes
	for {
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return nil
		}
		key := local(bytes.TrimSpace(rest[:eq]))
		rest = bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(rest) == 0 || (rest[0] != '"' && rest[0] != '\'') {
			return nil
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return rest[1 : end+1]
		}
		rest = rest[end+2:]
	}
}

// skip passes over the last tag's content up to its end.
func (m *markup) skip() error {
	if m.empty {
		return nil
	}
	for depth := 1; depth > 0; {
		switch t, err := m.next(); {
		case err != nil:
			return err
		case t == endOfPart:
			return fmt.Errorf("%w: a part ends in the middle", ErrBroken)
		case t == beginTag && !m.empty:
			depth++
		case t == endTag:
			depth--
		}
	}
	return nil
}

// unescape appends text with its XML entities resolved; what is no entity
// stays as it stands.
func unescape(dst, text []byte) []byte {
	for {
		at := bytes.IndexByte(text, '&')
		if at < 0 {
			return append(dst, text...)
		}
		dst, text = append(dst, text[:at]...), text[at:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		r, ok := entity(text[1:max(end, 1)])
		if end < 0 || !ok {
			dst, text = append(dst, '&'), text[1:]
			continue
		}
		dst, text = utf8.AppendRune(dst, r), text[end+1:]
	}
}

func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune && n != 0
}

// resolve undoes Excel's own escapes of characters that XML can't hold
// (_x000D_, ECMA-376 part 1, 22.9.2.19 ST_Xstring), in place.
func resolve(text []byte) []byte {
	at := bytes.Index(text, []byte("_x"))
	if at < 0 {
		return text
	}
	out := text[:at]
	for rest := text[at:]; len(rest) > 0; {
		if len(rest) >= 7 && rest[0] == '_' && rest[1] == 'x' && rest[6] == '_' {
			if n, err := strconv.ParseUint(string(rest[2:6]), 16, 16); err == nil && (n < 0xD800 || n > 0xDFFF) {
				out, rest = utf8.AppendRune(out, rune(n)), rest[7:]
				continue
			}
		}
		out, rest = append(out, rest[0]), rest[1:]
	}
	return out
}
