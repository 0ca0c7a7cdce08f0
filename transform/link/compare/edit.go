package compare

import "unicode/utf8"

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

// within is the distance, or limit+1 when it is certain to be over limit.
func within(a, b string, limit int) int {
	if ascii(a) && ascii(b) {
		if len(a)-len(b) > limit || len(b)-len(a) > limit {
			return limit + 1
		}
		var x, y [short]byte
		return damerau(append(x[:0], a...), append(y[:0], b...))
	}
	var x, y [short]rune
	s, t := appendRunes(x[:0], a), appendRunes(y[:0], b)
	if len(s)-len(t) > limit || len(t)-len(s) > limit {
		return limit + 1
	}
	return damerau(s, t)
}

// damerau fills Lowrance & Wagner's table. seen[j] is the last row whose
// character equals b[j-1], which spares the map from characters to rows.
func damerau[C character](a, b []C) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	const side = 25
	var small [side * side]int
	var smallSeen [side]int
	width := len(b) + 1
	table, seen := small[:], smallSeen[:]
	if len(a) >= side || len(b) >= side {
		table, seen = make([]int, (len(a)+1)*width), make([]int, width)
	}
	for i := 0; i <= len(a); i++ {
		table[i*width] = i
	}
	for j := 0; j <= len(b); j++ {
		table[j] = j
	}
	for i := 1; i <= len(a); i++ {
		match := 0
		for j := 1; j <= len(b); j++ {
			row, col := seen[j], match
			cost := 1
			if a[i-1] == b[j-1] {
				cost, match = 0, j
			}
			d := min(table[(i-1)*width+j-1]+cost, table[(i-1)*width+j]+1, table[i*width+j-1]+1)
			if row > 0 && col > 0 {
				d = min(d, table[(row-1)*width+col-1]+(i-row-1)+1+(j-col-1))
			}
			table[i*width+j] = d
		}
		for j := 1; j <= len(b); j++ {
			if b[j-1] == a[i-1] {
				seen[j] = i
			}
		}
	}
	return table[len(a)*width+len(b)]
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
	if ascii(a) && ascii(b) {
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

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
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
