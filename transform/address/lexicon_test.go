package address

import (
	"slices"
	"testing"
)

func TestLexiconFindsLongestAndShortForms(t *testing.T) {
	l := newLexicon(Names{Town: {"云溪街道"}, Road: {"云溪路", "路"}, Compound: {"云溪路小区"}}, nil)
	for text, want := range map[string][]match{
		"云溪街道3号": {{0, 4, 1 << Town}},
		"云溪3号":   {{0, 2, 1 << (Town + 32)}},
		"在云溪路小区": {{1, 6, 1 << Compound}},
		"在云溪路":   {{1, 4, 1<<Road | 1<<(Compound+32)}},
		"":       nil,
		"溪云":     nil,
	} {
		if got := l.find(tokenise(text)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if got := newLexicon().find(tokenise("云溪路")); got != nil {
		t.Errorf("nothing known, yet %v", got)
	}
}

func TestNationKnowsBothForms(t *testing.T) {
	n := Nation()
	for k, names := range map[Kind][]string{
		Province: {"浙江", "浙江省", "内蒙古", "广西壮族自治区", "广西", "北京市"},
		City:     {"杭州", "杭州市", "上海市", "阿里地区", "延边朝鲜族自治州", "兴安盟"},
	} {
		for _, s := range names {
			if !slices.Contains(n[k], s) {
				t.Errorf("%s %s is missing", k, s)
			}
		}
	}
	if cities := len(nationIndex().above); cities != 333 {
		t.Errorf("%d prefectures", cities)
	}
}

func TestNeighbours(t *testing.T) {
	texts := []string{"柳浪路1号", "柳浪路口", "柳浪路东", "柳浪街", "学士路2号", "柳浪路1号"}
	n := CountNeighbours(texts)
	liu := tokenise("柳浪路")
	if b := n.run(liu, 0, 1); b.right != 1 || b.often != 3 {
		t.Errorf("柳 is always followed by 浪, four times: %+v", b)
	}
	// 路 comes thrice and 街 once behind 柳浪: 0.81 bits.
	if b := n.run(liu, 0, 2); b.right != 2 {
		t.Errorf("柳浪: %+v", b)
	}
	// Three different neighbours are 1.58 bits.
	if b := n.run(liu, 0, 3); b.right != 4 {
		t.Errorf("柳浪路: %+v", b)
	}
	if b := n.run(tokenise("学士"), 0, 2); b != (bins{}) {
		t.Errorf("seen once: %+v", b)
	}
	if len(CountNeighbours(nil).known) != 0 {
		t.Error("nothing gives something")
	}
}

func TestTokens(t *testing.T) {
	var got []string
	for _, k := range tokenise(" Ａb１2号 — \xff三") {
		got = append(got, k.norm)
	}
	if want := []string{"AB", "12", "号", "-", "\ufffd", "三"}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if n := len(tokenise(string(make([]byte, 10000)))); n != most {
		t.Fatalf("%d tokens", n)
	}
}
