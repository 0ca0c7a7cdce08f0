package address_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	"huiliu/fixtures/addresses"
	"huiliu/internal/crf"
	"huiliu/internal/fault"
	"huiliu/transform/address"
)

func shipped(t testing.TB) *address.Parser {
	t.Helper()
	p, err := address.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReadShipped(t *testing.T) {
	p := shipped(t).With(address.Nation(), address.Names{address.Compound: {"云栖花苑"}, address.Town: {"云溪街道"}})
	home := address.Address{Compound: "云栖花苑", Building: "3", Unit: "2", Floor: "5", Room: "501", Level: address.AtRoom}
	full := home
	full.Town, full.Road, full.Number = "云溪街道", "柳浪路", "12"
	for _, c := range []struct {
		text string
		want address.Address
	}{
		{"云溪街道柳浪路12号云栖花苑3幢2单元501室", full},
		{"云溪街道 柳浪路１２号 云栖花苑三栋二单元501", full},
		{"云栖花苑3号楼二单元501室", home},
		{"云栖花苑3-2-501", home},
		{"浙江杭州市西湖区学士路8号", address.Address{Province: "浙江省", City: "杭州市", District: "西湖区", Road: "学士路", Number: "8", Level: address.AtPlace}},
		{"梅坞村5组6号", address.Address{Community: "梅坞村", Number: "5组6", Level: address.AtPlace}},
		{"柳岸社区第三网格", address.Address{Community: "柳岸社区", Grid: "3", Level: address.InCommunity}},
		{"望江大厦A座12楼1203室", address.Address{Compound: "望江大厦", Building: "A", Floor: "12", Room: "1203", Level: address.AtRoom}},
		{"12-3-1001", address.Address{Building: "12", Unit: "3", Floor: "10", Room: "1001"}},
		{"", address.Address{}},
		{" \t\u3000\n", address.Address{}},
	} {
		got := p.Read(c.text)
		if (got.Level == address.Nowhere) != (got.Sure == 0) || got.Sure > 1 {
			t.Errorf("%s: level %s with probability %v", c.text, got.Level, got.Sure)
		}
		if got.Sure = 0; got != c.want {
			t.Errorf("%q\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

func TestSpellingsShareTheirKeys(t *testing.T) {
	p := shipped(t)
	for _, pair := range [][2]string{
		{"云溪街道柳浪路12号云栖花苑3幢2单元501室", "云栖花苑三号楼2单元501"},
		{"柳浪路12号云栖花苑3幢2单元501室", "云栖花苑3-2-501"},
		{"学士路100号附3号", "学士路100-3号"},
	} {
		a, b := p.Read(pair[0]), p.Read(pair[1])
		for l := address.AtPlace; l <= min(a.Level, b.Level); l++ {
			x, y := a.Keys(l), b.Keys(l)
			if !slices.ContainsFunc(x, func(k string) bool { return slices.Contains(y, k) }) {
				t.Errorf("at level %s %v and %v share nothing", l, x, y)
			}
		}
	}
	for _, pair := range [][2]string{
		{"云栖花苑3幢2单元501室", "云栖花苑3幢2单元502室"},
		{"云栖花苑3幢2单元501室", "云栖花苑3幢1单元501室"},
		{"学士路100号", "学士路101号"},
	} {
		a, b := p.Read(pair[0]), p.Read(pair[1])
		if x, y := a.Keys(a.Level), b.Keys(b.Level); len(x) == 0 || slices.Equal(x, y) {
			t.Errorf("%s and %s have the keys %v and %v", pair[0], pair[1], x, y)
		}
	}
}

func TestDistanceIsNoHouseNumber(t *testing.T) {
	got := address.Read([]address.Part{
		{Kind: address.Road, Text: "学士路", Sure: 1}, {Kind: address.Number, Text: "300", Sure: 1},
		{Kind: address.Hint, Text: "米", Sure: 1}, {Kind: address.Compound, Text: "药房", Sure: 1},
	})
	if got.Number != "" || got.Compound != "药房" || got.Level != address.AtPlace {
		t.Fatalf("%+v", got)
	}
}

func TestJoinedNumbersAreSplit(t *testing.T) {
	got := address.Read([]address.Part{{Kind: address.Compound, Text: "云栖花苑", Sure: 1}, {Kind: address.Room, Text: "12-3-1001", Sure: 1}})
	if got.Building != "12" || got.Unit != "3" || got.Room != "1001" || got.Floor != "10" {
		t.Fatalf("%+v", got)
	}
}

func TestUnsurePartsDoNotCount(t *testing.T) {
	part := func(k address.Kind, sure float64) address.Part { return address.Part{Kind: k, Text: "3", Sure: sure} }
	for _, c := range []struct {
		parts []address.Part
		want  address.Level
	}{
		{[]address.Part{part(address.Road, .9), part(address.Number, .4)}, address.OnRoad},
		{[]address.Part{part(address.Compound, .9), part(address.Building, .8), part(address.Room, .3)}, address.AtBuilding},
		{[]address.Part{part(address.Road, .9), part(address.Room, .9)}, address.OnRoad},
		{[]address.Part{part(address.Town, .9), part(address.Building, .9)}, address.InDivision},
		{[]address.Part{part(address.Room, .9)}, address.Nowhere},
		{[]address.Part{part(address.Occupant, .9)}, address.Nowhere},
		{nil, address.Nowhere},
	} {
		if got := address.Read(c.parts); got.Level != c.want {
			t.Errorf("%v: %s, want %s", c.parts, got.Level, c.want)
		}
	}
}

func checkParts(t *testing.T, text string, parts []address.Part) {
	t.Helper()
	at := 0
	for _, p := range parts {
		if p.Start < at || p.End <= p.Start || p.Text != text[p.Start:p.End] || p.Sure < 0 || p.Sure > 1+1e-9 {
			t.Fatalf("%q: part %+v behind %d", text, p, at)
		}
		if strings.TrimSpace(text[at:p.Start]) != "" {
			t.Fatalf("%q: %q is in no part", text, text[at:p.Start])
		}
		at = p.End
	}
	if len(parts) < 256 && at < len(text) && len(text) < 256 && strings.TrimFunc(text[at:], unicode.IsSpace) != "" {
		t.Fatalf("%q: the end is in no part", text)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "云栖花苑3-2-501", "\xff\xfe", "一百零百", "１２号", "--", "米300米", "A", strings.Repeat("路", 300)} {
		f.Add(s)
	}
	p := shipped(f)
	f.Fuzz(func(t *testing.T, text string) {
		parts := p.Parse(text)
		checkParts(t, text, parts)
		a := address.Read(parts)
		for l := range address.AtRoom + 2 {
			a.Keys(l)
		}
	})
}

func FuzzDecode(f *testing.F) {
	p, err := address.Fit(addresses.Samples(20, 5), address.Fitting{Unlabelled: []string{"柳浪路1号", "柳浪路2号"}, Field: crf.Options{Epochs: 1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Bytes())
	f.Add([]byte("HLADDR1\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := address.Decode(b)
		if err != nil {
			if len(fault.All(err)) == 0 {
				t.Fatalf("no fault: %v", err)
			}
			return
		}
		p.Parse("云溪街道柳浪路12号")
	})
}

func TestHugeTextIsBounded(t *testing.T) {
	text := strings.Repeat("云溪街道柳浪路12号", 100_000)
	parts := shipped(t).Parse(text)
	if end := parts[len(parts)-1].End; end > 4096 {
		t.Fatalf("read up to byte %d", end)
	}
}

func TestShippedReadsWhatItHasNotSeen(t *testing.T) {
	right, all := 0, 0
	p := shipped(t)
	for _, s := range addresses.Samples(300, 77) {
		got := p.Parse(s.Text)
		checkParts(t, s.Text, got)
		all += len(s.Parts)
		for _, q := range got {
			q.Sure = 0
			if slices.Contains(s.Parts, q) {
				right++
			}
		}
	}
	if share := float64(right) / float64(all); share < .85 {
		t.Fatalf("%.3f of the parts were found", share)
	}
}

func TestOrderIsForgottenAndBytesComeBack(t *testing.T) {
	samples := addresses.Samples(200, 9)
	var texts []string
	for _, s := range samples {
		texts = append(texts, s.Text)
	}
	o := address.Fitting{Gazetteer: address.Nation(), Unlabelled: texts, Field: crf.Options{Epochs: 2}}
	a, err := address.Fit(samples, o)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(samples)
	slices.Reverse(o.Unlabelled)
	b, err := address.Fit(samples, o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("another order gives another parser")
	}
	back, err := address.Decode(a.Bytes(), address.Nation())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), back.Bytes()) {
		t.Fatal("the bytes changed")
	}
	for _, s := range samples {
		if x, y := a.Parse(s.Text), back.Parse(s.Text); !slices.Equal(x, y) {
			t.Fatalf("%v became %v", x, y)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	part := func(from, to int) []address.Part { return []address.Part{{Kind: address.Room, Start: from, End: to}} }
	for name, samples := range map[string][]address.Sample{
		"none":                  nil,
		"only empty":            {{}},
		"a number cut in two":   {{Text: "1001", Parts: part(0, 2)}},
		"begins inside a token": {{Text: "1001室", Parts: part(2, 7)}},
		"ends before it begins": {{Text: "室", Parts: part(0, 0)}},
		"out of order":          {{Text: "室室", Parts: append(part(3, 6), part(0, 3)...)}},
		"unknown kind":          {{Text: "室", Parts: []address.Part{{Kind: 99, End: 3}}}},
	} {
		if _, err := address.Fit(samples, address.Fitting{}); len(fault.All(err)) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConstantAndSkewedSamples(t *testing.T) {
	one := address.Sample{Text: "柳浪路12号", Parts: []address.Part{{Kind: address.Road, End: 9}, {Kind: address.Number, Start: 9, End: 14}}}
	samples := slices.Repeat([]address.Sample{one}, 100)
	samples = append(samples, addresses.Samples(100, 3)...)
	p, err := address.Fit(samples, address.Fitting{Unlabelled: slices.Repeat([]string{one.Text}, 1000), Field: crf.Options{Epochs: 3}})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Read(one.Text); got.Road != "柳浪路" || got.Number != "12" {
		t.Fatalf("%+v", got)
	}
}

func TestShippedIsSmall(t *testing.T) {
	if n := len(shipped(t).Bytes()); n > 500_000 {
		t.Fatalf("%d bytes", n)
	}
}
