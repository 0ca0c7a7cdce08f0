package linkage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/transform/privacy"
)

// call writes a service request as the loader would.
func (b *bench) call(id, words, address, on, category string) {
	b.t.Helper()
	b.page++
	key := keyOf(id)
	b.exec("DELETE FROM store.load.service_request WHERE id = ?", id)
	b.exec("DELETE FROM store.load.record WHERE _key = ?", key)
	blob := b.keeper.SealRow(id, []privacy.Sealed{{Name: "description", Value: words}, {Name: "address", Value: address}})
	b.exec(`INSERT INTO store.load.service_request (id, source, source_table, title, requested_on, category_2, channel, community_code, address_token, _key, _page, _row, _sealed) VALUES (?, 'rexian', 't', ?, ?, ?, '热线', 'c1', ?, ?, ?, 0, ?)`,
		id, words, on, category, "t"+address, key, b.page, blob)
	b.exec("INSERT INTO store.load.record VALUES (?, 0, 1, 0, 0, NULL, NULL, 1, false, ?)", key, b.page)
}

var troubles = []string{"路灯不亮影响夜间出行，请尽快处理", "垃圾堆放无人清理异味大，请尽快处理", "楼道漏水多日无人维修，请尽快处理", "夜间施工噪音扰民，请尽快处理"}

func (b *bench) calls(from, to int) {
	b.t.Helper()
	for i := from; i < to; i++ {
		p := i % len(troubles)
		b.call(fmt.Sprintf("rexian.t:%03d", i), troubles[p], fmt.Sprintf("云溪街道锦绣苑%d幢", 1+p), time.Date(2025, 3, 1+i/10, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), fmt.Sprint("市容", p))
	}
}

// state is all that a linkage keeps of the rows there are, but for the dates
// and the numbers of what is gone.
func (b *bench) state() map[string][]string {
	b.t.Helper()
	out := map[string][]string{}
	for what, columns := range map[string]string{
		"link_row": "kind, id, node, entity_id, rule, probability, near_id, reason", "link_node": "kind, node, part, sure", "link_key": "kind, key, node", "link_pair": "kind, a, b, bits, reason",
		"link_place": "entity_id, level, rows, building_no, community", "link_signature": "node", "link_issue": "entity_id, representative, requests, reporters", "link_request": "id, part, issue",
	} {
		where := ""
		if what == "link_row" {
			where = " WHERE stamp IS NOT NULL"
		}
		out[what] = b.texts(fmt.Sprintf("SELECT concat_ws('|', %s) FROM store.load.%s%s ORDER BY ALL", columns, what, where))
	}
	out["living"] = b.texts("SELECT concat_ws('|', kind, entity_id) FROM store.load.link_entity WHERE NOT ended ORDER BY ALL")
	named := b.texts("SELECT DISTINCT concat_ws('|', kind, entity_id) FROM store.load.link_row WHERE entity_id IS NOT NULL ORDER BY ALL")
	if d := cmp.Diff(named, out["living"]); d != "" {
		b.t.Errorf("rows name other entities than those that live: %s", d)
	}
	return out
}

// Every kind: whatever the days brought, what is kept is what linking all anew
// keeps.
func TestTheStateOfManyDays(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, _ := people(11, 200)
	for i := range rows {
		if house, _, ok := strings.Cut(strings.TrimPrefix(rows[i].home, "云溪街道锦绣苑"), "幢"); ok && i%3 == 0 {
			rows[i].building = "LA" + house
		}
		if i%7 == 0 {
			rows[i].identity, rows[i].phone = "", ""
		}
	}
	r := rand.New(rand.NewPCG(9, 2))
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	begin := len(rows) * 3 / 4
	b.write(rows[:begin]...)
	b.calls(0, 60)
	b.link(Input{})
	alive := slices.Clone(rows[:begin])
	for day, rest := 0, rows[begin:]; len(rest) > 0; day++ {
		known, n := len(alive), min(len(rest), 40)
		b.write(rest[:n]...)
		alive, rest = append(alive, rest[:n]...), rest[n:]
		for range 5 {
			at := r.IntN(known)
			alive[at].phone, alive[at].building = alive[r.IntN(known)].phone, alive[r.IntN(known)].building
			b.write(alive[at])
		}
		for range 3 {
			if x, y := r.IntN(known), r.IntN(known); x != y {
				b.decide(alive[x].id, alive[y].id, []string{Same, Apart, Open}[r.IntN(3)])
			}
		}
		at := r.IntN(known)
		b.remove(alive[at].id)
		alive = slices.Delete(alive, at, at+1)
		b.calls(60+10*day, 70+10*day)
		b.exec("UPDATE store.load.service_request SET _row = _row + 1, status = '办结' WHERE id = ?", fmt.Sprintf("rexian.t:%03d", day)) // nothing that is compared
		b.exec("UPDATE store.load.service_request SET _deleted = DATE '2025-04-01' WHERE id = ?", fmt.Sprintf("rexian.t:%03d", 20+day))
		b.link(Input{})
	}
	daily := b.state()
	b.link(Input{Whole: true})
	if d := cmp.Diff(daily, b.state()); d != "" {
		t.Errorf("day by day and anew: %s", d)
	}
}

// What a person says of two rows joins what they belong to, holds though a
// number speaks against it, and waits for a row that is gone.
func TestAPersonsWord(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, _ := people(4, 120)
	b.write(rows...)
	b.link(Input{})
	_, before := b.entities()
	size := map[string]int{}
	for _, e := range before {
		size[e]++
	}
	one, other := "", ""
	for p := range 119 {
		if x, y := fmt.Sprintf("a:%d", p), fmt.Sprintf("a:%d", p+1); size[before[x]] > 2 && size[before[y]] > 2 {
			one, other = x, y
			break
		}
	}
	b.decide(one, other, Same)
	b.link(Input{})
	whole := func(when string) {
		t.Helper()
		_, of := b.entities()
		for id, e := range before {
			if _, there := of[id]; there && (e == before[one] || e == before[other]) && of[id] != of[one] {
				t.Errorf("%s: %s is torn out", when, id)
			}
		}
		if of[one] != of[other] {
			t.Errorf("%s: they are two", when)
		}
	}
	whole("decided")
	at := slices.IndexFunc(rows, func(s said) bool { return s.id == other })
	b.remove(other)
	b.link(Input{})
	b.write(rows[at])
	b.link(Input{})
	whole("gone and come again")
	b.link(Input{Whole: true})
	whole("anew")
}

// A block that was too full and is not any more doubles nothing.
func TestABlockThatHasRoomAgain(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, _ := people(3, 150)
	for i := range 99 {
		rows = append(rows, said{id: fmt.Sprintf("y:%d", i), name: fmt.Sprintf("%c%c", families[i%20], givens[i/20%30]), sex: "男", phone: "13955550000"})
	}
	number := identityOf("330106", time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC), 333)
	rows = append(rows, said{id: "z:1", name: "欧阳建国", identity: number, birth: "1970-01-05", sex: "男", phone: "13955550000"},
		said{id: "z:2", name: "欧阳建国", identity: number, birth: "1970-01-05", phone: "13955550000", home: "云溪街道锦绣苑3幢1单元101室"})
	b.write(rows...)
	if s := b.link(Input{})["person"]; s.Overfull == 0 {
		t.Fatalf("no block is too full: %+v", s)
	}
	for k := range 3 {
		b.remove(fmt.Sprintf("y:%d", k))
		b.link(Input{})
	}
	if doubled := b.texts("SELECT concat_ws('|', a, b) FROM store.load.link_pair GROUP BY kind, a, b HAVING count(*) > 1"); len(doubled) > 0 {
		t.Errorf("%d pairs are kept twice", len(doubled))
	}
	daily := b.state()
	b.link(Input{Whole: true})
	if d := cmp.Diff(daily, b.state()); d != "" {
		t.Errorf("day by day and anew: %s", d)
	}
}
