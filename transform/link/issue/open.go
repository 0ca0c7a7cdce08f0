package issue

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Work says what a Grow has done. For a day it is bounded by the requests that
// are new and by Options.Neighbours, but for Skimmed, which counts what lies
// within the horizon.
type Work struct {
	// Skimmed are requests of which times and keys were read, Opened those
	// that were opened to be compared, once for each time.
	Skimmed, Opened int
	// Compared are pairs of which places and words were compared.
	Compared int
	// Recounted are blocks with more than Neighbours requests in which others
	// stand now.
	Recounted int
	// Regrouped are requests of the parts that were grouped anew.
	Regrouped int
}

// The bounds of what is in memory at once to be compared, whatever the number of
// goroutines: pairs, and opened requests.
const (
	mostPairs  = 1 << 17
	mostOpened = 20_000
)

// opener opens rows and compares them, many at a time.
type opener struct {
	g       *growth
	rows    *rows
	nodes   map[int32]*node // that are open
	waiting []meeting
	needed  *marks
	many    int // rows that wait
	tell    func(p meeting, l link)
}

func newOpener(g *growth, r *rows) *opener {
	o := &opener{g: g, rows: r, nodes: map[int32]*node{}, needed: newMarks(len(r.list))}
	o.needed.turn++
	return o
}

// compare lets a pair wait for its comparison.
func (o *opener) compare(p meeting) error {
	o.waiting = append(o.waiting, p)
	for _, i := range [...]int32{p.early, p.late} {
		if o.needed.first(i) {
			o.many++
		}
	}
	if len(o.waiting) >= mostPairs || o.many >= mostOpened {
		return o.flush()
	}
	return nil
}

// flush compares the pairs that wait, and tells in their order those that say
// something.
func (o *opener) flush() error {
	if err := o.open(); err != nil {
		return err
	}
	links := make([]link, len(o.waiting))
	says := make([]bool, len(o.waiting))
	spread(len(o.waiting), func(i int) {
		p := o.waiting[i]
		links[i], says[i] = o.g.m.compare(o.nodes[p.early], o.nodes[p.late])
	})
	for i, p := range o.waiting {
		if says[i] {
			o.tell(p, links[i])
		}
	}
	o.g.work.Compared += len(o.waiting)
	o.waiting, o.many = o.waiting[:0], 0
	o.needed.turn++
	return nil
}

// open opens the rows that are needed, and closes others when they are many.
func (o *opener) open() error {
	here := func(i int32) bool { return o.needed.of[i] == o.needed.turn }
	var ids []string
	rows := map[string]int32{}
	want := func(i int32) {
		one := &o.rows.list[i]
		switch {
		case o.nodes[i] != nil:
		case one.state == fresh:
			o.nodes[i] = o.g.known[one.id]
		default:
			if _, ok := rows[one.id]; !ok {
				ids, rows[one.id] = append(ids, one.id), i
			}
		}
	}
	if len(o.nodes)+o.many > mostOpened {
		for i := range o.nodes {
			if !here(i) {
				delete(o.nodes, i)
			}
		}
	}
	for _, p := range o.waiting {
		want(p.early)
		want(p.late)
	}
	slices.Sort(ids)
	kept, err := o.g.s.Requests(ids)
	if err != nil {
		return fmt.Errorf("read requests: %w", err)
	}
	if len(kept) != len(ids) {
		return fmt.Errorf("read requests: %d of %d are there", len(kept), len(ids))
	}
	nodes, errs := make([]*node, len(kept)), make([]error, len(kept))
	spread(len(kept), func(i int) { nodes[i], errs[i] = o.g.m.open(&kept[i]) })
	for i, n := range nodes {
		if errs[i] != nil {
			return errs[i]
		}
		o.nodes[rows[n.id]] = n
	}
	o.g.work.Opened += len(ids)
	return nil
}

// spread runs fn for all numbers under n on the processors that there are. What
// it writes must be by number, so that it is the same in every order.
func spread(n int, fn func(i int)) {
	const some = 64
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+some-1)/some) {
		all.Go(func() {
			for {
				from := int(next.Add(some)) - some
				if from >= n {
					return
				}
				for i := from; i < min(n, from+some); i++ {
					fn(i)
				}
			}
		})
	}
	all.Wait()
}
