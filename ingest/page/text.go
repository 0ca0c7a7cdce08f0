package page

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

func appendTime(dst []byte, kind Kind, v int64) []byte {
	switch kind {
	case Instant:
		return time.UnixMicro(v).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
	case Date:
		return time.Unix(v*86400, 0).UTC().AppendFormat(dst, time.DateOnly)
	default:
		return time.UnixMicro(v).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999")
	}
}

const hexDigits = "0123456789abcdef"

// appendQuoted writes UTF-8 text as a JSON string, escaping only what RFC
// 8259 demands.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// unquote returns the text of a JSON string, and false for any other value.
func unquote(v []byte) ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	inner := v[1 : len(v)-1]
	for _, c := range inner {
		if c == '\\' {
			var s string
			if json.Unmarshal(v, &s) != nil {
				return nil, false
			}
			return []byte(s), true
		}
	}
	return inner, utf8.Valid(inner)
}
