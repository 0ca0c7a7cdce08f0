package files

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// jsonFault is why a text is no record.
type jsonFault struct {
	kind *fault.Kind
	at   int
	why  string
}

// jsonScanner puts the members of JSON objects (RFC 8259) into columns. It
// expects valid UTF-8.
type jsonScanner struct {
	builder *page.Builder
	slots   []slot
	index   map[string]int
	// record numbers the objects, so that a slot knows a key that stands twice.
	record  int64
	next    int // the slot that comes next when the keys keep their order
	text    []byte
	scratch []byte
	strict  bool // a control character stands somewhere in the text
}

// slot is one key of the page.
type slot struct {
	name   string
	column int
	seen   int64
}

// begin starts a page.
func (s *jsonScanner) begin(b *page.Builder) {
	s.builder, s.slots = b, s.slots[:0]
	if s.index == nil {
		s.index = map[string]int{}
	}
	clear(s.index)
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (s *jsonScanner) skip(i int) int {
	for i < len(s.text) && space(s.text[i]) {
		i++
	}
	return i
}

func broken(at int, why string) *jsonFault { return &jsonFault{badJSON, at, why} }

// object reads one record.
func (s *jsonScanner) object(b *page.Builder, text []byte) *jsonFault {
	s.text, s.strict, s.next = text, hasControl(text), 0
	s.record++
	i := s.skip(0)
	if i == len(text) || text[i] != '{' {
		if jsontext.Value(text).IsValid() {
			return &jsonFault{notObject, i, ""}
		}
		return broken(i, "缺少 {")
	}
	i = s.skip(i + 1)
	if i < len(text) && text[i] == '}' {
		return s.end(i + 1)
	}
	for {
		slot, at, fault := s.member(i)
		if fault != nil {
			return fault
		}
		if i, fault = s.value(at, slot); fault != nil {
			return fault
		}
		i = s.skip(i)
		switch {
		case i == len(text):
			return broken(i, "对象不完整")
		case text[i] == '}':
			return s.end(i + 1)
		case text[i] != ',':
			return broken(i, "缺少逗号")
		}
		i = s.skip(i + 1)
	}
}

// end makes sure that nothing follows the object.
func (s *jsonScanner) end(i int) *jsonFault {
	if i = s.skip(i); i < len(s.text) {
		return broken(i, "对象之后还有内容")
	}
	return nil
}

// member reads a key and its colon and returns the key's slot and where the
// value begins.
func (s *jsonScanner) member(i int) (int, int, *jsonFault) {
	if i == len(s.text) || s.text[i] != '"' {
		return 0, i, broken(i, "缺少键")
	}
	key, at, fault := s.str(i)
	if fault != nil {
		return 0, i, fault
	}
	slot := s.slot(key)
	if s.slots[slot].seen == s.record {
		return 0, i, &jsonFault{twiceKey, i, s.slots[slot].name}
	}
	s.slots[slot].seen = s.record
	at = s.skip(at)
	if at == len(s.text) || s.text[at] != ':' {
		return 0, i, broken(at, "缺少冒号")
	}
	return slot, s.skip(at + 1), nil
}

func (s *jsonScanner) slot(key []byte) int {
	if s.next < len(s.slots) && s.slots[s.next].name == string(key) {
		s.next++
		return s.next - 1
	}
	at, ok := s.index[string(key)]
	if !ok {
		at = len(s.slots)
		name := string(key)
		s.index[name] = at
		s.slots = append(s.slots, slot{name: name, column: s.builder.Column(name, page.Text)})
	}
	s.next = at + 1
	return at
}

// str reads a string and returns its text, which holds until the next call,
// and where it ends.
func (s *jsonScanner) str(i int) ([]byte, int, *jsonFault) {
	rest := s.text[i+1:]
	at := bytes.IndexByte(rest, '"')
	if at < 0 {
		return nil, i, broken(len(s.text), "引号没有成对")
	}
	plain := bytes.IndexByte(rest[:at], '\\') < 0
	if plain && !s.strict {
		return rest[:at], i + at + 2, nil
	}
	for j := 0; ; j++ {
		if j = nextSpecial(rest, j); j == len(rest) {
			return nil, i, broken(len(s.text), "引号没有成对")
		}
		if rest[j] == '"' {
			at = j
			break
		}
		if rest[j] < 0x20 {
			return nil, i, broken(i+1+j, "字符串中有控制字符")
		}
		j++ // the byte behind a backslash
	}
	var err error
	s.scratch, err = jsontext.AppendUnquote(s.scratch[:0], s.text[i:i+at+2])
	if err != nil {
		return nil, i, broken(i, "字符串的转义有误")
	}
	return s.scratch, i + at + 2, nil
}

// nextSpecial finds a quote, a backslash or a control character.
func nextSpecial(b []byte, i int) int {
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return min(i, len(b))
}

// value reads a value into the slot's column and returns where it ends.
func (s *jsonScanner) value(i int, slot int) (int, *jsonFault) {
	if i == len(s.text) {
		return i, broken(i, "缺少值")
	}
	col := s.slots[slot].column
	switch c := s.text[i]; {
	case c == '"':
		text, end, fault := s.str(i)
		if fault == nil {
			s.builder.Text(col, text)
		}
		return end, fault
	case c == '-' || c >= '0' && c <= '9':
		return s.number(i, col)
	case c == '{' || c == '[':
		return s.nested(i, col)
	case bytes.HasPrefix(s.text[i:], []byte("null")):
		return i + 4, nil
	case bytes.HasPrefix(s.text[i:], []byte("true")):
		s.builder.Bool(col, true)
		return i + 4, nil
	case bytes.HasPrefix(s.text[i:], []byte("false")):
		s.builder.Bool(col, false)
		return i + 5, nil
	}
	return i, broken(i, "值有误")
}

// nested keeps an object or a list as its JSON text.
func (s *jsonScanner) nested(i, col int) (int, *jsonFault) {
	e := extent{}
	n := e.scan(s.text[i:])
	if n < 0 {
		return i, broken(len(s.text), "对象或列表不完整")
	}
	d := jsontext.NewDecoder(bytes.NewReader(s.text[i : i+n]))
	v, err := d.ReadValue()
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return i, &jsonFault{twiceKey, i, s.slotName(col)}
	}
	if err != nil || len(v) != n {
		return i, broken(i+int(d.InputOffset()), "值有误")
	}
	s.builder.JSON(col, s.text[i:i+n])
	return i + n, nil
}

func (s *jsonScanner) slotName(col int) string {
	for _, slot := range s.slots {
		if slot.column == col {
			return slot.name
		}
	}
	return ""
}

// number keeps an integer of 64 bits as Int, a decimal that a double prints
// back as Float, and every other number as its JSON text.
func (s *jsonScanner) number(i, col int) (int, *jsonFault) {
	lit, ok := scanNumber(s.text[i:])
	if !ok {
		return i, broken(i, "数字有误")
	}
	if v, ok := exactInt(lit); ok {
		s.builder.Int(col, v)
	} else if f, ok := exactFloat(lit); ok {
		s.builder.Float(col, f)
	} else {
		s.builder.JSON(col, lit)
	}
	return i + len(lit), nil
}

// scanNumber cuts a number by the grammar of RFC 8259.
func scanNumber(b []byte) ([]byte, bool) {
	digits := func(i int) int {
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i
	}
	i := 0
	if b[0] == '-' {
		i++
	}
	end := digits(i)
	if end == i || b[i] == '0' && end > i+1 {
		return nil, false
	}
	if i = end; i < len(b) && b[i] == '.' {
		if end = digits(i + 1); end == i+1 {
			return nil, false
		}
		i = end
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if end = digits(i); end == i {
			return nil, false
		}
		i = end
	}
	return b[:i], true
}

// exactInt reads an integer literal that fits 64 bits; -0 is none.
func exactInt(lit []byte) (int64, bool) {
	negative := lit[0] == '-'
	digits := lit
	if negative {
		digits = lit[1:]
	}
	if len(digits) > 19 || negative && digits[0] == '0' {
		return 0, false
	}
	var v uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	switch {
	case negative && v <= 1<<63:
		return -int64(v), true
	case !negative && v <= math.MaxInt64:
		return int64(v), true
	}
	return 0, false
}

var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// exactFloat reads a decimal and reports whether the double's shortest form
// is the same decimal. Up to 15 digits always are (IEEE 754), and with a power
// of ten up to 22 one division is exactly rounded (Clinger 1990).
func exactFloat(lit []byte) (float64, bool) {
	var mantissa uint64
	digits, scale, point := 0, 0, false
	i := 0
	negative := lit[0] == '-'
	if negative {
		i++
	}
	for ; i < len(lit); i++ {
		c := lit[i]
		if c == '.' {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			return slowFloat(lit) // an exponent
		}
		if digits > 0 || c != '0' {
			digits++
		}
		mantissa = mantissa*10 + uint64(c-'0')
		if point {
			scale++
		}
	}
	if digits > 15 || scale > 22 || mantissa == 0 {
		return slowFloat(lit)
	}
	f := float64(mantissa) / powers[scale]
	if negative {
		f = -f
	}
	return f, true
}

func slowFloat(lit []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil || math.Signbit(f) && f == 0 {
		return 0, false
	}
	return f, decimal(string(lit)) == decimal(strconv.FormatFloat(f, 'e', -1, 64))
}

// decimal writes a number literal in one form: sign, digits without zeros at
// the ends, power of ten.
func decimal(lit string) string {
	sign := ""
	if strings.HasPrefix(lit, "-") {
		sign, lit = "-", lit[1:]
	}
	mantissa, power, _ := strings.Cut(strings.ToLower(lit), "e")
	exponent := 0
	if power != "" {
		n, err := strconv.Atoi(power)
		if err != nil {
			return "?" + sign + lit // an exponent of twenty digits equals no other
		}
		exponent = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	exponent -= len(fraction)
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if trimmed == "" {
		return "0"
	}
	return sign + trimmed + "e" + strconv.Itoa(exponent)
}

// hasControl reports whether a byte below 0x20 is there.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < 0x20 {
			return true
		}
	}
	return false
}

// invalidUTF8 returns the offset of the first byte that is not valid UTF-8,
// -1 when all are.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	return firstInvalid(b)
}

// extent finds where a JSON value ends by its brackets and strings alone. It
// can be fed piece by piece.
type extent struct {
	depth           int
	inside, escaped bool
	begun           bool
}

// scan returns how many of the bytes belong to the value, -1 when it goes on.
func (e *extent) scan(b []byte) int {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if e.inside {
			switch {
			case e.escaped:
				e.escaped = false
			case c == '\\':
				e.escaped = true
			case c == '"':
				e.inside = false
				if e.depth == 0 {
					return i + 1
				}
			}
			continue
		}
		switch c {
		case '"':
			e.inside = true
		case '{', '[':
			e.depth++
		case '}', ']':
			if e.depth == 0 {
				return i // a scalar ends before the list's bracket
			}
			if e.depth--; e.depth == 0 {
				return i + 1
			}
		case ',':
			if e.depth == 0 && e.begun {
				return i
			}
		}
		e.begun = true
	}
	return -1
}
