package place

import (
	"strings"
	"testing"
	"unicode/utf8"

	"huiliu/transform/address"
)

func TestReadTexts(t *testing.T) {
	home := Signature{Road: "柳浪路", Number: "264", Compound: "天目小区", House: "3"}
	inner := Signature{Compound: "锦绣园", House: "3"}
	r := cityReader(t)
	for _, c := range []struct {
		name, text string
		want       Signature
		inside     Inside
		level      address.Level
	}{
		{"whole", "澄州市清河区云溪街道柳浪路264号天目小区3幢2单元302室", home, Inside{Unit: "2", Room: "302"}, address.AtRoom},
		{"full width", "柳浪路２６４号天目小区３栋２单元３０２", home, Inside{Unit: "2", Room: "302"}, address.AtRoom},
		{"numerals", "云溪街道柳浪路264天目小区三号楼二单元", home, Inside{Unit: "2"}, address.AtUnit},
		{"no house word", "柳浪路 264号天目小区三#", home, Inside{}, address.AtBuilding},
		{"dashes", "锦绣苑3-2-502", inner, Inside{Unit: "2", Room: "502"}, address.AtRoom},
		{"house and room", "锦绣苑3-502", inner, Inside{Room: "502"}, address.AtRoom},
		{"garden and park", "锦绣园3号楼", inner, Inside{}, address.AtBuilding},
		{"letters", "万家大厦B座1203", Signature{Compound: "万家大厦", House: "b"}, Inside{Room: "1203"}, address.AtRoom},
		{"phase", "天目小区二期3幢", Signature{Compound: "天目小区2期", House: "3"}, Inside{}, address.AtBuilding},
		{"compound named as a city", "丽水新村5幢", Signature{Compound: "丽水新村", House: "5"}, Inside{}, address.AtBuilding},
		{"compound named as a district", "朝阳里1栋1单元201室", Signature{Compound: "朝阳里", House: "1"}, Inside{Unit: "1", Room: "201"}, address.AtRoom},
		{"number before a compound", "长河路152北郊公寓六号楼", Signature{Road: "长河路", Number: "152", Compound: "北郊公寓", House: "6"}, Inside{}, address.AtBuilding},
		{"road alone with number", "清河大道435号", Signature{Road: "清河大道", Number: "435"}, Inside{}, address.AtPlace},
		{"number beside a number", "沈家路12号附3号", Signature{Road: "沈家路", Number: "12-3"}, Inside{}, address.AtPlace},
		{"lane", "延长路123弄5号301室", Signature{Road: "延长路", Number: "123弄", House: "5"}, Inside{Room: "301"}, address.AtRoom},
		{"yard", "学士路甲5号院3号楼", Signature{Road: "学士路", Number: "甲5", House: "3"}, Inside{}, address.AtBuilding},
		{"community before", "柳岸社区天目小区3幢", Signature{Community: "柳岸", Compound: "天目小区", House: "3"}, Inside{}, address.AtBuilding},
		{"village", "新塘村3组12号", Signature{Compound: "新塘村3组", House: "12"}, Inside{}, address.AtBuilding},
		{"who is there", "柳浪路435号王小明", Signature{Road: "柳浪路", Number: "435"}, Inside{}, address.AtPlace},
		{"what is there", "柳浪路435号万家超市", Signature{Road: "柳浪路", Number: "435"}, Inside{}, address.AtPlace},
		{"long number of a village's house", "新塘村109号", Signature{Compound: "新塘村", House: "109"}, Inside{}, address.AtBuilding},
		{"room of a compound", "天目小区504号", Signature{Compound: "天目小区"}, Inside{Room: "504"}, address.AtRoom},
		{"two rooms", "天目小区409、411", Signature{Compound: "天目小区"}, Inside{Room: "409-411"}, address.AtRoom},
		{"floor of no house", "柳浪路4楼302", Signature{Road: "柳浪路"}, Inside{Floor: "4", Room: "302"}, address.OnRoad},
		{"divisions in short form", "浙江杭州清河区云溪街道柳浪路12号", Signature{Road: "柳浪路", Number: "12"}, Inside{}, address.AtPlace},
		{"city in short form", "杭州市清河区柳浪路12号", Signature{Road: "柳浪路", Number: "12"}, Inside{}, address.AtPlace},
		{"group of a community", "柳岸社区3组12号", Signature{Community: "柳岸", Compound: "柳岸3组", House: "12"}, Inside{}, address.AtBuilding},
		{"village before a road", "新塘村柳浪路12号", Signature{Community: "新塘", Road: "柳浪路", Number: "12"}, Inside{}, address.AtPlace},
		{"grid", "柳岸社区第二网格天目小区3幢", Signature{Community: "柳岸", Compound: "天目小区", House: "3"}, Inside{}, address.AtBuilding},
		{"compound alone", "云溪街道天目小区", Signature{Compound: "天目小区"}, Inside{}, address.AtPlace},
		{"road alone", "云溪街道柳浪路", Signature{Road: "柳浪路"}, Inside{}, address.OnRoad},
		{"community alone", "云溪街道柳岸社区", Signature{Community: "柳岸"}, Inside{}, address.InCommunity},
		{"crossing", "沈家路与丰潭路交叉口", Signature{Road: "丰潭路×沈家路"}, Inside{}, address.OnRoad},
		{"two houses", "天目小区3幢、4幢", Signature{Compound: "天目小区"}, Inside{}, address.AtPlace},
		{"two houses by a list", "天目小区3、4幢", Signature{Compound: "天目小区"}, Inside{}, address.AtPlace},
		{"two numbers", "柳浪路12号、14号", Signature{Road: "柳浪路"}, Inside{}, address.OnRoad},
		{"beside a house", "天目小区3幢附近", Signature{Compound: "天目小区"}, Inside{}, address.AtPlace},
		{"beside a number", "柳浪路435号对面", Signature{Road: "柳浪路"}, Inside{}, address.OnRoad},
		{"distance", "柳浪路往西200米", Signature{Road: "柳浪路"}, Inside{}, address.OnRoad},
		{"at the door of a house", "天目小区3幢门口", Signature{Compound: "天目小区", House: "3"}, Inside{}, address.AtBuilding},
		{"outside", "湖滨街道天目小区3幢", Signature{Area: "湖滨街道", Compound: "天目小区", House: "3"}, Inside{}, address.AtBuilding},
		{"nothing", "不详", Signature{}, Inside{}, address.Nowhere},
		{"signs", "--", Signature{}, Inside{}, address.Nowhere},
		{"empty", "", Signature{}, Inside{}, address.Nowhere},
	} {
		got := r.Read(Row{Address: c.text})
		if got.Signature != c.want || got.Inside != c.inside || got.Level != c.level {
			t.Errorf("%s: %q is read as %+v %+v %s", c.name, c.text, got.Signature, got.Inside, got.Level)
		}
	}
}

func TestReadRows(t *testing.T) {
	r := cityReader(t)
	for _, c := range []struct {
		name string
		row  Row
		want Signature
	}{
		{"code alone", Row{Code: " ３３０１９８００１００１ "}, Signature{Code: "330198001001"}},
		{"no code", Row{Code: "0000", Address: "天目小区3幢"}, Signature{Compound: "天目小区", House: "3"}},
		{"community", Row{Address: "天目小区3幢", Community: "柳岸社区"}, Signature{Community: "柳岸", Compound: "天目小区", House: "3"}},
		{"community none", Row{Address: "天目小区3幢", Community: "-"}, Signature{Compound: "天目小区", House: "3"}},
		{"name in a field of its own", Row{Address: "3幢2单元", Name: "天目小区"}, Signature{Compound: "天目小区", House: "3"}},
		{"name beside an address", Row{Address: "柳浪路435号", Name: "柳浪路商铺"}, Signature{Road: "柳浪路", Number: "435"}},
		{"nothing", Row{}, Signature{}},
	} {
		if got := r.Read(c.row).Signature; got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// What can't be read stands alone under the caller's pseudonym, and the text
// leaves no trace in the signature.
func TestUnreadStandsAlone(t *testing.T) {
	parser, err := address.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(parser, Site{Town: "云溪街道"}, func(normal string) string { return "P" + hashed(normal) })
	for _, text := range []string{"王小明家", "找老李拿钥匙", "13800138000", "3组12号", "网格员张三电话联系后再定具体位置在哪里都可以的"} {
		s := r.Read(Row{Address: text}).Signature
		if (Signature{Alone: s.Alone}) != s || !strings.HasPrefix(s.Alone, "P") {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
	a, b := r.Read(Row{Address: "王小明 家"}).Signature, r.Read(Row{Address: "王小明家"}).Signature
	if a != b {
		t.Errorf("two spellings of one text: %+v, %+v", a, b)
	}
}

// A signature holds no room, whatever the text, and reading hangs on nothing
// that was read before.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"柳浪路264号天目小区3幢2单元302室", "锦绣苑3-2-502", "延长路123弄5号301室", "12-3-502", "幢", "号号3幢幢", "3幢\xff", "a-b-c幢路1-"} {
		f.Add(s)
	}
	parser, err := address.Shipped()
	if err != nil {
		f.Fatal(err)
	}
	used := NewReader(parser, Site{Town: "云溪街道"}, nil)
	f.Fuzz(func(t *testing.T, text string) {
		got := used.Read(Row{Address: text})
		if again := NewReader(parser, Site{Town: "云溪街道"}, nil).Read(Row{Address: text}); again != got {
			t.Errorf("%q: %+v, then %+v", text, got, again)
		}
		s := got.Signature
		for _, field := range []string{s.Area, s.Community, s.Road, s.Number, s.Compound, s.House} {
			if !utf8.ValidString(field) {
				t.Errorf("%q: %q is no UTF-8", text, field)
			}
		}
		if n := utf8.RuneCountInString(s.Compound); n > mostName {
			t.Errorf("%q: a compound of %d characters", text, n)
		}
	})
}
