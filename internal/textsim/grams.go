// Package textsim compares short texts in Chinese: character n-grams, their
// rarity in a corpus, cosine of weighted n-grams, and MinHash keys under which
// near copies meet. It knows nothing of what the texts are about.
package textsim

import (
	"unicode"

	"github.com/zeebo/xxh3"
)

// Gram is the hash of one n-gram or of one whole run of digits and letters.
type Gram uint64

// Fold appends to dst the runes of text in the form in which two spellings
// are equal: full width as half width, letters lower case. White space is
// dropped; every other sign becomes one 0, which no n-gram crosses.
func Fold(dst []rune, text string) []rune {
	for _, r := range text {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case unicode.IsSpace(r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			dst = append(dst, unicode.ToLower(r))
		case len(dst) > 0 && dst[len(dst)-1] != 0:
			dst = append(dst, 0)
		}
	}
	return dst
}

// word reports whether a rune is kept together with its neighbours: half of a
// house number is no house number.
func word(r rune) bool { return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// Grams appends the n-grams of folded text for every n from low to high. A
// rune for which skip is true belongs to no n-gram; skip may be nil. Runs of
// digits and letters of other scripts count as one gram each.
func Grams(dst []Gram, text []rune, low, high int, skip []bool) []Gram {
	out := func(i int) bool { return text[i] == 0 || skip != nil && skip[i] }
	for i := 0; i < len(text); {
		if out(i) {
			i++
			continue
		}
		if word(text[i]) {
			end := i
			for end < len(text) && !out(end) && word(text[end]) {
				end++
			}
			dst = append(dst, HashRunes(text[i:end]))
			i = end
			continue
		}
		for n := 1; n <= high && i+n <= len(text) && !out(i+n-1) && !word(text[i+n-1]); n++ {
			if n >= low {
				dst = append(dst, HashRunes(text[i:i+n]))
			}
		}
		i++
	}
	return dst
}

// HashRunes is the gram of one string of runes, the same on every machine.
func HashRunes(text []rune) Gram {
	var short [64]byte
	b := short[:0]
	for _, r := range text {
		b = append(b, byte(r), byte(r>>8), byte(r>>16))
	}
	return Gram(xxh3.Hash(b))
}
