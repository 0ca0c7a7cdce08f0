package pair

import (
	"math"
	"slices"
)

// besides describes a candidate by its own probabilities, those by
// words alone, and, of each class,
// by those of the other candidates of its query: their mean, their greatest,
// and their mean weighted by how alike they are to this one.
func besides(p, words [][]float64, alike [][]float64, at int) []float32 {
	row := []float32{float32(len(p)), float32(words[at][0]), float32(words[at][1]), float32(words[at][2])}
	for c := range Classes {
		own := p[at][c]
		var others, weighted, weights []float64
		above := 0
		for i := range p {
			if i == at {
				continue
			}
			w := alike[at][i]
			others = append(others, p[i][c])
			weighted, weights = append(weighted, p[i][c]*w), append(weights, w)
			if p[i][c] > own {
				above++
			}
		}
		row = append(row, float32(own), float32(above))
		if len(others) == 0 {
			nan := float32(math.NaN())
			row = append(row, nan, nan, nan, nan)
			continue
		}
		row = append(row, float32(total(others)/float64(len(others))), float32(slices.Max(others)),
			float32(own-slices.Max(others)), float32(share(total(weighted), total(weights))))
	}
	return row
}

// total sums in order of size: the order of the candidates changes no bit.
func total(x []float64) float64 {
	slices.Sort(x)
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}

// besides makes of each example a row for the second model from the
// probabilities of the first.
func (e *examples) besides(p, words [][]float64) *examples {
	out := &examples{classes: e.classes, folds: e.folds}
	for from := 0; from < len(p); {
		n := len(e.alike[from])
		for k := range n {
			out.rows = append(out.rows, besides(p[from:from+n], words[from:from+n], e.alike[from:from+n], k))
		}
		from += n
	}
	return out
}
