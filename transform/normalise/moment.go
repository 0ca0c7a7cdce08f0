package normalise

import (
	"bytes"
	"math"
	"strings"
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

// readPlain reads digits alone: YYYYMMDD, YYYYMMDDHHMMSS or an Excel day.
func readPlain(text []byte) (moment, outcome) {
	r := reader{text: text}
	for _, c := range text {
		if c < '0' || c > '9' {
			return readExcel(text)
		}
	}
	if len(text) != 8 && len(text) != 14 {
		return readExcel(text)
	}
	year, _ := r.digits(4)
	month, _ := r.digits(2)
	day, _ := r.digits(2)
	if month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return moment{}, outside
	}
	m := moment{day: civilDay(year, month, day)}
	if len(text) == 14 {
		h, _ := r.digits(2)
		min, _ := r.digits(2)
		s, _ := r.digits(2)
		if h > 23 || min > 59 || s > 60 {
			return m, outside
		}
		m.micros, m.hasClock = clockMicros(h, min, s), true
	}
	return inYears(m, year)
}

// Excel counts days from 1899-12-30 for all days after February 1900; what
// lies between these numbers can hardly be anything else.
const firstExcelDay, lastExcelDay = 20000, 80000

var excelZero = civilDay(1899, 12, 30)

// readExcel reads an Excel day number; its fraction is the time of day,
// rounded to the second, since it carries no more.
func readExcel(text []byte) (moment, outcome) { return readExcelFrom(text, firstExcelDay) }

// readExcelFrom reads a day number not below first: where a definition says
// that a column holds day numbers, small ones are too.
func readExcelFrom(text []byte, first int64) (moment, outcome) {
	v, out := parseDecimal(text, scale{})
	if out != good {
		return moment{}, unreadable
	}
	if v < first*million || v > lastExcelDay*million {
		return moment{}, unreadable
	}
	day, fraction := v/million, v%million
	m := moment{day: excelZero + day}
	if i := bytes.IndexByte(text, '.'); i >= 0 {
		// Six decimals are 0.09 s; read the rest for the exact second.
		if f, ok := parseFraction(text[i+1:]); ok {
			seconds := int64(math.Round(f * daySeconds))
			m.micros, m.hasClock = seconds*1e6, fraction != 0
			if seconds == daySeconds {
				m.day, m.micros = m.day+1, 0
			}
		}
	}
	if m.day > civilDay(lastYear, 12, 31) {
		return m, outside
	}
	return m, good
}

func parseFraction(digits []byte) (float64, bool) {
	v, unit := 0.0, 0.1
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		v += float64(c-'0') * unit
		unit /= 10
	}
	return v, true
}

func readEpoch(text []byte, unit int64) (moment, outcome) {
	n, out := parseInt(text)
	if out != good {
		return moment{}, unreadable
	}
	if n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return moment{}, outside
	}
	micros := n * unit
	day := floorDiv(micros, daySeconds*1e6)
	m := moment{day: day, micros: micros - day*daySeconds*1e6, hasClock: true, zoned: true}
	if day < civilDay(firstYear, 1, 1) || day > civilDay(lastYear, 12, 31) {
		return m, outside
	}
	return m, good
}

// readMinguo reads a day of the Minguo calendar (year 1 is 1912): yyymmdd, or
// yyy, mm and dd with -, / or . between them or 年月日 after them.
func readMinguo(text []byte) (moment, outcome) {
	s := strings.NewReplacer("民國", "", "民国", "", "年", "-", "月", "-", "日", "", "/", "-", ".", "-").Replace(string(text))
	s = strings.TrimSpace(s)
	var year, month, day int
	if parts := strings.Split(s, "-"); len(parts) == 3 {
		for i, into := range []*int{&year, &month, &day} {
			r := reader{text: []byte(parts[i])}
			*into, _ = r.digits(3)
			if !r.done() || len(parts[i]) == 0 {
				return moment{}, unreadable
			}
		}
	} else {
		r := reader{text: []byte(s)}
		if len(s) != 6 && len(s) != 7 {
			return moment{}, unreadable
		}
		year, _ = r.digits(len(s) - 4)
		month, _ = r.digits(2)
		day, _ = r.digits(2)
		if !r.done() {
			return moment{}, unreadable
		}
	}
	year += 1911
	if month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return moment{}, outside
	}
	return inYears(moment{day: civilDay(year, month, day)}, year)
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
