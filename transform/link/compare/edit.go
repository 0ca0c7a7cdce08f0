package compare

import (
	"math/bits"
	"unicode/utf8"
)

// short is the length in characters up to which edit distances and Jaro need
// no memory of the heap; names, dates and numbers are shorter.
const short = 48

// character is what texts are compared by: bytes when both are ASCII, else
// code points.
type character interface{ byte | rune }

// DamerauLevenshtein is the least number of insertions, deletions,
// substitutions and transpositions of neighbours that turn one text into the
// other, in characters (Damerau 1964; the unrestricted form of Lowrance &
// Wagner 1975, as jellyfish has it).
func DamerauLevenshtein(a, b string) int {
	return within(a, b, max(utf8.RuneCountInString(a), utf8.RuneCountInString(b)))
}

// within is the distance, or any number over limit when it is over limit.
func within(a, b string, limit int) int {
	if plain(a, b) {
		if len(a)-len(b) > limit || len(b)-len(a) > limit || apart(a, b) > limit {
			return limit + 1
		}
		var x, y [short]byte
		return damerau(append(x[:0], a...), append(y[:0], b...), limit)
	}
	var x, y [short]rune
	s, t := appendRunes(x[:0], a), appendRunes(y[:0], b)
	if len(s)-len(t) > limit || len(t)-len(s) > limit {
		return limit + 1
	}
	return damerau(s, t, limit)
}

// apart is a lower bound of the distance: the kinds of characters that one
// text has and the other lacks. Each edit brings in one kind at most.
func apart(a, b string) int {
	var inA, inB uint64
	for i := 0; i < len(a); i++ {
		inA |= 1 << (a[i] & 63)
	}
	for i := 0; i < len(b); i++ {
		inB |= 1 << (b[i] & 63)
	}
	return max(bits.OnesCount64(inA&^inB), bits.OnesCount64(inB&^inA))
}

// damerau takes off what both texts begin and end with, and fills the table
// for the rest.
func damerau[C character](a, b []C, limit int) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	const side = 17
	if len(a) >= side || len(b) >= side {
		return fill(a, b, make([]int32, (len(a)+1)*(len(b)+1)), make([]int32, len(b)+1), limit)
	}
	var table [side * side]int32
	var seen [side]int32
	return fill(a, b, table[:], seen[:], limit)
}

// fill fills Lowrance & Wagner's table. seen[j] is the last row whose
// character equals b[j-1], which spares the map from characters to rows. It
// ends early when a whole row is over limit: a distance never falls under the
// least number of a row before.
func fill[C character](a, b []C, table, seen []int32, limit int) int {
	width := len(b) + 1
	for i := 1; i <= len(a); i++ {
		table[i*width] = int32(i)
	}
	for j := range width {
		table[j] = int32(j)
	}
	for i := 1; i <= len(a); i++ {
		match, least := 0, int32(i)
		above, row := table[(i-1)*width:i*width], table[i*width:(i+1)*width]
		for j := 1; j <= len(b); j++ {
			from, col := int(seen[j]), match
			cost := int32(1)
			if a[i-1] == b[j-1] {
				cost, match = 0, j
			}
			d := min(above[j-1]+cost, above[j]+1, row[j-1]+1)
			if from > 0 && col > 0 {
				d = min(d, table[(from-1)*width+col-1]+int32(i-from+j-col-1))
			}
			row[j] = d
			least = min(least, d)
			if cost == 0 {
				// Read above already: no later column looks at it in this row.
				seen[j] = int32(i)
			}
		}
		if int(least) > limit {
			return limit + 1
		}
	}
	return int(table[len(a)*width+len(b)])
}

// JaroWinkler is Jaro's similarity raised for a common prefix of up to four
// characters by a tenth of what lacks to 1 for each, where Jaro is over .7
// (Jaro 1989; Winkler 1990). It is in [0, 1]; of two empty texts it is 0, as
// there is nothing that agrees.
//
// Jaro's matching is greedy from the first text on, and rarely comes to
// another number when the two are exchanged: the lesser text is taken first.
func JaroWinkler(a, b string) float64 {
	if b < a {
		a, b = b, a
	}
	if plain(a, b) {
		var x, y [short]byte
		return winkler(append(x[:0], a...), append(y[:0], b...))
	}
	var x, y [short]rune
	return winkler(appendRunes(x[:0], a), appendRunes(y[:0], b))
}

func winkler[C character](a, b []C) float64 {
	sim := jaro(a, b)
	if sim <= 0.7 {
		return sim
	}
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return sim + float64(prefix)*0.1*(1-sim)
}

func jaro[C character](a, b []C) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	window := max(0, max(len(a), len(b))/2-1)
	var smallA, smallB [short]bool
	hitA, hitB := smallA[:], smallB[:]
	if len(a) > short || len(b) > short {
		hitA, hitB = make([]bool, len(a)), make([]bool, len(b))
	}
	common := 0
	for i := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if !hitB[j] && a[i] == b[j] {
				hitA[i], hitB[j] = true, true
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	moved, j := 0, 0
	for i := range a {
		if !hitA[i] {
			continue
		}
		for !hitB[j] {
			j++
		}
		if a[i] != b[j] {
			moved++
		}
		j++
	}
	m := float64(common)
	return (m/float64(len(a)) + m/float64(len(b)) + (m-float64(moved/2))/m) / 3
}

// plain reports whether both texts are ASCII.
func plain(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if a[i] >= utf8.RuneSelf {
			return false
		}
	}
	for i := 0; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendRunes(dst []rune, s string) []rune {
	for _, r := range s {
		dst = append(dst, r)
	}
	return dst
}
