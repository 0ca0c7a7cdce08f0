package normalise

import (
	"bytes"
	"math"
	"strings"
)

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
