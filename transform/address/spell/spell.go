// Package spell brings a Chinese address to one spelling, so that two ways to
// write one place compare as equal: full width as half width, Chinese numerals
// before units as digits, one word for each unit and relation, no punctuation
// but brackets, no division named twice. The spelling is for comparing, not
// for showing: it knows no place and corrects no error.
package spell

import (
	"strings"
	"unicode"
)

// longest bounds the characters of an address that are looked at: what is
// longer is no address, and the rest is cut off.
const longest = 1024

// passes bounds how often the rules are tried; each pass but the last changes
// something, and nearly all addresses are done after one.
const passes = 64

// Normal is the one spelling of an address. It is idempotent. Bytes that are
// no UTF-8 are left out; of a text of more than 1024 characters the rest is
// left out too.
func Normal(text string) string {
	for range passes {
		s := once(units(words(numerals(clean(text)))))
		if string(s) == text {
			break
		}
		text = string(s)
	}
	return text
}

// Tokens cuts a normal spelling into its smallest parts: a run of digits, a
// run of Latin letters, or one other character. Hyphens and brackets are left
// out.
func Tokens(normal string) []string {
	var out []string
	s := []rune(normal)
	for i := 0; i < len(s); {
		n := 1
		switch {
		case digit(s[i]):
			n = span(s[i:], digit)
		case latin(s[i]):
			n = span(s[i:], latin)
		case strings.ContainsRune("-().", s[i]):
			i++
			continue
		}
		out = append(out, string(s[i:i+n]))
		i += n
	}
	return out
}

// variants are characters written for another one in addresses. 苑 and 园 are
// mixed up in the names of estates as 幢 and 栋 are for buildings.
var variants = map[rune]rune{
	'苑': '园', '邨': '村', '號': '号', '樓': '楼', '棟': '栋', '層': '层', '臺': '台', '園': '园', '區': '区', '縣': '县',
	'鎮': '镇', '鄉': '乡', '門': '门', '單': '单', '東': '东', '廣': '广', '場': '场', '廈': '厦', '弍': '二', '壹': '一',
	'貳': '二', '叁': '三', '○': '〇', '零': '〇', '两': '二', '廿': '二', '﹟': '#', '＃': '#',
	'【': '(', '[': '(', '{': '(', '〔': '(', '「': '(', '《': '(', '<': '(',
	'】': ')', ']': ')', '}': ')', '〕': ')', '」': ')', '》': ')', '>': ')',
	'—': '-', '–': '-', '－': '-', '―': '-', '~': '-', '～': '-', '/': '-', '至': '至',
}

// clean folds single characters and drops punctuation. Between two digits
// something dropped leaves a hyphen: 12、13 is not 1213.
func clean(text string) []rune {
	var out []rune
	gap := false
	for _, r := range text {
		if len(out) >= longest {
			break
		}
		r, ok := fold(r)
		if !ok {
			gap = true
			continue
		}
		last := rune(0)
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		if gap && digit(last) && digit(r) {
			out = append(out, '-')
		}
		gap = false
		if r == '-' && !plain(last) {
			continue
		}
		out = append(out, r)
	}
	return hyphens(out)
}

// fold gives the one form of a character; ok is false for what is dropped.
func fold(r rune) (rune, bool) {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	if v, ok := variants[r]; ok {
		r = v
	}
	switch {
	case r == unicode.ReplacementChar:
		return 0, false
	case r == '(' || r == ')' || r == '-' || r == '#':
		return r, true
	case unicode.IsLetter(r) || r >= '0' && r <= '9' || r == '〇':
		return unicode.ToLower(r), true
	}
	return 0, false
}

// hyphens keeps a hyphen only between two digits or letters, and drops the
// leading zeros of a number.
func hyphens(s []rune) []rune {
	out := s[:0]
	for i, r := range s {
		next := rune(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		last := rune(0)
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		switch {
		case r == '-' && !(plain(last) && plain(next)):
		case r == '0' && !digit(last) && digit(next):
		default:
			out = append(out, r)
		}
	}
	return out
}

func digit(r rune) bool { return r >= '0' && r <= '9' }
func latin(r rune) bool { return r >= 'a' && r <= 'z' }
func plain(r rune) bool { return digit(r) || latin(r) }

// span counts the characters at the beginning that are as told.
func span(s []rune, is func(rune) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

// begins reports whether s begins with word.
func begins(s []rune, word string) bool {
	i := 0
	for _, r := range word {
		if i >= len(s) || s[i] != r {
			return false
		}
		i++
	}
	return true
}
