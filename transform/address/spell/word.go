package spell

import "slices"

// said are the words that are said in one way: the longest that fits a place
// is taken.
var said = [][2]string{
	{"交叉路口", "交叉口"}, {"十字路口", "交叉口"}, {"交汇路口", "交叉口"}, {"交汇处", "交叉口"}, {"交汇口", "交叉口"}, {"交界处", "交叉口"},
	{"交叉处", "交叉口"}, {"交接处", "交叉口"}, {"相交处", "交叉口"}, {"交会处", "交叉口"}, {"交汇", "交叉口"}, {"交口", "交叉口"},
	{"斜对面", "对面"}, {"正对面", "对面"}, {"斜对过", "对面"}, {"对过", "对面"}, {"对门", "对面"},
	{"旁边", "旁"}, {"隔壁", "旁"}, {"边上", "旁"},
	{"米左右", "米"}, {"米处", "米"}, {"米远", "米"},
	{"街道办事处", "街道"}, {"街道办", "街道"}, {"居民委员会", "居委会"}, {"村民委员会", "村委会"},
	{"有限责任公司", "有限公司"}, {"股份有限公司", "有限公司"},
	{"往东", "东"}, {"往西", "西"}, {"往南", "南"}, {"往北", "北"}, {"向东", "东"}, {"向西", "西"}, {"向南", "南"}, {"向北", "北"},
	{"地下1层", "b1层"}, {"地下2层", "b2层"}, {"负1层", "b1层"}, {"负2层", "b2层"}, {"地下1楼", "b1层"}, {"负1楼", "b1层"},
}

// phrase is a word and the one that is said for it.
type phrase struct{ word, instead []rune }

// phrases are the words by their first character, in the order of said: most
// characters begin none.
var phrases = func() map[rune][]phrase {
	out := map[rune][]phrase{}
	for _, w := range said {
		p := phrase{[]rune(w[0]), []rune(w[1])}
		out[p.word[0]] = append(out[p.word[0]], p)
	}
	return out
}()

// words replaces what is said in several ways.
func words(s []rune) []rune {
	out := make([]rune, 0, len(s))
	for i := 0; i < len(s); {
		n := 0
		for _, p := range phrases[s[i]] {
			if len(s)-i >= len(p.word) && slices.Equal(s[i:i+len(p.word)], p.word) {
				n = len(p.word)
				out = append(out, p.instead...)
				break
			}
		}
		if n == 0 {
			out = append(out, s[i])
			n = 1
		}
		i += n
	}
	return out
}

// buildings are the words behind the number or letter of a building.
var buildings = []string{"号楼", "号栋", "号幢", "#楼", "栋楼", "幢楼", "号座", "栋", "座", "幢"}

// units gives each unit behind digits or letters its one word: 幢 for a
// building, 层 for a floor, 室 for a room, 号 for #.
func units(s []rune) []rune {
	var out []rune
	for i := 0; i < len(s); {
		if !plain(s[i]) {
			if s[i] != '#' {
				out = append(out, s[i])
			}
			i++
			continue
		}
		n := span(s[i:], func(r rune) bool { return plain(r) || r == '-' })
		run, rest := s[i:i+n], s[i+n:]
		unit, used := unitOf(run, rest)
		if f, ok := floor(run); ok && used == 0 {
			run, unit = f, "层"
		}
		out = append(append(out, run...), []rune(unit)...)
		i += n + used
	}
	return out
}

// unitOf returns the one word for the unit that rest begins with, and the
// characters it took.
func unitOf(run, rest []rune) (word string, used int) {
	for _, w := range buildings {
		if begins(rest, w) {
			return "幢", len([]rune(w))
		}
	}
	switch {
	case begins(rest, "号室"), begins(rest, "号房"):
		return "室", 2
	case begins(rest, "号院"), begins(rest, "号门"), begins(rest, "号店"), begins(rest, "号铺"), begins(rest, "号线"):
		return "", 0
	case begins(rest, "房") && !begins(rest, "房产") && digit(run[len(run)-1]):
		return "室", 1
	case begins(rest, "#"):
		return "号", 1
	case begins(rest, "楼") && len(run) == 1 && latin(run[0]), begins(rest, "楼") && next(rest[1:]):
		return "幢", 1
	case begins(rest, "楼") && digit(run[len(run)-1]):
		return "层", 1
	}
	return "", 0
}

// next reports whether a unit or a door follows at once: then what stood
// before is a building, not a floor.
func next(rest []rune) bool {
	n := span(rest, digit)
	return n > 0 && (begins(rest[n:], "单元") || begins(rest[n:], "门")) || begins(rest, "单元")
}

// floor reads f3 and 3f as floor 3.
func floor(run []rune) ([]rune, bool) {
	switch n := len(run); {
	case n < 2 || n > 3:
	case run[0] == 'f' && span(run[1:], digit) == n-1:
		return run[1:], true
	case run[n-1] == 'f' && span(run, digit) == n-1:
		return run[:n-1], true
	}
	return nil, false
}

// divisions end the name of an administrative division.
var divisions = []string{"自治区", "自治州", "街道", "省", "市", "区", "县", "镇", "乡", "旗"}

// once drops what is named twice at once: 浙江省浙江省杭州市 is 浙江省杭州市, and
// 浙江浙江省 is 浙江省.
func once(s []rune) []rune {
	for i := range s {
		for n := 2; n <= 24 && i+n < len(s); n++ {
			rest := s[i+n:]
			if len(rest) < n || s[i] != rest[0] || !slices.Equal(s[i:i+n], rest[:n]) {
				continue
			}
			if endsDivision(s[i:i+n]) || dividedNext(rest[n:]) {
				return once(append(append([]rune{}, s[:i]...), rest...))
			}
		}
	}
	return s
}

func endsDivision(s []rune) bool {
	for _, d := range divisions {
		if n := len([]rune(d)); len(s) > n && begins(s[len(s)-n:], d) {
			return true
		}
	}
	return false
}

// dividedNext reports whether a division's ending comes at once. 市场 and 区域
// are none.
func dividedNext(rest []rune) bool {
	for _, d := range divisions {
		if begins(rest, d) && !begins(rest, "市场") && !begins(rest, "区域") && !begins(rest, "乡村") {
			return true
		}
	}
	return false
}
