package block

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"huiliu/internal/fault"
)

// TooManyPairs is raised when the rules make more pairs than the limit.
var TooManyPairs = &fault.Kind{
	Code: "link_too_many_pairs", Class: fault.Input,
	Cause: fault.Text{EN: "the blocking rules make more than {limit} pairs or keys, at rule {rule}", ZH: "分块规则产生的记录对或键超过 {limit}，在规则 {rule} 处"},
	Mend:  fault.Text{EN: "write narrower rules or a lower cap", ZH: "改用更窄的规则或调低 cap"},
}

// Pair is two rows: the lesser row in the upper 32 bits. Pairs sort as
// numbers.
type Pair uint64

// Rows are the two rows, the lesser first.
func (p Pair) Rows() (a, b uint32) { return uint32(p >> 32), uint32(p) }

// NewPair makes the pair of two rows.
func NewPair(a, b uint32) Pair {
	if b < a {
		a, b = b, a
	}
	return Pair(a)<<32 | Pair(b)
}

// Limits bound the work.
type Limits struct {
	// Cap is the greatest number of rows of a block.
	Cap int
	// Split are rules whose keys split a block over the cap, in turn.
	Split []Rule
	// Pairs is the greatest number of pairs of all rules.
	Pairs int
}

// Count is what one rule came to.
type Count struct {
	Rule string `json:"rule"`
	// Blocks of two rows or more that were paired; Split and Dropped were
	// over the cap, DroppedRows is the number of rows of those dropped.
	Blocks      int `json:"blocks"`
	Split       int `json:"split"`
	Dropped     int `json:"dropped"`
	DroppedRows int `json:"dropped_rows"`
	// Pairs are the rule's own, New those that no rule before it made.
	Pairs int `json:"pairs"`
	New   int `json:"new"`
}

// entry is a row under a key.
type entry struct {
	key uint64
	row uint32
}

// Pairs are the pairs of all rules, each once, in ascending order, and what
// each rule came to. Time is in the order of the keys times their logarithm,
// and of rows times the cap; memory is eight bytes for each pair. Rules are
// worked on together, as many as there are processors.
func Pairs(ctx context.Context, t *Table, rules []Rule, limits Limits) ([]Pair, []Count, error) {
	var all []Pair
	var counts []Count
	for some := range slices.Chunk(rules, runtime.GOMAXPROCS(0)) {
		built := make([]*builder, len(some))
		var group errgroup.Group
		for i, r := range some {
			group.Go(func() error {
				built[i] = build(t, r, limits)
				return ctx.Err()
			})
		}
		if err := group.Wait(); err != nil {
			return nil, nil, err
		}
		for _, b := range built {
			before := len(all)
			all = merge(all, b.pairs)
			b.count.New = len(all) - before
			counts = append(counts, b.count)
			if b.full || len(all) > limits.Pairs {
				return nil, nil, TooManyPairs.At("", "limit", limits.Pairs, "rule", b.count.Rule)
			}
		}
	}
	return all, counts, nil
}

// build makes the pairs of one rule, in ascending order.
func build(t *Table, r Rule, limits Limits) *builder {
	b := &builder{table: t, limits: limits, room: limits.Pairs, count: Count{Rule: r.Text}}
	if r.Window > 0 {
		b.window(r)
	} else {
		b.blocks(b.entries(r), 0)
	}
	slices.Sort(b.pairs)
	b.pairs = slices.Compact(b.pairs)
	b.count.Pairs = len(b.pairs)
	return b
}

// merge is the union of two ascending lists.
func merge(a, b []Pair) []Pair {
	if len(a) == 0 {
		return slices.Clip(b)
	}
	out := make([]Pair, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

type builder struct {
	table  *Table
	limits Limits
	pairs  []Pair
	room   int
	full   bool
	count  Count
}

// entries are all rows under all their keys.
func (b *builder) entries(r Rule) []entry {
	parts, columns := b.parts(r)
	out := make([]entry, 0, b.table.Rows)
	joined, next := []uint64{}, []uint64{}
	for row := range uint32(b.table.Rows) {
		joined = append(joined[:0], seed)
		for i, k := range parts {
			own := k.of(columns[i].Rows[row])
			// Keys of parts multiply.
			if len(out)+len(joined)*len(own) > b.mostKeys() {
				b.full = true
				return nil
			}
			next = next[:0]
			for _, x := range joined {
				for _, y := range own {
					next = append(next, join(x, y))
				}
			}
			joined, next = next, joined
		}
		for _, key := range joined {
			out = append(out, entry{key, row})
		}
	}
	return sorted(out)
}

// mostKeys bounds the memory of keys, 16 bytes each.
func (b *builder) mostKeys() int { return max(b.limits.Pairs, 16*b.table.Rows) }

func (b *builder) parts(r Rule) ([]*keys, []Column) {
	var parts []*keys
	var columns []Column
	for _, p := range r.Parts {
		c := b.table.Columns[p.Field]
		parts = append(parts, p.keys(c))
		columns = append(columns, c)
	}
	return parts, columns
}

func sorted(entries []entry) []entry {
	slices.SortFunc(entries, func(x, y entry) int {
		if x.key != y.key {
			return cmp.Compare(x.key, y.key)
		}
		return cmp.Compare(x.row, y.row)
	})
	return entries
}

// blocks pairs the rows of each run of one key. depth is the number of split
// rules that were used up.
func (b *builder) blocks(entries []entry, depth int) {
	var over [][]entry
	for from := 0; from < len(entries) && !b.full; {
		to := from + 1
		for to < len(entries) && entries[to].key == entries[from].key {
			to++
		}
		run := entries[from:to]
		from = to
		switch {
		case len(run) < 2:
		case len(run) <= b.limits.Cap:
			b.count.Blocks++
			b.pair(run)
		case depth < len(b.limits.Split):
			b.count.Split++
			over = append(over, run)
		default:
			b.count.Dropped++
			b.count.DroppedRows += len(run)
		}
	}
	if len(over) > 0 {
		b.blocks(b.split(over, b.limits.Split[depth]), depth+1)
	}
}

// split gives the rows of blocks over the cap the keys of a further rule.
func (b *builder) split(over [][]entry, r Rule) []entry {
	parts, columns := b.parts(r)
	var out []entry
	for _, run := range over {
		for _, e := range run {
			joined := []uint64{e.key}
			for i, k := range parts {
				own := k.of(columns[i].Rows[e.row])
				if len(out)+len(joined)*len(own) > b.mostKeys() {
					b.full = true
					return nil
				}
				next := make([]uint64, 0, len(joined)*len(own))
				for _, x := range joined {
					for _, y := range own {
						next = append(next, join(x, y))
					}
				}
				joined = next
			}
			for _, key := range joined {
				out = append(out, entry{key, e.row})
			}
		}
	}
	return sorted(out)
}

// pair appends the pairs of a block; rows are in ascending order, so those of
// the first list come first.
func (b *builder) pair(run []entry) {
	first := uint32(b.table.First)
	if b.over(run) {
		b.full = true
		return
	}
	for i, x := range run {
		if first > 0 && x.row >= first {
			break
		}
		for _, y := range run[i+1:] {
			if x.row == y.row || first > 0 && y.row < first {
				continue
			}
			b.pairs = append(b.pairs, NewPair(x.row, y.row))
		}
	}
	b.roomy()
}

// over reports whether one block alone makes more pairs than the limit, so
// that a cap set too high takes no memory.
func (b *builder) over(run []entry) bool {
	n := float64(len(run))
	pairs := n * (n - 1) / 2
	if b.table.First > 0 {
		left, _ := slices.BinarySearchFunc(run, uint32(b.table.First), func(e entry, row uint32) int { return cmp.Compare(e.row, row) })
		pairs = float64(left) * (n - float64(left))
	}
	return pairs > float64(b.limits.Pairs)
}

// roomy says full when the pairs, after the doubles are taken out, are over
// the limit.
func (b *builder) roomy() {
	if len(b.pairs) <= b.room {
		return
	}
	slices.Sort(b.pairs)
	b.pairs = slices.Compact(b.pairs)
	b.full = len(b.pairs) > b.limits.Pairs
	// Sort again only when the list has grown by half.
	b.room = max(b.limits.Pairs, len(b.pairs)+len(b.pairs)/2)
}

// window pairs each row with those that follow it in the order of the fields'
// texts. Rows whose fields are all empty have no place in the order.
func (b *builder) window(r Rule) {
	_, columns := b.parts(r)
	text := func(row uint32) string {
		var t strings.Builder
		for _, c := range columns {
			t.WriteString(c.Values[c.Rows[row]])
		}
		return t.String()
	}
	type place struct {
		text string
		row  uint32
	}
	var order []place
	for row := range uint32(b.table.Rows) {
		if t := text(row); t != "" {
			order = append(order, place{t, row})
		}
	}
	slices.SortFunc(order, func(x, y place) int {
		if x.text != y.text {
			return strings.Compare(x.text, y.text)
		}
		return cmp.Compare(x.row, y.row)
	})
	first := uint32(b.table.First)
	for i, x := range order {
		for _, y := range order[i+1 : min(len(order), i+1+r.Window)] {
			if first > 0 && (x.row < first) == (y.row < first) {
				continue
			}
			b.pairs = append(b.pairs, NewPair(x.row, y.row))
		}
	}
	b.count.Blocks = len(order)
	b.roomy()
}
