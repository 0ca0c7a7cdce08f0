package pair

import (
	"slices"
	"strings"
)

// Query is an address with the candidates that were found for it and, to learn
// from, the class of each candidate.
type Query struct {
	First   string
	Seconds []string
	Classes []Class
}

// mostCandidates is how many candidates are compared to each other, so that a
// common address costs no more than in proportion to its candidates.
const mostCandidates = 64

// pieces cuts a query with too many candidates into several, the candidates
// sorted by their text so that their order changes nothing; at tells for each
// piece where its candidates stood.
func (q Query) pieces() (out []Query, at [][]int) {
	order := make([]int, len(q.Seconds))
	for i := range order {
		order[i] = i
	}
	if len(order) > mostCandidates {
		slices.SortStableFunc(order, func(i, j int) int {
			if by := strings.Compare(q.Seconds[i], q.Seconds[j]); by != 0 || q.Classes == nil {
				return by
			}
			return int(q.Classes[i] - q.Classes[j])
		})
	}
	for piece := range slices.Chunk(order, mostCandidates) {
		p := Query{First: q.First}
		for _, i := range piece {
			p.Seconds = append(p.Seconds, q.Seconds[i])
			if q.Classes != nil {
				p.Classes = append(p.Classes, q.Classes[i])
			}
		}
		out, at = append(out, p), append(at, piece)
	}
	return out, at
}
