package issue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiliu/internal/textsim"
)

// state says on which side of a change a request is.
type state uint8

const (
	stays state = iota // as it is in the store
	fresh              // new, or the new version of one that changed
	gone               // removed, or the old version of one that changed
)

// row is what is known of a request before it is opened: when it was and what
// brings it together with others. It is small, since there is one of every
// request within the horizon.
type row struct {
	id             string
	seconds        int64
	nanoseconds    int32
	state          state
	spots          uint8 // how many
	keys           uint32
	number, origin uint64
	firstKey       int
	firstSpot      int
}

// rows are requests in the order of their times, then identifiers.
type rows struct {
	list  []row
	keys  []uint64 // of each row from firstKey on, ascending
	spots []spot   // of each row from firstSpot on, the most exact first
}

// add takes what is to be known of a request; texts are keys by its number and
// words, beside those of its places.
func (r *rows) add(n *node, s state, texts bool) {
	one := row{id: n.id, seconds: n.at.Unix(), nanoseconds: int32(n.at.Nanosecond()), state: s, number: n.number, origin: n.origin,
		firstKey: len(r.keys), firstSpot: len(r.spots), spots: uint8(len(n.spots))}
	r.keys = n.keys(r.keys, texts)
	one.keys = uint32(len(r.keys) - one.firstKey)
	r.spots = append(r.spots, n.spots...)
	r.list = append(r.list, one)
}

// sort orders the rows, and drops what was added twice.
func (r *rows) sort() {
	slices.SortFunc(r.list, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.seconds, b.seconds), cmp.Compare(a.nanoseconds, b.nanoseconds), strings.Compare(a.id, b.id), cmp.Compare(a.state, b.state))
	})
	r.list = slices.CompactFunc(r.list, func(a, b row) bool { return a.id == b.id && a.state == b.state })
}

func (r *rows) keysOf(i int32) []uint64 {
	one := &r.list[i]
	return r.keys[one.firstKey:][:one.keys]
}

func (r *rows) spotsOf(i int32) []spot {
	one := &r.list[i]
	return r.spots[one.firstSpot:][:one.spots]
}

// near reports whether two rows, the earlier first, are within a horizon.
func (r *rows) near(i, j int32, horizon time.Duration) bool {
	a, b := &r.list[i], &r.list[j]
	whole := int64(horizon / time.Second)
	if d := b.seconds - a.seconds; d != whole {
		return d < whole
	}
	return int64(b.nanoseconds-a.nanoseconds) <= int64(horizon%time.Second)
}

// worth reports whether two rows can say anything of each other: identifiers
// of two places that differ say that they can't.
func (r *rows) worth(i, j int32) bool {
	return !surelyParted(r.spotsOf(i), r.spotsOf(j)) || r.transferred(i, j)
}

// transferred reports whether one of two rows was made of the other.
func (r *rows) transferred(i, j int32) bool {
	a, b := &r.list[i], &r.list[j]
	return a.origin != 0 && a.origin == b.number || b.origin != 0 && b.origin == a.number
}

// blocks are the rows that share a key, ascending.
type blocks struct {
	number map[uint64]int32
	begin  []int32 // of each block, and the end of the last
	rows   []int32
}

// numbered gives each key a number.
func numbered(keys []uint64, number map[uint64]int32) {
	for _, k := range keys {
		if _, ok := number[k]; !ok {
			number[k] = int32(len(number))
		}
	}
}

// blocks makes the blocks of some keys, of the rows that are not left out.
func (r *rows) blocks(number map[uint64]int32, without ...state) *blocks {
	b := &blocks{number: number, begin: make([]int32, len(number)+1)}
	visit := func(fn func(block, row int32)) {
		for i := range r.list {
			if slices.Contains(without, r.list[i].state) {
				continue
			}
			for _, k := range r.keysOf(int32(i)) {
				if n, ok := number[k]; ok {
					fn(n, int32(i))
				}
			}
		}
	}
	visit(func(block, _ int32) { b.begin[block+1]++ })
	for i := 1; i < len(b.begin); i++ {
		b.begin[i] += b.begin[i-1]
	}
	b.rows = make([]int32, b.begin[len(b.begin)-1])
	next := slices.Clone(b.begin)
	visit(func(block, row int32) {
		b.rows[next[block]] = row
		next[block]++
	})
	return b
}

func (b *blocks) of(key uint64) []int32 {
	n, ok := b.number[key]
	if !ok {
		return nil
	}
	return b.rows[b.begin[n]:b.begin[n+1]]
}

// salts part the keys of one sort from those of another.
const (
	saltSpot   = 0x9e3779b97f4a7c15
	saltNumber = 0xbf58476d1ce4e5b9
	saltPoint  = 0x94d049bb133111eb
)

// keys appends a request's places and, with texts, its number and the keys of
// its text, each once.
func (n *node) keys(keys []uint64, texts bool) []uint64 {
	from := len(keys)
	for _, p := range n.named {
		keys = append(keys, p.gram)
	}
	for _, s := range n.spots {
		keys = append(keys, textsim.Mix(s.id^saltSpot*uint64(s.level)))
	}
	if n.located {
		keys = n.corners(keys)
	}
	if texts {
		for _, x := range [...]uint64{n.number, n.origin} {
			if x != 0 {
				keys = append(keys, textsim.Mix(x^saltNumber))
			}
		}
		keys = append(keys, n.copies...)
	}
	slices.Sort(keys[from:])
	return keys[:from+len(slices.Compact(keys[from:]))]
}

// corners appends the four cells of twice nearMetres that a point lies in, of
// grids that are half a cell apart: two points within nearMetres of each other
// in both directions share one of them.
func (n *node) corners(keys []uint64) []uint64 {
	const side = 2 * nearMetres * 1000 // millimetres
	const origin = 1 << 40             // so that no row or column is negative
	for grid := range int64(4) {
		dy, dx := grid>>1*side/2, grid&1*side/2
		row := (metres(int64(n.lat), 0) + origin + dy) / side
		// A column is as wide as its row's latitude has it, whoever lies in it.
		lat := (row*side - dy - origin) * 100 / 11132 // millionths of a degree
		column := (metres(int64(n.long), int32(lat)) + origin + dx) / side
		keys = append(keys, textsim.Mix(textsim.Mix(uint64(row<<2+grid)^saltPoint)^uint64(column)))
	}
	return keys
}

// around reads what is to be known of the requests within the horizon of those
// that changed.
func (g *growth) around() (*rows, error) {
	r := &rows{}
	var when []time.Time
	for s, nodes := range [...][]*node{fresh: g.fresh, gone: g.gone} {
		for _, n := range nodes {
			when = append(when, n.at)
			r.add(n, state(s), true)
		}
	}
	slices.SortFunc(when, time.Time.Compare)
	one := &node{features: &features{}}
	skim := func(k *Kept) error {
		if g.left[k.ID] || g.known[k.ID] != nil {
			return nil
		}
		one.id = k.ID
		if err := g.m.reopen(one, k); err != nil {
			return err
		}
		r.add(one, stays, true)
		return nil
	}
	h := g.m.o.Horizon
	for len(when) > 0 {
		last := 0
		for last+1 < len(when) && when[last+1].Sub(when[last]) <= 2*h {
			last++
		}
		if err := g.s.Between(when[0].Add(-h), when[last].Add(h), skim); err != nil {
			return nil, fmt.Errorf("read the requests around: %w", err)
		}
		when = when[last+1:]
	}
	r.sort()
	g.work.Skimmed = len(r.list) - len(g.fresh) - len(g.gone)
	return r, nil
}
