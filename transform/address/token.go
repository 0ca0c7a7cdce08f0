package address

import (
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// most is how many tokens of a text are read; what follows is no address.
const most = 256

// class is the sort of a token.
type class uint8

const (
	han class = iota
	digits
	letters
	numeral // 一 to 十 and 零
	mark
)

// token is the smallest unit: a run of digits, a run of letters, or one other
// character. White space separates and is dropped.
type token struct {
	start, end int // bytes of the text
	class      class
	spaced     bool // white space stands before it
	norm       string
	hash       uint64
	shape      uint64 // like hash, but digits and letters by their length only
}

// tokenise splits a text of any bytes; invalid ones are marks.
func tokenise(text string) []token {
	var out []token
	spaced := false
	for i := 0; i < len(text) && len(out) < most; {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			spaced, i = true, i+size
			continue
		}
		t := token{start: i, class: classOf(fold(r)), spaced: spaced}
		spaced = false
		norm := utf8.AppendRune(nil, fold(r))
		for i += size; i < len(text) && (t.class == digits || t.class == letters); i += size {
			r, size = utf8.DecodeRuneInString(text[i:])
			if classOf(fold(r)) != t.class {
				break
			}
			norm = utf8.AppendRune(norm, fold(r))
		}
		t.end, t.norm = i, string(norm)
		t.hash = xxh3.Hash(norm)
		t.shape = t.hash
		if t.class == digits || t.class == letters {
			t.shape = uint64(t.class)<<8 | uint64(min(len(norm), 6))
		}
		out = append(out, t)
	}
	return out
}

// fold brings full-width forms to ASCII, small letters to capitals and the
// many dashes to one.
func fold(r rune) rune {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	switch {
	case r >= 'a' && r <= 'z':
		return r - 'a' + 'A'
	case r == '–' || r == '—' || r == '―' || r == '−' || r == '‐' || r == '─':
		return '-'
	}
	return r
}

func classOf(r rune) class {
	switch {
	case r >= '0' && r <= '9':
		return digits
	case r >= 'A' && r <= 'Z':
		return letters
	case numerals[r] > 0 || r == '零' || r == '〇':
		return numeral
	case unicode.IsLetter(r):
		return han
	}
	return mark
}

var numerals = map[rune]int{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '十': 10}
