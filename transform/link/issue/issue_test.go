package issue

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/fault"
)

var begin = time.Date(2025, 1, 1, 8, 0, 0, 0, time.UTC)

// The made corpus: places of two characters and problems of several words, so
// that reports of one problem are alike and not equal.
var (
	head   = []rune("柳云梅桂竹枫荷松杏兰桃菊棠薇樟榴苇莲丹露")
	tail   = []rune("岸溪坞苑径桥塘涛林亭源圃香山谷岭峰泉洲屏")
	causes = [][]string{
		{"电梯停运困人", "电梯坏了老人上不去", "电梯反复故障没人修"},
		{"楼下烧烤油烟扰民", "烧烤店油烟很大", "夜里烧烤摊油烟呛人"},
		{"夜间施工噪音大", "半夜施工打桩噪音", "工人深夜施工吵得睡不着"},
		{"垃圾堆放发臭", "垃圾没人清运", "垃圾桶满了臭味大"},
		{"自来水停水多日", "水压低经常停水", "停水没有通知"},
		{"车位不够乱停车", "消防通道乱停车", "乱停车堵住出口"},
	}
)

// corpus makes problems with up to three reports each, and the truth.
func corpus(seed uint64, problems int) ([]Request, map[string]int) {
	d := rand.New(rand.NewPCG(seed, 1))
	var out []Request
	truth := map[string]int{}
	for p := range problems {
		place := string(head[d.IntN(len(head))]) + string(tail[d.IntN(len(tail))])
		cause, at := causes[d.IntN(len(causes))], begin.Add(time.Duration(d.IntN(700*24))*time.Hour)
		for range 1 + d.IntN(3) {
			id := fmt.Sprintf("R%04d", len(out))
			truth[id] = p
			out = append(out, Request{ID: id, Title: place + "小区" + cause[d.IntN(len(cause))],
				Body: "我住在" + place + "小区，" + cause[d.IntN(len(cause))] + "，" + cause[d.IntN(len(cause))] + "，请尽快处理。",
				At:   at.Add(time.Duration(d.IntN(60)) * time.Hour), Reporter: fmt.Sprint("u", d.IntN(50)), Channel: []string{"12345", "app"}[d.IntN(2)]})
		}
	}
	return out, truth
}

func grouped(t testing.TB, requests []Request) []Issue {
	t.Helper()
	issues, err := Group(requests, Decisions{}, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return issues
}

func TestTruthIsFound(t *testing.T) {
	requests, truth := corpus(7, 600)
	right, made, there := 0, 0, 0
	of := map[string]int{}
	for n, i := range grouped(t, requests) {
		for _, m := range i.Members {
			of[m.ID] = n
		}
	}
	if len(of) != len(requests) {
		t.Fatalf("%d of %d requests are in an issue", len(of), len(requests))
	}
	for i, a := range requests {
		for _, b := range requests[:i] {
			same, together := truth[a.ID] == truth[b.ID], of[a.ID] == of[b.ID]
			switch {
			case same && together:
				right++
			}
			if same {
				there++
			}
			if together {
				made++
			}
		}
	}
	precision, recall := float64(right)/float64(made), float64(right)/float64(there)
	if precision < .9 || recall < .75 {
		t.Errorf("precision %.3f, recall %.3f", precision, recall)
	}
}

func TestEveryOrderGivesTheSame(t *testing.T) {
	requests, _ := corpus(3, 150)
	want := grouped(t, requests)
	for seed := range uint64(6) {
		d := rand.New(rand.NewPCG(seed, 9))
		d.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
		if d := cmp.Diff(want, grouped(t, requests)); d != "" {
			t.Fatal(d)
		}
	}
}

func TestIssueIsDescribed(t *testing.T) {
	requests, _ := corpus(1, 400)
	for i := range 3 {
		requests = append(requests, Request{ID: fmt.Sprint("X", 3-i), Title: "青龙小区电梯停运困人",
			Body: "青龙小区电梯停运困人，老人被关一个小时，物业一直没有人来修理，请处理。", At: begin.Add(time.Duration(i) * time.Hour),
			Reporter: []string{"a", "a", ""}[i], Channel: []string{"app", "12345", ""}[i]})
	}
	issues := grouped(t, requests)
	n := slices.IndexFunc(issues, func(i Issue) bool {
		return slices.ContainsFunc(i.Members, func(m Member) bool { return m.ID == "X1" })
	})
	got := issues[n]
	if len(got.Members) != 3 || got.Members[0].ID != "X3" || !got.First.Equal(begin) || got.Reporters != 2 ||
		!slices.Equal(got.Channels, []string{"12345", "app"}) || got.Name != "X3" || got.Representative != "X3" {
		t.Fatalf("got %+v", got)
	}
	for _, m := range got.Members {
		if m.Reason.ZH != "提到同一地点；相距不到 1 天；文本基本相同" || !strings.Contains(m.Reason.EN, "both name one place; the same day; nearly the same text") ||
			m.Share < .6 || m.Share > 1 || m.With == "" || m.With == m.ID {
			t.Errorf("reason of %s: %+v", m.ID, m)
		}
	}
}

func TestBadInput(t *testing.T) {
	long := "我们小区门口的路灯已经坏了三个星期，晚上出行非常危险，请有关部门处理。"
	many := func(n int, f func(i int) Request) (out []Request) {
		for i := range n {
			r := f(i)
			r.ID = fmt.Sprint(i)
			out = append(out, r)
		}
		return out
	}
	for _, c := range []struct {
		name     string
		requests []Request
		issues   int
	}{
		{"none", nil, 0},
		{"one", many(1, func(int) Request { return Request{} }), 1},
		{"all empty: nothing says that they are one", many(50, func(int) Request { return Request{} }), 50},
		{"all the same text: one", many(50, func(int) Request { return Request{Body: long, At: begin} }), 1},
		{"no text, one category: nothing says that they are one", many(50, func(i int) Request {
			return Request{Category: "A", At: begin.Add(time.Duration(i) * time.Hour)}
		}), 50},
		{"one place in half of the rows, nothing else: not one blob", many(60, func(i int) Request {
			r := Request{At: begin.Add(time.Duration(i) * 240 * time.Hour), Body: fmt.Sprint("第", i)}
			if i%2 == 0 {
				r.Place = Place{ID: "P", Level: Building}
			}
			return r
		}), 60},
		{"broken bytes", []Request{{ID: "\xff", Title: "\xff\xfe", Body: "\x00\x00"}, {ID: "b", Body: "\xff"}}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := grouped(t, c.requests); len(got) != c.issues {
				t.Errorf("%d issues, want %d", len(got), c.issues)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		requests []Request
		want     *fault.Kind
	}{{[]Request{{ID: "a"}, {}}, NoID}, {[]Request{{ID: "a"}, {ID: "a"}}, TwiceID}} {
		if _, err := Group(c.requests, Decisions{}, DefaultOptions()); !c.want.Is(err) {
			t.Errorf("got %v, want %s", err, c.want.Code)
		}
	}
	if _, err := Grow(fitted(t, nil), &Memory{}, Change{Put: []Request{{ID: "a"}}, Remove: []string{"a"}}); !TwiceID.Is(err) {
		t.Errorf("a request that comes and goes: %v", err)
	}
}

func fitted(t testing.TB, requests []Request) *Model {
	t.Helper()
	m, err := Fit(requests, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestBadOptions(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"probability 0": func(o *Options) { o.Probability = 0 }, "probability 1": func(o *Options) { o.Probability = 1 },
		"probability NaN": func(o *Options) { o.Probability = math.NaN() }, "burst": func(o *Options) { o.Burst = 1 },
		"neighbours": func(o *Options) { o.Neighbours = -1 }, "runes": func(o *Options) { o.Runes = 0 },
		"horizon": func(o *Options) { o.Horizon = 0 }, "span": func(o *Options) { o.BurstSpan = -1 },
	} {
		o := DefaultOptions()
		spoil(&o)
		if _, err := Group(nil, Decisions{}, o); !BadOption.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A place that everybody names must not make time grow with the square.
func TestHugePlaceIsBounded(t *testing.T) {
	var requests []Request
	for i := range 4000 {
		requests = append(requests, Request{ID: fmt.Sprintf("%05d", i), Place: Place{ID: "P", Level: Building},
			Category: fmt.Sprint(i % 7), At: begin.Add(time.Duration(i) * time.Minute)})
	}
	o := DefaultOptions()
	o.Neighbours = 20
	m, err := Fit(requests, o)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Grow(m, &Memory{}, Change{Put: requests})
	if err != nil {
		t.Fatal(err)
	}
	if most := len(requests) * o.Neighbours; g.Work.Compared > most {
		t.Errorf("%d pairs, at most %d", g.Work.Compared, most)
	}
}

func TestRates(t *testing.T) {
	issues := []Issue{{Members: []Member{{ID: "a1"}, {ID: "b2"}}}, {Members: []Member{{ID: "a3"}}}, {Members: []Member{{ID: "b4"}}}}
	got := Rates(issues, func(id string) string { return id[:1] })
	if d := cmp.Diff([]Rate{{"a", 2, 3}, {"b", 1, 1}}, got); d != "" {
		t.Error(d)
	}
	if got[0].PerIssue() != 1.5 || (Rate{}).PerIssue() != 0 {
		t.Error("requests per issue")
	}
}
