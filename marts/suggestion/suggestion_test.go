package suggestion

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/fault"
	"huiliu/transform/suggest"
)

func TestRequestsThatLackAValue(t *testing.T) {
	b := newBench(t)
	b.write(requests(0, 240)...)
	if s := b.run(Input{})[Category]; s.Model != 0 || s.Lacking != 0 || s.Known != 240 {
		t.Errorf("with nothing to suggest for: %+v", s)
	}
	b.write(bare(request(240)), asked{241, "夜间施工噪声", "", "综合执法队"}, asked{n: 242, words: "12345"}, asked{n: 243, words: "垃圾噪声停车"})
	got := b.run(Input{})
	want := map[string]Summary{
		Category: {Kind: Category, Known: 240, Lacking: 4, Suggested: 4, Accepted: 2, Review: 2, Model: 1, Learned: 241, Fitted: true},
		Unit:     {Kind: Unit, Known: 241, Lacking: 3, Suggested: 3, Accepted: 1, Review: 2, Model: 1, Learned: 241, Fitted: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, line := range []string{
		"rexian.request:00240|category|HW01|accepted", "rexian.request:00240|unit|城管科|accepted", "rexian.request:00241|category|HB01|accepted",
		"rexian.request:00242|category|-|no_words", "rexian.request:00242|unit|-|no_words",
	} {
		if !slices.Contains(b.texts("SELECT id, kind, label, state FROM store.load.suggestion"), line) {
			t.Errorf("no %s in\n%s", line, strings.Join(b.suggestions(), "\n"))
		}
	}
	if s := b.run(Input{})[Category]; s.Suggested != 0 || s.Fitted || s.Review != 2 {
		t.Errorf("with nothing new: %+v", s)
	}
}

// Days of new, changed and removed requests, of departments that say at last
// what they did not, and of decisions come to what suggesting anew comes to.
func TestDayByDayEqualsWhole(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newBench(t)
			r := rand.New(rand.NewPCG(seed, 3))
			lose := func(a asked) asked {
				if r.IntN(3) == 0 {
					a.category = ""
				}
				if r.IntN(3) == 0 {
					a.unit = ""
				}
				return a
			}
			var alive []asked
			for _, a := range requests(0, 200) {
				alive = append(alive, lose(a))
			}
			b.write(alive...)
			first := b.run(Input{portion: 7})
			seen := int64(0)
			for day := range 6 {
				var put []asked
				for _, a := range requests(200+20*day, 220+20*day) {
					put = append(put, lose(a))
				}
				for range 8 {
					at := r.IntN(len(alive))
					alive[at].words = request(r.IntN(1000)).words
					alive[at] = lose(alive[at])
					if r.IntN(2) == 0 {
						alive[at].category = request(alive[at].n).category
					}
					put = append(put, alive[at])
				}
				for range 6 {
					a, kind, label := alive[r.IntN(len(alive))], kinds[r.IntN(2)], map[string]string{Category: "HB01", Unit: "交通科"}
					if word := []string{Is, None, Open}[r.IntN(3)]; word == Is {
						b.decide(a, kind, word, label[kind])
					} else {
						b.decide(a, kind, word, "")
					}
				}
				b.write(put...)
				alive = append(alive, put[:20]...)
				at := r.IntN(len(alive))
				b.remove(alive[at])
				alive = slices.Delete(alive, at, at+1)
				s := b.run(Input{portion: 5})
				seen += s[Category].Suggested + s[Unit].Suggested
				if s[Category].Model != first[Category].Model {
					t.Fatalf("a day made a model: %+v", s)
				}
			}
			daily := b.suggestions()
			anew := b.run(Input{Whole: true})
			if d := cmp.Diff(daily, b.suggestions()); d != "" || len(daily) < 100 {
				t.Errorf("%d suggestions; day by day and anew: %s", len(daily), d)
			}
			if all := anew[Category].Suggested + anew[Unit].Suggested; all != int64(len(daily)) || seen >= all {
				t.Errorf("the days looked at %d, all is %d of %d", seen, all, len(daily))
			}
		})
	}
}

// What a person decides teaches the next fit, a word withdrawn teaches
// nothing, and the word of a department goes before.
func TestDecisionsTeach(t *testing.T) {
	b := newBench(t)
	b.write(requests(0, 120)...)
	var unknown []asked
	for n := range 12 {
		unknown = append(unknown, asked{n: 500 + n, words: fmt.Sprintf("共享单车乱堆放%s", strings.Repeat("！", n))})
	}
	b.write(unknown...)
	label := func() string {
		return b.texts(fmt.Sprintf("SELECT label, state FROM store.load.suggestion WHERE kind = 'category' AND id = '%s'", unknown[11].id()))[0]
	}
	b.run(Input{})
	if got := label(); strings.HasPrefix(got, "JT09") {
		t.Fatalf("before anybody said so: %s", got)
	}
	for i, a := range unknown[:11] {
		if _, _, _, err := Decide(context.Background(), b.store, Decision{ID: a.id(), Kind: Category, Decision: Is, Label: "JT09", New: i == 0, By: "王工", At: time.Now(), On: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	s := b.run(Input{})[Category]
	if got := label(); strings.HasPrefix(got, "JT09") || s.Fitted || s.Decided != 11 || s.Accepted+s.Review != 1 {
		t.Errorf("a day after: %s, %+v", got, s)
	}
	if s = b.run(Input{Refit: true})[Category]; !s.Fitted || s.Model != 2 || s.Suggested != 12 || s.Learned != 131 {
		t.Errorf("fitted anew: %+v", s)
	}
	if got := label(); !strings.HasPrefix(got, "JT09") {
		t.Errorf("after the fit: %s", got)
	}
	if again := b.run(Input{Refit: true})[Category]; again.Fitted || again.Model != 2 || again.Suggested != 0 {
		t.Errorf("fitted again of the same: %+v", again)
	}
	for _, a := range unknown[:10] {
		b.decide(a, Category, Open, "")
	}
	given := unknown[10]
	given.category, given.words = "JT01", given.words+"。"
	b.write(given)
	if s = b.run(Input{Refit: true})[Category]; s.Decided != 0 || s.Lacking != 11 || s.Learned != 121 {
		t.Errorf("with nothing decided any more: %+v", s)
	}
	if got := label(); strings.HasPrefix(got, "JT09") {
		t.Errorf("with nothing decided any more: %s", got)
	}
	if got := b.decide(given, Category, Is, "JT09"); got != Given {
		t.Errorf("of what a department said: %s", got)
	}
	b.remove(unknown[0])
	if got := b.decide(unknown[0], Category, None, ""); got != Gone {
		t.Errorf("of what is gone: %s", got)
	}
}

// What can't be learned from is waited for, and told.
func TestTooLittleIsKnown(t *testing.T) {
	b := newBench(t)
	for n := range 9 {
		b.write(bare(request(n)))
	}
	if s := b.run(Input{}); s[Category].Lacking != 9 || s[Category].Review != 0 || len(b.suggestions()) != 0 {
		t.Errorf("where nobody says anything: %+v", s)
	}
	if _, err := Run(context.Background(), b.input(Input{Refit: true})); !suggest.NothingToLearn.Is(err) {
		t.Errorf("a fit of nothing: %v", err)
	}
	b.write(asked{n: 50, words: "电话", category: "HW01"})
	if s := b.run(Input{}); s[Category].Review != 9 || s[Unit].Review != 0 || s[Category].Model != 0 {
		t.Errorf("where one word is known: %+v", s)
	}
	if got := b.texts("SELECT DISTINCT label, probability, state, reason FROM store.load.suggestion"); !slices.Equal(got, []string{"-|-|no_model|没有已知样本可学，转人工处理"}) {
		t.Errorf("they wait with %v", got)
	}
	for n := range 6 {
		b.write(asked{n: 60 + n, words: request(3*n).words + strings.Repeat("，谢谢", n), category: "HW01"})
	}
	if s := b.run(Input{})[Category]; !s.Fitted || s.Review != 9 || s.Accepted != 0 {
		t.Errorf("of one label: %+v", s)
	}
	b.write(requests(100, 340)...)
	if s := b.run(Input{}); !s[Category].Fitted || s[Category].Accepted == 0 || s[Unit].Accepted == 0 {
		t.Errorf("with more than twice as many known: %+v", s)
	}
}

// Trees name labels, versions of them and circles included.
func TestNamesOfTheTree(t *testing.T) {
	b := newBench(t)
	b.write(requests(0, 60)...)
	b.write(asked{n: 70, words: "窨井盖缺失"})
	b.run(Input{})
	if got := b.texts("SELECT state FROM store.load.suggestion WHERE kind = 'category'"); !slices.Equal(got, []string{"no_words"}) {
		t.Fatalf("without a tree: %v", got)
	}
	b.exec(`INSERT INTO store.load.taxonomy (id, source, source_table, scheme, code, name, parent_code, version, _key, _page, _row)
		SELECT 'ref:' || c, 'ref', 'taxonomy', 's', c, n, p, '1', 1000, 0, 0 FROM (VALUES ('JT', '交通', NULL), ('JT01', '道路', 'JT'), ('JT011', '窨井盖', 'JT01'), ('X', '圈', 'Y'), ('Y', '圈', 'X'), ('ZZ', '无人用', NULL)) v(c, n, p)`)
	b.run(Input{Refit: true})
	if got := b.texts("SELECT label FROM store.load.suggestion WHERE kind = 'category'"); !slices.Equal(got, []string{"JT01"}) {
		t.Errorf("with a tree: %v", got)
	}
}

// Nothing that a mask hides comes into the store: neither by a reason nor by a
// model, which is sealed besides.
func TestNothingHiddenIsTold(t *testing.T) {
	b := newBench(t)
	list := requests(0, 90)
	for i := range list {
		list[i].words = "联系人王建国，京A12345，" + list[i].words + "，锦绣苑3幢502室"
	}
	b.write(list...)
	lost := list[4]
	lost.n, lost.category, lost.unit = 95, "", ""
	b.write(lost)
	b.run(Input{})
	for _, line := range b.suggestions() {
		for _, hidden := range []string{"建国", "12345", "502"} {
			if strings.Contains(line, hidden) {
				t.Errorf("%s is told: %s", hidden, line)
			}
		}
	}
	r := &round{Input: b.input(Input{})}
	var blob []byte
	var version string
	if err := b.store.DB().QueryRow("SELECT version, model FROM store.load.suggest_model").Scan(&version, &blob); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(blob), "垃圾") {
		t.Error("the model lies there in the clear")
	}
	m, err := r.open(version, blob)
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.MarshalBinary()
	if err != nil || !strings.Contains(string(text), "垃圾") || strings.Contains(string(text), "建国") {
		t.Errorf("the model's words: %v", err)
	}
}

// A model of another key, or one that is damaged, is none; rows of another key
// stop the run and leave what was there.
func TestAnotherKey(t *testing.T) {
	b := newBench(t)
	b.write(requests(0, 90)...)
	b.write(bare(request(90)))
	b.run(Input{})
	before := b.suggestions()
	b.exec("UPDATE store.load.suggest_model SET model = 'x'::BLOB")
	if s := b.run(Input{})[Category]; !s.Fitted || s.Model != 2 {
		t.Errorf("with a damaged model: %+v", s)
	}
	if got := b.suggestions(); len(got) != len(before) {
		t.Errorf("the suggestions: %v", got)
	}
	before = b.suggestions()
	_, err := Run(context.Background(), b.input(Input{Keeper: keeperOf(t, 8)}))
	if f := fault.All(err); len(f) != 1 || f[0].Code() != "suggest_row_sealed" {
		t.Errorf("with another key: %v", err)
	}
	if d := cmp.Diff(before, b.suggestions()); d != "" {
		t.Errorf("another key changed: %s", d)
	}
}

func TestDecideRefuses(t *testing.T) {
	b := newBench(t)
	b.write(requests(0, 90)...)
	b.write(bare(request(90)), asked{n: 91})
	b.run(Input{})
	lacking := bare(request(90)).id()
	for _, c := range []struct {
		d    Decision
		code string
	}{
		{Decision{ID: lacking, Kind: Category, Decision: Is, Label: "HB01", By: "甲", Note: "致电 13812345678 核实"}, ""},
		{Decision{ID: lacking, Kind: Category, Decision: Is, By: "甲"}, ""},
		{Decision{ID: lacking, Kind: Unit, Decision: Is, Label: "新科室", New: true, By: "甲"}, ""},
		{Decision{ID: lacking, Kind: Unit, Decision: Is, Label: "新科室", By: "甲"}, ""},
		{Decision{ID: lacking, Kind: "colour", Decision: Is, Label: "HB01", By: "甲"}, "suggest_decision_unknown"},
		{Decision{ID: lacking, Kind: Category, Decision: "perhaps", By: "甲"}, "suggest_decision_unknown"},
		{Decision{ID: lacking, Kind: Category, Decision: Open, Label: "HB01", By: "甲"}, "suggest_decision_unknown"},
		{Decision{ID: lacking, Kind: Category, Decision: Is, Label: "HB01", By: " "}, "suggest_decided_by_nobody"},
		{Decision{ID: "x", Kind: Category, Decision: Is, Label: "HB01", By: "甲"}, "suggest_request_unknown"},
		{Decision{ID: lacking, Kind: Category, Decision: Is, Label: "城管科", By: "甲"}, "suggest_label_unknown"},
		{Decision{ID: asked{n: 91}.id(), Kind: Category, Decision: Is, By: "甲"}, "suggest_nothing_suggested"},
	} {
		c.d.At, c.d.On = time.Now(), time.Now()
		kept, number, before, err := Decide(context.Background(), b.store, c.d)
		code := ""
		if f := fault.All(err); len(f) > 0 {
			code = f[0].Code()
		}
		if code != c.code || err == nil && (number == 0 || before != Lacks || kept.Label == "") {
			t.Errorf("%+v: %v, number %d, %s, %+v", c.d, err, number, before, kept)
		}
	}
	if got := b.texts("SELECT number, kind, decision, label, note FROM store.load.suggest_decision ORDER BY number"); !slices.Equal(got, []string{"1|category|is|HB01|致电 138****5678 核实", "2|category|is|HW01|", "3|unit|is|新科室|", "4|unit|is|新科室|"}) {
		t.Errorf("kept are %v", got)
	}
}
