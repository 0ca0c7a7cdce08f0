package address

import (
	"strconv"
	"strings"
)

// plain writes a text in folded form without white space, with Chinese
// numerals as digits: 第十二幢 and １２幢 are 12幢.
func plain(s string) string {
	var b strings.Builder
	tokens := tokenise(s)
	for i := 0; i < len(tokens); i++ {
		if tokens[i].class != numeral {
			if tokens[i].norm != "第" {
				b.WriteString(tokens[i].norm)
			}
			continue
		}
		from := i
		for i+1 < len(tokens) && (tokens[i+1].class == numeral || tokens[i+1].norm == "百") {
			i++
		}
		b.WriteString(readNumeral(tokens[from : i+1]))
	}
	return b.String()
}

// readNumeral gives the digits of a Chinese number below 1000, or of figures
// written one by one as in 一〇二. What is neither is left as it is.
func readNumeral(tokens []token) string {
	positional, said := true, ""
	for _, t := range tokens {
		said += t.norm
		positional = positional && t.norm != "十" && t.norm != "百"
	}
	if positional {
		var b strings.Builder
		for _, t := range tokens {
			b.WriteString(strconv.Itoa(numerals[[]rune(t.norm)[0]]))
		}
		return b.String()
	}
	sum, digit, last := 0, 0, 1000
	for _, t := range tokens {
		unit := 1
		switch t.norm {
		case "十":
			unit = 10
		case "百":
			unit = 100
		}
		if unit == 1 {
			if digit > 0 {
				return said
			}
			digit = numerals[[]rune(t.norm)[0]]
			continue
		}
		if unit >= last {
			return said
		}
		last = unit
		sum += max(digit, 1) * unit
		digit = 0
	}
	return strconv.Itoa(sum + digit)
}

// The words behind a number that only say what it numbers, longest first.
var (
	buildingWords = strings.Fields("号楼 #楼 幢楼 栋楼 号幢 号栋 塔楼 幢 栋 座 楼 号 # 搂")
	unitWords     = strings.Fields("单元 号门 门")
	floorWords    = strings.Fields("层楼 楼层 层 楼 F")
	roomWords     = strings.Fields("号房 号室 号铺 室 房 户 号 铺 #")
	numberWords   = strings.Fields("号院 号 #")
)

// bare gives what is before such a word: the number or letter alone. A text
// that is nothing but the word is kept.
func bare(s string, words []string) string {
	s = strings.Trim(plain(s), "-、,，.()（）")
	for _, w := range words {
		if s == w {
			break
		}
		if short, ok := strings.CutSuffix(s, w); ok {
			s = strings.TrimRight(short, "-")
			break
		}
	}
	return strings.TrimLeft(trimZeros(s), "-")
}

// trimZeros takes leading zeros from a number.
func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	return s
}

// houseNumber writes a number on a road in one form: 100号附3号, 100号之三 and
// 100-3号 are 100-3; a range keeps both ends; 弄 and 组 stay, for they number
// something else than houses.
func houseNumber(s string) string {
	s = bare(s, numberWords)
	for _, w := range []string{"号附", "号之", "附", "之", "号-", "~", "至"} {
		s = strings.ReplaceAll(s, w, "-")
	}
	return strings.ReplaceAll(s, "号", "-")
}

// floorNumber writes a floor as a number, those below ground negative.
func floorNumber(s string) string {
	s = strings.ToUpper(plain(s))
	below := false
	for _, w := range []string{"地下", "负", "B", "-"} {
		if short, ok := strings.CutPrefix(s, w); ok && short != "" {
			s, below = short, true
			break
		}
	}
	s = bare(s, floorWords)
	switch s {
	case "底", "首", "低":
		return "1"
	}
	if below {
		return "-" + s
	}
	return s
}

// floorOf derives the floor from a room's number: of three or four digits the
// last two number the rooms of a floor, as is the custom; other forms say
// nothing.
func floorOf(room string) string {
	if i := strings.IndexAny(room, "-、"); i > 0 {
		room = room[:i]
	}
	room = strings.TrimFunc(room, func(r rune) bool { return r >= 'A' && r <= 'Z' })
	if n, err := strconv.Atoi(room); err != nil || n < 100 || n > 9999 || n%100 == 0 {
		return ""
	}
	return trimZeros(room[:len(room)-2])
}
