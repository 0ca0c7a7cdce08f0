package linkage

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"huiliu/transform/address"
	"huiliu/transform/address/spell"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// organisationKind are enterprises and other bodies.
func organisationKind(region []string) *kind {
	divisions := divisionsOf(region)
	return &kind{
		name: "organisation", prefix: "o-", label: "单位",
		columns: []string{"name", "code", "phone", "address", "community"},
		labels:  map[string]string{"name": "名称", "code": "统一社会信用代码", "phone": "电话", "address": "地址", "community": "社区"},
		sources: []source{
			{table: "organisation", has: "true",
				plain:  map[string]string{"name": "t.name", "code": "t.credit_code", "address": "t.business_address", "community": "coalesce(a.code, t.community_code, t.community)"},
				sealed: map[string]string{"phone": "phone"}},
			{table: "inspection", has: "credit_code IS NOT NULL OR object_kind = 'organisation'",
				plain: map[string]string{"name": "t.object_name", "code": "t.credit_code", "community": "coalesce(a.code, t.community_code, t.community)"}},
			{table: "service_request", has: "place_name IS NOT NULL",
				plain:  map[string]string{"name": "t.place_name", "community": "coalesce(a.code, t.community_code, t.community)"},
				sealed: map[string]string{"address": "address"}},
			{table: "benefit", has: "provider IS NOT NULL",
				plain: map[string]string{"name": "t.provider", "community": "coalesce(a.code, t.community_code, t.community)"}},
		},
		derive: func(get func(string) string) map[string]string {
			return map[string]string{
				"name": stem(get("name"), divisions), "code": strings.ToUpper(strings.TrimSpace(norm.NFKC.String(get("code")))),
				"phone": string(privacy.AppendNormal(nil, entity.Phone, []byte(get("phone")))), "address": spell.Normal(get("address")), "community": get("community"),
			}
		},
	}
}

// divisionsOf are the names of divisions with and without their generic terms,
// the longest first.
func divisionsOf(region []string) []string {
	var out []string
	add := func(list []string) {
		for _, n := range list {
			out = append(out, n)
			short := strings.TrimRight(n, "省市区县")
			if len([]rune(short)) >= 2 {
				out = append(out, short)
			}
		}
	}
	nation := address.Nation()
	add(region)
	add(nation[address.Province])
	add(nation[address.City])
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// companies are the ways to write that something is a company, the longest
// first; other legal forms tell organisations apart.
var companies = []string{"股份有限责任公司", "有限责任公司", "股份有限公司", "有限公司", "公司"}

// stem is an enterprise's name without what the Provisions on the
// Administration of Enterprise Name Registration (State Council, 2020, art. 6)
// put around it: the division before, in brackets or not, and the word for a
// company behind. A name of nothing else stays whole.
func stem(name string, divisions []string) string {
	name = strings.NewReplacer(" ", "", "(", "", ")", "").Replace(norm.NFKC.String(name))
	out := name
	for range 3 { // province, city, district
		before := out
		for _, d := range divisions {
			if rest, ok := strings.CutPrefix(out, d); ok && len([]rune(rest)) >= 3 {
				out = rest
				break
			}
		}
		if out == before {
			break
		}
	}
	for _, c := range companies {
		if rest, ok := strings.CutSuffix(out, c); ok && len([]rune(rest)) >= 2 {
			return rest
		}
	}
	return out
}
