package linkage

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
)

// pairwise compares the persons found with the truth by pairs of rows.
func pairwise(of map[string]string, truth map[string]int) (precision, recall float64) {
	found, right, both := map[string]float64{}, map[int]float64{}, map[string]float64{}
	for id, p := range truth {
		found[of[id]]++
		right[p]++
		both[fmt.Sprint(of[id], p)]++
	}
	f, r, b := pairsIn(found), pairsIn(right), pairsIn(both)
	return b / f, b / r
}

func pairsIn[K comparable](counts map[K]float64) (sum float64) {
	for _, n := range counts {
		sum += n * (n - 1) / 2
	}
	return sum
}

func TestRowsOfOnePersonMeet(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, truth := people(1, 300)
	b.write(rows...)
	got := b.link(Input{})["person"]
	_, of := b.entities()
	precision, recall := pairwise(of, truth)
	t.Logf("%+v: precision %.4f, recall %.4f", got, precision, recall)
	if precision < .995 || recall < .98 {
		t.Errorf("precision %.4f, recall %.4f", precision, recall)
	}
	if !got.Fitted || got.Rows != int64(len(rows)) || got.Changed != got.Rows {
		t.Errorf("the first time: %+v", got)
	}
	if again := b.link(Input{})["person"]; again.Changed != 0 || again.Compared != 0 || again.Fitted || again.Model != got.Model || again.Entities != got.Entities {
		t.Errorf("with nothing new: %+v", again)
	}
}

// A day's rows, changed and gone ones and decisions come to what linking all
// anew comes to, and cost what they are.
func TestDayByDayEqualsWhole(t *testing.T) {
	seeds := 3
	if testing.Short() {
		seeds = 1
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newBench(t, t.TempDir())
			defer b.close()
			rows, _ := people(seed+10, 260)
			r := rand.New(rand.NewPCG(seed, 2))
			r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			b.write(rows[:400]...)
			first := b.link(Input{})["person"]
			alive := slices.Clone(rows[:400])
			for rest := rows[400:]; len(rest) > 0; {
				known := len(alive)
				n := min(len(rest), 20+r.IntN(40))
				b.write(rest[:n]...)
				alive, rest = append(alive, rest[:n]...), rest[n:]
				for range 5 { // another's phone, a name told otherwise
					at := r.IntN(len(alive))
					alive[at].phone, alive[at].name = alive[r.IntN(len(alive))].phone, alive[at].name+"·"
					b.write(alive[at])
				}
				for range 5 {
					at := r.IntN(len(alive))
					b.remove(alive[at].id)
					alive = slices.Delete(alive, at, at+1)
					if at < known {
						known--
					}
				}
				for range 3 {
					x, y := r.IntN(known), r.IntN(known)
					if x != y {
						b.decide(alive[x].id, alive[y].id, []string{Same, Apart, Open}[r.IntN(3)])
					}
				}
				day := b.link(Input{})["person"]
				if day.Fitted || day.Model != first.Model {
					t.Fatalf("a day made a model: %+v", day)
				}
			}
			one := alive[0]
			one.id = "new:1"
			b.write(one)
			alive = append(alive, one)
			if last := b.link(Input{})["person"]; last.Changed != 1 || last.Compared > 12 {
				t.Errorf("one row more compared %d pairs: %+v", last.Compared, last)
			}
			daily, names := b.entities()
			whole := b.link(Input{Whole: true})["person"]
			anew, same := b.entities()
			if whole.Model != first.Model || whole.Changed != int64(len(alive)) {
				t.Errorf("linked anew: %+v", whole)
			}
			if d := cmp.Diff(daily, anew); d != "" {
				t.Errorf("day by day and anew differ: %s", d)
			}
			if d := cmp.Diff(names, same); d != "" {
				t.Errorf("ids changed though nothing did: %s", d)
			}
		})
	}
}

// What a person decides holds over later days and can be taken back; ids that
// ended lead on.
func TestDecisionsHold(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, truth := people(4, 200)
	b.write(rows...)
	b.link(Input{})
	_, before := b.entities()
	one, other := "", ""
	for id, p := range truth {
		if strings.HasPrefix(id, "a:") && before[fmt.Sprintf("b:%d", p)] == before[id] && (one == "" || id < one) {
			one, other = id, fmt.Sprintf("b:%d", p)
		}
	}
	stranger := "a:0"
	if one == stranger {
		stranger = "a:1"
	}
	if was := b.decide(one, other, Apart); was != One {
		t.Errorf("they were %s", was)
	}
	b.link(Input{})
	_, parted := b.entities()
	if parted[one] == parted[other] {
		t.Error("what a person parted is one")
	}
	b.write(rows[0]) // another day
	b.link(Input{})
	b.link(Input{Whole: true})
	if _, of := b.entities(); of[one] == of[other] {
		t.Error("what a person parted came together again")
	}
	b.decide(one, other, Open)
	b.link(Input{})
	if _, of := b.entities(); of[one] != before[one] || of[other] != before[other] {
		t.Errorf("opened again they are %s and %s, before %s", of[one], of[other], before[one])
	}
	if was := b.decide(one, stranger, Same); was != Two {
		t.Errorf("they were %s", was)
	}
	b.link(Input{})
	_, merged := b.entities()
	if merged[one] != merged[stranger] {
		t.Error("what a person said is one is two")
	}
	for _, id := range []string{before[one], before[stranger]} { // it lives, or leads to one that does
		var living string
		err := b.store.DB().QueryRow("SELECT CASE WHEN ended THEN became ELSE entity_id END FROM store.load.link_entity WHERE kind = 'person' AND entity_id = ?", id).Scan(&living)
		if err != nil || !slices.ContainsFunc(rows, func(r said) bool { return merged[r.id] == living }) {
			t.Errorf("%s leads to %s, %v", id, living, err)
		}
	}
	b.remove(stranger)
	b.link(Input{})
	if was := b.decide(one, stranger, Apart); was != Gone {
		t.Errorf("a decision on a row that is gone: they were %s", was)
	}
	b.link(Input{})
	var clear int
	if err := b.store.DB().QueryRow("SELECT count(*) FROM store.load.link_decision WHERE note <> '致电 138****5678 核实'").Scan(&clear); err != nil || clear > 0 {
		t.Errorf("%d notes are not kept masked, %v", clear, err)
	}
	for _, c := range []struct {
		d    Decision
		kind *fault.Kind
	}{
		{Decision{Kind: "person", A: one, B: "z:9", Decision: Same, By: "王工"}, UnknownRow},
		{Decision{Kind: "person", A: one, B: one, Decision: Same, By: "王工"}, UnknownRow},
		{Decision{Kind: "person", A: one, B: other, Decision: "perhaps", By: "王工"}, UnknownDecision},
		{Decision{Kind: "person", A: one, B: other, Decision: Same, By: " "}, DecidedByNobody},
	} {
		if _, _, err := Decide(context.Background(), b.store, c.d); !c.kind.Is(err) {
			t.Errorf("%+v: %v", c.d, err)
		}
	}
}

// What comes badly has a stated outcome each.
func TestBadInput(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, _ := people(5, 200)
	day := func(d string) time.Time { at, _ := time.Parse(time.DateOnly, d); return at }
	twin := identityOf("330106", day("1990-05-05"), 101)
	rows = append(rows,
		// Nothing at all is nobody else.
		said{id: "x:1"}, said{id: "x:2"},
		// Twins: one birthday, phone and door, names and numbers of their own.
		said{id: "x:3", name: "冯大宝", identity: twin, birth: "1990-05-05", sex: "男", phone: "13700000001", home: "云溪街道锦绣苑9幢1单元901室"},
		said{id: "x:4", name: "冯小宝", identity: identityOf("330106", day("1990-05-05"), 103), birth: "1990-05-05", sex: "男", phone: "13700000001", home: "云溪街道锦绣苑9幢1单元901室"},
		// Two who share a phone.
		said{id: "x:5", name: "沈一", phone: "13700000002", sex: "男"}, said{id: "x:6", name: "韩二", phone: "13700000002", sex: "女"},
		// A number with a right check that is another's.
		said{id: "x:7", name: "秦三", identity: twin, birth: "1962-01-01", sex: "女", phone: "13700000003"},
		// A door outside the sub-district.
		said{id: "x:8", name: "许四", phone: "13700000004", home: "北京市海淀区中关村大街1号"},
	)
	// One phone in half of all rows says nothing and costs nothing.
	for i := range len(rows) {
		rows = append(rows, said{id: fmt.Sprintf("y:%d", i), name: fmt.Sprintf("%c%c", families[i%20], givens[i/20%30]), sex: "男", phone: "95598"})
	}
	b.write(rows...)
	got := b.link(Input{})["person"]
	_, of := b.entities()
	for _, pair := range [][2]string{{"x:1", "x:2"}, {"x:3", "x:4"}, {"x:5", "x:6"}, {"x:3", "x:7"}} {
		if of[pair[0]] == of[pair[1]] {
			t.Errorf("%v are one", pair)
		}
	}
	if got.Overfull == 0 || got.Compared > 40*got.Rows {
		t.Errorf("%+v", got)
	}
	for id, e := range of {
		if e == "" {
			t.Errorf("%s is nobody", id)
		}
	}
}

// No clear value reaches the store.
func TestNothingClearIsKept(t *testing.T) {
	b := newBench(t, t.TempDir())
	defer b.close()
	rows, _ := people(6, 120)
	b.write(rows...)
	b.link(Input{})
	for _, table := range []string{"link_row", "link_node", "link_key", "link_pair", "link_model", "link_signature", "link_place"} {
		for _, text := range b.texts("SELECT t::VARCHAR FROM store.load." + table + " t") {
			for _, r := range rows[:20] {
				for _, v := range []string{r.name, r.phone, r.identity, "单元", "锦绣苑", "锦绣园"} {
					if len(v) >= 6 && strings.Contains(text, v) {
						t.Fatalf("%s holds %s in %.120s", table, v, text)
					}
				}
			}
		}
	}
}

// What a person says of two rows holds though there is nothing to learn a model
// from, though one of them says nothing of itself, and though they say the very
// same.
func TestDecisionsBeyondTheModel(t *testing.T) {
	expect := func(b *bench, when string, want map[string]string) {
		t.Helper()
		for _, whole := range []bool{false, true} {
			b.link(Input{Whole: whole})
			_, of := b.entities()
			for x, list := range want {
				for _, y := range strings.Fields(list) {
					one, other := strings.TrimPrefix(y, "!"), y[0] == '!'
					if (of[x] == of[one]) == other {
						t.Errorf("%s: %s and %s are one: %t", when, x, one, !other)
					}
				}
			}
		}
	}
	lone := newBench(t, t.TempDir())
	defer lone.close()
	lone.write(said{id: "a:1", name: "冯大宝"}, said{id: "b:1", phone: "13700000001"}, said{id: "b:2", phone: "13700000002"}, said{id: "c:1", name: "沈一"})
	expect(lone, "without a model", map[string]string{"a:1": "!b:1 !c:1"})
	lone.decide("a:1", "b:1", Same)
	lone.decide("c:1", "a:1", Same)
	lone.decide("c:1", "b:1", Apart)
	expect(lone, "without a model, decided", map[string]string{"b:1": "!c:1", "b:2": "!a:1 !b:1 !c:1"})
	lone.decide("a:1", "b:1", Open)
	expect(lone, "without a model, withdrawn", map[string]string{"a:1": "!b:1 c:1"})

	b := newBench(t, t.TempDir())
	defer b.close()
	rows, _ := people(9, 120)
	twice := rows[0]
	twice.id = "z:1"
	thrice := twice
	thrice.id = "z:2"
	b.write(append(rows, twice, thrice, said{id: "x:1"}, said{id: "x:2"}, said{id: "x:3"})...)
	expect(b, "at first", map[string]string{rows[0].id: "z:1 z:2", "x:1": "!x:2 !x:3"})
	b.decide("x:1", rows[1].id, Same)
	b.decide("x:2", "x:3", Same)
	expect(b, "nothing said", map[string]string{"x:1": rows[1].id + " !x:2", "x:2": "x:3 !" + rows[1].id})
	b.decide("z:1", rows[0].id, Apart)
	expect(b, "copies parted", map[string]string{"z:1": "!" + rows[0].id})
	b.decide("z:1", "z:2", Apart)
	b.write(rows[2])
	expect(b, "another day", map[string]string{"z:1": "!z:2 !" + rows[0].id})
	b.decide("z:1", rows[0].id, Open)
	b.decide("z:1", "z:2", Open)
	b.decide("x:1", rows[1].id, Open)
	expect(b, "withdrawn", map[string]string{rows[0].id: "z:1 z:2", "x:1": "!" + rows[1].id})
}
