package link

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"huiliu/transform/link/block"
	"huiliu/transform/link/compare"
)

// Pattern is the classes of one pair: four bits for each comparison, the
// first in the lowest. Class 0 says that a value is missing.
type Pattern uint64

// Class is the class of the i-th comparison.
func (p Pattern) Class(i int) int { return int(p >> (4 * i) & 15) }

// Comparer compares pairs of records of one Data. It is safe for use by many
// goroutines.
type Comparer struct {
	columns []compared
	// rows are the values' places of all compared fields, row by row: a pair
	// touches two places of memory instead of two for each field.
	rows []uint32
}

// compared is one comparison with its column.
type compared struct {
	field  *compare.Field
	column block.Column
	values []compare.Value
	swaps  []swap
	exact  uint8
}

// swap is a level of exchanged fields: the row's value in the other column,
// and by the places of the own column's values those of the same texts there,
// absent where the other column has no such text.
type swap struct {
	class uint8
	other []uint32
	same  []uint32
}

// absent is the place of a text that a column doesn't have.
const absent = math.MaxUint32

func newSwap(class uint8, own, other block.Column) swap {
	places := make(map[string]uint32, len(other.Values))
	for at, text := range other.Values {
		places[text] = uint32(at)
	}
	s := swap{class: class, other: other.Rows, same: make([]uint32, len(own.Values))}
	for at, text := range own.Values {
		s.same[at] = absent
		if there, ok := places[text]; ok && text != "" {
			s.same[at] = there
		}
	}
	return s
}

// holds reports whether rows a and b, whose own values are x and y, have them
// exchanged.
func (s *swap) holds(a, b, x, y uint32) bool {
	return s.same[x] == s.other[b] && s.same[y] == s.other[a]
}

// NewComparer prepares the distinct values of all compared fields. Terms
// weigh by the frequencies given, those of a Model or of this very data.
func NewComparer(spec *Spec, d *Data, frequencies []Frequencies) (*Comparer, error) {
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	c := &Comparer{}
	for i, one := range p.compare {
		column := d.Table.Columns[one.Field]
		done := compared{field: one.field, column: column, exact: one.field.Exact()}
		var rarity compare.Rarity
		if one.field.Rare() {
			rarity = frequencies[i].rarity(d.hash)
		}
		done.values = make([]compare.Value, len(column.Values))
		parallel(len(column.Values), func(from, to int) {
			for v := from; v < to; v++ {
				done.values[v] = one.field.Prepare(column.Values[v], rarity)
			}
		})
		for _, s := range one.field.Swaps() {
			done.swaps = append(done.swaps, newSwap(s.Class, column, d.Table.Columns[s.Other]))
		}
		c.columns = append(c.columns, done)
	}
	width := len(c.columns)
	c.rows = make([]uint32, d.Table.Rows*width)
	for i := range c.columns {
		for row, place := range c.columns[i].column.Rows {
			c.rows[row*width+i] = place
		}
	}
	return c, nil
}

// cacheBits is the size of a worker's memory of compared values, for each
// comparison: 2^15 entries of 16 bytes, which stay in the processor's cache.
const cacheBits = 15

// memory remembers the classes of pairs of values; an entry is overwritten by
// the next pair that falls on its place.
type memory [][]remembered

type remembered struct {
	pair  uint64
	class uint8
}

func (c *Comparer) memory() memory {
	m := make(memory, len(c.columns))
	for i := range m {
		m[i] = make([]remembered, 1<<cacheBits)
	}
	return m
}

// Pattern compares one pair.
func (c *Comparer) Pattern(pair block.Pair) Pattern { return c.pattern(pair, nil) }

func (c *Comparer) pattern(pair block.Pair, m memory) Pattern {
	a, b := pair.Rows()
	width := len(c.columns)
	rowA, rowB := c.rows[int(a)*width:][:width], c.rows[int(b)*width:][:width]
	var out Pattern
	for i := range c.columns {
		col := &c.columns[i]
		x, y := rowA[i], rowB[i]
		var class uint8
		switch {
		case x == 0 || y == 0:
		case x == y && col.exact == 1:
			class = 1
		case m == nil:
			class = col.class(x, y)
		default:
			class = col.recall(m[i], x, y)
		}
		for k := range col.swaps {
			if s := &col.swaps[k]; class > s.class && s.holds(a, b, x, y) {
				class = s.class
			}
		}
		out |= Pattern(class) << (4 * i)
	}
	return out
}

func (c *compared) recall(m []remembered, x, y uint32) uint8 {
	key := uint64(block.NewPair(x, y))
	at := &m[key*0x9e3779b97f4a7c15>>(64-cacheBits)]
	if at.pair != key {
		*at = remembered{key, c.class(x, y)}
	}
	return at.class
}

func (c *compared) class(x, y uint32) uint8 {
	return c.field.Class(&c.values[x], &c.values[y])
}

// Patterns compares pairs, in the order given.
func (c *Comparer) Patterns(ctx context.Context, pairs []block.Pair) ([]Pattern, error) {
	out := make([]Pattern, len(pairs))
	const chunk = 1 << 14
	var group errgroup.Group
	next := make(chan int)
	for range workers() {
		group.Go(func() error {
			m := c.memory()
			for from := range next {
				for i := from; i < min(len(pairs), from+chunk); i++ {
					out[i] = c.pattern(pairs[i], m)
				}
			}
			return nil
		})
	}
	for from := 0; from < len(pairs) && ctx.Err() == nil; from += chunk {
		next <- from
	}
	close(next)
	_ = group.Wait()
	return out, ctx.Err()
}

// Tally is how many pairs have one pattern.
type Tally struct {
	Pattern Pattern
	Pairs   float64
}

// Count counts patterns, in ascending order of the pattern.
func Count(patterns []Pattern) []Tally {
	counts := map[Pattern]int{}
	for _, p := range patterns {
		counts[p]++
	}
	out := make([]Tally, 0, len(counts))
	for p, n := range counts {
		out = append(out, Tally{p, float64(n)})
	}
	slices.SortFunc(out, func(a, b Tally) int { return cmp.Compare(a.Pattern, b.Pattern) })
	return out
}

// workers is the number of goroutines that share a step.
func workers() int { return runtime.GOMAXPROCS(0) }

// parallel runs do over equal parts of n.
func parallel(n int, do func(from, to int)) {
	var group errgroup.Group
	parts := workers()
	for i := range parts {
		group.Go(func() error {
			do(n*i/parts, n*(i+1)/parts)
			return nil
		})
	}
	_ = group.Wait()
}
