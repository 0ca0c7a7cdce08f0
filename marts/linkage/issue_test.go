package linkage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// reported is a request of the hotline.
type reported struct {
	id, title, body, building, category string
	at                                  time.Time
}

// ask writes requests as the loader would.
func (b *bench) ask(list ...reported) {
	b.t.Helper()
	b.page++
	tx, err := b.store.DB().Begin()
	if err != nil {
		b.t.Fatal(err)
	}
	for i, r := range list {
		key := keyOf(r.id)
		blob := b.keeper.SealRow(r.id, []privacy.Sealed{{Name: "description", Value: r.body}})
		_, err := tx.Exec(`INSERT INTO store.load.service_request (id, source, source_table, request_no, channel, category_1, title, description_token, requested_at, building_no, place_state, _key, _page, _row, _sealed)
			VALUES (?, 'rexian', 'request', ?, '电话', ?, ?, ?, ?, ?, 'none', ?, ?, ?, ?)`,
			r.id, r.id, r.category, r.title, b.keeper.Token(entity.FreeText, r.body), r.at, r.building, key, b.page, i, blob)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO store.load.record VALUES (?, 0, 1, 0, 0, NULL, NULL, 1, false, ?)", key, b.page); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.t.Fatal(err)
	}
}

// grouping is all that the store holds of issues, as lines in order.
func (b *bench) grouping() (out []string) {
	b.t.Helper()
	for _, statement := range []string{
		"SELECT concat_ws(' ', 'row', id, entity_id, rule, probability, near_id, reason) FROM store.load.link_row WHERE kind = 'issue' AND stamp IS NOT NULL",
		"SELECT concat_ws(' ', 'request', id, part, issue, requested_at, md5(features::VARCHAR)) FROM store.load.link_request",
		"SELECT concat_ws(' ', 'pair', a, b, share, likeness) FROM store.load.link_request_pair",
		"SELECT concat_ws(' ', 'issue', entity_id, representative, first_at, requests, reporters, channels) FROM store.load.link_issue",
	} {
		out = append(out, b.texts(statement)...)
	}
	slices.Sort(out)
	return out
}

// complaints makes n requests in two years: episodes of a problem at a
// building, each told of by some callers in their own words.
func complaints(seed uint64, n int) (out []reported) {
	r := rand.New(rand.NewPCG(seed, 3))
	problems := []struct {
		category, title string
		words           []string
	}{
		{"环境卫生", "垃圾没有清运", []string{"楼下垃圾桶已经满了", "好几天没有人清运", "垃圾堆在路边味道很大", "夏天苍蝇很多", "清洁工没有来过"}},
		{"噪音", "夜间施工噪音", []string{"半夜还在施工", "打桩的声音影响休息", "孩子睡不着", "工地每天干到凌晨", "渣土车进进出出"}},
		{"房屋", "电梯坏了", []string{"电梯停运多日", "维修一直没有来", "高层住户上下楼困难", "电梯门打不开", "有老人被困在轿厢里"}},
		{"停车", "消防通道停车", []string{"有车辆长期占用消防通道", "担心着火时车进不来", "请求拖离车辆", "通道被堵死了", "车主不接电话"}},
		{"供水", "自来水发黄", []string{"打开水龙头出来的水发黄", "自来水有铁锈味", "水压也很低", "不敢用来做饭", "水管老化没有更换"}},
		{"路灯", "路灯不亮", []string{"楼前的路灯坏了", "晚上回家一片漆黑", "有人摔倒过", "路灯杆歪了", "电线露在外面"}},
	}
	asides := []string{"请尽快处理", "之前反映过没有解决", "物业说不归他们管", "邻居们都有意见", "希望给个答复", "已经拍了照片", "打过社区电话", "网格员来看过"}
	start := time.Date(2023, 5, 1, 8, 0, 0, 0, time.UTC)
	for len(out) < n {
		p, building, began := problems[r.IntN(len(problems))], fmt.Sprintf("33010600%02d", r.IntN(25)), r.IntN(2*365*24)
		for range min(n-len(out), 1+r.IntN(5)) {
			var body []string
			for _, i := range r.Perm(len(p.words))[:3] {
				body = append(body, p.words[i])
			}
			body = append(body, asides[r.IntN(len(asides))])
			out = append(out, reported{
				id: fmt.Sprintf("rexian.request:%04d", len(out)), category: p.category, title: p.title, building: building,
				body: strings.Join(body, "，"), at: start.Add(time.Duration(began+r.IntN(12*24)) * time.Hour),
			})
		}
	}
	return out
}

// Issues are the same whether their requests are grouped a few at a time or
// all at once, on the first day and on later ones.
func TestPortionsEqualWhole(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newBench(t, t.TempDir())
			defer b.close()
			list := complaints(seed, 300)
			rand.New(rand.NewPCG(seed, 4)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			b.ask(list[:220]...)
			first := b.link(Input{portion: 31})["issue"]
			if !first.Fitted || first.Rows != 220 || first.Shared < 10 {
				t.Fatalf("the first time: %+v", first)
			}
			b.ask(list[220:]...)
			for _, gone := range list[:9] {
				b.exec("UPDATE store.load.service_request SET _deleted = DATE '2025-01-01' WHERE id = ?", gone.id)
			}
			day := b.link(Input{portion: 17})["issue"]
			if day.Fitted || day.Changed != 89 {
				t.Fatalf("a day: %+v", day)
			}
			portions := b.grouping()
			whole := b.link(Input{Whole: true})["issue"]
			if whole.Model != first.Model || whole.Changed != 291 {
				t.Errorf("all at once: %+v", whole)
			}
			if d := cmp.Diff(portions, b.grouping()); d != "" {
				t.Errorf("in portions and all at once differ: %s", d)
			}
			b.exec("UPDATE store.load.service_request SET _deleted = DATE '2025-01-02' WHERE id = ?", list[100].id)
			if last := b.link(Input{})["issue"]; last.Changed != 1 || last.Rows != 290 {
				t.Errorf("one request is gone: %+v", last)
			}
		})
	}
}
