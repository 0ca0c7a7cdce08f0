package suggest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiliu/internal/fault"
)

// kinds are made-up requests: what each is about, and the unit that handles it.
var kinds = []struct {
	category, unit string
	titles         []string
}{
	{"市容环卫", "城管科", []string{"垃圾桶满溢无人清运", "楼道堆放垃圾异味大", "建筑垃圾倾倒在绿化带", "垃圾清运不及时"}},
	{"噪声扰民", "综合执法队", []string{"夜间施工噪声扰民", "广场舞音响噪声太大", "装修电钻噪声影响休息", "酒吧深夜噪声扰民"}},
	{"停车管理", "交通科", []string{"消防通道被车辆占用停车", "小区停车位不足乱停车", "人行道违规停车", "停车收费不合理"}},
}

// made builds n requests of each kind, each with a different end.
func made(n int) Corpus {
	var c Corpus
	for i := range n {
		for k, kind := range kinds {
			c.Examples = append(c.Examples, Example{
				ID:    fmt.Sprintf("%d-%d", k, i),
				Title: kind.titles[i%len(kind.titles)], Body: fmt.Sprintf("%s，请%s尽快处理，第%d次反映。", kind.titles[(i+1)%len(kind.titles)], kind.unit, i),
				Category: kind.category, Unit: kind.unit,
			})
		}
	}
	return c
}

func fitted(t *testing.T, c Corpus, o Options) *Model {
	t.Helper()
	m, err := Fit(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSuggest(t *testing.T) {
	m := fitted(t, made(30), Options{Rate: 0.75})
	for _, c := range []struct{ title, body, category, unit, reason string }{
		{"垃圾清运慢", "异味大", "市容环卫", "城管科", "垃圾清运"},
		{"隔壁施工噪声", "", "噪声扰民", "综合执法队", "施工噪声"},
		{"", "小区里乱停车", "停车管理", "交通科", "乱停车"},
	} {
		a := m.Suggest(c.title, c.body)
		top := a.Category.Ranked[0]
		if top.Code != c.category || a.Unit.Ranked[0].Code != c.unit || a.Category.State != Accepted {
			t.Errorf("%s: got %+v", c.title+c.body, a)
			continue
		}
		if top.Reasons[0].Words != c.reason {
			t.Errorf("%s: first reason %q, want %q", c.title+c.body, top.Reasons[0].Words, c.reason)
		}
		why := a.Category.Why()
		if !strings.Contains(why, c.category) || !strings.Contains(why, "“"+c.reason+"”") || !strings.HasSuffix(why, "采纳") {
			t.Errorf("why = %s", why)
		}
	}
}

// The more of a request is strange, the less is believed of what its known
// words say; which label they speak for stays.
func TestStrangeWordsSayLess(t *testing.T) {
	m := fitted(t, made(30), Options{})
	least := 1.0
	for _, body := range []string{"乱停车", "乱停车，请派人来看", "乱停车，请派人来看，上次也讲过，没有回音，麻烦查查"} {
		top := m.Suggest("", body).Category.Ranked[0]
		if top.Code != "停车管理" || top.Probability >= least {
			t.Errorf("%s: %s %.3f, before %.3f", body, top.Code, top.Probability, least)
		}
		least = top.Probability
	}
	if least > 0.6 {
		t.Errorf("hardly a word is known, and it is told with %.3f", least)
	}
}

func TestStates(t *testing.T) {
	whole := made(30)
	noUnit := made(30)
	for i := range noUnit.Examples {
		noUnit.Examples[i].Unit = " "
	}
	one := Corpus{Examples: whole.Examples[:1:1]}
	for i := range 20 {
		e := whole.Examples[0]
		e.ID, e.Body = fmt.Sprint(i), strings.Repeat("垃圾清运", i)
		one.Examples = append(one.Examples, e)
	}
	single := made(30)
	single.Examples = append(single.Examples, Example{ID: "x", Title: "垃圾中发现狂犬", Category: "动物防疫", Unit: "农业科"})
	for _, c := range []struct {
		name        string
		corpus      Corpus
		title, body string
		category    State
		unit        State
		says        string
	}{
		{"known", whole, "垃圾清运", "", Accepted, Accepted, "采纳阈值"},
		{"empty text", whole, "", "", NoWords, NoWords, "没有模型认识的词"},
		{"white space and signs", whole, " \n\t　", "！？123。", NoWords, NoWords, "没有模型认识的词"},
		{"characters never seen", whole, "龘靐齉爩", "ξένος", NoWords, NoWords, "没有模型认识的词"},
		{"two kinds at once", whole, "垃圾噪声停车", "垃圾噪声停车", Unsure, Unsure, "转人工复核"},
		{"no unit known", noUnit, "垃圾清运", "", Accepted, NoModel, "采纳"},
		{"one label only", one, "垃圾清运", "", OneLabel, OneLabel, "无从比较"},
		{"words of one text are not kept", made(1), "垃圾桶", "", NoWords, NoWords, "没有模型认识的词"},
		{"too few to vouch", made(1), "请尽快处理", "", NoThreshold, NoThreshold, "不足以保证"},
		{"a label of one example", single, "垃圾清运", "", Accepted, Accepted, "市容环卫"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := fitted(t, c.corpus, Options{Rate: 0.75}).Suggest(c.title, c.body)
			if a.Category.State != c.category || a.Unit.State != c.unit || !strings.Contains(a.Category.Why(), c.says) {
				t.Errorf("got %s and %s: %s", a.Category.State, a.Unit.State, a.Category.Why())
			}
		})
	}
}

// A least probability stops what the known requests would vouch for, and
// nothing else.
func TestLeast(t *testing.T) {
	free, held := fitted(t, made(30), Options{Rate: 0.75}), fitted(t, made(30), Options{Rate: 0.75, Least: 0.99})
	a, b := free.Suggest("垃圾，堆放，清运，噪声", "").Category, held.Suggest("垃圾，堆放，清运，噪声", "").Category
	if a.Threshold >= 0.99 || b.Threshold != 0.99 || a.State != Accepted || b.State != Unsure || b.Ranked[0].Probability != a.Ranked[0].Probability {
		t.Errorf("free %+v\nheld %+v", a, b)
	}
}

func TestFitRefuses(t *testing.T) {
	weight := func(w float64) Corpus {
		c := made(3)
		c.Examples[0].Weight = w
		return c
	}
	for _, c := range []struct {
		name    string
		corpus  Corpus
		options Options
		want    *fault.Kind
	}{
		{"nothing", Corpus{}, Options{}, NothingToLearn},
		{"a tree alone", Corpus{Categories: []Node{{"a", []string{"垃圾清运"}}}}, Options{}, NothingToLearn},
		{"no labels", Corpus{Examples: []Example{{Title: "垃圾清运"}}}, Options{}, NothingToLearn},
		{"no words", Corpus{Examples: []Example{{Title: "123", Category: "a"}}}, Options{}, NothingToLearn},
		{"weight below nothing", weight(-1), Options{}, WrongWeight},
		{"weight not a number", weight(math.NaN()), Options{}, WrongWeight},
		{"weight without end", weight(math.Inf(1)), Options{}, WrongWeight},
		{"rate above 1", made(3), Options{Rate: 1.5}, WrongRate},
		{"least of 1", made(3), Options{Least: 1}, WrongRate},
		{"least not a number", made(3), Options{Least: math.NaN()}, WrongRate},
		{"level not a number", made(3), Options{Level: math.NaN()}, WrongRate},
	} {
		if _, err := Fit(c.corpus, c.options); !c.want.Is(err) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want.Code)
		}
	}
}

func TestReasons(t *testing.T) {
	m := fitted(t, made(30), Options{})
	for _, c := range []struct {
		name, title, body string
		want              []string
	}{
		{"what touches is one run", "施工噪声", "", []string{"施工噪声"}},
		{"a sign parts runs", "施工，噪声", "", []string{"施工", "噪声"}},
		{"title and body are two texts", "施工", "噪声", []string{"施工", "噪声"}},
		{"what all say is no reason", "噪声", "尽快处理", []string{"噪声"}},
		{"what speaks for another is none", "施工噪声", "垃圾", []string{"施工噪声"}},
	} {
		var got []string
		last := math.Inf(1)
		for _, r := range m.Suggest(c.title, c.body).Category.Ranked[0].Reasons {
			if got = append(got, r.Words); r.Weight > last {
				t.Errorf("%s: out of order", c.name)
			}
			last = r.Weight
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Copies of one message must not vouch for each other: messages whose labels
// follow from nothing, each sent ten times, teach nothing to rely on, though a
// fit that has seen a copy knows the label of the next.
func TestCopiesDoNotVouch(t *testing.T) {
	parts := []string{"东门", "西街", "南巷", "北路", "前院", "后山"}
	var c Corpus
	for i, a := range parts {
		for j, b := range parts[:i] {
			for n := range 10 {
				c.Examples = append(c.Examples, Example{
					ID: fmt.Sprint(i, j, n), Title: a + "，" + b, Category: fmt.Sprint("类", (i*i+j)%7),
				})
			}
		}
	}
	m := fitted(t, c, Options{Rate: 0.3})
	if got := m.Suggest("西街，东门", "").Category.State; got != NoThreshold {
		t.Errorf("got %s", got)
	}
}

func TestRateRaisesThreshold(t *testing.T) {
	c := made(40)
	// Every seventh request is filed wrongly, so that no fit can be sure.
	for i := range c.Examples {
		if i%7 == 0 {
			c.Examples[i].Category = kinds[(i+1)%3].category
		}
	}
	low := fitted(t, c, Options{Rate: 0.5}).Suggest("垃圾清运", "").Category
	high := fitted(t, c, Options{Rate: 0.99}).Suggest("垃圾清运", "").Category
	if low.State != Accepted || high.State != NoThreshold || low.Threshold >= high.Threshold {
		t.Errorf("low %s at %v, high %s at %v", low.State, low.Threshold, high.State, high.Threshold)
	}
}

func TestTreeNamesTeach(t *testing.T) {
	c := made(20)
	if got := fitted(t, c, Options{}).Suggest("充电桩", "").Category.State; got != NoWords {
		t.Fatalf("without the tree: %s", got)
	}
	c.Categories = []Node{{"停车管理", []string{"停车管理", "充电桩建设"}}, {"从未有过", []string{"无人机飞行"}}}
	m := fitted(t, c, Options{})
	if got := m.Suggest("充电桩", "").Category.Ranked[0].Code; got != "停车管理" {
		t.Errorf("with the tree: %s", got)
	}
	if categories, _ := m.Labels(); len(categories) != 3 {
		t.Errorf("a label without an example is a candidate: %v", categories)
	}
}

func TestDecisionsTeach(t *testing.T) {
	c := made(20)
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var decisions []Decision
	for i := range 8 {
		e := Example{ID: fmt.Sprintf("0-%d", i), Title: "建筑垃圾倾倒", Category: "违法建设", Unit: "规划科"}
		decisions = append(decisions, Decision{e, day.AddDate(0, 0, 1)})
		e.Category = "停车管理"
		decisions = append(decisions, Decision{e, day})
	}
	taught := c.With(decisions, 3)
	if len(taught.Examples) != len(c.Examples) {
		t.Fatalf("%d examples, want %d: a decision takes its request's place", len(taught.Examples), len(c.Examples))
	}
	before := fitted(t, c, Options{}).Suggest("建筑垃圾倾倒", "").Category.Ranked[0].Code
	after := fitted(t, taught, Options{}).Suggest("建筑垃圾倾倒", "").Category.Ranked[0].Code
	if before != "市容环卫" || after != "违法建设" {
		t.Errorf("before %s, after %s", before, after)
	}
}

func TestOrderChangesNothing(t *testing.T) {
	c := made(8)
	c.Categories = []Node{{"停车管理", []string{"充电桩建设"}}, {"市容环卫", []string{"道路保洁"}}}
	c.Examples = append(c.Examples, c.Examples[:5]...)
	decisions := []Decision{
		{Example: Example{ID: "0-1", Title: "垃圾", Category: "市容环卫"}},
		{Example: Example{ID: "0-1", Title: "垃圾", Category: "停车管理"}},
		{Example: Example{ID: "new", Title: "噪声", Category: "噪声扰民"}},
	}
	want, _ := fitted(t, c.With(decisions, 2), Options{}).MarshalBinary()
	rapid.Check(t, func(r *rapid.T) {
		o := Corpus{
			Examples:   rapid.Permutation(c.Examples).Draw(r, "examples"),
			Categories: rapid.Permutation(c.Categories).Draw(r, "tree"),
		}.With(rapid.Permutation(decisions).Draw(r, "decisions"), 2)
		m, err := Fit(Corpus{rapid.Permutation(o.Examples).Draw(r, "again"), o.Categories, nil}, Options{})
		if err != nil {
			r.Fatal(err)
		}
		if got, _ := m.MarshalBinary(); !bytes.Equal(got, want) {
			r.Fatal("another order gives other bytes")
		}
	})
}

func TestModelIsStored(t *testing.T) {
	m := fitted(t, made(20), Options{})
	data, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	a, b := fmt.Sprintf("%+v", m.Suggest("施工噪声", "垃圾")), fmt.Sprintf("%+v", back.Suggest("施工噪声", "垃圾"))
	if a != b || m.Version() != back.Version() || len(m.Version()) != 64 {
		t.Errorf("read back:\n%s %s\n%s %s", m.Version(), a, back.Version(), b)
	}
	if other := fitted(t, made(21), Options{}); other.Version() == m.Version() {
		t.Error("another corpus has the same version")
	}
	if seen, used := back.Learned(); seen != 60 || used != 60 {
		t.Errorf("learned of %d, %d used", seen, used)
	}
}

func TestModelIsSharedSafely(t *testing.T) {
	m := fitted(t, made(10), Options{})
	want := fmt.Sprintf("%+v", m.Suggest("施工噪声", "垃圾"))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got := fmt.Sprintf("%+v", m.Suggest("施工噪声", "垃圾")); got != want {
				t.Errorf("got %s", got)
			}
		})
	}
	all.Wait()
}

func TestRareWordsAreNotStored(t *testing.T) {
	c := made(20)
	for i := range 2 {
		c.Examples[i].Body += "联系人甄璞瑄"
	}
	// Copies of one message are one text.
	for range 5 {
		c.Examples = append(c.Examples, Example{Title: "找闫翀翯", Category: "停车管理"})
	}
	data, err := fitted(t, c, Options{}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"甄璞", "璞瑄", "闫翀", "翀翯"} {
		if bytes.Contains(data, []byte(w)) {
			t.Errorf("the model holds %s", w)
		}
	}
}

func TestProbabilities(t *testing.T) {
	m := fitted(t, made(20), Options{})
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("垃圾噪声停车施工，清运扰民 位a1"))).Draw(r, "text")
		for _, o := range []Outcome{m.Suggest(text, "").Category, m.Suggest("", text).Unit} {
			sum := 0.0
			for i, s := range o.Ranked {
				sum += s.Probability
				if i > 0 && s.Probability > o.Ranked[i-1].Probability {
					r.Fatal("not in order")
				}
				for _, reason := range s.Reasons {
					if !(reason.Weight > 0) || !strings.Contains(strings.ReplaceAll(text, " ", ""), reason.Words) {
						r.Fatalf("reason %q of %v is no part of %q", reason.Words, reason.Weight, text)
					}
				}
			}
			if math.Abs(sum-1) > 1e-6 {
				r.Fatalf("three labels share %v", sum)
			}
		}
	})
}
