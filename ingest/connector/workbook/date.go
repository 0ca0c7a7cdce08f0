package workbook

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// builtinDate reports whether a number format that a workbook does not spell
// out shows dates (ECMA-376 part 1, 18.8.30 numFmt: 14 to 22 and 45, 47
// everywhere; 27 to 36 and 50 to 58 in the East Asian languages). 46 is a
// duration and so a number.
func builtinDate(id string) bool {
	n, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	return n >= 14 && n <= 22 || n >= 27 && n <= 36 || n == 45 || n == 47 || n >= 50 && n <= 58
}

// showsDate reports whether a format code shows a number as a date or a time
// of day. Text in quotes, escaped characters and conditions in brackets say
// nothing; [h], [m] and [s] show a duration, which is a number.
func showsDate(code string) bool {
	code, _, _ = strings.Cut(code, ";") // the form of positive numbers
	date := false
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return date
			}
			i += end + 1
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return date
			}
			if inner := strings.ToLower(code[i+1 : i+end]); inner != "" && strings.Trim(inner, inner[:1]) == "" && strings.Contains("hms", inner[:1]) {
				return false
			}
			i += end
		case c == 'g' && strings.HasPrefix(strings.ToLower(code[i:]), "general"):
			i += len("general") - 1
		case c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's':
			date = true
		case c == 'a' && strings.HasPrefix(strings.ToLower(code[i:]), "aaa"):
			date = true
		}
	}
	return date
}

// The calendars of workbooks. That of 1900 counts a 29 February 1900 that
// never was as day 60, as Lotus 1-2-3 did: days before it lie one later.
var (
	epoch1900  = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	epochEarly = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	epoch1904  = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// lastDay is the first day number past 9999-12-31, where Excel's dates end.
const lastDay = 2_958_466

const msPerDay = 86_400_000

// localTime turns a day number into microseconds on the workbook's clock,
// rounded to the millisecond, which is what a double holds of it. It is false
// for numbers that are no date.
func localTime(serial float64, from1904 bool) (int64, bool) {
	if !(serial >= 0 && serial < lastDay) {
		return 0, false
	}
	ms := int64(math.Round(serial * msPerDay))
	epoch := epoch1900
	switch {
	case from1904:
		epoch = epoch1904
	case ms >= 60*msPerDay && ms < 61*msPerDay:
		return 0, false
	case ms < 60*msPerDay:
		epoch = epochEarly
	}
	return epoch.UnixMicro() + ms*1000, true
}

// isoTime reads the value of a cell of type d (ISO 8601).
func isoTime(text string) (int64, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMicro(), true
		}
	}
	return 0, false
}

// timeText writes a time of the workbook's clock, a whole day as the date
// alone: a month that heads a column is most often one.
func timeText(micros int64) string {
	t := time.UnixMicro(micros).UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05.999999")
}
