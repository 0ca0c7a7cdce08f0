package normalise

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// deepestLiteral bounds how deep dicts and lists may lie in one another.
const deepestLiteral = 64

// literal finds one value in the text of a nested value: JSON, or a literal of
// Python, which writes 'text', None, True and False. It reads the whole text,
// so that a broken one never gives half an answer.
type literal struct {
	reader
	path  []string
	found []byte
}

// findLiteral returns the text of the value under path, a list's elements
// being counted from 0; absent when there is none or it is null.
func findLiteral(text []byte, path []string) ([]byte, outcome) {
	l := literal{reader: reader{text: text}, path: path}
	l.space()
	if !l.value(0, 0) {
		return nil, unreadable
	}
	l.space()
	if !l.done() {
		return nil, unreadable
	}
	switch string(l.found) {
	case "", "null", "None":
		return nil, absent
	}
	return l.found, good
}

func (l *literal) space() {
	for c := l.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = l.peek() {
		l.at++
	}
}

// value reads a value that lies at depth; on is how many steps of the path
// lead to it, -1 when it is aside from it.
func (l *literal) value(depth, on int) bool {
	start := l.at
	ok := false
	switch c := l.peek(); {
	case depth > deepestLiteral:
		return false
	case c == '{':
		ok = l.dict(depth, on)
	case c == '[' || c == '(':
		ok = l.list(depth, on, c)
	case c == '"' || c == '\'':
		_, ok = l.quoted()
	default:
		ok = l.word()
	}
	if ok && on == len(l.path) {
		l.found = l.text[start:l.at]
	}
	return ok
}

func (l *literal) dict(depth, on int) bool {
	l.at++
	for l.space(); !l.skip("}"); l.space() {
		raw, ok := l.quoted()
		if !ok {
			return false
		}
		if l.space(); !l.skip(":") {
			return false
		}
		l.space()
		if !l.value(depth+1, l.next(on, raw)) {
			return false
		}
		if l.space(); !l.skip(",") && l.peek() != '}' {
			return false
		}
	}
	return true
}

func (l *literal) list(depth, on int, open byte) bool {
	shut := "]"
	if open == '(' {
		shut = ")"
	}
	l.at++
	l.space()
	for i := 0; !l.skip(shut); i++ {
		below := -1
		if on >= 0 && on < len(l.path) && l.path[on] == strconv.Itoa(i) {
			below = on + 1
		}
		if !l.value(depth+1, below) {
			return false
		}
		if l.space(); !l.skip(",") && l.peek() != shut[0] {
			return false
		}
		l.space()
	}
	return true
}

// next returns how far a key leads on the path.
func (l *literal) next(on int, raw []byte) int {
	if on < 0 || on >= len(l.path) {
		return -1
	}
	key := raw[1 : len(raw)-1]
	if bytes.IndexByte(key, '\\') >= 0 {
		key = appendUnquoted(nil, raw)
	}
	if string(key) != l.path[on] {
		return -1
	}
	return on + 1
}

// quoted reads a string with its quotes.
func (l *literal) quoted() ([]byte, bool) {
	quote, start := l.peek(), l.at
	if quote != '"' && quote != '\'' {
		return nil, false
	}
	for l.at++; l.at < len(l.text); l.at++ {
		switch l.text[l.at] {
		case '\\':
			l.at++
		case quote:
			l.at++
			return l.text[start:l.at], true
		}
	}
	l.at = len(l.text)
	return nil, false
}

// word reads a number or a bare name such as None or true.
func (l *literal) word() bool {
	start := l.at
	for c := l.peek(); c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.' || c == '_'; c = l.peek() {
		l.at++
	}
	return l.at > start
}

// appendUnquoted appends the text of a value: a string without quotes and
// escapes, anything else as it stands.
func appendUnquoted(dst, raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' && raw[0] != '\'' {
		return append(dst, raw...)
	}
	inner := raw[1 : len(raw)-1]
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' || i+1 == len(inner) {
			dst = append(dst, inner[i])
			continue
		}
		i++
		switch c := inner[i]; c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			r, used := escapedRune(inner[i:])
			dst = utf8.AppendRune(dst, r)
			i += used
		case 'x':
			if v, ok := hex(inner[i+1:], 2); ok {
				dst = utf8.AppendRune(dst, v)
				i += 2
			} else {
				dst = append(dst, '\\', 'x')
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// escapedRune reads uXXXX, two of them for a surrogate pair, and returns how
// many bytes after the u it used.
func escapedRune(text []byte) (rune, int) {
	v, ok := hex(text[1:], 4)
	if !ok {
		return utf8.RuneError, 0
	}
	if utf16.IsSurrogate(v) && len(text) >= 11 && text[5] == '\\' && text[6] == 'u' {
		if low, ok := hex(text[7:], 4); ok {
			return utf16.DecodeRune(v, low), 10
		}
	}
	return v, 4
}

func hex(text []byte, n int) (rune, bool) {
	if len(text) < n {
		return 0, false
	}
	v, err := strconv.ParseUint(string(text[:n]), 16, 32)
	return rune(v), err == nil
}
