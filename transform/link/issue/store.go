package issue

import (
	"slices"
	"time"
)

// Pair is what is kept of two requests that have been compared and say
// something of each other: the identifier that is lesser as text is A. Share is
// the probability by place, time and words that they are one problem, Likeness
// how alike they are in words, both in millionths.
type Pair struct {
	A, B            string
	Share, Likeness int32
}

func newPair(a, b string, l link) Pair { return Pair{min(a, b), max(a, b), l.share, l.likeness} }

// Store is where Grow finds what is kept of earlier requests. Every method may
// give its rows in any order, gives nothing for what it doesn't know, and gives
// the state before the change that is being grown; only decisions are told as
// they are after it.
type Store interface {
	// Between tells fn of the requests whose times are in [from, to], one after
	// another, so that they need not be in memory at once, and gives up with the
	// fault that fn gives. fn keeps nothing of the features, and asks nothing of
	// the store.
	Between(from, to time.Time, fn func(*Kept) error) error
	// Requests gives the requests of some identifiers.
	Requests(ids []string) ([]Kept, error)
	// Parts gives all requests of some parts.
	Parts(names []string) ([]Kept, error)
	// Pairs gives the pairs of which one or both are among the identifiers.
	Pairs(ids []string) ([]Pair, error)
	// Decisions gives the decisions on pairs of which one or both are among the
	// identifiers, other decisions too if it likes.
	Decisions(ids []string) (Decisions, error)
}

// Memory is a Store in memory. The zero value is empty. It is not safe for use
// by two goroutines at once.
type Memory struct {
	kept  map[string]Kept
	pairs map[[2]string]Pair
	// of are the other ends of a request's pairs, and parts the requests of a part.
	of, parts map[string]map[string]bool
	order     []Kept // by time, nil when it has to be made anew
	issues    map[string]Issue
	// Decided are the decisions of people.
	Decided Decisions
}

// Apply writes what Grow gave.
func (s *Memory) Apply(g *Growth) {
	if s.kept == nil {
		s.kept, s.pairs, s.issues = map[string]Kept{}, map[[2]string]Pair{}, map[string]Issue{}
		s.of, s.parts = map[string]map[string]bool{}, map[string]map[string]bool{}
	}
	for _, p := range g.Broken {
		delete(s.pairs, p)
		delete(s.of[p[0]], p[1])
		delete(s.of[p[1]], p[0])
	}
	for _, p := range g.Pairs {
		s.pairs[[2]string{p.A, p.B}] = p
		put(s.of, p.A, p.B)
		put(s.of, p.B, p.A)
	}
	for _, id := range g.Gone {
		delete(s.parts[s.kept[id].Part], id)
		delete(s.kept, id)
	}
	for _, k := range g.Kept {
		delete(s.parts[s.kept[k.ID].Part], k.ID)
		s.kept[k.ID] = k
		put(s.parts, k.Part, k.ID)
	}
	s.order = nil
	for _, name := range g.Ended {
		delete(s.issues, name)
	}
	for _, i := range g.Issues {
		s.issues[i.Name] = i
	}
}

func put(m map[string]map[string]bool, key, value string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][value] = true
}

// Issues gives all issues, in the order of their first reports, then of their
// names. Issues of one request are among them.
func (s *Memory) Issues() []Issue {
	out := make([]Issue, 0, len(s.issues))
	for _, i := range s.issues {
		out = append(out, i)
	}
	slices.SortFunc(out, earlier)
	return out
}

// Between implements Store.
func (s *Memory) Between(from, to time.Time, fn func(*Kept) error) error {
	if s.order == nil {
		for _, k := range s.kept {
			s.order = append(s.order, k)
		}
		slices.SortFunc(s.order, func(a, b Kept) int { return a.At.Compare(b.At) })
	}
	first, _ := slices.BinarySearchFunc(s.order, from, func(k Kept, t time.Time) int { return k.At.Compare(t) })
	for ; first < len(s.order) && !s.order[first].At.After(to); first++ {
		if err := fn(&s.order[first]); err != nil {
			return err
		}
	}
	return nil
}

// Requests implements Store.
func (s *Memory) Requests(ids []string) (out []Kept, err error) {
	for _, id := range ids {
		if k, ok := s.kept[id]; ok {
			out = append(out, k)
		}
	}
	return out, nil
}

// Parts implements Store.
func (s *Memory) Parts(names []string) (out []Kept, err error) {
	for _, name := range names {
		for id := range s.parts[name] {
			out = append(out, s.kept[id])
		}
	}
	return out, nil
}

// Pairs implements Store.
func (s *Memory) Pairs(ids []string) (out []Pair, err error) {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		for other := range s.of[id] {
			if !seen[other] {
				out = append(out, s.pairs[[2]string{min(id, other), max(id, other)}])
			}
		}
		seen[id] = true
	}
	return out, nil
}

// Decisions implements Store.
func (s *Memory) Decisions([]string) (Decisions, error) { return s.Decided, nil }
