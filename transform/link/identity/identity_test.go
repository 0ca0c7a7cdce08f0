package identity

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// assign names clusters written as "a b|c" and returns the names by first row.
func assign(r *Registry, clusters string) (names map[string]string, changes []Change) {
	var parts [][]string
	for _, c := range strings.Split(clusters, "|") {
		parts = append(parts, strings.Fields(c))
	}
	given, changes := r.Assign(parts)
	names = map[string]string{}
	for i, p := range parts {
		if len(p) > 0 {
			names[slices.Min(p)] = given[i]
		}
	}
	return names, changes
}

func kinds(changes []Change) string {
	var out []string
	for _, c := range changes {
		out = append(out, string(c.Kind))
	}
	return strings.Join(slices.Sorted(slices.Values(out)), " ")
}

func TestMergeAndTakingApart(t *testing.T) {
	r := NewRegistry("p-", nil)
	before, changes := assign(r, "a b c|d e")
	if kinds(changes) != "born born" || before["a"] == before["d"] || len(before["a"]) != len("p-")+13 {
		t.Fatalf("names %v, changes %v", before, changes)
	}
	merged, changes := assign(r, "a b c d e")
	if merged["a"] != before["a"] || kinds(changes) != "merged" || changes[0] != (Change{Merged, before["d"], before["a"]}) {
		t.Fatalf("names %v, changes %v", merged, changes)
	}
	if to, ok := r.Resolve(before["d"]); !ok || to != before["a"] {
		t.Errorf("the merged id leads to %q", to)
	}
	again, changes := assign(r, "a b c|d e")
	if !maps.Equal(again, before) || kinds(changes) != "restored" {
		t.Errorf("taken apart: names %v, want %v; changes %v", again, before, changes)
	}
	if _, changes := assign(r, "d e|a b c"); len(changes) > 0 {
		t.Errorf("nothing has changed, but %v", changes)
	}
}

func TestSplitAndGone(t *testing.T) {
	r := NewRegistry("p-", nil)
	before, _ := assign(r, "a b c d e")
	after, changes := assign(r, "a b|c d e")
	if after["c"] != before["a"] || kinds(changes) != "split" || changes[0].Other != before["a"] {
		t.Errorf("the larger part keeps the id: %v, %v", after, changes)
	}
	_, changes = assign(r, "c d e")
	if kinds(changes) != "gone" {
		t.Errorf("changes %v", changes)
	}
	if to, ok := r.Resolve(after["a"]); ok {
		t.Errorf("an entity without rows leads to %q", to)
	}
	if back, changes := assign(r, "a b|c d e"); back["a"] != after["a"] || kinds(changes) != "restored" {
		t.Errorf("rows that come again have another name: %v, %v", back, changes)
	}
	if _, ok := r.Resolve("p-nobody"); ok {
		t.Error("an id that was never given leads somewhere")
	}
	if names, changes := r.Assign(nil); len(names) > 0 || kinds(changes) != "gone gone" {
		t.Errorf("no rows at all: %v, %v", names, changes)
	}
}

// An id in use is not given again to rows that hash to it.
func TestNewIDsAreNew(t *testing.T) {
	r := NewRegistry("p-", nil)
	before, _ := assign(r, "a b c")
	assign(r, "b c") // a is gone, its entity lives
	after, _ := assign(r, "a|b c")
	if after["a"] == before["a"] || after["b"] != before["a"] {
		t.Errorf("before %v, after %v", before, after)
	}
}

// partition draws a partition of some of the rows r0, r1 …
func partition(t *rapid.T, label string) [][]string {
	n := rapid.IntRange(0, 12).Draw(t, label+" rows")
	clusters := map[int][]string{}
	for i := range n {
		c := rapid.IntRange(0, 5).Draw(t, label+" cluster") // 0: not there
		if c > 0 {
			clusters[c] = append(clusters[c], fmt.Sprintf("r%02d", i))
		}
	}
	return slices.Collect(maps.Values(clusters))
}

func TestAssignProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, given := NewRegistry("x-", nil), map[string]bool{}
		for run := range rapid.IntRange(1, 5).Draw(t, "runs") {
			clusters := partition(t, fmt.Sprint("run ", run))
			state := r.Entities()
			copied := make([]Entity, len(state))
			for i, e := range state {
				copied[i] = e
				copied[i].Rows = slices.Clone(e.Rows)
			}
			twin := NewRegistry("x-", copied)
			names, changes := r.Assign(clusters)

			// The order of clusters and rows leaves no trace.
			order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1)).Perm(len(clusters))
			shuffled := make([][]string, len(clusters))
			for to, from := range order {
				shuffled[to] = slices.Clone(clusters[from])
				slices.Reverse(shuffled[to])
			}
			twins, same := twin.Assign(shuffled)
			for to, from := range order {
				if twins[to] != names[from] {
					t.Fatalf("in another order %v is %s, not %s", shuffled[to], twins[to], names[from])
				}
			}
			if !slices.Equal(changes, same) {
				t.Fatalf("changes %v, in another order %v", changes, same)
			}

			seen := map[string]bool{}
			for i, name := range names {
				if name == "" || seen[name] {
					t.Fatalf("names %v", names)
				}
				seen[name], given[name] = true, true
				if to, ok := r.Resolve(name); !ok || to != name {
					t.Fatalf("%s of %v leads to %q", name, clusters[i], to)
				}
			}
			living := 0
			for _, e := range r.Entities() {
				if !e.Ended {
					living++
				}
				delete(given, e.ID)
			}
			if living != len(clusters) || len(given) > 0 {
				t.Fatalf("%d entities live for %d clusters, forgotten %v", living, len(clusters), given)
			}
			for _, e := range r.Entities() {
				given[e.ID] = true
				to, ok := r.Resolve(e.ID)
				if ok && !seen[to] || !ok && e.Into != "" && seen[e.Into] {
					t.Fatalf("%+v leads to %q", e, to)
				}
			}
			if _, again := r.Assign(clusters); len(again) > 0 {
				t.Fatalf("nothing has changed, but %v", again)
			}
		}
	})
}
