package httpapi

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The scanner below only finds where values begin and end. It judges nothing
// inside them: one record with a wrong escape must not cost the other records
// of its answer, and each record is judged by jsonrow.

// spaces returns the index of the first byte that is no JSON white space.
func spaces(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	return i
}

// skip returns the index behind the value that begins at i, and false when
// the bytes end inside it.
func skip(raw []byte, i int) (int, bool) {
	if i >= len(raw) {
		return i, false
	}
	switch raw[i] {
	case '"':
		return skipText(raw, i)
	case '{', '[':
		return skipNested(raw, i)
	}
	for i < len(raw) && strings.IndexByte(",]} \t\r\n", raw[i]) < 0 {
		i++
	}
	return i, i < len(raw)
}

func skipText(raw []byte, i int) (int, bool) {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(raw), false
}

func skipNested(raw []byte, i int) (int, bool) {
	for depth := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end, ok := skipText(raw, i)
			if !ok {
				return end, false
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(raw), false
}

// lookup returns the value at a path of keys joined by dots; the empty path is
// the value itself. Nil says that it is not there. The value must be one that
// skip can pass.
func lookup(raw []byte, path string) []byte {
	raw = bytes.TrimSpace(raw)
	if path == "" {
		return raw
	}
	key, rest, _ := strings.Cut(path, ".")
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	for i := spaces(raw, 1); i < len(raw) && raw[i] == '"'; {
		end, ok := skipText(raw, i)
		if !ok {
			return nil
		}
		name := raw[i:end]
		if i = spaces(raw, end); i >= len(raw) || raw[i] != ':' {
			return nil
		}
		i = spaces(raw, i+1)
		if end, ok = skip(raw, i); !ok {
			return nil
		}
		if isKey(name, key) {
			return lookup(raw[i:end], rest)
		}
		if i = spaces(raw, end); i >= len(raw) || raw[i] != ',' {
			return nil
		}
		i = spaces(raw, i+1)
	}
	return nil
}

func isKey(quoted []byte, key string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == key
	}
	text, err := jsontext.AppendUnquote(nil, quoted)
	return err == nil && string(text) == key
}

// scalar returns the text of a value: a string without its quotes, another
// one as it stands; null and nothing are empty.
func scalar(raw []byte) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] != '"' {
		return string(raw)
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return ""
	}
	return string(text)
}

// elements walks through a list that skip has passed.
type elements struct {
	raw []byte
	at  int
	// Index counts the elements given, from 1.
	index int64
}

func newElements(list []byte) elements {
	inside := bytes.TrimRight(list[1:len(list)-1], " \t\r\n")
	return elements{raw: inside, at: spaces(inside, 0)}
}

// next returns the next element, false behind the last.
func (e *elements) next() ([]byte, bool) {
	if e.at >= len(e.raw) {
		return nil, false
	}
	begin := e.at
	end, _ := skip(e.raw, begin)
	// What stands between the value and the comma belongs to a broken element.
	for end < len(e.raw) && e.raw[end] != ',' {
		if next, _ := skip(e.raw, end); next > end {
			end = next
		} else {
			end++
		}
	}
	e.at = spaces(e.raw, end+1) // a comma behind the last begins no element
	e.index++
	return bytes.TrimSpace(e.raw[begin:end]), true
}
