package files

import (
	"math"
	"strconv"
	"strings"
)

// scanNumber cuts a number by the grammar of RFC 8259.
func scanNumber(b []byte) ([]byte, bool) {
	digits := func(i int) int {
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i
	}
	i := 0
	if b[0] == '-' {
		i++
	}
	end := digits(i)
	if end == i || b[i] == '0' && end > i+1 {
		return nil, false
	}
	if i = end; i < len(b) && b[i] == '.' {
		if end = digits(i + 1); end == i+1 {
			return nil, false
		}
		i = end
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if end = digits(i); end == i {
			return nil, false
		}
		i = end
	}
	return b[:i], true
}

// exactInt reads an integer literal that fits 64 bits; -0 is none.
func exactInt(lit []byte) (int64, bool) {
	negative := lit[0] == '-'
	digits := lit
	if negative {
		digits = lit[1:]
	}
	if len(digits) > 19 || negative && digits[0] == '0' {
		return 0, false
	}
	var v uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	switch {
	case negative && v <= 1<<63:
		return -int64(v), true
	case !negative && v <= math.MaxInt64:
		return int64(v), true
	}
	return 0, false
}

var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// exactFloat reads a decimal and reports whether the double's shortest form
// is the same decimal. Up to 15 digits always are (IEEE 754), and with a power
// of ten up to 22 one division is exactly rounded (Clinger 1990).
func exactFloat(lit []byte) (float64, bool) {
	var mantissa uint64
	digits, scale, point := 0, 0, false
	i := 0
	negative := lit[0] == '-'
	if negative {
		i++
	}
	for ; i < len(lit); i++ {
		c := lit[i]
		if c == '.' {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			return slowFloat(lit) // an exponent
		}
		if digits > 0 || c != '0' {
			digits++
		}
		mantissa = mantissa*10 + uint64(c-'0')
		if point {
			scale++
		}
	}
	if digits > 15 || scale > 22 || mantissa == 0 {
		return slowFloat(lit)
	}
	f := float64(mantissa) / powers[scale]
	if negative {
		f = -f
	}
	return f, true
}

func slowFloat(lit []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil || math.Signbit(f) && f == 0 {
		return 0, false
	}
	return f, decimal(string(lit)) == decimal(strconv.FormatFloat(f, 'e', -1, 64))
}

// decimal writes a number literal in one form: sign, digits without zeros at
// the ends, power of ten.
func decimal(lit string) string {
	sign := ""
	if strings.HasPrefix(lit, "-") {
		sign, lit = "-", lit[1:]
	}
	mantissa, power, _ := strings.Cut(strings.ToLower(lit), "e")
	exponent := 0
	if power != "" {
		n, err := strconv.Atoi(power)
		if err != nil {
			return "?" + sign + lit // an exponent of twenty digits equals no other
		}
		exponent = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	exponent -= len(fraction)
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if trimmed == "" {
		return "0"
	}
	return sign + trimmed + "e" + strconv.Itoa(exponent)
}
