package suggestion

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"huiliu/internal/seal"
	"huiliu/marts/store"
	"huiliu/transform/privacy"
)

// bench is a store with a key, to which requests are written as the loader
// would.
type bench struct {
	t      testing.TB
	store  *store.Store
	keeper *privacy.Keeper
	page   int
}

func keeperOf(t testing.TB, key byte) *privacy.Keeper {
	t.Helper()
	box, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return privacy.NewKeeper(box)
}

func newBench(t testing.TB) *bench {
	t.Helper()
	s, err := store.Open(context.Background(), t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{t: t, store: s, keeper: keeperOf(t, 7)}
}

func (b *bench) exec(statement string, args ...any) {
	b.t.Helper()
	if _, err := b.store.DB().Exec(statement, args...); err != nil {
		b.t.Fatalf("%v in %s", err, statement)
	}
}

// asked is a request: its number, what it says, and what a department said of
// it, empty for nothing.
type asked struct {
	n                     int
	words, category, unit string
}

func (a asked) id() string { return fmt.Sprintf("rexian.request:%05d", a.n) }

// write puts requests in the place of those of the same numbers.
func (b *bench) write(list ...asked) {
	b.t.Helper()
	b.page++
	tx, err := b.store.DB().Begin()
	if err != nil {
		b.t.Fatal(err)
	}
	null := func(v string) any {
		if v == "" {
			return nil
		}
		return v
	}
	for _, a := range list {
		for _, q := range []struct {
			text string
			args []any
		}{
			{"DELETE FROM store.load.service_request WHERE id = ?", []any{a.id()}},
			{"DELETE FROM store.load.record WHERE _key = ?", []any{a.n}},
			{"INSERT INTO store.load.service_request (id, source, source_table, requested_on, category_code, agency, _key, _page, _row, _sealed) VALUES (?, 'rexian', 'request', DATE '2025-01-01' + (? % 300)::INTEGER, ?, ?, ?, ?, ?, ?)",
				[]any{a.id(), a.n, null(a.category), null(a.unit), a.n, b.page, a.n, b.keeper.SealRow(a.id(), []privacy.Sealed{{Name: "description", Value: a.words}})}},
			{"INSERT INTO store.load.record VALUES (?, 0, 1, 0, 0, NULL, NULL, 1, false, ?)", []any{a.n, b.page}},
		} {
			if _, err := tx.Exec(q.text, q.args...); err != nil {
				b.t.Fatalf("%v in %s", err, q.text)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) remove(a asked) {
	b.exec("UPDATE store.load.service_request SET _deleted = DATE '2025-06-01' WHERE id = ?", a.id())
}

func (b *bench) input(in Input) Input {
	in.Store, in.AsOf = b.store, time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	if in.Keeper == nil {
		in.Keeper = b.keeper
	}
	return in
}

func (b *bench) run(in Input) map[string]Summary {
	b.t.Helper()
	list, err := Run(context.Background(), b.input(in))
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]Summary{}
	for _, s := range list {
		s.Seconds = 0
		out[s.Kind] = s
	}
	return out
}

func (b *bench) decide(a asked, kind, decision, label string) Standing {
	b.t.Helper()
	_, _, before, err := Decide(context.Background(), b.store, Decision{ID: a.id(), Kind: kind, Decision: decision, Label: label, By: "王工", At: time.Now(), On: time.Now()})
	if err != nil {
		b.t.Fatal(err)
	}
	return before
}

// texts are the answers of a query, a row as one text.
func (b *bench) texts(query string) (out []string) {
	b.t.Helper()
	rows, err := b.store.DB().Query(query)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		b.t.Fatal(err)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.t.Fatal(err)
		}
		line := make([]string, len(values))
		for i, v := range values {
			if line[i] = "-"; v != nil {
				line[i] = fmt.Sprint(v)
			}
		}
		out = append(out, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return out
}

// suggestions are all that is kept of the requests there are, but for what a
// stamp is.
func (b *bench) suggestions() []string {
	return b.texts("SELECT id, kind, model, label, probability, threshold, state, reason, others FROM store.load.suggestion ORDER BY id, kind")
}

// matters are what made-up requests are about.
var matters = []struct {
	category, unit string
	words          []string
}{
	{"HW01", "城管科", []string{"垃圾桶满溢无人清运", "楼道堆放垃圾异味大", "建筑垃圾倾倒在绿化带", "垃圾清运不及时"}},
	{"HB01", "综合执法队", []string{"夜间施工噪声扰民", "广场舞音响噪声太大", "装修电钻噪声影响休息", "酒吧深夜噪声扰民"}},
	{"JT01", "交通科", []string{"消防通道被车辆占用停车", "小区停车位不足乱停车", "人行道违规停车", "停车收费不合理"}},
}

// request is the n-th made-up one, of which a department said all.
func request(n int) asked {
	m := matters[n%len(matters)]
	return asked{n, m.words[n/len(matters)%len(m.words)] + "，请尽快处理" + strings.Repeat("。", n%7), m.category, m.unit}
}

func requests(from, to int) (out []asked) {
	for n := from; n < to; n++ {
		out = append(out, request(n))
	}
	return out
}

// bare is a request without what a department says of it.
func bare(a asked) asked { return asked{n: a.n, words: a.words} }
