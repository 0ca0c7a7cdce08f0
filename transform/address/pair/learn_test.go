package pair

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// judged makes queries whose class follows from a rule that the features can
// see: the same building, the same estate, neither.
func judged(n int) []Query {
	var out []Query
	for i := range n {
		estate := string([]rune("紫锦望青白红")[i%6]) + string([]rune("藤华山石塔")[i%5]) + "花园"
		q := Query{First: fmt.Sprintf("江城市柳溪路%d号%s%d栋", i, estate, i%9+1)}
		for k := range 4 {
			switch (i + k) % 4 {
			case 0:
				q.add(fmt.Sprintf("东湖区柳溪路%d号%s%d幢", i, estate, i%9+1), Full)
			case 1:
				q.add(fmt.Sprintf("东湖区柳溪路%d号%s%d幢", i, estate, i%9+2), Partial)
			default:
				q.add(fmt.Sprintf("东湖区和平大道%d号云台公寓%d幢", i+k, i%9+1), None)
			}
		}
		out = append(out, q)
	}
	return out
}

func (q *Query) add(text string, c Class) {
	q.Seconds, q.Classes = append(q.Seconds, text), append(q.Classes, c)
}

func swift() Setting {
	s := Default()
	s.Trees.Rounds = 20
	return s
}

func TestFitLearnsAndHasNoOrder(t *testing.T) {
	queries := judged(150)
	r := Reader{Corpus: corpus()}
	m, err := Fit(r, queries[:120], swift())
	if err != nil {
		t.Fatal(err)
	}
	if f := MacroF1(m.Checked); f < 0.95 {
		t.Errorf("macro-F1 on unseen folds %.3f", f)
	}
	for _, q := range queries[120:] {
		for i, v := range m.Decide(Query{First: q.First, Seconds: q.Seconds}) {
			if v.Class != q.Classes[i] {
				t.Errorf("%s, %s: %v, want %v", q.First, q.Seconds[i], v.Class, q.Classes[i])
			}
			if p := v.Probability; math.Abs(p[0]+p[1]+p[2]-1) > 1e-9 {
				t.Errorf("probabilities %v", p)
			}
		}
	}
	turned := slices.Clone(queries[:120])
	slices.Reverse(turned)
	again, err := Fit(r, turned, swift())
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(again.Decide(queries[130])) != fmt.Sprint(m.Decide(queries[130])) || again.Checked != m.Checked {
		t.Error("the order of the queries changed the model")
	}
}

func TestFitAlone(t *testing.T) {
	s := swift()
	s.Alone = true
	m, err := Fit(Reader{}, judged(60), s)
	if err != nil {
		t.Fatal(err)
	}
	q := judged(1)[0]
	whole := m.Decide(q)
	for i := range q.Seconds {
		one := m.Decide(Query{First: q.First, Seconds: q.Seconds[i : i+1]})
		if one[0].Probability != whole[i].Probability {
			t.Error("a pair alone is judged otherwise among others")
		}
	}
	if len(m.Decide(Query{First: "柳溪路"})) != 0 {
		t.Error("a verdict without a candidate")
	}
}

func TestManyCandidates(t *testing.T) {
	m, err := Fit(Reader{}, judged(40), swift())
	if err != nil {
		t.Fatal(err)
	}
	q := Query{First: "江城市柳溪路8号紫藤花园3栋"}
	for i := range 1000 {
		q.Seconds = append(q.Seconds, fmt.Sprintf("柳溪路%d号紫藤花园%d栋", i%40, i%7))
	}
	there := m.Decide(q)
	slices.Reverse(q.Seconds)
	back := m.Decide(q)
	slices.Reverse(back)
	if len(there) != 1000 || fmt.Sprint(there) != fmt.Sprint(back) {
		t.Error("the order of many candidates matters")
	}
}

func TestFitRefuses(t *testing.T) {
	queries := judged(10)
	folds := swift()
	folds.Folds = 11
	for _, c := range []struct {
		name    string
		queries []Query
		s       Setting
	}{
		{"no queries", nil, swift()},
		{"fewer queries than folds", queries, folds},
		{"classes missing", []Query{{First: "a", Seconds: []string{"b"}}, {}, {}}, swift()},
		{"class out of range", []Query{{First: "a", Seconds: []string{"b"}, Classes: []Class{3}}, {}, {}}, swift()},
		{"no pairs", make([]Query, 5), swift()},
	} {
		if m, err := Fit(Reader{}, c.queries, c.s); err == nil || m != nil {
			t.Errorf("%s: was fitted", c.name)
		}
	}
	all := judged(30)
	for i := range all {
		all[i].Classes = slices.Repeat([]Class{None}, 4)
	}
	m, err := Fit(Reader{}, all, swift())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range m.Decide(all[0]) {
		if v.Class != None {
			t.Errorf("class %v was never seen", v.Class)
		}
	}
}

func TestF1(t *testing.T) {
	// f1_score of scikit-learn 1.9.1 gives these for the same counts.
	counts := [Classes][Classes]int{{8, 1, 1}, {2, 5, 0}, {0, 0, 3}}
	want := [Classes]float64{0.8, 10.0 / 13, 6.0 / 7}
	for c, f := range F1(counts) {
		if math.Abs(f-want[c]) > 1e-12 {
			t.Errorf("class %d: %v, want %v", c, f, want[c])
		}
	}
	if F1([Classes][Classes]int{}) != ([Classes]float64{}) {
		t.Error("F1 of nothing is not 0")
	}
}
