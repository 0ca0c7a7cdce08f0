package normalise

// creditAlphabet and creditWeights are those of GB 32100-2015, 4.4.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

var creditValues = func() [256]int8 {
	var v [256]int8
	for i := range v {
		v[i] = -1
	}
	for i := range len(creditAlphabet) {
		v[creditAlphabet[i]] = int8(i)
	}
	return v
}()

// creditCodeCheck reports whether a text is a unified social credit code
// whose check place is right (GB 32100-2015, MOD 31).
func creditCodeCheck(code []byte) bool {
	if len(code) != 18 {
		return false
	}
	total := 0
	for i, w := range creditWeights {
		v := creditValues[code[i]]
		if v < 0 {
			return false
		}
		total += int(v) * w
	}
	return creditValues[code[17]] == int8((31-total%31)%31)
}

// appendCode appends an identifier of organisations in its one spelling: half
// width, capitals, no white space.
func appendCode(dst, text []byte) []byte {
	start := len(dst)
	dst = appendNarrow(dst, text)
	kept := dst[:start]
	for _, c := range dst[start:] {
		if c == ' ' || c == '\t' {
			continue
		}
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		kept = append(kept, c)
	}
	return kept
}
