// Package identity keeps the ids of linked entities over runs: when rows come
// and go, when two entities turn out to be one, when one is taken apart again.
// Which rows belong together is the linkage's matter; here each such cluster
// gets its name, and a name once given always leads somewhere.
package identity

import (
	"cmp"
	"encoding/base32"
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"
)

// Entity is a person, place, organisation or issue as the registry knows it.
type Entity struct {
	// ID is its name: the registry's prefix and 13 letters and digits.
	ID string
	// Rows are the ids of its rows, in order: those it has, or, once it has
	// none, those it had last.
	Rows []string
	// Into is the entity that its rows went to when it ended, by most of its
	// rows; empty while it lives, and when its rows are all gone.
	Into string
	// Ended tells an entity that has no rows any more.
	Ended bool
	// Born orders entities by age, the least is the oldest; new ones get the
	// registry's.
	Born int64
}

// Change is what happened to an id in one assignment.
type Change struct {
	Kind ChangeKind
	// ID is the entity it happened to, Other the one that it merged into or
	// was split from; empty for entities that are new or gone.
	ID, Other string
}

// ChangeKind names a change.
type ChangeKind string

// Kinds of change.
const (
	Born     ChangeKind = "born"     // new rows made a new entity
	Merged   ChangeKind = "merged"   // its rows belong to another entity now
	Split    ChangeKind = "split"    // it was made of rows of another entity
	Restored ChangeKind = "restored" // it had ended and its rows are together again
	Gone     ChangeKind = "gone"     // its rows are no more
)

// Registry is every entity of one kind, living or ended.
type Registry struct {
	prefix   string
	entities []Entity // by id
	reserved map[string]bool
	now      int64
}

// NewRegistry returns a registry with the entities that an earlier one told.
func NewRegistry(prefix string, entities []Entity) *Registry {
	r := &Registry{prefix: prefix}
	for _, e := range entities {
		e.Rows = slices.Sorted(slices.Values(e.Rows))
		r.entities = append(r.entities, e)
	}
	slices.SortFunc(r.entities, func(a, b Entity) int { return cmp.Compare(a.ID, b.ID) })
	return r
}

// Reserve keeps ids from being given to new entities: those of entities that
// this registry, being a part of a larger one, does not have.
func (r *Registry) Reserve(ids map[string]bool) { r.reserved = ids }

// Date gives the age of entities that are new from now on.
func (r *Registry) Date(born int64) { r.now = born }

// Names are the first ids that a new entity would get by its first row; it
// gets the first of them that is not in use.
func Names(prefix, row string) []string {
	out := make([]string, 3)
	for try := range out {
		out[try] = newID(prefix, row, uint32(try))
	}
	return out
}

// Entities returns every entity by id; the caller must not change them.
func (r *Registry) Entities() []Entity { return r.entities }

// Resolve returns the living entity that an id leads to, through all that
// happened to it since; ok is false for an id that was never given, and for
// one whose rows are gone.
func (r *Registry) Resolve(id string) (living string, ok bool) {
	for range len(r.entities) + 1 { // Into never leads in a circle; a damaged registry might
		at, found := r.find(id)
		if !found {
			return "", false
		}
		if e := &r.entities[at]; !e.Ended {
			return id, true
		} else if e.Into == "" {
			return "", false
		} else {
			id = e.Into
		}
	}
	return "", false
}

func (r *Registry) find(id string) (int, bool) {
	return slices.BinarySearchFunc(r.entities, id, func(e Entity, id string) int { return cmp.Compare(e.ID, id) })
}

// claim says how many rows an entity and a cluster share.
type claim struct {
	entity, cluster, shared int
}

// Assign names the clusters of a run: a partition of the rows there are, in
// any order. It changes the registry and returns the name of each cluster, in
// the order given, and what happened, by id.
//
// A cluster keeps the id of the living entity that it shares most rows with,
// and an entity gives its id to one cluster only: more shared rows first, then
// the older entity, then the id that sorts first, then the cluster whose first row does. A cluster
// that no living entity names takes the id of an ended one whose rows it has,
// by the same order, so that taking a merge apart gives the old names back.
// Any other gets a new id, made of its first row. So the same registry and
// clusters give the same names whatever their order.
func (r *Registry) Assign(clusters [][]string) (names []string, changes []Change) {
	sorted := make([][]string, len(clusters))
	order := make([]int, 0, len(clusters))
	for i, rows := range clusters {
		if sorted[i] = slices.Compact(slices.Sorted(slices.Values(rows))); len(rows) > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(sorted[a][0], sorted[b][0]) })
	a := &assignment{Registry: r, clusters: sorted, order: order, clusterOf: map[string]int{}, entityOf: map[string]int{}, names: make([]string, len(clusters)), taken: map[int]bool{}}
	for place, i := range order {
		for _, row := range sorted[i] {
			a.clusterOf[row] = place
		}
	}
	for e := range r.entities {
		for _, row := range r.entities[e].Rows {
			if !r.entities[e].Ended {
				a.entityOf[row] = e
			}
		}
	}
	a.name(a.claims(false), "")
	a.name(a.claims(true), Restored)
	a.mint()
	a.end()
	slices.SortFunc(a.changes, func(x, y Change) int { return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Kind, y.Kind)) })
	return a.names, a.changes
}

// assignment is one Assign under way. Clusters go by their place in order, so
// that the caller's order leaves no trace.
type assignment struct {
	*Registry
	clusters  [][]string
	order     []int          // clusters by their first row
	clusterOf map[string]int // a row's cluster, as a place in order
	entityOf  map[string]int // a row's living entity of before
	names     []string
	taken     map[int]bool // entities that gave their id
	born      []Entity
	changes   []Change
}

// claims lists what living or ended entities share with clusters, the
// strongest first.
func (a *assignment) claims(ended bool) []claim {
	var out []claim
	for e := range a.entities {
		if a.entities[e].Ended != ended {
			continue
		}
		for cluster, shared := range a.shares(&a.entities[e]) {
			out = append(out, claim{e, cluster, shared})
		}
	}
	slices.SortFunc(out, func(x, y claim) int {
		return cmp.Or(y.shared-x.shared, cmp.Compare(a.entities[x.entity].Born, a.entities[y.entity].Born), x.entity-y.entity, x.cluster-y.cluster)
	})
	return out
}

// shares counts an entity's rows by the cluster that has them now.
func (a *assignment) shares(e *Entity) map[int]int {
	out := map[int]int{}
	for _, row := range e.Rows {
		if c, ok := a.clusterOf[row]; ok {
			out[c]++
		}
	}
	return out
}

// name gives clusters the ids of the entities that claim them.
func (a *assignment) name(claims []claim, as ChangeKind) {
	for _, c := range claims {
		i := a.order[c.cluster]
		if a.names[i] != "" || a.taken[c.entity] {
			continue
		}
		e := &a.entities[c.entity]
		a.taken[c.entity] = true
		a.names[i] = e.ID
		if as != "" {
			a.changes = append(a.changes, Change{as, e.ID, e.Into})
			e.Ended, e.Into = false, ""
		}
	}
}

// mint makes ids for the clusters that have none.
func (a *assignment) mint() {
	used := map[string]bool{}
	for i := range a.entities {
		used[a.entities[i].ID] = true
	}
	for _, i := range a.order {
		if a.names[i] != "" {
			continue
		}
		id := newID(a.prefix, a.clusters[i][0], 0)
		for try := uint32(1); used[id] || a.reserved[id]; try++ {
			id = newID(a.prefix, a.clusters[i][0], try)
		}
		used[id] = true
		a.names[i] = id
		a.born = append(a.born, Entity{ID: id, Born: a.now})
		if from := a.origin(i); from != "" {
			a.changes = append(a.changes, Change{Split, id, from})
		} else {
			a.changes = append(a.changes, Change{Born, id, ""})
		}
	}
}

// origin is the entity of before that most rows of a cluster belonged to and
// that lives on in another, empty when there is none.
func (a *assignment) origin(cluster int) string {
	shared := map[int]int{}
	for _, row := range a.clusters[cluster] {
		if e, ok := a.entityOf[row]; ok && a.taken[e] {
			shared[e]++
		}
	}
	if e := most(shared); e >= 0 {
		return a.entities[e].ID
	}
	return ""
}

// most is the key with the largest count, the smallest of several, -1 of none.
func most(counts map[int]int) int {
	best := -1
	for k, n := range counts {
		if best < 0 || n > counts[best] || n == counts[best] && k < best {
			best = k
		}
	}
	return best
}

// end closes the entities that gave no cluster its name, and gives the others
// their rows.
func (a *assignment) end() {
	for e := range a.entities {
		entity := &a.entities[e]
		if a.taken[e] || entity.Ended {
			continue
		}
		entity.Ended = true
		cluster := most(a.shares(entity))
		if cluster < 0 {
			a.changes = append(a.changes, Change{Gone, entity.ID, ""})
			continue
		}
		entity.Into = a.names[a.order[cluster]]
		a.changes = append(a.changes, Change{Merged, entity.ID, entity.Into})
	}
	a.entities = append(a.entities, a.born...)
	slices.SortFunc(a.entities, func(x, y Entity) int { return cmp.Compare(x.ID, y.ID) })
	for _, i := range a.order {
		at, _ := a.find(a.names[i])
		a.entities[at].Rows = a.clusters[i]
	}
}

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newID makes an id of a row: 64 bits of its XXH3 hash in 13 letters and
// digits. Another try makes another id, should one be in use.
func newID(prefix, row string, try uint32) string {
	sum := xxh3.HashSeed([]byte(prefix+"\x00"+row), uint64(try))
	return prefix + letters.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))
}
