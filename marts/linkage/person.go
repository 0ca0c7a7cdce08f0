package linkage

import (
	"fmt"
	"strings"

	"github.com/zeebo/xxh3"

	"huiliu/transform/entity"
	"huiliu/transform/link/place"
	"huiliu/transform/privacy"
)

// personKind are residents, recipients of benefits, callers, owners and legal
// representatives.
func personKind(reader *place.Reader) *kind {
	return &kind{
		also: ", l.entity_id, p.community", join: " LEFT JOIN store.load.link_row l ON l.kind = 'place' AND l.id = %s.id LEFT JOIN store.load.link_place p ON p.entity_id = l.entity_id",
		name: "person", prefix: "p-", label: "居民",
		columns: []string{"name", "identity", "birth", "sex", "phone", "home", "place", "community"},
		labels: map[string]string{
			"name": "姓名", "identity": "身份证号", "birth": "出生日期", "sex": "性别", "phone": "电话", "home": "住址或地点", "home prefix 24": "同一地点", "home prefix 8": "同一社区", "name begins": "姓氏相同且一方未留全名",
		},
		sources: []source{
			{table: "person", has: "true",
				plain:  map[string]string{"birth": "strftime(t.birth_date, '%Y%m%d')", "sex": "t.sex", "community": area, "place": "l.entity_id"},
				sealed: map[string]string{"name": "name", "identity": "identity_no", "phone": "phone", "home": "home_address"}},
			{table: "benefit", has: "name_token IS NOT NULL OR identity_no_token IS NOT NULL OR phone_token IS NOT NULL",
				plain:  map[string]string{"birth": "strftime(t.birth_date, '%Y%m%d')", "community": area, "place": "l.entity_id"},
				sealed: map[string]string{"name": "name", "identity": "identity_no", "phone": "phone", "home": "home_address"}},
			{table: "service_request", has: "reporter_token IS NOT NULL OR reporter_phone_token IS NOT NULL",
				plain:  map[string]string{"community": area, "place": "l.entity_id"},
				sealed: map[string]string{"name": "reporter", "phone": "reporter_phone"}},
			{table: "organisation", has: "representative_token IS NOT NULL",
				plain:  map[string]string{"community": area, "place": "l.entity_id"},
				sealed: map[string]string{"name": "representative", "phone": "phone"}},
		},
		derive: func(get func(string) string) map[string]string { return derivePerson(get, reader) },
	}
}

// area is a row's community: that of its place, else the one it names.
const area = "coalesce(p.community, a.name, t.community)"

// titles are what callers are called instead of by their given name, and what
// it says of their sex.
var titles = []struct{ word, sex string }{
	{"先生", "男"}, {"女士", "女"}, {"小姐", "女"}, {"太太", "女"}, {"阿姨", "女"}, {"大妈", "女"}, {"大姐", "女"}, {"大爷", "男"}, {"大叔", "男"}, {"师傅", ""}, {"同志", ""}, {"老师", ""}, {"某某", ""}, {"某", ""},
}

func derivePerson(get func(string) string, reader *place.Reader) map[string]string {
	normal := func(column string, tag entity.Tag) string {
		return string(privacy.AppendNormal(nil, tag, []byte(get(column))))
	}
	out := map[string]string{
		"name": normal("name", entity.PersonName), "identity": normal("identity", entity.IdentityNumber), "birth": get("birth"),
		"sex": get("sex"), "phone": normal("phone", entity.Phone), "home": door(get("community"), get("place"), get("home"), reader),
	}
	for _, t := range titles {
		if family, ok := strings.CutSuffix(out["name"], t.word); ok {
			out["name"] = family
			if out["sex"] == "" {
				out["sex"] = t.sex
			}
			break
		}
	}
	if id := out["identity"]; privacy.IdentityValid([]byte(id)) {
		if out["birth"] == "" {
			out["birth"] = id[6:14]
		}
		if out["sex"] == "" {
			out["sex"] = map[bool]string{true: "男", false: "女"}[(id[16]-'0')%2 == 1]
		}
	}
	return out
}

// door is where somebody lives, from wide to narrow: eight characters for the
// community, the id of the place, and the door. Of a caller it is the place of
// what is reported. Being one text, no step counts twice.
func door(community, at, text string, reader *place.Reader) string {
	if at == "" && community == "" {
		return ""
	}
	out := fmt.Sprintf("%08x", uint32(xxh3.HashString(strings.TrimSuffix(community, "社区"))))
	if at == "" {
		return out
	}
	out += "/" + at
	if in := reader.Read(place.Row{Address: text}).Inside; in.Room != "" {
		out += "/" + in.Unit + "/" + in.Room
	}
	return out
}
