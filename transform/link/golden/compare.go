package golden

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"huiliu/transform/entity"
)

// slack is half of the last of six decimals with which numbers are stored.
const slack = 5e-7

// normal is the form in which two spellings of one text are equal: full width
// as half width (Unicode Standard Annex 15, NFKC), no white space, no
// capitals.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// readable leaves of a value what may be looked at: of a personal one, never
// its text.
func (one *rule) readable(v Value) Value {
	if one.of.Tag != entity.Plain {
		return Value{Token: v.Token, Mask: v.Mask, Unsound: v.Unsound}
	}
	return Value{Text: v.Text, Unsound: v.Unsound}
}

// key is by what a value is compared, empty for no value: the pseudonym of a
// personal one.
func (one *rule) key(v Value) string {
	if one.of.Tag != entity.Plain {
		return v.Token
	}
	key := normal(v.Text)
	if one.empty[key] {
		return ""
	}
	return key
}

// shown is the form of a value that may stand in a row: the mask of a personal
// one, stars where it has none.
func (one *rule) shown(v Value) string {
	if one.of.Tag == entity.Plain {
		return strings.TrimSpace(v.Text)
	}
	if v.Mask == "" {
		return "***"
	}
	return v.Mask
}

// same reports whether two keys say the same, within the tolerance of the
// rule. What can't be read as a number or a day is compared as text.
func (one *rule) same(a, b string) bool {
	if a == b {
		return true
	}
	switch {
	case one.of.Tag != entity.Plain:
		return false
	case one.numeric():
		x, okX := number(a)
		y, okY := number(b)
		return okX && okY && math.Abs(x-y) <= one.margin(x, y)+slack
	case one.dated():
		x, okX := date(a)
		y, okY := date(b)
		return okX && okY && math.Abs(x.Sub(y).Hours()) <= 24*one.within
	}
	return false
}

func (one *rule) margin(x, y float64) float64 {
	if one.relative {
		return one.within * max(math.Abs(x), math.Abs(y))
	}
	return one.within
}

func number(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// date reads the day of a stored day or moment.
func date(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	return t, err == nil
}
