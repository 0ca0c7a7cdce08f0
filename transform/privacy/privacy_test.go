package privacy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"golang.org/x/sync/errgroup"

	"huiliu/internal/seal"
	"huiliu/transform/entity"
)

func testKeeper(t testing.TB, fill byte) *Keeper {
	t.Helper()
	box, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{fill}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return NewKeeper(box)
}

func TestNormal(t *testing.T) {
	for _, c := range []struct {
		name       string
		tag        entity.Tag
		text, want string
	}{
		{"identity as it should be", entity.IdentityNumber, "11010519491231002X", "11010519491231002X"},
		{"identity full width, small x, spaces", entity.IdentityNumber, " １１０１０５ 19491231 002ｘ ", "11010519491231002X"},
		// The pair of GB 11643-1999, annex A: 15 places and what they become.
		{"identity of 15 places", entity.IdentityNumber, "110105491231002", "11010519491231002X"},
		{"phone with country code", entity.Phone, "+86 138-0013-8000", "13800138000"},
		{"phone with 0086", entity.Phone, "0086 13800138000", "13800138000"},
		{"phone full width", entity.Phone, "１３８００１３８０００", "13800138000"},
		{"landline", entity.Phone, "(0755) 8460-1234", "075584601234"},
		{"phone without a digit", entity.Phone, "无", ""},
		{"name with spaces", entity.PersonName, "　张 三 ", "张三"},
		{"name of two words", entity.PersonName, "Anna  Lee", "Anna Lee"},
		{"name with a dot", entity.PersonName, "买买提•艾力", "买买提·艾力"},
		{"address", entity.Address, "坪山区 建设路１２号 3栋　502", "坪山区建设路12号3栋502"},
		{"text", entity.FreeText, "  路灯\n\t 坏了  ", "路灯 坏了"},
	} {
		if got := string(AppendNormal(nil, c.tag, []byte(c.text))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestIdentityValid(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"the standard's example", "11010519491231002X", true},
		{"the standard's second", "440524188001010014", true},
		{"15 places", "110105491231002", true},
		{"small x, spaces", "110105 19491231 002x", true},
		{"another check place", "110105194912310021", false},
		{"two digits swapped", "11010519491231020X", false},
		{"no such day", "110105194902300021", false},
		{"too short", "1101051949123100", false},
		{"letters", "1101051949123100AB", false},
		{"empty", "", false},
	} {
		if got := IdentityValid([]byte(c.text)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestMask(t *testing.T) {
	for _, c := range []struct {
		name       string
		tag        entity.Tag
		text, want string
	}{
		{"identity", entity.IdentityNumber, "11010519491231002x", "110*************2X"},
		{"identity of 15", entity.IdentityNumber, "110105491231002", "110**********02"},
		{"no identity", entity.IdentityNumber, "G12345678", "*********"},
		{"mobile", entity.Phone, "+86 138-0013-5678", "138****5678"},
		{"landline", entity.Phone, "0755-84601234", "**********34"},
		{"short number", entity.Phone, "110", "***"},
		{"name", entity.PersonName, "张三丰", "张*"},
		{"compound name", entity.PersonName, "欧阳修", "欧阳*"},
		{"one character", entity.PersonName, "张", "*"},
		{"Latin name", entity.PersonName, "Anna Lee", "A*"},
		{"address with road", entity.Address, "深圳市坪山区坪山街道六和社区建设路12号3栋502", "深圳市坪山区坪山街道六和社区建设路*"},
		{"address with estate", entity.Address, "坪山区阳光花园三栋二单元五〇二室", "坪山区阳光花园*"},
		{"numbered area stays", entity.Address, "龙华区三里村二十八区5巷6号", "龙华区三里村二十八区5巷*"},
		{"national road stays", entity.Address, "坪山街道107国道58号", "坪山街道107国道*"},
		{"address down to the village", entity.Address, "坑梓街道秀新社区", "坑梓街道秀新社区"},
		{"what follows an area", entity.Address, "坪山街道张三家", "坪山街道*"},
		{"full width", entity.Address, "建设路１２号", "建设路*"},
		{"Latin address", entity.Address, "405 OLIVE WAY APT 12", "* OLIVE WAY APT *"},
		{"text: phone", entity.FreeText, "电话13800138000。", "电话138****8000。"},
		{"text: spaced phone", entity.FreeText, "电话138 0013 8000", "电话138****8000"},
		{"text: full-width phone", entity.FreeText, "电话：１３８００１３８０００，", "电话：138****8000，"},
		{"text: spoken phone", entity.FreeText, "一三八零零一三八零零零打不通", "***********打不通"},
		{"text: landline", entity.FreeText, "0755-84601234", "*************"},
		{"text: service number", entity.FreeText, "400-123-4567", "************"},
		{"text: identity", entity.FreeText, "身份证11010519491231002X", "身份证110*************2X"},
		{"text: spaced identity", entity.FreeText, "110105 19491231 002X", "********************"},
		{"text: account", entity.FreeText, "账号6222021234567890123", "账号*******************"},
		{"text: mail", entity.FreeText, "邮箱zhang.san88@qq.com吧", "邮箱*@qq.com吧"},
		{"text: plate", entity.FreeText, "粤B12345挡路，粤B·D12345也是", "粤B*****挡路，粤B*****也是"},
		{"text: door", entity.FreeText, "建设路12号3栋502室", "建设路**号*栋***室"},
		{"text: door without unit", entity.FreeText, "3栋502漏水", "*栋***漏水"},
		{"text: hyphened door", entity.FreeText, "住3-2-1501", "住********"},
		{"text: spoken door", entity.FreeText, "三栋二单元", "*栋*单元"},
		{"text: lettered door", entity.FreeText, "A栋", "*栋"},
		{"text: name", entity.FreeText, "联系人：张小三，电话", "联系人：张*，电话"},
		{"text: name amid words", entity.FreeText, "我叫张小三住在六和社区", "我叫张*住在六和社区"},
		{"text: dates stay", entity.FreeText, "2024-03-05和20240305，5月3号，3号线，一二三四五", "2024-03-05和20240305，5月3号，3号线，一二三四五"},
		{"text: amounts stay", entity.FreeText, "交了3500元，共12次，1.5米", "交了3500元，共12次，1.5米"},
		{"nothing", entity.Phone, "  ", ""},
	} {
		if got := Mask(c.tag, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A mask never holds the digits that it is to hide, wherever they stand.
func TestMaskHides(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "我的电话是", "，", " ", "tel:", "身份证", "建设路", "a@b.c ", "三栋", "京A", "（", "联系人：", "号"})
	mobile := rapid.StringMatching(`1[3-9][0-9]{9}`)
	identity := rapid.StringMatching(`[1-9][0-9]{16}[0-9X]`)
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(mobile, identity).Draw(t, "number")
		text := words.Draw(t, "before") + number + words.Draw(t, "after")
		masked := Mask(entity.FreeText, text)
		hidden, last := number[3:len(number)-4], number[len(number)-4:] // the last four of a telephone are shown
		if strings.Contains(masked, number) || strings.Contains(masked, hidden) && hidden != last && !strings.Contains(strings.Replace(text, number, "", 1), hidden) {
			t.Fatalf("%q became %q", text, masked)
		}
		if len(number) == 18 {
			if m := Mask(entity.IdentityNumber, number); strings.Contains(m, number[3:16]) || len(m) != 18 {
				t.Fatalf("%q became %q", number, m)
			}
		}
	})
}

// Tokens are equal exactly where normal forms are.
func TestToken(t *testing.T) {
	k := testKeeper(t, 7)
	spell := rapid.SampledFrom([]func(string) string{
		func(s string) string { return s }, func(s string) string { return " " + s + "　" }, wide,
	})
	tags := rapid.SampledFrom([]entity.Tag{entity.IdentityNumber, entity.Phone, entity.PersonName, entity.Address, entity.FreeText})
	value := rapid.OneOf(rapid.StringMatching(`[0-9]{3,4}`), rapid.StringMatching(`[张李王][一二]`))
	rapid.Check(t, func(t *rapid.T) {
		tag := tags.Draw(t, "tag")
		a, b := spell.Draw(t, "spelling a")(value.Draw(t, "a")), spell.Draw(t, "spelling b")(value.Draw(t, "b"))
		same := bytes.Equal(AppendNormal(nil, tag, []byte(a)), AppendNormal(nil, tag, []byte(b)))
		if got := k.Token(tag, a) == k.Token(tag, b); got != same {
			t.Fatalf("%q and %q: equal tokens %v, equal normal forms %v", a, b, got, same)
		}
	})
	if k.Token(entity.Phone, "123") == k.Token(entity.IdentityNumber, "123") || k.Token(entity.Phone, "123") == testKeeper(t, 8).Token(entity.Phone, "123") {
		t.Error("tokens of other tags or keys are equal")
	}
	if k.Token(entity.Phone, "无") != "" {
		t.Error("nothing has a token")
	}
	got, _ := k.AppendToken([]byte("x"), nil, entity.Phone, []byte("123"))
	if string(got) != "x"+k.Token(entity.Phone, "123") {
		t.Error("AppendToken and Token differ")
	}
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r - '!' + '！'
		}
		return r
	}, s)
}

// A pseudonym is the same whether it is made or remembered, when far more
// values than the memory holds have come between, and by many at a time.
func TestRememberedTokens(t *testing.T) {
	k := testKeeper(t, 7)
	name := func(i int) string { return fmt.Sprint("name", i%(2*shards*shardSize)) }
	var group errgroup.Group
	for g := range 3 {
		group.Go(func() error {
			for i := range 3 * shards * shardSize {
				if i *= g + 1; i%97 == 0 && k.Token(entity.PersonName, name(i)) != k.box.Pseudonym("name", name(i)) {
					return fmt.Errorf("another token for %s", name(i))
				}
				k.Token(entity.PersonName, name(i))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSealRow(t *testing.T) {
	k := testKeeper(t, 7)
	fields := []Sealed{{"name", "张三"}, {"note", ""}, {"phone", "13800138000"}}
	blob := k.SealRow("a.b:1", fields)
	if bytes.Contains(blob, []byte("张三")) {
		t.Error("the row is readable")
	}
	got, err := k.OpenRow("a.b:1", blob)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(fields) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := k.OpenRow("a.b:2", blob); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("a row moved to another id: %v", err)
	}
	if _, err := testKeeper(t, 8).OpenRow("a.b:1", blob); !errors.Is(err, seal.ErrForeignKey) {
		t.Errorf("another key: %v", err)
	}
	s := k.Rows()
	s.Begin()
	if s.Append(nil, "x") != nil {
		t.Error("a row of nothing was sealed")
	}
	s.Add("name", []byte("张三"))
	if got, err := k.OpenRow("x", s.Append(nil, "x")); err != nil || len(got) != 1 || got[0] != (Sealed{"name", "张三"}) {
		t.Errorf("%v, %v", got, err)
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"电话138 0013 8000", "粤B12345", "a@b", "三栋", "联系人：", "\xe4\xb8", "１２", "3-2-1501", "\xef\xbc"} {
		f.Add(s)
	}
	k := testKeeper(f, 7)
	f.Fuzz(func(t *testing.T, s string) {
		for tag := entity.Plain; tag <= entity.FreeText; tag++ {
			if m := Mask(tag, s); m != Mask(tag, s) {
				t.Errorf("two masks of %q", s)
			}
			k.Token(tag, s)
			IdentityValid([]byte(s))
		}
	})
}

func FuzzOpenRow(f *testing.F) {
	f.Add([]byte{rowLayout, 1, 'a', 1, 'b'})
	f.Add([]byte{rowLayout, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if rows, err := parseRow(b); err == nil && len(rows) > len(b) {
			t.Errorf("%d fields of %d bytes", len(rows), len(b))
		}
	})
}

func BenchmarkToken(b *testing.B) {
	k := testKeeper(b, 7)
	for i := 0; b.Loop(); i++ {
		k.Token(entity.Phone, "138001"+fmt.Sprint(10000+i%50000))
	}
}

func BenchmarkMaskText(b *testing.B) {
	text := []byte("市民反映建设路12号阳光花园3栋楼下长期堆放垃圾，气味难闻，影响居民生活，请相关部门尽快处理，联系电话13800138000，谢谢")
	var buf []byte
	for b.Loop() {
		buf = AppendMask(buf[:0], entity.FreeText, text)
	}
}
