package issue

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Issues gives all issues, in the order of their first reports, then of the
// identifiers of these. Issues of one request are among them.
func (g *Grouper) Issues() []Issue {
	var parts [][]int32
	for _, p := range g.parts {
		parts = append(parts, p...)
	}
	slices.SortFunc(parts, func(a, b []int32) int { return before(g.nodes[a[0]], g.nodes[b[0]]) })
	out := make([]Issue, len(parts))
	for i, p := range parts {
		out[i] = g.issue(p)
	}
	return out
}

// issue describes the members of one issue, which are in the order of time.
func (g *Grouper) issue(members []int32) Issue {
	in := make(map[int32]bool, len(members))
	for _, i := range members {
		in[i] = true
	}
	out := Issue{First: g.nodes[members[0]].at, Members: make([]Member, len(members))}
	best, most := members[0], int64(-1)
	reporters, channels := map[string]bool{}, map[string]bool{}
	for k, i := range members {
		var likeness int64
		out.Members[k], likeness = g.member(i, in)
		if likeness > most {
			best, most = i, likeness
		}
		if r := g.nodes[i].reporter; r == "" {
			out.Reporters++
		} else {
			reporters[r] = true
		}
		if c := g.nodes[i].channel; c != "" && !channels[c] {
			channels[c] = true
			out.Channels = append(out.Channels, c)
		}
	}
	slices.Sort(out.Channels)
	out.Reporters += len(reporters)
	out.Representative, out.Title = g.nodes[best].id, g.nodes[best].title
	return out
}

// member tells why one request is in its issue, by its best link to another
// member, and how alike it is to all others together.
func (g *Grouper) member(i int32, in map[int32]bool) (Member, int64) {
	m := Member{ID: g.nodes[i].id, Share: 1}
	var sum, likeness, n int64
	best, strongest := int32(-1), link{}
	for j, l := range g.links[i] {
		if !in[j] {
			continue
		}
		sum, likeness, n = sum+int64(l.share), likeness+int64(l.likeness), n+1
		better := cmp.Or(cmp.Compare(l.share, strongest.share), cmp.Compare(l.likeness, strongest.likeness))
		if best < 0 || better > 0 || better == 0 && before(g.nodes[j], g.nodes[best]) < 0 {
			best, strongest = j, l
		}
	}
	if n == 0 {
		m.Reason = Reason{"the only request about it", "仅此一条诉求"}
		return m, 0
	}
	m.Share = float64(sum) / million / float64(min(len(in)-1, max(int(n), g.o.Neighbours)))
	m.Reason = g.reason(g.nodes[i], g.nodes[best], strongest)
	return m, likeness
}

// reason puts a link into words.
func (g *Grouper) reason(a, b *node, l link) Reason {
	days := int(math.Round(a.at.Sub(b.at).Abs().Hours() / 24))
	alike := int(l.likeness) * 100 / million
	where := Reason{"no place in common", "无共同地点"}
	switch s, word := common(a, b); {
	case s >= byLevel:
		where = Reason{"the same place " + a.placeID, "同一地点 " + a.placeID}
	case s != apart:
		where = Reason{"both name " + word, "均提到“" + word + "”"}
	}
	what := Reason{fmt.Sprintf("%d%% alike in words", alike), fmt.Sprintf("内容相似度 %d%%", alike)}
	if l.copied {
		what = Reason{"nearly the same text", "文本基本相同"}
	}
	if a.category != "" && a.category == b.category {
		what.EN += ", the same category"
		what.ZH += "，类别相同"
	}
	return Reason{
		EN: fmt.Sprintf("as %s: %s, %s, %d days apart", b.id, where.EN, what.EN, days),
		ZH: fmt.Sprintf("与 %s：%s，%s，相隔 %d 天", b.id, where.ZH, what.ZH, days),
	}
}

// Rate is how eagerly an area reports: requests for each issue.
type Rate struct {
	Area             string
	Issues, Requests int
}

// PerIssue is the duplicate rate: requests per issue, 0 without issues.
func (r Rate) PerIssue() float64 {
	if r.Issues == 0 {
		return 0
	}
	return float64(r.Requests) / float64(r.Issues)
}

// Rates counts issues and their requests by area, sorted by area. An issue
// belongs to the area of its first report; area gives that of a request, by
// its identifier.
func Rates(issues []Issue, area func(id string) string) []Rate {
	by := map[string]Rate{}
	for _, i := range issues {
		a := area(i.Members[0].ID)
		r := by[a]
		by[a] = Rate{a, r.Issues + 1, r.Requests + len(i.Members)}
	}
	out := make([]Rate, 0, len(by))
	for _, r := range by {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Rate) int { return cmp.Compare(a.Area, b.Area) })
	return out
}
