package spell

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNormal(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"only punctuation", " ，。、 ", ""},
		{"full width", "Ａ座１２０３室", "a幢1203室"},
		{"white space", "城中 路　5 号", "城中路5号"},
		{"numeral before a unit", "二十三号十二单元", "23号12单元"},
		{"numeral of figures", "一〇二室", "102室"},
		{"hundreds", "西一百五十米", "西150米"},
		{"hundreds behind a digit", "西2百米", "西200米"},
		{"numeral in a name", "三里屯一中经七路", "三里屯一中经七路"},
		{"ordinal", "第三组", "3组"},
		{"no numeral", "十十号", "十十号"},
		{"buildings", "3号楼 4栋 5座 6幢 B座", "3幢4幢5幢6幢b幢"},
		{"floor", "26楼", "26层"},
		{"floor by letter", "F3", "3层"},
		{"floor by letter behind", "3F", "3层"},
		{"building before a unit", "3楼2单元", "3幢2单元"},
		{"below ground", "负一楼", "b1层"},
		{"sign of a number", "5#", "5号"},
		{"sign of a building", "5#楼", "5幢"},
		{"room", "502房", "502室"},
		{"room of a building", "3幢502号房", "3幢502室"},
		{"estate", "学府苑", "学府园"},
		{"brackets", "【东门】（南）", "(东门)(南)"},
		{"hyphen", "5—1号", "5-1号"},
		{"hyphen that joins nothing", "-城中路-", "城中路"},
		{"list of numbers", "12、13号", "12-13号"},
		{"crossing", "甲路与乙路交汇处往西二百米", "甲路与乙路交叉口西200米"},
		{"prefix twice", "浙江省杭州市浙江省杭州市西湖区", "浙江省杭州市西湖区"},
		{"prefix twice, short first", "浙江浙江省杭州", "浙江省杭州"},
		{"doubled name", "天天天天超市", "天天天天超市"},
		{"leading zeros", "003号", "3号"},
		{"lone zero", "0号", "0号"},
		{"not UTF-8", "城\xff中路", "城中路"},
		{"street office", "城东街道办事处", "城东街道"},
		{"traditional", "5號樓", "5幢"},
	} {
		if got := Normal(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a幢1203室", []string{"a", "幢", "1203", "室"}},
		{"路5-1号(b1层)", []string{"路", "5", "1", "号", "b", "1", "层"}},
	} {
		if got := Tokens(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// pieces are what addresses are made of, and what the rules look for.
var pieces = []string{
	"浙江", "省", "杭州", "市", "西湖", "区", "镇", "乡", "街道", "办事处", "路", "巷", "号", "楼", "#", "栋", "幢", "座", "单元", "室", "房", "层",
	"一", "二", "两", "十", "百", "千", "零", "〇", "第", "负", "地下", "1", "0", "02", "b", "F", "-", "—", "、", "(", "）", " ", "苑", "交", "叉", "汇",
	"处", "口", "米", "往", "东", "斜", "对", "面", "过", "旁", "边", "左右", "股份", "有限", "责任", "公司", "居民", "委员会", "场",
}

func TestNormalIsIdempotent(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 16).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(text, rapid.String()).Draw(t, "text")
		once := Normal(in)
		if twice := Normal(once); twice != once {
			t.Fatalf("%q: %q, then %q", in, once, twice)
		}
	})
}

func TestLongText(t *testing.T) {
	for _, piece := range []string{"杭州市", "一", "1-", "往东"} {
		out := Normal(strings.Repeat(piece, 1<<16))
		if n := utf8.RuneCountInString(out); n > longest {
			t.Errorf("%q: %d characters left", piece, n)
		}
	}
}

func FuzzNormal(f *testing.F) {
	for _, s := range []string{"浙江省杭州市浙江省杭州市一百零二号楼3F", "5#楼-", "第十二组\xff（"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := Normal(text)
		if !utf8.ValidString(once) {
			t.Errorf("%q is no UTF-8", once)
		}
		if twice := Normal(once); twice != once {
			t.Errorf("%q: %q, then %q", text, once, twice)
		}
		if strings.Join(Tokens(once), "") != strings.NewReplacer("-", "", "(", "", ")", "").Replace(once) {
			t.Errorf("tokens of %q leave something out", once)
		}
	})
}
