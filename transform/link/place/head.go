package place

import (
	"slices"
	"strings"

	"huiliu/transform/address"
)

// head is what stands before a number, taken apart.
type head struct {
	area, community string
	road, rest      string
}

// maxHeads bounds what is remembered; a site has a few thousand heads.
const maxHeads = 1 << 16

// head takes a name apart into divisions, community, road and the name of what
// lies there. The parser tells where a name begins; what it takes for a
// division counts only when it ends as divisions do, for compounds bear the
// names of cities (丽水新村, 朝阳里).
func (r *Reader) head(name string) head {
	if h, ok := r.heads[name]; ok {
		return h
	}
	if len(r.heads) >= maxHeads {
		clear(r.heads)
	}
	h := r.takeApart(name)
	r.heads[name] = h
	return h
}

func (r *Reader) takeApart(name string) head {
	var h head
	for _, own := range []string{r.site.City, r.site.District, r.site.Town} {
		if _, rest, ok := strings.Cut(name, own); ok && own != "" {
			name = rest
		}
	}
	name = r.divisions(&h, name)
	if isRoad(name) {
		h.road = name
		return h
	}
	end := roadWithin(name, r.parser.Parse(name))
	h.road, h.rest = name[:end], name[end:]
	return h
}

// divisions takes divisions and the community off a name's beginning. One in
// short form (杭州西湖区) counts when one that ends as divisions do follows, or
// a road.
func (r *Reader) divisions(h *head, name string) string {
	parts := r.parser.Parse(name)
	cut := 0
	for i, p := range parts {
		if p.Kind == address.Road && isRoad(p.Text) {
			cut = p.Start
		}
		if p.Kind > address.Grid || compoundEnd(p.Text) != "" && !village(parts[i:]) {
			break
		}
		switch {
		case last(p.Text, communityEnds) != "" || village(parts[i:]):
			h.community = communityName(p.Text)
		case strings.HasSuffix(p.Text, "网格"):
		case last(p.Text, areaEnds) == "":
			continue
		case r.site.outside(p.Text):
			h.area += p.Text
		}
		cut = p.End
	}
	name = name[cut:]
	if end := communityWithin(name); end > 0 && h.community == "" {
		h.community = communityName(name[:end])
		name = name[end:]
	}
	if _, rest, ok := strings.Cut(name, "网格"); ok {
		return rest
	}
	return name
}

// village reports whether the first part is a village in which a road or a
// compound lies.
func village(parts []address.Part) bool {
	if len(parts) < 2 || parts[0].Kind != address.Community || !strings.HasSuffix(parts[0].Text, "村") || strings.HasSuffix(parts[0].Text, "新村") {
		return false
	}
	next := parts[1]
	return next.Kind == address.Road && isRoad(next.Text) || next.Kind == address.Compound && compoundEnd(next.Text) != ""
}

// communityWithin finds where a leading community ends, 0 for none.
func communityWithin(name string) int {
	for _, end := range communityEnds {
		if i := strings.Index(name, end); i > 0 && len([]rune(name[:i])) <= 8 {
			return i + len(end)
		}
	}
	return 0
}

// compoundEnd is the ending that makes a name a compound's.
func compoundEnd(name string) string {
	if end := last(name, compoundEnds); len(end) < len(name) {
		return end
	}
	return ""
}

// roadWithin finds where a leading road ends that is not the whole name.
func roadWithin(name string, parts []address.Part) int {
	for _, p := range parts {
		if p.Kind == address.Road && p.Start == 0 && p.End < len(name) && isRoad(p.Text) {
			return p.End
		}
	}
	return 0
}

// communityName is a community's name without its ending.
func communityName(text string) string {
	for _, end := range slices.Concat(communityEnds, []string{"村"}) {
		if short, ok := strings.CutSuffix(text, end); ok && len([]rune(short)) > 1 {
			return short
		}
	}
	return text
}
