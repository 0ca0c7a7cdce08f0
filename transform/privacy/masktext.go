package privacy

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// provinces begin a car plate (GA 36-2018).
const provinces = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"

// strongUnits follow a Chinese numeral only where it numbers a door.
var strongUnits = words("号楼", "单元", "栋", "幢", "室")

// cues announce a name.
var cues = words("联系人", "姓名", "我叫", "本人叫", "投诉人", "举报人", "诉求人", "来电人", "反映人")

// families are the commonest family names; they decide where a name ends that
// no punctuation ends.
const families = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵万钱严覃武戴莫孔向汤"

// textMasker walks through free text once and writes the masked form.
type textMasker struct {
	text []byte
	out  []byte
	at   int
	// copied is up to where text stands in out already: what is shown is
	// copied in stretches.
	copied int
	// start is where this text begins in out.
	start int
	// doorEnd is where the last door unit ended: digits that follow at once
	// are a door too (3栋502).
	doorEnd int
}

func maskFreeText(dst, text []byte) []byte {
	m := textMasker{text: foldNumbers(text), out: dst, start: len(dst), doorEnd: -1}
	for m.at < len(m.text) {
		m.step()
	}
	m.flush()
	return m.out
}

// foldNumbers turns full-width letters, digits, ＠ and － into ASCII; the text
// itself comes back when it has none.
func foldNumbers(text []byte) []byte {
	for i := bytes.IndexByte(text, 0xef); i >= 0 && i+2 < len(text); {
		if foldable(text[i+1], text[i+2]) {
			return appendFoldedNumbers(make([]byte, 0, len(text)), text)
		}
		next := bytes.IndexByte(text[i+1:], 0xef)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return text
}

func foldable(second, third byte) bool {
	if second == 0xbc {
		c := narrow(second, third)
		return third >= 0x81 && (c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c == '@' || c == '-' || c == '.')
	}
	return second == 0xbd && third >= 0x81 && third <= 0x9a
}

func appendFoldedNumbers(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == 0xef && i+2 < len(text) && foldable(text[i+1], text[i+2]) {
			dst = append(dst, narrow(text[i+1], text[i+2]))
			i += 2
			continue
		}
		dst = append(dst, text[i])
	}
	return dst
}

func (m *textMasker) step() {
	c := m.text[m.at]
	switch {
	case c >= '0' && c <= '9':
		m.number()
	case c == '@':
		m.mail()
	case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
		m.letter()
	case c >= 0xe3 && c <= 0xe9:
		m.chinese()
	default:
		m.at++
	}
}

// flush brings out up to the mark.
func (m *textMasker) flush() {
	m.out = append(m.out, m.text[m.copied:m.at]...)
	m.copied = m.at
}

// pass leaves n bytes out: what stands for them is in out already.
func (m *textMasker) pass(n int) {
	m.at += n
	m.copied = m.at
}

func (m *textMasker) hide(n int) {
	m.flush()
	m.out = stars(m.out, n)
	m.pass(n)
}

// mail hides what stands before an @ between letters.
func (m *textMasker) mail() {
	if m.at+1 >= len(m.text) || !isAlnum(m.text[m.at+1]) {
		m.at++
		return
	}
	m.flush()
	end := len(m.out)
	for end > m.start {
		c := m.out[end-1]
		if !isAlnum(c) && c != '.' && c != '_' && c != '-' && c != '+' && c != '*' && c != '%' {
			break
		}
		end--
	}
	if end < len(m.out) {
		m.out = append(m.out[:end], '*')
	}
	m.at++
}

// letter hides a plate after a province's sign, and the letter of a building.
func (m *textMasker) letter() {
	if m.at >= 3 && strings.Contains(provinces, string(m.text[m.at-3:m.at])) && m.text[m.at-3] >= 0xe0 {
		if n := plate(m.text[m.at+1:]); n > 0 {
			m.at++
			m.flush()
			m.out = stars(m.out, 5)
			m.pass(n)
			return
		}
	}
	single := m.at == 0 || !isAlnum(m.text[m.at-1])
	if single && prefixOf(m.text[m.at+1:], strongUnits) > 0 || single && bytes.HasPrefix(m.text[m.at+1:], []byte("座")) {
		m.hide(1)
		return
	}
	// The rest of a word is copied whole, so that digits in it (A4, 5G) are
	// judged by number as they come.
	n := 1
	for m.at+n < len(m.text) && isAlnum(m.text[m.at+n]) && !isDigit(m.text[m.at+n]) {
		n++
	}
	m.at += n
}

// plate returns how long the rest of a plate is: five or six letters and
// digits, perhaps after a separator.
func plate(rest []byte) int {
	skip := 0
	for _, sep := range []string{"·", " ", "-", "."} {
		if bytes.HasPrefix(rest, []byte(sep)) {
			skip = len(sep)
			break
		}
	}
	n, digits := 0, 0
	for skip+n < len(rest) && isAlnum(rest[skip+n]) {
		if isDigit(rest[skip+n]) {
			digits++
		}
		n++
	}
	if digits < 2 || n < 4 || n > 6 {
		return 0
	}
	return skip + n
}

// Classes of Chinese characters that something may begin with.
const (
	plainHan = iota
	digitHan
	cueHan
)

const firstHan, lastHan = 0x4e00, 0x9fff

// hanClasses tells the class of each character of the main block.
var hanClasses = func() *[lastHan - firstHan + 1]uint8 {
	var t [lastHan - firstHan + 1]uint8
	for _, c := range cues.words {
		r, _ := utf8.DecodeRune(c)
		t[r-firstHan] = cueHan
	}
	for _, r := range "一二三四五六七八九零幺两十百" {
		t[r-firstHan] = digitHan
	}
	return &t
}()

// hanAt returns the class of the character at i; a stray byte is plain.
func (m *textMasker) hanAt(i int) int {
	if i+2 >= len(m.text) {
		return plainHan
	}
	a, b, c := m.text[i], m.text[i+1], m.text[i+2]
	r := int(a&0xf)<<12 | int(b&0x3f)<<6 | int(c&0x3f)
	if r < firstHan || r > lastHan || a < 0xe0 || a > 0xef {
		if a == 0xe3 && b == 0x80 && c == 0x87 { // 〇
			return digitHan
		}
		return plainHan
	}
	return int(hanClasses[r-firstHan])
}

// chinese passes over a Chinese character, or hides what it begins: a number
// in Chinese digits, or the name after a cue.
func (m *textMasker) chinese() {
	switch m.hanAt(m.at) {
	case digitHan:
		m.spoken()
	case cueHan:
		if n := prefixOf(m.text[m.at:], cues); n > 0 {
			m.at += n
			m.name()
			return
		}
		m.at += 3
	default:
		m.at = min(m.at+3, len(m.text))
	}
}

// spoken hides a number in Chinese digits that is long, or a door's.
func (m *textMasker) spoken() {
	n := 0
	for m.hanAt(m.at+n) == digitHan {
		n += 3
	}
	if n/3 >= 7 {
		m.flush()
		m.out = stars(m.out, n/3)
		m.pass(n)
		return
	}
	unit := prefixOf(m.text[m.at+n:], strongUnits)
	if unit == 0 {
		m.at += n
		return
	}
	m.flush()
	m.out = append(m.out, '*')
	m.pass(n)
	m.at += unit
	m.doorEnd = m.at
}

// fillers may stand between a cue and the name.
var fillers = words("：", ":", "是", "为", "叫", " ")

// name hides the given name after a cue.
func (m *textMasker) name() {
	for _, f := range fillers.words {
		if bytes.HasPrefix(m.text[m.at:], f) {
			m.at += len(f)
		}
	}
	length := 0
	for m.at+length+3 <= len(m.text) && m.text[m.at+length] >= 0xe4 && m.text[m.at+length] <= 0xe9 {
		length += 3
	}
	family := length >= 3 && strings.Contains(families, string(m.text[m.at:m.at+3]))
	hidden := 0
	switch {
	case length >= 6 && length <= 12 && (family || length <= 9):
		hidden = length - 3
	case length > 12 && family:
		hidden = 6
	}
	if hidden > 0 {
		m.at += 3
		m.flush()
		m.out = append(m.out, '*')
		m.pass(hidden)
	}
}
