package normalise

import (
	"bytes"
	"math"
	"math/bits"
)

// million is the scale of DECIMAL(18,6): six decimals.
const million = 1_000_000

// limit is the first unscaled number that DECIMAL(18,6) can't hold.
const limit = 1_000_000_000_000_000_000

// scale turns a number of the source's unit into the attribute's: times
// factor (0 stands for 1), times ten to the power of shift.
type scale struct {
	factor uint64
	shift  int
}

var tens = func() [20]uint64 {
	var t [20]uint64
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()

// number is a decimal as written: ±mantissa × 10^exponent; sticky says that
// digits that no longer fit were not all zero.
type number struct {
	negative bool
	mantissa uint64
	exponent int
	sticky   bool
}

// parseNumber reads a decimal: sign, digits in groups of three by comma, a
// point, an exponent. Full-width characters are read as ASCII.
func parseNumber(text []byte) (n number, ok bool) {
	if bytes.IndexByte(text, 0xef) >= 0 {
		text = appendNarrow(make([]byte, 0, len(text)), text)
	}
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		n.negative = text[i] == '-'
		i++
	}
	digits, point, group, comma := 0, false, 0, false
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
			group++
			n.digit(c-'0', point)
		case c == '.' && !point:
			if comma && group != 3 {
				return n, false
			}
			point = true
		case c == ',' && !point && digits > 0 && (comma && group == 3 || !comma && group <= 3):
			comma, group = true, 0
		case (c == 'e' || c == 'E') && digits > 0:
			return n, n.power(text[i+1:]) && !(comma && !point && group != 3)
		default:
			return n, false
		}
	}
	return n, digits > 0 && !(comma && !point && group != 3)
}

func (n *number) digit(d byte, point bool) {
	if n.mantissa > (math.MaxUint64-9)/10 {
		n.sticky = n.sticky || d != 0
		if !point {
			n.exponent++
		}
		return
	}
	n.mantissa = n.mantissa*10 + uint64(d)
	if point {
		n.exponent--
	}
}

func (n *number) power(text []byte) bool {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	r := reader{text: text}
	e, width := r.digits(4)
	if width == 0 || !r.done() {
		return false
	}
	if negative {
		e = -e
	}
	n.exponent += e
	return true
}

// parseDecimal reads a number exactly, without floating point, as millionths.
// More than six decimals are rounded half to even.
func parseDecimal(text []byte, s scale) (int64, outcome) {
	n, ok := parseNumber(text)
	if !ok {
		return 0, unreadable
	}
	v, ok := n.scaled(s)
	if !ok {
		return 0, outside
	}
	if n.negative {
		return -int64(v), good
	}
	return int64(v), good
}

func (n number) scaled(s scale) (uint64, bool) {
	hi, lo := uint64(0), n.mantissa
	if s.factor > 1 {
		hi, lo = bits.Mul64(n.mantissa, s.factor)
	}
	e := n.exponent + s.shift + 6
	if hi == 0 && lo == 0 {
		return 0, true
	}
	if e >= 0 {
		if hi != 0 || e >= 19 {
			return 0, false
		}
		over, product := bits.Mul64(lo, tens[e])
		return product, over == 0 && product < limit
	}
	if -e > 40 {
		return 0, true
	}
	return divide(hi, lo, -e, n.sticky)
}

// divide divides 128 bits by 10^places, rounding half to even; sticky says
// that there was more than nothing after the last bit.
func divide(hi, lo uint64, places int, sticky bool) (uint64, bool) {
	for places >= len(tens) {
		var r uint64
		q := hi / 10
		lo, r = bits.Div64(hi%10, lo, 10)
		hi = q
		sticky = sticky || r != 0
		places--
	}
	by := tens[places]
	if hi >= by {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, by)
	half := by / 2
	if r > half || r == half && (sticky || q&1 == 1) && by > 1 {
		q++
	}
	return q, q < limit
}

// parseInt reads a whole number; decimals that are all zero are allowed.
func parseInt(text []byte) (int64, outcome) {
	n, ok := parseNumber(text)
	if !ok {
		return 0, unreadable
	}
	v := n.mantissa
	for ; n.exponent < 0; n.exponent++ {
		if v%10 != 0 {
			return 0, unreadable
		}
		if v /= 10; v == 0 {
			break
		}
	}
	if v == 0 && !n.sticky {
		return 0, good
	}
	if n.exponent >= len(tens) || n.sticky {
		return 0, outside
	}
	if n.exponent > 0 {
		over, product := bits.Mul64(v, tens[n.exponent])
		if over != 0 {
			return 0, outside
		}
		v = product
	}
	if v > 1<<63-1 {
		return 0, outside
	}
	if n.negative {
		return -int64(v), good
	}
	return int64(v), good
}

var truths = map[string]bool{
	"true": true, "false": false, "t": true, "f": false, "yes": true, "no": false, "y": true, "n": false, "1": true, "0": false,
	"是": true, "否": false, "有": true, "无": false, "对": true, "错": false, "√": true, "×": false,
}

// parseBool reads yes or no in the spellings of departments.
func parseBool(text []byte) (bool, outcome) {
	var room [8]byte
	if len(text) > len(room) {
		return false, unreadable
	}
	n := copy(room[:], text)
	for i, c := range room[:n] {
		if c >= 'A' && c <= 'Z' {
			room[i] = c + 'a' - 'A'
		}
	}
	v, ok := truths[string(room[:n])]
	if !ok {
		return false, unreadable
	}
	return v, good
}

// appendNarrow appends text with full-width forms as ASCII.
func appendNarrow(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if i+2 < len(text) {
			second, third := text[i+1], text[i+2]
			switch {
			case c == 0xef && second == 0xbc && third >= 0x81:
				dst = append(dst, third-0x81+'!')
				i += 2
				continue
			case c == 0xef && second == 0xbd && third <= 0x9e:
				dst = append(dst, third-0x80+'`')
				i += 2
				continue
			case c == 0xe3 && second == 0x80 && third == 0x80:
				dst = append(dst, ' ')
				i += 2
				continue
			}
		}
		dst = append(dst, c)
	}
	return dst
}
