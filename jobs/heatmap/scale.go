package heatmap

import (
	"math"
	"slices"
	"strconv"

	"huiliu/internal/drawing"
)

// What a colour can tell: a count or a rate, of requests or of issues.
const (
	byRequests, byIssues = 0, 1
	asCount, asRate      = 0, 1
)

// colours of the classes, from few to many: ColorBrewer's YlOrBr of seven
// classes without the lightest, which on paper can't be told from white
// (Brewer, Hatchard & Harrower 2003; marked colour-blind safe). Their
// lightness falls from class to class, so that a grey copy reads the same.
var colours = []string{"#fee391", "#fec44f", "#fe9929", "#ec7014", "#cc4c02", "#8c2d04"}

// paints of what has no colour of a class.
var (
	noneAtAll = drawing.Paint{Color: drawing.Hex("#ffffff"), Ground: drawing.Hex("#ffffff")}
	tooFew    = drawing.Paint{Color: drawing.Hex("#8a94a0"), Ground: drawing.Hex("#f4f6f8"), Pattern: drawing.Stripes}
	nobody    = drawing.Paint{Color: drawing.Hex("#8a94a0"), Ground: drawing.Hex("#ffffff"), Pattern: drawing.Dots}
	hidden    = drawing.Paint{Color: drawing.Hex("#aab2bc"), Ground: drawing.Hex("#e3e7ec"), Pattern: drawing.Crosses}
)

// bounds are the least values of the classes, ascending. They are round
// numbers of the series 1, 2, 5, 10, …, never quantiles: a colour means the
// same number in every month, for requests and for issues, and a month in
// which little happened is pale.
type bounds []float64

// class returns the index of a value's class; 0 for what is below all.
func (b bounds) class(v float64) int {
	at, found := slices.BinarySearch(b, v)
	if found {
		return at
	}
	return max(0, at-1)
}

// boundsTo returns the bounds up to the largest value that occurs: first, and
// at most five of the series above it.
func boundsTo(first, most float64) bounds {
	out := bounds{}
	for exponent := -3; exponent <= 9; exponent++ {
		for _, digit := range []string{"1", "2", "5"} {
			v, err := strconv.ParseFloat(digit+"e"+strconv.Itoa(exponent), 64)
			if err == nil && v > first && v <= most && (first == 0 || v == math.Trunc(v)) {
				out = append(out, v)
			}
		}
	}
	out = out[max(0, len(out)-len(colours)+1):]
	return append(bounds{first}, out...)
}

// labels are the classes as a legend tells them.
func (b bounds) labels(measure int) []string {
	var out []string
	for i, v := range b {
		low := strconv.FormatFloat(v, 'f', -1, 64)
		switch {
		case i == len(b)-1:
			out = append(out, "≥ "+low)
		case measure == asRate && i == 0:
			out = append(out, "< "+strconv.FormatFloat(b[i+1], 'f', -1, 64))
		case measure == asRate:
			out = append(out, low+" – "+strconv.FormatFloat(b[i+1], 'f', -1, 64))
		case b[i+1]-1 > v:
			out = append(out, low+" – "+strconv.FormatFloat(b[i+1]-1, 'f', -1, 64))
		default:
			out = append(out, low)
		}
	}
	return out
}

// scales returns the bounds of a kind of area: first for all categories and
// for single ones, then for counts and for rates. Only rates that may be told
// as such count.
func (l *layer) scales() [2][2]bounds {
	var most [2][2]float64
	for key, rows := range l.cells {
		level := min(1, key[1])
		for _, r := range rows {
			most[level][asCount] = max(most[level][asCount], float64(r.requests))
			for _, one := range r.rates {
				if one.class == "ok" {
					most[level][asRate] = max(most[level][asRate], number(one.value))
				}
			}
		}
	}
	var out [2][2]bounds
	for level := range out {
		out[level][asCount] = boundsTo(1, most[level][asCount])
		out[level][asRate] = boundsTo(0, most[level][asRate])
	}
	return out
}
