package normalise

import (
	"bytes"
	"time"
)

// moment is a time as a text gave it.
type moment struct {
	// day is days since 1970-01-01 on the clock that the text was read from.
	day int64
	// micros are microseconds of that day when hasClock.
	micros   int64
	hasClock bool
	// zoned says that the text told its offset, seconds east of UTC.
	zoned  bool
	offset int64
}

// Outcome of reading a value.
type outcome uint8

const (
	// good: there is a value.
	good outcome = iota
	// absent: there is none, and that is no fault.
	absent
	// unreadable: the text is not of the kind that it should be.
	unreadable
	// outside: the value is readable, but can't be.
	outside
)

// The years that dates may lie in; others are slips of the pen.
const firstYear, lastYear = 1900, 2100

// layout is one way to read a time.
type layout struct {
	read func(text []byte) (moment, outcome)
}

// namedLayouts are the layouts that have a name of their own.
var namedLayouts = map[string]func([]byte) (moment, outcome){
	"auto": readAuto, "epoch_seconds": func(t []byte) (moment, outcome) { return readEpoch(t, 1e6) },
	"epoch_millis": func(t []byte) (moment, outcome) { return readEpoch(t, 1e3) },
	"minguo":       readMinguo, "excel_day": func(t []byte) (moment, outcome) { return readExcelFrom(t, 1) },
}

// newLayout compiles a format: a name, or a layout of Go's package time.
func newLayout(format string) (layout, bool) {
	if read, ok := namedLayouts[format]; ok {
		return layout{read}, true
	}
	probe := time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC)
	if t, err := time.Parse(format, probe.Format(format)); err != nil || t.Year() != 2006 || t.Month() != 1 {
		return layout{}, false
	}
	hasClock := probe.Format(format) != probe.Add(-3*time.Hour).Format(format)
	zoned := probe.Format(format) != probe.In(time.FixedZone("", 0)).Add(0).Format(format) ||
		probe.Format(format) != time.Date(2006, 1, 2, 15, 4, 5, 0, time.FixedZone("", 9*3600)).Format(format)
	return layout{func(text []byte) (moment, outcome) {
		t, err := time.Parse(format, string(text))
		if err != nil {
			return moment{}, unreadable
		}
		_, offset := t.Zone()
		m := moment{day: civilDay(t.Year(), int(t.Month()), t.Day()), hasClock: hasClock, zoned: zoned, offset: int64(offset)}
		if hasClock {
			h, min, s := t.Clock()
			m.micros = clockMicros(h, min, s) + int64(t.Nanosecond()/1000)
		}
		return inYears(m, t.Year())
	}}, true
}

func inYears(m moment, year int) (moment, outcome) {
	if year < firstYear || year > lastYear {
		return m, outside
	}
	return m, good
}

func clockMicros(h, m, s int) int64 { return int64(h*3600+m*60+s) * 1e6 }

// reader walks through a text.
type reader struct {
	text []byte
	at   int
}

// digits reads one to most digits.
func (r *reader) digits(most int) (n, width int) {
	for r.at < len(r.text) && width < most && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		n = n*10 + int(r.text[r.at]-'0')
		r.at++
		width++
	}
	return n, width
}

func (r *reader) skip(word string) bool {
	if len(r.text)-r.at >= len(word) && string(r.text[r.at:r.at+len(word)]) == word {
		r.at += len(word)
		return true
	}
	return false
}

func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) spaces() {
	for r.peek() == ' ' {
		r.at++
	}
}

func (r *reader) done() bool { return r.at == len(r.text) }

// readAuto reads what can be only one time: ISO 8601 with or without a zone,
// its forms with / or . and one-digit numbers, 年月日 with 时分秒, YYYYMMDD,
// YYYYMMDDHHMMSS, and Excel day numbers from 20000 to 80000.
func readAuto(text []byte) (moment, outcome) {
	if m, ok := readUsual(text); ok {
		return m, good
	}
	if bytes.IndexByte(text, 0xef) >= 0 || bytes.Contains(text, []byte("\u3000")) {
		text = appendNarrow(make([]byte, 0, len(text)), text)
	}
	r := reader{text: text}
	year, width := r.digits(4)
	if width < 4 {
		return moment{}, unreadable
	}
	sep := r.peek()
	switch {
	case sep >= '0' && sep <= '9' || sep == '.' && looksLikeDayNumber(text):
		return readPlain(text)
	case sep == '-' || sep == '/' || sep == '.':
		r.at++
	case r.skip("年"):
		sep = 'n'
	default:
		if r.done() {
			return moment{}, unreadable
		}
		return readPlain(text)
	}
	month, w := r.digits(2)
	if w == 0 || !(sep == 'n' && r.skip("月") || sep != 'n' && r.peek() == sep) {
		return moment{}, unreadable
	}
	if sep != 'n' {
		r.at++
	}
	day, w := r.digits(2)
	if w == 0 {
		return moment{}, unreadable
	}
	if sep == 'n' && !r.skip("日") && !r.skip("号") {
		return moment{}, unreadable
	}
	if month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return moment{}, outside
	}
	m := moment{day: civilDay(year, month, day)}
	if !r.clock(&m) {
		return moment{}, unreadable
	}
	return inYears(m, year)
}

// looksLikeDayNumber tells 43105.5 from 2018.3.5: one point, five digits
// before it. The first four digits are read when it is asked.
func looksLikeDayNumber(text []byte) bool {
	return bytes.IndexByte(text, '.') == 5
}

var halves = []struct {
	word string
	pm   bool
}{{"上午", false}, {"凌晨", false}, {"早上", false}, {"下午", true}, {"晚上", true}, {"中午", true}}

// clock reads what follows a day: nothing, or a clock time and perhaps a zone.
func (r *reader) clock(m *moment) bool {
	if r.done() {
		return true
	}
	if c := r.peek(); c == 'T' || c == 't' {
		r.at++
	} else {
		r.spaces()
	}
	if r.done() {
		return true
	}
	half := -1
	for _, h := range halves {
		if r.skip(h.word) {
			half = 0
			if h.pm {
				half = 12
			}
			r.spaces()
			break
		}
	}
	hour, w := r.digits(2)
	if w == 0 {
		return false
	}
	minute, second := 0, 0
	switch {
	case r.skip("时") || r.skip("點") || r.skip("点"):
		if minute, w = r.digits(2); w > 0 && !r.skip("分") {
			return false
		}
		if second, w = r.digits(2); w > 0 && !r.skip("秒") {
			return false
		}
	case r.skip(":"):
		if minute, w = r.digits(2); w == 0 {
			return false
		}
		if r.skip(":") {
			if second, w = r.digits(2); w == 0 {
				return false
			}
		}
	default:
		return false
	}
	m.micros = clockMicros(hour, minute, second)
	if !r.fraction(m) {
		return false
	}
	if half == 12 && hour < 12 {
		m.micros += 12 * 3600 * 1e6
	}
	if half == 0 && hour == 12 {
		m.micros -= 12 * 3600 * 1e6
	}
	m.hasClock = true
	if minute > 59 || second > 60 || hour > 24 || m.micros > daySeconds*1e6 {
		return false
	}
	return r.offset(m)
}

// fraction reads decimals of a second; those past the sixth are cut.
func (r *reader) fraction(m *moment) bool {
	if r.peek() != '.' && r.peek() != ',' {
		return true
	}
	r.at++
	unit := int64(1e5)
	width := 0
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		m.micros += int64(c-'0') * unit
		unit /= 10
		r.at++
		width++
	}
	return width > 0
}

// offset reads Z, UTC, +08, +0800 or +08:00, and must end the text.
func (r *reader) offset(m *moment) bool {
	r.spaces()
	if r.done() {
		return true
	}
	m.zoned = true
	if r.skip("Z") || r.skip("z") || r.skip("UTC") || r.skip("GMT") {
		return r.done()
	}
	sign := int64(1)
	switch {
	case r.skip("-"):
		sign = -1
	case !r.skip("+"):
		return false
	}
	hours, w := r.digits(2)
	if w != 2 {
		return false
	}
	r.skip(":")
	minutes, w := r.digits(2)
	if w == 1 || hours > 14 || minutes > 59 {
		return false
	}
	m.offset = sign * int64(hours*3600+minutes*60)
	return r.done()
}

// parseMoment reads a text by the first layout that it fits.
func parseMoment(text []byte, layouts []layout) (moment, outcome) {
	last := unreadable
	for _, l := range layouts {
		m, out := l.read(text)
		if out == good {
			return m, good
		}
		if out == outside {
			last = outside
		}
	}
	return moment{}, last
}

// utc returns the moment in microseconds since 1970; source is the clock of
// texts that tell no offset.
func (m moment) utc(source *clock) int64 {
	if m.zoned {
		return (m.day*daySeconds-m.offset)*1e6 + m.micros
	}
	seconds := m.day*daySeconds + m.micros/1e6
	return source.toUTC(seconds)*1e6 + m.micros%1e6
}
