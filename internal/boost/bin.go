package boost

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/zeebo/xxh3"
)

// table is the rows by column, each value as the number of its bin.
type table struct {
	rows int
	bins [][]uint8 // by column, by row
	cuts [][]float32
	keys []uint64 // by row: a hash of what is in it
}

// bin cuts every column into at most most bins, with at most that many cuts:
// between all neighbours where the values are few, else where about equally
// many rows lie.
func bin(rows [][]float32, classes []int, most int) *table {
	columns := len(rows[0])
	t := &table{rows: len(rows), bins: make([][]uint8, columns), cuts: make([][]float32, columns)}
	column := make([]float32, len(rows))
	for c := range columns {
		for i, r := range rows {
			column[i] = ordered(r[c])
		}
		t.cuts[c] = cuts(slices.Clone(column), most)
		t.bins[c] = make([]uint8, len(rows))
		for i, x := range column {
			t.bins[c][i] = uint8(below(t.cuts[c], x))
		}
	}
	t.keys = make([]uint64, len(rows))
	buf := make([]byte, 0, columns+2)
	for i := range rows {
		buf = buf[:0]
		for c := range columns {
			buf = append(buf, t.bins[c][i])
		}
		buf = binary.LittleEndian.AppendUint16(buf, uint16(classes[i]))
		t.keys[i] = xxh3.Hash(buf)
	}
	return t
}

// ordered puts what is not a number below all numbers.
func ordered(x float32) float32 {
	if x != x {
		return float32(math.Inf(-1))
	}
	return x
}

// below counts the cuts that lie below x: a value equal to a cut is left of it.
func below(cuts []float32, x float32) int {
	i, _ := slices.BinarySearch(cuts, x)
	return i
}

// cuts sorts values and returns at most most-1 of them: each is the greatest
// value of its bin, so that no arithmetic is needed that rounds.
func cuts(values []float32, most int) []float32 {
	slices.Sort(values)
	distinct := slices.Compact(slices.Clone(values))
	if len(distinct) <= most {
		return distinct[:len(distinct)-1]
	}
	var out []float32
	n, last := len(values), distinct[len(distinct)-1]
	for b := 1; b < most; b++ {
		x := values[n*b/most]
		if x == last {
			break
		}
		if len(out) == 0 || out[len(out)-1] < x {
			out = append(out, x)
		}
	}
	return out
}
