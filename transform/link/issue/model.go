package issue

import (
	"cmp"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"huiliu/internal/fault"
	"huiliu/internal/textsim"
)

// Model is what a corpus taught about pairs of requests. It is immutable: the
// same model and the same requests give the same issues, however the requests
// came. It holds hashes and counts, no text.
type Model struct {
	o      Options
	rarity *textsim.Rarity
	// wide are the names of places that are named all the time: they say no
	// more about where than the city's name does.
	wide  map[textsim.Gram]bool
	edges []float64 // upper edges of the bins of likeness
	share [strata][times][categories][]float64
}

// NoID and TwiceID are raised for requests that can't be told apart.
var (
	NoID = &fault.Kind{
		Code: "issue_no_id", Class: fault.Input,
		Cause: fault.Text{EN: "request {n} has no identifier", ZH: "第 {n} 条诉求没有编号"},
		Mend:  fault.Text{EN: "give every request its own identifier", ZH: "请为每条诉求提供唯一编号"},
	}
	TwiceID = &fault.Kind{
		Code: "issue_id_twice", Class: fault.Input,
		Cause: fault.Text{EN: "the request {id} comes twice", ZH: "诉求 {id} 出现了两次"},
		Mend:  fault.Text{EN: "keep one version of each request", ZH: "每条诉求只保留一个版本"},
	}
)

// BadOption is raised for options that bound nothing.
var BadOption = &fault.Kind{
	Code: "issue_option", Class: fault.Input,
	Cause: fault.Text{EN: "{name} can't be {value}", ZH: "{name} 不能为 {value}"},
	Mend:  fault.Text{EN: "give {want}", ZH: "请填写{zh}"},
}

// check refuses options outside their ranges.
func (o *Options) check() error {
	bad := func(name string, value any, want, zh string) error {
		return BadOption.At("link issues", "name", name, "value", value, "want", want, "zh", zh)
	}
	switch {
	case !(o.Probability > 0 && o.Probability < 1):
		return bad("Probability", o.Probability, "a number between 0 and 1", "0 与 1 之间的数")
	case o.Burst < 2:
		return bad("Burst", o.Burst, "2 or more", "2 或以上的整数")
	case o.Neighbours < 1:
		return bad("Neighbours", o.Neighbours, "1 or more", "1 或以上的整数")
	case o.Runes < 1:
		return bad("Runes", o.Runes, "1 or more", "1 或以上的整数")
	case o.Horizon <= 0 || o.BurstSpan <= 0:
		return bad("Horizon or BurstSpan", min(o.Horizon, o.BurstSpan), "more than 0", "大于 0 的时长")
	}
	return nil
}

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
	case a.category == "" || b.category == "":
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
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := check(requests, nil); err != nil {
		return nil, err
	}
	order := make([]*Request, len(requests))
	for i := range requests {
		order[i] = &requests[i]
	}
	slices.SortFunc(order, func(a, b *Request) int {
		return before(&node{id: a.ID, at: a.At}, &node{id: b.ID, at: b.At})
	})
	m := &Model{o: o}
	m.count(order, &o)
	nodes := make([]*node, len(order))
	for i, r := range order {
		nodes[i] = m.node(r, &o)
	}
	far := m.far(nodes, &o)
	m.weigh(m.near(nodes, &o), far)
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
func (m *Model) count(order []*Request, o *Options) {
	type seen struct{ weeks, last int64 }
	names := map[textsim.Gram]seen{}
	m.rarity = textsim.NewRarity()
	weeks, last := int64(0), int64(-1<<62)
	for _, r := range order {
		t := read(r, o)
		m.rarity.Add(append(t.title, t.body...))
		now := r.At.Unix() / int64(week/time.Second)
		if now != last {
			weeks, last = weeks+1, now
		}
		for _, p := range t.places {
			if s, ok := names[p.gram]; !ok || s.last != now {
				names[p.gram] = seen{s.weeks + 1, now}
			}
		}
	}
	m.rarity.Trim()
	m.wide = map[textsim.Gram]bool{}
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

func newPair(a, b *node, weight float64) pair {
	return pair{alike(a, b), weight, int8(timeCell(a, b)), int8(categoryCell(a, b))}
}

func (m *Model) bin(likeness float64) int {
	i, _ := slices.BinarySearch(m.edges, likeness)
	return i
}

// far draws pairs at different places, in the order of a hash of their
// identifiers, and sets the bins by them. Only requests that name a place are
// drawn: they are what pairs at one place are made of.
func (m *Model) far(nodes []*node, o *Options) []pair {
	byHash := slices.DeleteFunc(slices.Clone(nodes), func(n *node) bool { return len(n.places) == 0 && n.placeID == "" })
	slices.SortFunc(byHash, func(a, b *node) int {
		return cmp.Or(cmp.Compare(xxh3.HashString(a.id), xxh3.HashString(b.id)), before(a, b))
	})
	var pairs []pair
	for step := 1; step < len(byHash) && len(pairs) < farPairs; step++ {
		for i := 0; i+step < len(byHash); i++ {
			a, b := byHash[i], byHash[i+step]
			if a.at.Sub(b.at).Abs() > o.Horizon {
				continue
			}
			if s, _ := common(a, b); s == apart {
				pairs = append(pairs, newPair(a, b, 1))
			}
		}
	}
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
func (m *Model) near(nodes []*node, o *Options) *[strata][]pair {
	b := newBlocks(o)
	met, all := make([][]int32, len(nodes)), 0
	for i, n := range nodes {
		met[i] = b.meet(nodes, i, n, false)
		all += len(met[i])
	}
	var pairs [strata][]pair
	every := uint64(all/nearPairs + 1)
	for i, n := range nodes {
		own := xxh3.HashString(n.id)
		for _, j := range met[i] {
			// The sum of hashes chooses the same pairs in every order.
			if (own+xxh3.HashString(nodes[j].id))%every != 0 {
				continue
			}
			if s, _ := common(n, nodes[j]); s != apart {
				pairs[s] = append(pairs[s], newPair(n, nodes[j], 1/float64(b.least(n, nodes[j])-1)))
			}
		}
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
