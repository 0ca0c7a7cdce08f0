package pair

import (
	"math"
	"slices"
)

// compared are the features that are also told in relation to the other
// candidates of the same address.
var compared = []string{
	"common 1", "common 2", "common 3", "common in first 1", "common in first 2", "common in second 2", "jaccard 1", "jaccard 2", "jaccard 3",
	"rarest common 2", "rarest of second alone 2", "best block", "covered in first", "covered in second", "jaro-winkler",
	"subsequence in first", "subsequence in second", "tail second in first", "tail second rarest common", "numbers common", "length second",
	"heaviest left in first", "heaviest left in second", "numbers of second alone", "house numbers apart",
}

// Among measures an address with each of the candidates that were found for
// it: the features of each pair, then for some of them how far behind the best
// candidate it is, its rank, and how far it is from the middle. The order of
// the candidates changes nothing. One candidate alone is its own best.
// Time grows with the square of their number: Fit and Decide cut long lists.
func Among(a *Address, candidates []*Address) (names []string, rows [][]float32) {
	for _, b := range candidates {
		n, values := Features(a, b)
		names = n
		rows = append(rows, values)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	width := len(names)
	for _, feature := range compared {
		at := slices.Index(names[:width], feature)
		column := make([]float32, len(rows))
		for i, r := range rows {
			column[i] = r[at]
		}
		sorted := slices.DeleteFunc(slices.Clone(column), func(x float32) bool { return x != x })
		slices.Sort(sorted)
		for i, x := range column {
			behind, rank, middle := relative(x, sorted)
			rows[i] = append(rows[i], behind, rank, middle)
		}
		names = append(names, feature+" behind best", feature+" rank", feature+" from middle")
	}
	for i := range rows {
		near, mean := peers(candidates, i)
		rows[i] = append(rows[i], near, mean, float32(len(rows)))
	}
	return append(names, "nearest candidate", "mean candidate", "candidates"), rows
}

// peers tells how alike a candidate is to the others: most, and in the mean.
// It is not a number for a candidate alone.
func peers(candidates []*Address, at int) (near, mean float32) {
	var alike []float64
	for i, b := range candidates {
		if i != at {
			alike = append(alike, overlap(candidates[at].grams[1], b.grams[1]).jaccard())
		}
	}
	if len(alike) == 0 {
		return float32(math.NaN()), float32(math.NaN())
	}
	// Summed in order of size, so that the order of candidates changes no bit.
	slices.Sort(alike)
	total := 0.0
	for _, x := range alike {
		total += x
	}
	return float32(alike[len(alike)-1]), float32(total / float64(len(alike)))
}

// relative tells where x stands among sorted values.
func relative(x float32, sorted []float32) (behind, rank, middle float32) {
	if x != x {
		return x, x, x
	}
	n := len(sorted)
	above := n
	for above > 0 && sorted[above-1] > x {
		above--
	}
	return sorted[n-1] - x, float32(n - above), x - (sorted[(n-1)/2]+sorted[n/2])/2
}
