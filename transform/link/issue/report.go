package issue

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"huiliu/internal/fault"
)

// issue describes the members of one issue, which are in the order of time.
func (a *area) issue(members []int32) Issue {
	in := make(map[int32]bool, len(members))
	for _, i := range members {
		in[i] = true
	}
	first := a.nodes[members[0]]
	out := Issue{Name: first.id, First: first.at, Members: make([]Member, len(members))}
	best, most := members[0], int64(-1)
	reporters, channels := map[uint64]bool{}, map[string]bool{}
	for k, i := range members {
		n := a.nodes[i]
		var likeness int64
		out.Members[k], likeness = a.member(i, in)
		if likeness > most {
			best, most = i, likeness
		}
		if n.reporter == 0 {
			out.Reporters++
		} else {
			reporters[n.reporter] = true
		}
		if c := n.channel; c != "" && !channels[c] {
			channels[c] = true
			out.Channels = append(out.Channels, c)
		}
	}
	slices.Sort(out.Channels)
	out.Reporters += len(reporters)
	out.Representative = a.nodes[best].id
	return out
}

// member tells why one request is in its issue, by its best link to another
// member, and how alike it is to all others together.
func (a *area) member(i int32, in map[int32]bool) (Member, int64) {
	m := Member{ID: a.nodes[i].id, Share: 1}
	var sum, likeness, n int64
	best, strongest := int32(-1), link{}
	for j, l := range a.links[i] {
		if !in[j] {
			continue
		}
		if a.said[[2]int32{min(i, j), max(i, j)}] {
			l.share = million
		}
		sum, likeness, n = sum+int64(l.share), likeness+int64(l.likeness), n+1
		better := cmp.Or(cmp.Compare(l.share, strongest.share), cmp.Compare(l.likeness, strongest.likeness))
		if best < 0 || better > 0 || better == 0 && j < best {
			best, strongest = j, l
		}
	}
	if n == 0 {
		m.Reason = fault.Text{EN: "the only request about it", ZH: "仅此一条诉求"}
		return m, 0
	}
	m.Share = float64(sum) / million / float64(min(len(in)-1, max(int(n), a.o.Neighbours)))
	m.With = a.nodes[best].id
	m.Reason = a.reason(min(i, best), max(i, best), strongest)
	return m, likeness
}

// reason puts a link into words.
func (a *area) reason(i, j int32, l link) fault.Text {
	x, y := a.nodes[i], a.nodes[j]
	w := common(x, y)
	var en, zh []string
	say := func(t fault.Text) {
		if t.ZH != "" {
			en, zh = append(en, t.EN), append(zh, t.ZH)
		}
	}
	switch {
	case slices.Contains(a.same[:a.people], [2]int32{i, j}):
		say(fault.Text{EN: "a person decided so", ZH: "人工认定为同一事项"})
	case transferred(x, y):
		say(fault.Text{EN: "one was made of the other", ZH: "转办来源编号一致"})
	}
	say(w.words())
	switch d := int(math.Round(y.at.Sub(x.at).Hours() / 24)); d {
	case 0:
		say(fault.Text{EN: "the same day", ZH: "相距不到 1 天"})
	case 1:
		say(fault.Text{EN: "1 day apart", ZH: "相距 1 天"})
	default:
		say(fault.Text{EN: strconv.Itoa(d) + " days apart", ZH: "相距 " + strconv.Itoa(d) + " 天"})
	}
	if x.category != 0 && x.category == y.category {
		say(fault.Text{EN: "the same category", ZH: "同类别"})
	}
	a.m.prepare(x)
	a.m.prepare(y)
	if w.told() && copies(x, y, w) {
		say(fault.Text{EN: "nearly the same text", ZH: "文本基本相同"})
	} else {
		percent := strconv.Itoa(int(l.likeness)*100/million) + "%"
		say(fault.Text{EN: "contents " + percent + " alike", ZH: "内容相似 " + percent})
	}
	return fault.Text{EN: strings.Join(en, "; "), ZH: strings.Join(zh, "；")}
}

var kindWords = [kinds]fault.Text{
	sameRoadOther: {EN: "the same road, other numbers", ZH: "同一道路，门牌不同"}, sameRoad: {EN: "the same road", ZH: "同一道路"},
	sameCompoundOther: {EN: "the same compound, other buildings", ZH: "同一小区，楼栋不同"}, sameCompound: {EN: "the same compound", ZH: "同一小区"},
	shortStretch: {EN: "both name one road or village", ZH: "提到同一道路或村庄"}, shortStretch + 1: {EN: "both name one road or village, other numbers", ZH: "提到同一道路或村庄，号数不同"},
	longStretch: {EN: "both name one road or village", ZH: "提到同一道路或村庄"}, longStretch + 1: {EN: "both name one road or village, other numbers", ZH: "提到同一道路或村庄，号数不同"},
	shortName: {EN: "both name one place", ZH: "提到同一地点"}, shortName + 1: {EN: "both name one place, other buildings", ZH: "提到同一地点，楼栋不同"},
	longName: {EN: "both name one place", ZH: "提到同一地点"}, longName + 1: {EN: "both name one place, other buildings", ZH: "提到同一地点，楼栋不同"},
	severalNames: {EN: "both name the same places", ZH: "提到的多个地点相同"}, severalNames + 1: {EN: "both name the same places, other buildings", ZH: "提到的多个地点相同，楼栋不同"},
	houseName: {EN: "the same house or building in words", ZH: "门牌或楼栋写法一致"}, houseName + 1: {EN: "the same number of a road, other buildings", ZH: "门牌一致，楼栋不同"},
}

// words say what is in common of a place.
func (w where) words() fault.Text {
	switch w {
	case apart, parted:
		return fault.Text{EN: "no place in common", ZH: "无共同地点"}
	case nearPoint:
		return fault.Text{EN: "one point", ZH: "坐标相同"}
	case nearPoint + 1:
		return fault.Text{EN: "within 30 m", ZH: "相距 30 米以内"}
	case sameHouse:
		return fault.Text{EN: "the same house number", ZH: "同一门牌"}
	case sameHouseOther:
		return fault.Text{EN: "the same house number, other buildings", ZH: "同一门牌，楼栋不同"}
	case sameBuilding:
		return fault.Text{EN: "the same building", ZH: "同一楼栋"}
	}
	t := kindWords[w.kind()]
	switch w.distance() {
	case 1:
		t.EN, t.ZH = t.EN+", one point", t.ZH+"，坐标相同"
	case 2:
		t.EN, t.ZH = t.EN+", within 30 m", t.ZH+"，相距 30 米以内"
	case distances - 1:
		t.EN, t.ZH = t.EN+", points over 120 m apart", t.ZH+"，坐标相距 120 米以上"
	}
	return t
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
