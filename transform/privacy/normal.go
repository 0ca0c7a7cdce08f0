package privacy

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"huiliu/transform/entity"
)

// AppendNormal appends the form in which two spellings of one personal value
// are equal: full width as half width; identity numbers without spaces, with
// a capital X and of 18 digits; phone numbers as digits without +86; names
// and addresses without white space beside Chinese characters; free text with
// white space squashed.
func AppendNormal(dst []byte, tag entity.Tag, text []byte) []byte {
	start := len(dst)
	switch tag {
	case entity.IdentityNumber:
		dst = appendFolded(dst, text)
		return upgrade(dst, start)
	case entity.Phone:
		return appendPhone(dst, text)
	case entity.PersonName, entity.Address, entity.FreeText:
		dst = appendFolded(dst, text)
		return squash(dst, start, tag)
	}
	return append(dst, bytes.TrimSpace(text)...)
}

// appendFolded appends text with the full-width forms U+FF01–FF5E as ASCII
// and the ideographic space as a space.
func appendFolded(dst, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c != 0xef && c != 0xe3 || i+2 >= len(text) {
			i++
			continue
		}
		second, third := text[i+1], text[i+2]
		switch {
		case c == 0xef && (second == 0xbc && third >= 0x81 || second == 0xbd && third <= 0x9e):
			dst = append(append(dst, text[from:i]...), narrow(second, third))
		case c == 0xe3 && second == 0x80 && third == 0x80:
			dst = append(append(dst, text[from:i]...), ' ')
		default:
			i += 3
			continue
		}
		i += 3
		from = i
	}
	return append(dst, text[from:]...)
}

// narrow gives the ASCII of a full-width form by its second and third byte.
func narrow(second, third byte) byte {
	if second == 0xbc {
		return third - 0x81 + '!'
	}
	return third - 0x80 + '`'
}

// upgrade brings the identity number in dst[start:] to its one form.
func upgrade(dst []byte, start int) []byte {
	kept := dst[:start]
	for _, c := range dst[start:] {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			continue
		}
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		kept = append(kept, c)
	}
	if id := kept[start:]; len(id) == 15 && allDigits(id) {
		var long [18]byte
		copy(long[:6], id)
		long[6], long[7] = '1', '9'
		copy(long[8:17], id[6:])
		long[17] = identityCheck(long[:17])
		return append(kept[:start], long[:]...)
	}
	return kept
}

func appendPhone(dst, text []byte) []byte {
	start := len(dst)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == 0xef && i+2 < len(text) && text[i+1] == 0xbc {
			c = narrow(text[i+1], text[i+2])
			i += 2
		}
		if c >= '0' && c <= '9' {
			dst = append(dst, c)
		}
	}
	digits := dst[start:]
	for _, prefix := range []string{"0086", "86"} {
		if len(digits) == len(prefix)+11 && bytes.HasPrefix(digits, []byte(prefix)) {
			return append(dst[:start], digits[len(prefix):]...)
		}
	}
	return dst
}

// squash trims dst[start:] and takes out white space: all of it beside a
// character that is not ASCII (free text keeps one), else down to one.
func squash(dst []byte, start int, tag entity.Tag) []byte {
	text := bytes.TrimSpace(dst[start:])
	kept := dst[:start]
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf && c != ' ' && (c < '\t' || c > '\r') {
			kept = append(kept, c)
			i++
			continue
		}
		if c >= 0xe4 && c <= 0xe9 && i+3 <= len(text) {
			// Chinese characters, none of which is a space.
			kept = append(kept, c, text[i+1], text[i+2])
			i += 3
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if !unicode.IsSpace(r) {
			if tag == entity.PersonName && (r == '•' || r == '・' || r == '‧' || r == '．') {
				kept = append(kept, "·"...)
			} else {
				kept = append(kept, text[i:i+size]...)
			}
			i += size
			continue
		}
		for i < len(text) {
			r, size = utf8.DecodeRune(text[i:])
			if !unicode.IsSpace(r) {
				break
			}
			i += size
		}
		beside := len(kept) > start && kept[len(kept)-1] >= utf8.RuneSelf || i < len(text) && text[i] >= utf8.RuneSelf
		if tag == entity.FreeText || !beside {
			kept = append(kept, ' ')
		}
	}
	return kept
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
