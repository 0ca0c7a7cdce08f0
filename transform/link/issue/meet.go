package issue

import (
	"cmp"
	"slices"
	"sync"
)

// meeting is two rows that are to be compared, the earlier first.
type meeting struct{ early, late int32 }

// meetings tells which pairs meet before a change and after it: two requests
// meet when in some block the later has the earlier among the Neighbours before
// it, within the horizon. Its blocks are those that the change touches; in all
// others whoever met goes on to.
type meetings struct {
	o        *Options
	rows     *rows
	was, now *blocks
}

// spoken is a meeting that says something.
type spoken struct {
	meeting
	link
}

func newMeetings(r *rows, o *Options) *meetings {
	number := map[uint64]int32{}
	for i := range r.list {
		if r.list[i].state != stays {
			numbered(r.keysOf(int32(i)), number)
		}
	}
	return &meetings{o, r, r.blocks(number, fresh), r.blocks(number, gone)}
}

// marks are rows that were met in a turn.
type marks struct {
	of   []int32
	turn int32
}

func newMarks(n int) *marks { return &marks{of: make([]int32, n)} }

// first reports whether a row is met for the first time in this turn.
func (m *marks) first(i int32) bool {
	if m.of[i] == m.turn {
		return false
	}
	m.of[i] = m.turn
	return true
}

// of appends with whom a fresh row is compared: those before it, and those
// after it that are not fresh, as these find it themselves.
func (m *meetings) of(dst []int32, i int32, met *marks) []int32 {
	met.turn++
	for _, k := range m.rows.keysOf(i) {
		block := m.now.of(k)
		at, _ := slices.BinarySearch(block, i)
		for p := at - 1; p >= max(0, at-m.o.Neighbours) && m.rows.near(block[p], i, m.o.Horizon); p-- {
			if met.first(block[p]) {
				dst = append(dst, block[p])
			}
		}
		for p := at + 1; p < min(len(block), at+m.o.Neighbours+1) && m.rows.near(i, block[p], m.o.Horizon); p++ {
			if m.rows.list[block[p]].state != fresh && met.first(block[p]) {
				dst = append(dst, block[p])
			}
		}
	}
	return dst
}

// meet reports whether two rows meet in one of some blocks.
func (m *meetings) meet(b *blocks, p meeting) bool {
	theirs := m.rows.keysOf(p.late)
	for _, k := range m.rows.keysOf(p.early) {
		if _, ok := slices.BinarySearch(theirs, k); !ok {
			continue
		}
		block := b.of(k)
		i, in := slices.BinarySearch(block, p.early)
		j, also := slices.BinarySearch(block, p.late)
		if in && also && j-i <= m.o.Neighbours {
			return true
		}
	}
	return false
}

// moved lists the pairs of requests that stay as they are that full blocks have
// parted or brought together: who comes into one pushes out whom others had as
// the last before them, who goes lets one in. A pair that meets in another of
// the touched blocks is not among them. recounted are the blocks that were full.
func (m *meetings) moved() (parted, joined []meeting, recounted int) {
	for n := range len(m.now.begin) - 1 {
		was, now := m.was.rows[m.was.begin[n]:m.was.begin[n+1]], m.now.rows[m.now.begin[n]:m.now.begin[n+1]]
		if max(len(was), len(now)) <= m.o.Neighbours {
			continue
		}
		recounted++
		q := 0
		for p, i := range was {
			if m.rows.list[i].state != stays {
				continue
			}
			for now[q] != i {
				q++
			}
			old, other := was[max(0, p-m.o.Neighbours):p], now[max(0, q-m.o.Neighbours):q]
			parted = m.lacking(parted, old, other, i)
			joined = m.lacking(joined, other, old, i)
		}
	}
	parted = m.without(parted, m.now)
	return parted, m.without(joined, m.was), recounted
}

// lacking appends the pairs of a row with those at the beginning of a list, of
// rows that stay, that begin before another list does.
func (m *meetings) lacking(dst []meeting, list, other []int32, i int32) []meeting {
	for _, j := range list {
		if len(other) > 0 && j >= other[0] {
			break
		}
		if m.rows.list[j].state == stays && m.rows.near(j, i, m.o.Horizon) && m.rows.worth(j, i) {
			dst = append(dst, meeting{j, i})
		}
	}
	return dst
}

// without sorts pairs by place, so that whoever is opened is opened once for
// all of them, and drops those that meet in some blocks.
func (m *meetings) without(list []meeting, b *blocks) []meeting {
	slices.SortFunc(list, func(x, y meeting) int {
		return cmp.Or(cmp.Compare(m.rows.home(x.late), m.rows.home(y.late)), cmp.Compare(x.late, y.late), cmp.Compare(x.early, y.early))
	})
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(p meeting) bool { return m.meet(b, p) })
}

// home is the key of a row's most exact place: rows of one home have mostly the
// same others around them.
func (r *rows) home(i int32) uint64 {
	if spots := r.spotsOf(i); len(spots) > 0 {
		return spots[0].id
	}
	if keys := r.keysOf(i); len(keys) > 0 {
		return keys[0]
	}
	return 0
}

// elsewhere drops the pairs that meet in a block that the change doesn't touch.
func (m *meetings) elsewhere(list []spoken) []spoken {
	number := map[uint64]int32{}
	for _, p := range list {
		theirs := m.rows.keysOf(p.late)
		for _, k := range m.rows.keysOf(p.early) {
			_, shared := slices.BinarySearch(theirs, k)
			if _, touched := m.now.number[k]; shared && !touched {
				numbered([]uint64{k}, number)
			}
		}
	}
	if len(number) == 0 {
		return list
	}
	others := m.rows.blocks(number)
	return slices.DeleteFunc(list, func(p spoken) bool { return m.meet(others, p.meeting) })
}

// each tells with whom each fresh row is compared, to several goroutines at
// once; with is theirs until they return.
func (m *meetings) each(fn func(i int32, with []int32)) {
	var idle sync.Pool
	spread(len(m.rows.list), func(i int) {
		w, _ := idle.Get().(*company)
		if w == nil {
			w = &company{met: newMarks(len(m.rows.list))}
		}
		w.with = m.of(w.with[:0], int32(i), w.met)
		fn(int32(i), w.with)
		idle.Put(w)
	})
}

// company is the memory that a goroutine finds meetings in.
type company struct {
	met  *marks
	with []int32
}

// least is the size of the smallest block that two rows share, at least 2.
func (m *meetings) least(i, j int32) int {
	theirs := m.rows.keysOf(j)
	least := 0
	for _, k := range m.rows.keysOf(i) {
		if _, ok := slices.BinarySearch(theirs, k); ok {
			if n := len(m.now.of(k)); least == 0 || n < least {
				least = n
			}
		}
	}
	return max(2, least)
}
