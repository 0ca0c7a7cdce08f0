package link

import (
	"math"
	"slices"

	"huiliu/transform/link/block"
)

// Decisions are what people decided of pairs of rows. Where two rows are
// decided both ways, by themselves or through others, they stay apart: what a
// person took apart must not come together again unseen.
type Decisions struct {
	// Same are pairs that are one thing, Apart pairs that are two.
	Same, Apart []block.Pair
}

// How near decided rows are to each other.
var (
	same  = float32(math.Inf(1))
	apart = float32(math.Inf(-1))
)

// decided are decisions by their lesser row.
type decided map[uint32][]decision

type decision struct {
	other uint32
	near  float32
}

func (d Decisions) byRow() decided {
	out := decided{}
	add := func(pairs []block.Pair, near float32) {
		for _, p := range pairs {
			a, b := p.Rows()
			out[min(a, b)] = append(out[min(a, b)], decision{max(a, b), near})
		}
	}
	add(d.Apart, apart)
	add(d.Same, same)
	return out
}

// of returns what is decided of two rows; a decision to part them is the first
// in the list.
func (d decided) of(a, b uint32) (near float32, ok bool) {
	list := d[min(a, b)]
	at := slices.IndexFunc(list, func(x decision) bool { return x.other == max(a, b) })
	if at < 0 {
		return 0, false
	}
	return list[at].near, true
}

// apply drops the links that are decided against, and adds those decided for,
// stronger than any other.
func (d decided) apply(links []Link) []Link {
	if len(d) == 0 {
		return links
	}
	var out []Link
	for _, l := range links {
		if _, ok := d.of(l.Pair.Rows()); !ok {
			out = append(out, l)
		}
	}
	rows := make([]uint32, 0, len(d))
	for a := range d {
		rows = append(rows, a)
	}
	slices.Sort(rows)
	for _, a := range rows {
		for _, x := range d[a] {
			if near, _ := d.of(a, x.other); near == same {
				out = append(out, Link{Pair: block.NewPair(a, x.other), Bits: math.Inf(1)})
			}
		}
	}
	return out
}

// fill writes what is decided of a component's rows into its matrix.
func (d decided) fill(rows []uint32, at map[uint32]int, near *nearnesses, known []bool) {
	n := len(rows)
	for i, r := range rows {
		for _, x := range d[r] {
			j, ok := at[x.other]
			if !ok || j == i {
				continue
			}
			v, _ := d.of(r, x.other)
			near.set(i, j, v, 1)
			known[i*n+j], known[j*n+i] = true, true
		}
	}
}
