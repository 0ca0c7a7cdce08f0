package issue

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"huiliu/internal/textsim"
)

// Model is what a corpus taught about pairs of requests. It is immutable: the
// same model and the same requests give the same issues, however the requests
// came. It holds hashes and counts, no text; under Options.Key the hashes
// can't be guessed without the key.
type Model struct {
	o      Options
	rarity *textsim.Rarity
	// wide are the names of places that are named all the time: they say no
	// more about where than the city's name does.
	wide  map[uint64]bool
	edges []float64 // upper edges of the bins of likeness
	// share is the probability of one problem in each cell, nil for a stratum
	// without pairs.
	share   [strata]*cells
	version string
}

// cells are values by time, category and bin of likeness.
type cells [times][categories][]float64

// The cells that pairs are counted in: how far apart in time, and whether the
// categories agree.
const (
	times      = 6
	categories = 3
)

var timeEdges = [times - 1]time.Duration{3 * 24 * time.Hour, 10 * 24 * time.Hour, 30 * 24 * time.Hour,
	90 * 24 * time.Hour, 180 * 24 * time.Hour}

func timeCell(a, b *node) int {
	d := a.at.Sub(b.at).Abs()
	for i, e := range timeEdges {
		if d <= e {
			return i
		}
	}
	return times - 1
}

func categoryCell(a, b *node) int {
	switch {
	case a.category == 0 || b.category == 0:
		return 0
	case a.category == b.category:
		return 1
	}
	return 2
}

// tails are the shares of pairs at different places that are more alike than
// the edge of a bin: the bins follow the corpus, not a scale of ours.
var tails = []float64{.75, .5, .25, .1, .05, .03, .02, .014, .01, .006, .003, .001, .0003}

// farPairs and nearPairs bound the pairs that are learned from.
const (
	farPairs  = 150_000
	nearPairs = 300_000
)

// Fit learns a model from requests: no labels, the same model in every order
// of the requests. Of a corpus too small to learn from comes a model that
// joins near copies alone. The faults are BadOption, NoID and TwiceID.
func Fit(requests []Request, o Options) (*Model, error) {
	kept, err := Read(requests, o)
	if err != nil {
		return nil, err
	}
	return FitKept(kept, o)
}

// FitKept is Fit from what was kept of requests, so that no text has to be
// opened to learn anew. The faults are BadOption and BadFeatures.
func FitKept(kept []Kept, o Options) (*Model, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	m := &Model{o: o}
	nodes := make([]*node, len(kept))
	for i := range kept {
		n, err := m.open(&kept[i])
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	slices.SortFunc(nodes, before)
	m.count(nodes)
	for _, n := range nodes {
		m.name(n)
	}
	far := m.far(nodes)
	m.weigh(m.near(nodes), far)
	m.version = m.hash()
	return m, nil
}

// A name is wide when it is named in more weeks than not, and in
// at least wideWeeks: a burst is many requests, but not in many weeks.
const (
	week      = 7 * 24 * time.Hour
	wideShare = .5
	wideWeeks = 8
)

// count learns the rarity of n-grams and which names are wide, from requests
// in the order of their times.
func (m *Model) count(order []*node) {
	type seen struct{ weeks, last int64 }
	names := map[uint64]seen{}
	m.rarity = textsim.NewRarity()
	weeks, last := int64(0), int64(-1<<62)
	for _, n := range order {
		title, body, _ := n.grams()
		m.rarity.Add(append(title, body...))
		now := n.at.Unix() / int64(week/time.Second)
		if now != last {
			weeks, last = weeks+1, now
		}
		for _, p := range n.names {
			if s, ok := names[p.gram]; !ok || s.last != now {
				names[p.gram] = seen{s.weeks + 1, now}
			}
		}
	}
	m.rarity.Trim()
	m.wide = map[uint64]bool{}
	for g, s := range names {
		if s.weeks >= wideWeeks && float64(s.weeks) > wideShare*float64(weeks) {
			m.wide[g] = true
		}
	}
}

// pair is two requests as the model learns from them.
type pair struct {
	likeness, weight float64
	time, category   int8
}

// sample is two requests that the model is to learn from. Samples of one home
// have mostly the same requests.
type sample struct {
	a, b   *node
	weight float64
	home   uint64
}

// taughtAtOnce is how many samples are compared before the words of their
// requests are forgotten: those of a corpus are too many to be in memory at once.
const taughtAtOnce = 1 << 14

// pairs compares samples, those of one home together.
func (m *Model) pairs(list []sample) []pair {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(list[x].home, list[y].home) })
	out := make([]pair, len(list))
	for some := range slices.Chunk(order, taughtAtOnce) {
		spread(len(some), func(i int) {
			s := &list[some[i]]
			m.prepare(s.a)
			m.prepare(s.b)
			out[some[i]] = pair{alike(s.a, s.b), s.weight, int8(timeCell(s.a, s.b)), int8(categoryCell(s.a, s.b))}
		})
		for _, i := range some {
			list[i].a.forget()
			list[i].b.forget()
		}
	}
	return out
}

func (m *Model) bin(likeness float64) int {
	i, _ := slices.BinarySearch(m.edges, likeness)
	return i
}

// far draws pairs at different places, in the order of a hash of their
// identifiers, and sets the bins by them. Only requests that name a place are
// drawn: they are what pairs at one place are made of.
func (m *Model) far(nodes []*node) []pair {
	byHash := slices.DeleteFunc(slices.Clone(nodes), func(n *node) bool { return len(n.named) == 0 && len(n.spots) == 0 })
	slices.SortFunc(byHash, func(a, b *node) int {
		return cmp.Or(cmp.Compare(xxh3.HashString(a.id), xxh3.HashString(b.id)), before(a, b))
	})
	var list []sample
	for step := 1; step < len(byHash) && len(list) < farPairs; step++ {
		for i := 0; i+step < len(byHash); i++ {
			a, b := byHash[i], byHash[i+step]
			if a.at.Sub(b.at).Abs() > m.o.Horizon {
				continue
			}
			if w := common(a, b); w == apart || w == parted {
				list = append(list, sample{a, b, 1, uint64(i)})
			}
		}
	}
	pairs := m.pairs(list)
	values := likenesses(pairs)
	for _, t := range tails {
		if len(values) > 0 {
			m.edges = append(m.edges, quantile(values, 1-t))
		}
	}
	if n := len(m.edges); n > 0 { // far above chance
		m.edges = append(m.edges, m.edges[n-1]+(1-m.edges[n-1])/3)
	}
	m.edges = slices.Compact(m.edges)
	return pairs
}

// near lists the pairs that share a place, by stratum. A place's pairs grow
// with the square of its requests, so each weighs less the more there are: else
// a single burst would teach what is usual everywhere.
func (m *Model) near(nodes []*node) *[strata][]pair {
	r := &rows{}
	for _, n := range nodes {
		r.add(n, fresh, false)
	}
	met := newMeetings(r, &m.o)
	var all atomic.Int64
	met.each(func(_ int32, with []int32) { all.Add(int64(len(with))) })
	every := uint64(all.Load()/nearPairs + 1)
	hash := make([]uint64, len(nodes))
	spread(len(nodes), func(i int) { hash[i] = xxh3.HashString(nodes[i].id) })
	lists := make([][]sample, len(nodes))
	met.each(func(i int32, with []int32) {
		slices.Sort(with)
		for _, j := range with {
			// The sum of hashes chooses the same pairs in every order.
			if (hash[i]+hash[j])%every == 0 && r.worth(j, i) && common(nodes[i], nodes[j]) > parted {
				lists[i] = append(lists[i], sample{nodes[i], nodes[j], 1 / float64(met.least(j, i)-1), r.home(i)})
			}
		}
	})
	var samples [strata][]sample
	for _, list := range lists {
		for _, s := range list {
			w := common(s.a, s.b)
			samples[w] = append(samples[w], s)
		}
	}
	var pairs [strata][]pair
	for w := range samples {
		pairs[w] = m.pairs(samples[w])
	}
	return &pairs
}

func likenesses(pairs []pair) []float64 {
	values := make([]float64, len(pairs))
	for i, p := range pairs {
		values[i] = p.likeness
	}
	slices.Sort(values)
	return values
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*q))]
}
