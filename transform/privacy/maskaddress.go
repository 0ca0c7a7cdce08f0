package privacy

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// areaEndings end the part of an address that may be shown: divisions, roads,
// villages, estates.
var areaEndings = words("社区", "小区", "花园", "家园", "新村", "大道", "国道", "省道", "县道", "街道", "公寓", "大厦", "广场",
	"路", "街", "道", "巷", "弄", "胡同", "村", "镇", "乡", "区", "县", "市", "省", "州", "盟", "旗", "苑", "园", "里", "庄", "屯", "坊", "城")

// doorUnits follow the number of a door, and all between a road and a door.
var doorUnits = words("号楼", "号院", "单元", "栋", "幢", "座", "号", "楼", "层", "室", "房", "户", "门", "梯", "组", "排", "#")

// numerals are the Chinese digits, and letters of the stems that number
// buildings.
var numerals = words("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "零", "〇", "两", "甲", "乙", "丙", "丁")

// wordList is some words with an index of what they begin with: nearly every
// place of a text begins none of them, and the index says so in one step.
type wordList struct {
	words [][]byte
	begin [1 << 13]bool // by beginning
}

// beginning numbers what a text begins with: an ASCII character by itself, any
// other by its second and third byte, so that some share a number.
func beginning(text []byte) int {
	switch {
	case text[0] < utf8.RuneSelf || len(text) < 3:
		return int(text[0])
	default:
		return 1<<12 | int(text[1]&0x3f)<<6 | int(text[2]&0x3f)
	}
}

func words(list ...string) *wordList {
	out := &wordList{}
	for _, w := range list {
		out.words = append(out.words, []byte(w))
		out.begin[beginning([]byte(w))] = true
	}
	return out
}

// prefixOf returns the length of the first word that text begins with, 0 for
// none.
func prefixOf(text []byte, list *wordList) int {
	if len(text) == 0 || !list.begin[beginning(text)] {
		return 0
	}
	for _, w := range list.words {
		if bytes.HasPrefix(text, w) {
			return len(w)
		}
	}
	return 0
}

// maskAddress shows an address up to its last area before the first door
// number, and a star for the rest. An address without any Chinese is shown
// without its numbers.
func maskAddress(dst, text []byte) []byte {
	if !slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf }) {
		return maskDigits(dst, text)
	}
	door := firstDoor(text)
	end := 0
	for i := 0; i < door; {
		if n := prefixOf(text[i:door], areaEndings); n > 0 && i > 0 {
			i += n
			end = i
			continue
		}
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	dst = append(dst, text[:end]...)
	if end < len(text) {
		dst = append(dst, '*')
	}
	return dst
}

// firstDoor returns where the first number of a door begins, the text's
// length when there is none. A number before an area word (107国道, 三里屯,
// 二十八区) names the area.
func firstDoor(text []byte) int {
	for i := 0; i < len(text); {
		n, plain := numeralRun(text[i:])
		if n == 0 {
			_, size := utf8.DecodeRune(text[i:])
			i += size
			continue
		}
		rest := text[i+n:]
		if prefixOf(rest, doorUnits) > 0 && prefixOf(rest, areaEndings) == 0 || plain && prefixOf(rest, areaEndings) == 0 {
			return i
		}
		i += n
	}
	return len(text)
}

// numeralRun returns the length of the digits or Chinese numerals that text
// begins with; plain tells that there are digits or letters among them.
func numeralRun(text []byte) (n int, plain bool) {
	for n < len(text) {
		c := text[n]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || (c == '-' || c == '/') && n > 0 {
			n++
			plain = true
			continue
		}
		if c == 0xef && n+2 < len(text) && (text[n+1] == 0xbc && text[n+2] >= 0x90 || text[n+1] == 0xbd && text[n+2] <= 0x9a) {
			n += 3
			plain = true
			continue
		}
		size := 0
		if c >= 0xe0 {
			size = prefixOf(text[n:], numerals)
		}
		if size == 0 {
			break
		}
		n += size
	}
	return n, plain
}

func maskDigits(dst, text []byte) []byte {
	for i, c := range text {
		switch {
		case c < '0' || c > '9':
			dst = append(dst, c)
		case i == 0 || text[i-1] < '0' || text[i-1] > '9':
			dst = append(dst, '*')
		}
	}
	return dst
}
