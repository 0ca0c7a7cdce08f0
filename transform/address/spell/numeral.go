package spell

import "strconv"

// counted are the units before which a Chinese numeral is a number. Before
// other characters it is part of a name: 三里屯, 一中, 经七路.
var counted = []string{
	"号", "楼", "层", "幢", "栋", "单元", "室", "房", "弄", "组", "期", "座", "排", "队", "米", "公里", "支", "户", "厅",
	"铺", "门", "段", "区", "巷", "#",
}

var figures = map[rune]int{
	'〇': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
}

func numeral(r rune) bool {
	_, ok := figures[r]
	return ok || r == '十' || r == '百' || r == '千'
}

// numerals writes Chinese numerals before a counted unit as digits: 二十三号 is
// 23号, 一百米 is 100米, 一二三号 is 123号, 2百米 is 200米. 第 before them goes.
func numerals(s []rune) []rune {
	var out []rune
	for i := 0; i < len(s); {
		n := span(s[i:], numeral)
		if n == 0 {
			out = append(out, s[i])
			i++
			continue
		}
		value, ok := number(s[i : i+n])
		if len(out) > 0 && digit(out[len(out)-1]) {
			value, ok = zeros(s[i : i+n])
		}
		if ok && unitAt(s[i+n:]) {
			out = append(out, []rune(value)...)
		} else {
			out = append(out, s[i:i+n]...)
		}
		i += n
	}
	return ordinal(out)
}

func unitAt(s []rune) bool {
	for _, u := range counted {
		if begins(s, u) {
			return true
		}
	}
	return false
}

// zeros reads 百 or 千 behind digits.
func zeros(s []rune) (string, bool) {
	switch string(s) {
	case "十":
		return "0", true
	case "百":
		return "00", true
	case "千":
		return "000", true
	}
	return "", false
}

// number reads a numeral below 10,000, or figures in a row; ok is false for
// what is neither.
func number(s []rune) (string, bool) {
	value, last, place := 0, -1, 10_000
	figuresOnly := true
	digits := ""
	for _, r := range s {
		if f, ok := figures[r]; ok {
			if last > 0 {
				place = 0
			}
			last = f
			digits += strconv.Itoa(f)
			continue
		}
		figuresOnly = false
		times := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
		if times >= place || last == 0 && times > 10 {
			return "", false
		}
		place = times
		if last < 0 {
			last = 1
		}
		value += last * times
		last = -1
	}
	if figuresOnly {
		if len(digits) > 4 {
			return "", false
		}
		return trimZeros(digits), true
	}
	return strconv.Itoa(value + max(last, 0)), true
}

func trimZeros(digits string) string {
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return digits
}

// ordinal drops 第 before digits that have a unit.
func ordinal(s []rune) []rune {
	out := s[:0]
	for i, r := range s {
		if r == '第' {
			n := span(s[i+1:], digit)
			if n > 0 && unitAt(s[i+1+n:]) {
				continue
			}
		}
		out = append(out, r)
	}
	return out
}
