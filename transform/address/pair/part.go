package pair

import (
	"strings"
)

// Field is what a part of an address is.
type Field int

// The fields, from the widest area to the door; then what tells a place by
// another one.
const (
	Province Field = iota
	City
	County
	Town
	Village
	Road
	Number
	Place
	Zone
	Building
	Unit
	Floor
	Room
	Crossing
	Offset
	Aside
	Group
	Bare
	fields
)

var fieldNames = [fields]string{
	"省", "市", "区县", "街道乡镇", "村社区", "道路", "门牌号", "地点", "期区", "楼幢", "单元", "楼层", "房号", "交叉口", "方位距离", "括注", "组队", "数字",
}

// String gives the field's name in Chinese.
func (f Field) String() string {
	if f < 0 || f >= fields {
		return "其他"
	}
	return fieldNames[f]
}

// Part is one part of an address in its normal spelling.
type Part struct {
	Field Field
	Text  string
}

// Parser cuts an address in its normal spelling into parts. Where none is
// given, parts are told by the words that end them.
type Parser interface {
	Parse(text string) []Part
}

// ending is a word that ends the name of a part.
type ending struct {
	word  string
	field Field
	// notAfter and notBefore are characters beside which the word is part of
	// another one: 超市, 市场.
	notAfter, notBefore string
}

// endings are looked for in this order, the longer before the shorter.
var endings = []ending{
	{"自治区", Province, "", ""}, {"自治州", City, "", ""}, {"自治县", County, "", ""},
	{"开发区", Town, "", ""}, {"工业区", Town, "", ""}, {"高新区", County, "", ""}, {"街道", Town, "", "口"},
	{"社区", Village, "", "医卫服"}, {"高速", Road, "", ""}, {"公路", Road, "", "局"}, {"胡同", Road, "", ""}, {"国道", Road, "", ""}, {"省道", Road, "", ""},
	{"县道", Road, "", ""}, {"乡道", Road, "", ""}, {"大道", Road, "", ""}, {"大街", Road, "", ""}, {"地区", City, "", ""},
	{"省", Province, "", "道直立级"}, {"市", City, "超都夜菜门集楼", "场政民委府局立医广花之街"},
	{"区", County, "小校园厂景库院特住别社片军C-c", "域政法委医"}, {"县", County, "", "城政委医道"}, {"旗", County, "红国", "舰"},
	{"镇", Town, "", "政"}, {"乡", Town, "老家城水", "政村道"}, {"村", Village, "新", "委民"},
	{"路", Road, "道铁公", "口"}, {"街", Road, "", "道"}, {"巷", Road, "", ""}, {"弄", Road, "", ""},
	{"道", Road, "街轨赛通渠隧跑味", "路口"}, {"线", Road, "热在光电连", ""},
}

// unitFields are what digits are before a unit.
var unitFields = []struct {
	word  string
	field Field
	keep  bool // the unit is part of the name
}{
	{"单元", Unit, false}, {"公里", Offset, false}, {"国道", Road, true}, {"省道", Road, true}, {"县道", Road, true}, {"乡道", Road, true},
	{"号线", Road, true}, {"大道", Road, true}, {"大街", Road, true}, {"号院", Zone, false}, {"号地", Zone, false}, {"号门", Group, true},
	{"路", Road, true}, {"街", Road, true}, {"巷", Road, true}, {"弄", Zone, false}, {"段", Road, true},
	{"米", Offset, false}, {"号", Number, false}, {"幢", Building, false}, {"层", Floor, false}, {"室", Room, false}, {"户", Room, false},
	{"期", Zone, true}, {"区", Zone, true}, {"组", Group, true}, {"队", Group, true}, {"排", Group, true}, {"门", Group, true},
}

// byWords is the parser used where none is given.
type byWords struct{}

func (byWords) Parse(text string) []Part {
	var out []Part
	s := []rune(text)
	for i := 0; i < len(s); {
		switch {
		case s[i] == '(':
			end := until(s, i+1, ")")
			out = add(out, Aside, string(s[i+1:end]))
			i = end + 1
		case s[i] == ')':
			i++
		case alnum(s[i]):
			var p Part
			p, i = numbered(s, i)
			out = add(out, p.Field, p.Text)
		default:
			end := i
			for end < len(s) && !alnum(s[end]) && s[end] != '(' && s[end] != ')' {
				end++
			}
			out = named(out, s[i:end])
			i = end
		}
	}
	return out
}

func add(parts []Part, f Field, text string) []Part {
	if text == "" {
		return parts
	}
	return append(parts, Part{f, text})
}

func alnum(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }

// until returns where one of the characters stands from i on, else the end.
func until(s []rune, i int, any string) int {
	for i < len(s) && !strings.ContainsRune(any, s[i]) {
		i++
	}
	return i
}

// numbered reads digits or letters with their unit. Letters without a unit
// are part of a place's name.
func numbered(s []rune, i int) (Part, int) {
	end := i
	digits := false
	for end < len(s) && (alnum(s[end]) || s[end] == '-' && digits) {
		digits = digits || s[end] <= '9'
		end++
	}
	run := strings.TrimRight(string(s[i:end]), "-")
	for _, u := range unitFields {
		if has(s[end:], u.word) {
			n := len([]rune(u.word))
			if u.keep {
				run += u.word
			}
			return Part{u.field, run}, end + n
		}
	}
	if digits {
		return Part{Bare, run}, end
	}
	return Part{Place, run}, end
}

func has(s []rune, word string) bool {
	i := 0
	for _, r := range word {
		if i >= len(s) || s[i] != r {
			return false
		}
		i++
	}
	return true
}

// named cuts a text without digits into names by what ends them; what no
// ending claims is a place.
func named(out []Part, s []rune) []Part {
	from := 0
	for i := 0; i < len(s); {
		if has(s[i:], "交叉口") {
			out = append(place(out, s[from:i]), Part{Crossing, "交叉口"})
			i += 3
			from = i
			continue
		}
		if e, n := endingAt(s, from, i); n > 0 {
			out = add(out, e.field, string(trimJoin(s[from:i+n])))
			i += n
			from = i
			continue
		}
		i++
	}
	return place(out, s[from:])
}

// endingAt finds the ending at i of a name that begins at from and has a
// character of its own.
func endingAt(s []rune, from, i int) (ending, int) {
	if i-from < 1 || i-from > 10 {
		return ending{}, 0
	}
	for _, e := range endings {
		if !has(s[i:], e.word) {
			continue
		}
		n := len([]rune(e.word))
		if strings.ContainsRune(e.notAfter, s[i-1]) || i+n < len(s) && strings.ContainsRune(e.notBefore, s[i+n]) {
			return ending{}, 0
		}
		return e, n
	}
	return ending{}, 0
}

// trimJoin drops the word that joins a name to the one before it.
func trimJoin(s []rune) []rune {
	if len(s) > 2 && strings.ContainsRune("与和及跟", s[0]) {
		return s[1:]
	}
	return s
}

// relations are words that tell a place by another one and name nothing.
var relations = []string{"附近", "对面", "旁", "东南", "东北", "西南", "西北", "东侧", "西侧", "南侧", "北侧"}

// place adds what no ending claimed: a direction or a relation as an offset,
// else a place.
func place(out []Part, s []rune) []Part {
	text := string(s)
	for _, r := range relations {
		if rest, ok := strings.CutPrefix(text, r); ok {
			out = append(out, Part{Offset, r})
			text = rest
			break
		}
	}
	if len([]rune(text)) == 1 && strings.Contains("东南西北中内与和", text) {
		return add(out, Offset, text)
	}
	return add(out, Place, text)
}
