package issue

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reported gives problems at some buildings over two years, with one to three
// reports each; their bodies are too short to be copies.
func reported(seed uint64, buildings, problems int) (out []Request) {
	d := rand.New(rand.NewPCG(seed, 3))
	for range problems {
		building, cause := fmt.Sprint("B", d.IntN(buildings)), causes[d.IntN(len(causes))]
		at := begin.Add(time.Duration(d.IntN(700*24*60)) * time.Minute)
		for range 1 + d.IntN(3) {
			out = append(out, Request{ID: fmt.Sprintf("%d-%05d", seed, len(out)), Place: Place{ID: building, Level: Building},
				Body: cause[d.IntN(len(cause))] + "，" + cause[d.IntN(len(cause))], At: at.Add(time.Duration(d.IntN(60*60)) * time.Minute)})
		}
	}
	return out
}

// What a day of requests that come late, scattered over all of the past, opens,
// compares and recounts is bounded by the day, however much stands behind it in
// the same full blocks.
func TestADayIsBoundedByItsRequests(t *testing.T) {
	o := DefaultOptions()
	o.Neighbours = 5
	day := reported(2, 20, 8)
	for _, problems := range []int{500, 2000} {
		past := reported(1, 20, problems)
		m, err := Fit(past, o)
		if err != nil {
			t.Fatal(err)
		}
		store := &counting{Memory: &Memory{}}
		first, err := Grow(m, store, Change{Put: past})
		if err != nil {
			t.Fatal(err)
		}
		store.Apply(first)
		g, err := Grow(m, store, Change{Put: day})
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Pairs) == 0 || len(g.Broken) == 0 {
			t.Fatalf("the day says nothing: %d pairs, %d broken", len(g.Pairs), len(g.Broken))
		}
		keys := 0 // how many blocks the day stands in
		for i := range day {
			keys += len(m.node("", read(&day[i], &o)).keys(nil, true))
		}
		for what, c := range map[string][2]int{
			"opened":    {g.Work.Opened, 2 * o.Neighbours * keys},   // those before it and those after it
			"compared":  {g.Work.Compared, 3 * o.Neighbours * keys}, // with it, and whom it displaced
			"recounted": {g.Work.Recounted, keys},
		} {
			if c[0] > c[1] || c[0] == 0 {
				t.Errorf("%d requests behind a day of %d: %d %s, at most %d", len(past), len(day), c[0], what, c[1])
			}
			if len(past) < 500 || keys > 60 {
				t.Errorf("%d requests are no history for %d blocks", len(past), keys)
			}
		}
	}
}

// The bytes are the same on one processor and on many.
func TestProcessorsChangeNothing(t *testing.T) {
	requests := located(5, 400)
	run := func(processors int) (model []byte, first, day *Growth) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		m := fitted(t, requests)
		model, err := m.JSON()
		if err != nil {
			t.Fatal(err)
		}
		store := &Memory{}
		var late, early []Request
		for i, r := range requests {
			if i%7 == 0 {
				late = append(late, r)
			} else {
				early = append(early, r)
			}
		}
		if first, err = Grow(m, store, Change{Put: early}); err != nil {
			t.Fatal(err)
		}
		store.Apply(first)
		if day, err = Grow(m, store, Change{Put: late, Remove: []string{early[0].ID, early[5].ID}}); err != nil {
			t.Fatal(err)
		}
		return model, first, day
	}
	model, first, day := run(1)
	again, second, other := run(4)
	if d := cmp.Diff(string(model), string(again)); d != "" {
		t.Errorf("the model: %s", d)
	}
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("the first day: %s", d)
	}
	if d := cmp.Diff(day, other); d != "" {
		t.Errorf("a later day: %s", d)
	}
}

// A request of the past that can't be read stops a day that comes near it, and
// no other.
func TestDamageIsTold(t *testing.T) {
	requests := located(5, 20)
	m, store := fitted(t, requests), &Memory{}
	kept, err := Read(requests[:1], DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	kept[0].Features = kept[0].Features[:len(kept[0].Features)-1]
	kept[0].Part, kept[0].Issue = kept[0].ID, kept[0].ID
	store.Apply(&Growth{Kept: kept})
	near, far := requests[1], requests[2]
	near.At, far.At = kept[0].At, kept[0].At.AddDate(2, 0, 0)
	if _, err := Grow(m, store, Change{Put: []Request{near}}); !BadFeatures.Is(err) {
		t.Errorf("a day near it: %v", err)
	}
	if _, err := Grow(m, store, Change{Put: []Request{far}}); err != nil {
		t.Errorf("a day far from it: %v", err)
	}
}
