package linkage

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"huiliu/internal/seal"
	"huiliu/marts/store"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// said is what a register's row says of a person.
type said struct {
	id, name, identity, birth, sex, phone, home, building string
}

// bench is a store with a key, to which rows are written as the loader would.
type bench struct {
	t      testing.TB
	store  *store.Store
	keeper *privacy.Keeper
	page   int
}

func newBench(t testing.TB, dir string) *bench {
	t.Helper()
	box, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, store: s, keeper: privacy.NewKeeper(box)}
	b.exec(`INSERT INTO store.load.area (id, source, source_table, area_code, name, level, aliases, place_state, _key, _page, _row)
		SELECT 'ref:' || i, 'ref', 'area', 'c' || i, n, 'community', a, 'none', 900000 + i, 0, i FROM (VALUES (1, '柳岸社区', '柳岸'), (2, '梅坞社区', '')) v(i, n, a)`)
	return b
}

func (b *bench) close() {
	if err := b.store.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) exec(statement string, args ...any) {
	b.t.Helper()
	if _, err := b.store.DB().Exec(statement, args...); err != nil {
		b.t.Fatalf("%v in %s", err, statement)
	}
}

// write puts rows in the place of those of the same ids.
func (b *bench) write(rows ...said) {
	b.t.Helper()
	b.page++
	tx, err := b.store.DB().Begin()
	if err != nil {
		b.t.Fatal(err)
	}
	exec := func(statement string, args ...any) {
		b.t.Helper()
		if _, err := tx.Exec(statement, args...); err != nil {
			b.t.Fatalf("%v in %s", err, statement)
		}
	}
	token := func(tag entity.Tag, v string) any {
		if v == "" {
			return nil
		}
		return b.keeper.Token(tag, v)
	}
	null := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	for i, r := range rows {
		key := keyOf(r.id)
		exec("DELETE FROM store.load.person WHERE id = ?", r.id)
		exec("DELETE FROM store.load.record WHERE _key = ?", key)
		blob := b.keeper.SealRow(r.id, []privacy.Sealed{{Name: "name", Value: r.name}, {Name: "identity_no", Value: r.identity}, {Name: "phone", Value: r.phone}, {Name: "home_address", Value: r.home}})
		exec(`INSERT INTO store.load.person (id, source, source_table, name_token, identity_no_token, identity_valid, phone_token, home_address_token, birth_date, sex, building_no, community_code, _key, _page, _row, _sealed)
			VALUES (?, ?, 't', ?, ?, ?, ?, ?, ?, ?, ?, 'c1', ?, ?, ?, ?)`,
			r.id, strings.Split(r.id, ":")[0], token(entity.PersonName, r.name), token(entity.IdentityNumber, r.identity), privacy.IdentityValid([]byte(r.identity)),
			token(entity.Phone, r.phone), token(entity.Address, r.home), null(r.birth), null(r.sex), null(r.building), key, b.page, i, blob)
		exec("INSERT INTO store.load.record VALUES (?, 0, 1, 0, 0, NULL, NULL, 1, false, ?)", key, b.page)
	}
	if err := tx.Commit(); err != nil {
		b.t.Fatal(err)
	}
}

// keyOf is a record's key: letters and digits of its id.
func keyOf(id string) uint64 {
	var h uint64 = 14695981039346656037
	for _, c := range []byte(id) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h >> 1 // the driver takes no number over 2^63
}

func (b *bench) remove(ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		b.exec("UPDATE store.load.person SET _deleted = DATE '2025-01-01' WHERE id = ?", id)
	}
}

func (b *bench) link(in Input) map[string]Summary {
	b.t.Helper()
	in.Store, in.Keeper, in.AsOf = b.store, b.keeper, time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	in.Site = Site{Town: "云溪街道", Region: []string{"澄州市"}}
	list, err := Run(context.Background(), in)
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]Summary{}
	for _, s := range list {
		out[s.Kind] = s
	}
	return out
}

func (b *bench) decide(x, y, decision string) Standing {
	b.t.Helper()
	_, before, err := Decide(context.Background(), b.store, Decision{Kind: "person", A: x, B: y, Decision: decision, By: "王工", Note: "致电 13812345678 核实", At: time.Now(), On: time.Now()})
	if err != nil {
		b.t.Fatal(err)
	}
	return before
}

// entities are the rows of each person, as a text for each in order, and the
// id of each row's person.
func (b *bench) entities() (partition []string, of map[string]string) {
	b.t.Helper()
	rows, err := b.store.DB().Query("SELECT id, entity_id FROM store.load.link_row WHERE kind = 'person' AND stamp IS NOT NULL ORDER BY id")
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	of = map[string]string{}
	members := map[string][]string{}
	for rows.Next() {
		var id, entity string
		if err := rows.Scan(&id, &entity); err != nil {
			b.t.Fatal(err)
		}
		of[id] = entity
		members[entity] = append(members[entity], id)
	}
	for _, ids := range members {
		partition = append(partition, strings.Join(ids, " "))
	}
	slices.Sort(partition)
	return partition, of
}

var (
	families = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗")
	givens   = []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文辉力宁")
)

// people makes n persons, each told of by one to four rows with the slips of
// registers; truth is the person of each row.
func people(seed uint64, n int) (rows []said, truth map[string]int) {
	r := rand.New(rand.NewPCG(seed, 1))
	truth = map[string]int{}
	for p := range n {
		name := string(families[r.IntN(len(families))]) + string(givens[r.IntN(len(givens))])
		if r.IntN(4) > 0 {
			name += string(givens[r.IntN(len(givens))])
		}
		birth := time.Date(1940+r.IntN(70), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		sex := r.IntN(2)
		identity := identityOf("330106", birth, 2*r.IntN(450)+sex)
		phone := fmt.Sprintf("138%08d", r.IntN(100_000_000))
		home := fmt.Sprintf("云溪街道锦绣苑%d幢%d单元%d室", 1+p/12, 1+p%12/6, 100*(1+p%6)+1)
		for k := range 1 + r.IntN(4) {
			s := said{id: fmt.Sprintf("%c:%d", 'a'+k, p), name: name, identity: identity, birth: birth.Format(time.DateOnly), sex: []string{"女", "男"}[sex], phone: phone, home: home}
			if k > 0 {
				switch r.IntN(6) {
				case 0:
					s.identity = ""
				case 1:
					s.phone = fmt.Sprintf("139%08d", r.IntN(100_000_000))
				case 2:
					s.identity, s.birth = identity[:16]+string('0'+(identity[16]-'0'+3)%10)+identity[17:], ""
				case 3:
					s.home, s.sex = "", ""
				}
			}
			rows = append(rows, s)
			truth[s.id] = p
		}
	}
	return rows, truth
}

// identityOf makes a number with a right check character (GB 11643-1999).
func identityOf(county string, birth time.Time, sequence int) string {
	body := county + birth.Format("20060102") + fmt.Sprintf("%03d", sequence)
	for _, c := range "0123456789X" {
		if privacy.IdentityValid([]byte(body + string(c))) {
			return body + string(c)
		}
	}
	return body + "0"
}

// texts are the answers of a query of one column.
func (b *bench) texts(query string) (out []string) {
	b.t.Helper()
	rows, err := b.store.DB().Query(query)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			b.t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return out
}
