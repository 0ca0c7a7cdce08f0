package pair

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"huiliu/transform/address/spell"
)

// corpus is a small made-up town.
func corpus() *Corpus {
	var texts []string
	for i := range 60 {
		texts = append(texts, fmt.Sprintf("江城市东湖区青石街道柳溪路%d号", i), fmt.Sprintf("江城市东湖区梅岭镇望山村%d组", i),
			fmt.Sprintf("江城市西岸区和平大道%d号锦华家园%d栋", i, i%7))
	}
	return NewCorpus(append(texts, "江城市东湖区柳溪路8号紫藤花园", "江城市西岸区白塔路与和平大道交叉口"))
}

func TestRules(t *testing.T) {
	r := Reader{Corpus: corpus()}
	for _, c := range []struct {
		name, a, b string
		want       Class
		reason     string
	}{
		{"empty", "", "柳溪路8号", None, "地址为空"},
		{"both empty", "", "", None, "地址为空"},
		{"one spelling", "柳溪路八号紫藤花园3号楼", "柳溪路8号紫藤花园３栋", Full, "写法统一后相同"},
		{"other city", "江城市柳溪路8号", "海州市柳溪路8号", None, "市不同"},
		{"nothing common", "柳溪路8号紫藤花园", "和平大道22号锦华家园", None, "没有共同"},
		{"other house number", "柳溪路8号", "柳溪路35号", None, "门牌号不同：8与35"},
		{"other building", "东湖区紫藤花园3栋", "东湖区紫藤花园5栋", Partial, "楼幢不同：3与5"},
		{"less detail", "东湖区紫藤花园3栋", "东湖区紫藤花园", Partial, "详细程度不同"},
		{"same building, less detail within", "东湖区紫藤花园3栋2单元", "紫藤花园3号楼", Full, "名称齐全"},
		{"same estate told by another road", "和平大道22号紫藤花园", "柳溪路8号紫藤花园", Partial, "门牌号不同"},
		{"other place at the crossing", "白塔路与和平大道交叉口", "白塔路与和平大道交叉口西100米望山书店", Partial, "对方另有所指"},
		{"same but for the area", "江城市东湖区柳溪路8号紫藤花园", "柳溪路8号紫藤花园", Full, "名称齐全"},
	} {
		v := Rules(r.Read(c.a), r.Read(c.b))
		if v.Class != c.want || !strings.Contains(strings.Join(v.Reasons, "；"), c.reason) {
			t.Errorf("%s: %v %q, want %v", c.name, v.Class, v.Reasons, c.want)
		}
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"whole", "江城市东湖区青石街道柳溪路8号紫藤花园3号楼2单元501室", "市 江城市|区县 东湖区|街道乡镇 青石街道|道路 柳溪路|门牌号 8|地点 紫藤花园|楼幢 3|单元 2|房号 501"},
		{"metres are no house number", "白塔路与和平大道交叉口西100米望山书店(东门)", "道路 白塔路|道路 和平大道|交叉口 交叉口|方位距离 西|方位距离 100|地点 望山书店|括注 东门"},
		{"market is no city", "东湖市场路8号", "道路 东湖市场路|门牌号 8"},
		{"village", "梅岭镇望山村3组12号", "街道乡镇 梅岭镇|村社区 望山村|组队 3组|门牌号 12"},
		{"numbered road", "107国道5-1号", "道路 107国道|门牌号 5-1"},
		{"empty", "", ""},
		{"open bracket", "(", ""},
		{"digits", "12", "数字 12"},
	} {
		var got []string
		for _, p := range (byWords{}).Parse(spell.Normal(c.in)) {
			got = append(got, p.Field.String()+" "+p.Text)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add("江城市东湖区(柳溪路5-1号b座")
	f.Add("(()1-")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		n := 0
		for _, p := range (byWords{}).Parse(text) {
			if p.Text == "" || p.Field < 0 || p.Field >= fields {
				t.Errorf("%q: part %v", text, p)
			}
			n += len(p.Text)
		}
		if n > len(text) {
			t.Errorf("%q: parts are longer than the text", text)
		}
	})
}

// Values of jellyfish 1.2.0, jaro_winkler_similarity;
// letters stand for tokens.
func TestJaroWinkler(t *testing.T) {
	token := func(s string) []uint64 {
		var out []uint64
		for _, c := range []byte(s) {
			out = append(out, uint64(c))
		}
		return out
	}
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"MARTHA", "MARHTA", 0.9611111111}, {"DWAYNE", "DUANE", 0.84}, {"DIXON", "DICKSONX", 0.8133333333}, {"ABC", "", 0}, {"ABC", "XYZ", 0}, {"AB", "AB", 1},
	} {
		if got := jaroWinkler(token(c.a), token(c.b)); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s %s: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// some draws an address of the small town, or any text.
var some = rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
		"江城市", "东湖区", "青石街道", "柳溪路", "和平大道", "8号", "35号", "紫藤花园", "锦华家园", "3栋", "2单元", "501室", "交叉口", "西100米", "(东门)", "望山书店",
	}), 0, 9).Draw(t, "pieces"), "")
}))

func TestFeatureProperties(t *testing.T) {
	r := Reader{Corpus: corpus()}
	want, _ := Features(r.Read(""), r.Read(""))
	sorted := slices.Sorted(slices.Values(want))
	if len(slices.Compact(sorted)) != len(want) {
		t.Error("two features have one name")
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := r.Read(some.Draw(t, "a")), r.Read(some.Draw(t, "b"))
		names, values := Features(a, b)
		if !slices.Equal(names, want) || len(values) != len(want) {
			t.Fatal("the features depend on the pair")
		}
		for i, x := range values {
			if math.IsInf(float64(x), 0) {
				t.Errorf("%s is infinite", names[i])
			}
		}
		if n := subsequence(a.tokens, b.tokens); n != subsequence(b.tokens, a.tokens) || n > min(len(a.tokens), len(b.tokens)) {
			t.Error("the common subsequence has two lengths")
		}
		total := 0
		last := block{}
		for _, m := range aligned(a, b) {
			if m.a < last.a+last.n || m.b < last.b+last.n || !slices.Equal(a.tokens[m.a:m.a+m.n], b.tokens[m.b:m.b+m.n]) {
				t.Fatal("blocks cross or differ")
			}
			total, last = total+m.n, m
		}
		if total > subsequence(a.tokens, b.tokens) {
			t.Error("more is aligned than is common")
		}
	})
}

func TestAmongHasNoOrder(t *testing.T) {
	r := Reader{Corpus: corpus()}
	rapid.Check(t, func(t *rapid.T) {
		a := r.Read(some.Draw(t, "a"))
		texts := rapid.SliceOfN(some, 0, 6).Draw(t, "candidates")
		var candidates []*Address
		for _, text := range texts {
			candidates = append(candidates, r.Read(text))
		}
		names, rows := Among(a, candidates)
		slices.Reverse(candidates)
		_, back := Among(a, candidates)
		slices.Reverse(back)
		if fmt.Sprint(rows) != fmt.Sprint(back) || len(rows) != len(texts) {
			t.Fatal("the order of the candidates matters")
		}
		for _, row := range rows {
			if len(row) != len(names) {
				t.Fatal("a row is not as long as the names")
			}
		}
	})
}

func TestCorpus(t *testing.T) {
	c := NewCorpus([]string{"甲路1号", "甲路１号", "乙路2号", ""})
	if c.texts != 2 {
		t.Errorf("%d texts, want 2", c.texts)
	}
	road, one := hashes([]string{"路"})[0], hashes([]string{"甲"})[0]
	if c.rarity(0, road) >= c.rarity(0, one) {
		t.Error("what all texts have is not less rare than what one has")
	}
	empty := NewCorpus(nil)
	if empty.rarity(0, road) != 1 || (*Corpus)(nil).rarity(1, road) != 1 {
		t.Error("an empty corpus makes a difference")
	}
}

func TestLongAddresses(t *testing.T) {
	r := Reader{}
	a, b := r.Read(strings.Repeat("柳溪路八号", 20_000)), r.Read(strings.Repeat("溪柳号路", 20_000))
	if len(a.tokens) > longest || len(b.tokens) > longest {
		t.Error("more tokens are compared than is bounded")
	}
	Features(a, b)
	Rules(a, b)
}

type wholePlace struct{}

func (wholePlace) Parse(text string) []Part { return []Part{{Place, text}} }

func TestOwnParser(t *testing.T) {
	a := Reader{Parser: wholePlace{}}.Read("柳溪路8号")
	if len(a.Parts) != 1 || a.Parts[0] != (Part{Place, "柳溪路8号"}) {
		t.Errorf("parts %v", a.Parts)
	}
}
