package issue

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// located gives the corpus identifiers of places, points, numbers and transfers,
// each to some of it, so that every way to meet is gone.
func located(seed uint64, problems int) []Request {
	requests, _ := corpus(seed, problems)
	d := rand.New(rand.NewPCG(seed, 2))
	for i := range requests {
		r := &requests[i]
		name := []rune(r.Title)[:2]
		building := 1 + d.IntN(2)
		r.Category = []string{"", "A", "B"}[d.IntN(3)]
		r.Number = "N" + r.ID
		if d.IntN(3) == 0 {
			r.Place.ID, r.Place.Level = fmt.Sprint("B", string(name), building), Building
			r.Place.Within = []Spot{{"C" + string(name), Compound}}
		} else if d.IntN(3) == 0 {
			r.Place.ID, r.Place.Level = "C"+string(name), Compound
		}
		if d.IntN(2) == 0 {
			r.Place.Point = &Point{30 + float64(name[0]%9)*.0001, 120 + float64(name[1]%9)*.0001}
		}
		if i > 0 && d.IntN(8) == 0 {
			r.Origin = requests[d.IntN(i)].Number
		}
	}
	return requests
}

// at groups all at once.
func at(t *rapid.T, m *Model, requests []Request, d Decisions) (*Growth, *Memory) {
	s := &Memory{Decided: d}
	g, err := Grow(m, s, Change{Put: requests})
	if err != nil {
		t.Fatal(err)
	}
	s.Apply(g)
	return g, s
}

// same compares two stores as their users see them.
func sameStore(t *rapid.T, want, got *Memory) {
	t.Helper()
	if d := cmp.Diff(want.Issues(), got.Issues()); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff(want.kept, got.kept); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff(want.pairs, got.pairs); d != "" {
		t.Fatal(d)
	}
}

// Whatever the days on which requests came, changed and went, and decisions
// were made and withdrawn, the store is that of all requests grouped at once.
func TestDaysGiveWhatOneDayGives(t *testing.T) {
	all := located(5, 25)
	var models []*Model
	for _, set := range []func(*Options){
		func(*Options) {},
		func(o *Options) { o.Neighbours = 1 }, // places have more requests than are compared
		func(o *Options) { o.Neighbours = 3 },
		func(o *Options) { o.Burst, o.Probability = 2, .4 },
		func(o *Options) { o.Horizon, o.Burst = 60*24*time.Hour, 3 },
	} {
		o := DefaultOptions()
		set(&o)
		m, err := Fit(all, o)
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, m)
	}
	rapid.Check(t, func(t *rapid.T) { liveThrough(t, rapid.SampledFrom(models).Draw(t, "model"), all) })
}

// liveThrough draws days and compares after each.
func liveThrough(t *rapid.T, m *Model, all []Request) {
	coming := slices.Clone(all)
	if rapid.Bool().Draw(t, "late ones") {
		coming = rapid.Permutation(coming).Draw(t, "order")
	} else {
		slices.SortFunc(coming, func(a, b Request) int { return a.At.Compare(b.At) })
	}
	there, store := map[string]Request{}, &Memory{}
	for day := 0; day < 5; day++ {
		var change Change
		n := rapid.IntRange(0, len(coming)).Draw(t, "new")
		change.Put, coming = append(change.Put, coming[:n]...), coming[n:]
		if ids := slices.Sorted(maps.Keys(there)); len(ids) > 0 {
			for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, min(5, len(ids)), rapid.ID[string]).Draw(t, "touched") {
				if rapid.Bool().Draw(t, "removed") {
					change.Remove = append(change.Remove, id)
					continue
				}
				change.Put = append(change.Put, changed(t, there[id], all))
			}
			change.Decided = decide(t, store, slices.Sorted(maps.Keys(there)))
		}
		g, err := Grow(m, store, change)
		if err != nil {
			t.Fatal(err)
		}
		store.Apply(g)
		for _, id := range change.Remove {
			delete(there, id)
		}
		for _, r := range change.Put {
			there[r.ID] = r
		}
		_, whole := at(t, m, slices.Collect(maps.Values(there)), store.Decided)
		sameStore(t, whole, store)
	}
}

// changed draws another version of a request: its time, place or words are
// those of another, or nothing is.
func changed(t *rapid.T, r Request, all []Request) Request {
	other := rapid.SampledFrom(all).Draw(t, "other")
	switch rapid.IntRange(0, 3).Draw(t, "change") {
	case 0:
		r.At = other.At
	case 1:
		r.Place = other.Place
	case 2:
		r.Title, r.Body, r.Category = other.Title, other.Body, other.Category
	}
	return r
}

// decide draws decisions, of requests that are there or not, and withdraws some.
func decide(t *rapid.T, store *Memory, ids []string) (about [][2]string) {
	id := rapid.OneOf(rapid.SampledFrom(ids), rapid.Just("R0007"))
	for range rapid.IntRange(0, 2).Draw(t, "decisions") {
		p := [2]string{id.Draw(t, "a"), id.Draw(t, "b")}
		list := &store.Decided.Same
		if rapid.Bool().Draw(t, "apart") {
			list = &store.Decided.Apart
		}
		*list = append(*list, p)
		about = append(about, p)
	}
	for _, list := range []*[][2]string{&store.Decided.Same, &store.Decided.Apart} {
		if len(*list) > 0 && rapid.IntRange(0, 3).Draw(t, "withdrawn") == 0 {
			about = append(about, (*list)[0])
			*list = (*list)[1:]
		}
	}
	return about
}

// A day tells what changed and no more: applied to the issues of yesterday it
// gives those of today, and an issue that is told is another than before.
func TestOnlyChangesAreTold(t *testing.T) {
	requests := located(11, 150)
	m := fitted(t, requests)
	slices.SortFunc(requests, func(a, b Request) int { return a.At.Compare(b.At) })
	store := &Memory{}
	last := len(requests) - 5
	for _, part := range [][]Request{requests[:last], requests[last:]} {
		was := map[string]Issue{}
		for _, i := range store.Issues() {
			was[i.Name] = i
		}
		g, err := Grow(m, store, Change{Put: part})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range g.Issues {
			if old, ok := was[i.Name]; ok && cmp.Equal(old, i) {
				t.Errorf("issue %s is told and has not changed", i.Name)
			}
		}
		if len(g.Issues) > len(part) {
			t.Errorf("%d requests changed %d issues", len(part), len(g.Issues))
		}
		store.Apply(g)
	}
	g, err := Grow(m, store, Change{Put: requests})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&Growth{Model: m.Version()}, g); d != "" {
		t.Errorf("the same requests once more changed something: %s", d)
	}
}

// counting tells how many rows a store gave.
type counting struct {
	*Memory
	rows int
}

func (c *counting) Between(from, to time.Time, fn func(*Kept) error) error {
	return c.Memory.Between(from, to, func(k *Kept) error {
		c.rows++
		return fn(k)
	})
}

func (c *counting) Parts(names []string) ([]Kept, error) {
	out, err := c.Memory.Parts(names)
	c.rows += len(out)
	return out, err
}

func (c *counting) Pairs(ids []string) ([]Pair, error) {
	out, err := c.Memory.Pairs(ids)
	c.rows += len(out)
	return out, err
}

// What is read for a day does not grow with what lies behind the horizon.
func TestHistoryIsNotRead(t *testing.T) {
	requests, _ := corpus(2, 300)
	o := DefaultOptions()
	o.Horizon = 100 * 24 * time.Hour
	m, err := Fit(requests, o)
	if err != nil {
		t.Fatal(err)
	}
	read := func(years int) int {
		store := &counting{Memory: &Memory{}}
		for y := range years {
			var old []Request
			for _, r := range requests {
				r.ID, r.At = fmt.Sprint(y, r.ID), r.At.AddDate(-2*y, 0, 0)
				old = append(old, r)
			}
			g, err := Grow(m, store, Change{Put: old})
			if err != nil {
				t.Fatal(err)
			}
			store.Apply(g)
		}
		store.rows = 0
		day := requests[0]
		day.ID, day.At = "new", begin.Add(700*24*time.Hour)
		if _, err := Grow(m, store, Change{Put: []Request{day}}); err != nil {
			t.Fatal(err)
		}
		return store.rows
	}
	if one, five := read(1), read(5); one == 0 || five > one {
		t.Errorf("%d rows are read with one history, %d with five", one, five)
	}
}

// tiedBy makes a store of requests an hour apart with the given pairs, and
// groups them.
func tiedBy(t *testing.T, m *Model, ids string, share func(a, b byte) int32) *Memory {
	t.Helper()
	store, pairs := &Memory{}, &Growth{}
	var requests []Request
	for i := range len(ids) {
		requests = append(requests, Request{ID: ids[i : i+1], At: begin.Add(time.Duration(i) * time.Hour)})
		for j := range i {
			if s := share(ids[j], ids[i]); s > 0 {
				pairs.Pairs = append(pairs.Pairs, newPair(ids[i:i+1], ids[j:j+1], link{share: s}))
			}
		}
	}
	g, err := Grow(m, store, Change{Put: requests})
	if err != nil {
		t.Fatal(err)
	}
	store.Apply(g)
	store.Apply(pairs)
	var all [][2]string
	for i := range len(ids) {
		all = append(all, [2]string{ids[i : i+1], "nobody"})
	}
	grown(t, m, store, all...)
	return store
}

func grown(t *testing.T, m *Model, store *Memory, decided ...[2]string) *Growth {
	t.Helper()
	g, err := Grow(m, store, Change{Decided: decided})
	if err != nil {
		t.Fatal(err)
	}
	store.Apply(g)
	return g
}

// A group that a burst took in is grouped together with all that the burst
// took in, whichever of them changes.
func TestWhatABurstTookInStaysTogether(t *testing.T) {
	m := fitted(t, nil)
	store := tiedBy(t, m, "abcdefghijKL", func(a, b byte) int32 {
		switch {
		case b < 'K' || a >= 'a' && b >= 'a':
			return 900_000
		case a >= 'a':
			return 300_000
		}
		return 0
	})
	if all := store.Issues(); len(all) != 1 || len(all[0].Members) != 12 {
		t.Fatalf("got %+v", all)
	}
	if g := grown(t, m, store, [2]string{"K", "nobody"}); len(g.Issues)+len(g.Kept)+len(g.Ended) > 0 {
		t.Errorf("nothing changed, and got %+v", g)
	}
}

// A burst that comes to be one takes in what was tied to it and no part of it.
func TestANewBurstReachesOut(t *testing.T) {
	m := fitted(t, nil)
	store := tiedBy(t, m, "abcdefghiXK", func(a, b byte) int32 {
		switch {
		case b >= 'a':
			return 900_000
		case b == 'K' && a >= 'a':
			return 300_000
		}
		return 0
	})
	if all := store.Issues(); len(all) != 3 || len(all[0].Members) != 9 {
		t.Fatalf("got %+v", all)
	}
	store.Decided.Same = [][2]string{{"X", "a"}}
	g := grown(t, m, store, [2]string{"X", "a"})
	if len(g.Issues) != 1 || len(g.Issues[0].Members) != 11 || !slices.Equal(g.Ended, []string{"K", "X"}) {
		t.Errorf("got %+v", g)
	}
	store.Decided.Same = nil
	if g := grown(t, m, store, [2]string{"X", "a"}); len(store.Issues()) != 3 || len(g.Issues) != 3 {
		t.Errorf("withdrawn: got %+v", g)
	}
}
