package normalise

// usualSize is the length of YYYY-MM-DD HH:MM:SS.
const usualSize = 19

// readUsual reads the forms that nearly all feeds use at once: the day and the
// time to the second with a space or T between them, and after it nothing, Z
// or an offset as +08:00 (ISO 8601-1:2019). Anything else, and any slip in it,
// is left to readAuto.
func readUsual(text []byte) (m moment, ok bool) {
	if len(text) < usualSize || text[4] != '-' || text[7] != '-' || text[10] != ' ' && text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return m, false
	}
	year, month, day := pair(text, 0)*100+pair(text, 2), pair(text, 5), pair(text, 8)
	hour, minute, second := pair(text, 11), pair(text, 14), pair(text, 17)
	slip := year | month | day | hour | minute | second // a pair that is none is negative
	if slip < 0 || year < firstYear || year > lastYear || month < 1 || month > 12 || day < 1 || day > monthDays(year, month) || hour > 23 || minute > 59 || second > 59 {
		return m, false
	}
	m = moment{day: civilDay(year, month, day), micros: clockMicros(hour, minute, second), hasClock: true}
	return m, readUsualOffset(text[usualSize:], &m)
}

func readUsualOffset(rest []byte, m *moment) bool {
	switch {
	case len(rest) == 0:
		return true
	case len(rest) == 1 && rest[0] == 'Z':
		m.zoned = true
		return true
	case len(rest) != len("+08:00") || rest[0] != '+' && rest[0] != '-' || rest[3] != ':':
		return false
	}
	hours, minutes := pair(rest, 1), pair(rest, 4)
	if hours < 0 || minutes < 0 || hours > 14 || minutes > 59 {
		return false
	}
	m.zoned, m.offset = true, int64(hours*3600+minutes*60)
	if rest[0] == '-' {
		m.offset = -m.offset
	}
	return true
}

// pair is the number of the two digits at a place, far below zero when they
// are not digits.
func pair(text []byte, at int) int {
	a, b := text[at]-'0', text[at+1]-'0'
	if a > 9 || b > 9 {
		return -1 << 20
	}
	return int(a)*10 + int(b)
}
