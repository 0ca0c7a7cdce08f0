package normalise

import (
	"bytes"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// numeralValues are the everyday and the formal Chinese digits.
var numeralValues = map[rune]int64{
	'零': 0, '〇': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '两': 2,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9,
}

var numeralUnits = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}
var numeralGroups = map[rune]int64{'万': 1e4, '亿': 1e8}

// chineseNumber turns 三百二十, 一万二 (12,000) or 二〇一八 into digits; a text
// of digits stays as it is.
func chineseNumber(buf *[]byte, in []byte) ([]byte, outcome) {
	if n, ok := parseNumber(in); ok && !n.sticky {
		return in, good
	}
	v, ok := chineseValue(bytes.TrimSpace(in))
	if !ok {
		return nil, unreadable
	}
	*buf = strconv.AppendInt((*buf)[:0], v, 10)
	return *buf, good
}

func chineseValue(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 90 {
		return 0, false
	}
	var total, section, digit, last int64
	var plain, run int64
	units := false
	seen := false
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if v, ok := numeralValues[r]; ok {
			if run++; run > 18 {
				return 0, false
			}
			plain = plain*10 + v
			digit, seen = v, true
			if v == 0 {
				last = 0
			}
			continue
		}
		if u, ok := numeralUnits[r]; ok {
			if !seen && u == 10 {
				digit = 1
			} else if !seen {
				return 0, false
			}
			section += digit * u
			digit, seen, last, units = 0, false, u, true
			continue
		}
		if g, ok := numeralGroups[r]; ok && (section > 0 || seen || total > 0) {
			if total+section+digit > math.MaxInt64/g/2 {
				return 0, false
			}
			if g > 1e4 {
				total = (total + section + digit) * g
			} else {
				total += (section + digit) * g
			}
			section, digit, seen, last, units = 0, 0, false, g, true
			continue
		}
		return 0, false
	}
	if !units {
		return plain, true
	}
	// 一万二 is 12,000, 三百二 is 320: the last digit counts the next lower unit.
	if seen && last >= 100 {
		digit *= last / 10
	}
	return total + section + digit, true
}

// currencies in the order they are looked for; the words of one may hold
// another's, so the longer come first.
var currencies = []struct{ word, code string }{
	{"新台币", "TWD"}, {"台币", "TWD"}, {"澳门元", "MOP"}, {"澳大利亚元", "AUD"}, {"澳元", "AUD"}, {"加拿大元", "CAD"}, {"加元", "CAD"},
	{"新加坡元", "SGD"}, {"新西兰元", "NZD"}, {"美元", "USD"}, {"港元", "HKD"}, {"港币", "HKD"}, {"欧元", "EUR"}, {"日元", "JPY"}, {"日圆", "JPY"},
	{"英镑", "GBP"}, {"韩元", "KRW"}, {"韩币", "KRW"}, {"韩国元", "KRW"}, {"瑞士法郎", "CHF"}, {"德国马克", "DEM"}, {"法国法郎", "FRF"}, {"意大利里拉", "ITL"},
	{"人民币", "CNY"}, {"元", "CNY"}, {"圆", "CNY"},
}

var multiples = []struct {
	word  string
	power int
}{{"万亿", 12}, {"千万", 7}, {"百万", 6}, {"亿", 8}, {"万", 4}, {"千", 3}}

// sum reads an amount of money with its unit inside: 50万元, 50(万元人民币),
// 100 万美元, 人民币1,000元.
func sum(in []byte) (digits []byte, power int, code string, ok bool) {
	at := bytes.IndexAny(in, "0123456789")
	if at < 0 {
		return nil, 0, "", false
	}
	end := at
	for end < len(in) && (in[end] >= '0' && in[end] <= '9' || in[end] == '.' || in[end] == ',') {
		end++
	}
	digits = bytes.TrimRight(in[at:end], ".,")
	rest := in[end:]
	if bytes.ContainsAny(rest, "0123456789") || at > 0 && in[at-1] == '-' {
		return nil, 0, "", false
	}
	for _, m := range multiples {
		if bytes.Contains(rest, []byte(m.word)) {
			power = m.power
			break
		}
	}
	code = "CNY"
	for _, c := range currencies {
		if bytes.Contains(in, []byte(c.word)) {
			code = c.code
			break
		}
	}
	return digits, power, code, true
}

// money turns an amount with its unit into a number of whole currency units;
// a number alone is one already.
func money(buf *[]byte, in []byte) ([]byte, outcome) {
	*buf = appendNarrow((*buf)[:0], in)
	digits, power, _, ok := sum(*buf)
	if !ok {
		return nil, unreadable
	}
	out := append([]byte(nil), digits...)
	if power > 0 {
		out = strconv.AppendInt(append(out, 'e'), int64(power), 10)
	}
	return out, good
}

// currency gives the ISO 4217 code of an amount, CNY when it names none.
func currency(buf *[]byte, in []byte) ([]byte, outcome) {
	*buf = appendNarrow((*buf)[:0], in)
	_, _, code, ok := sum(*buf)
	if !ok {
		return nil, unreadable
	}
	*buf = append((*buf)[:0], code...)
	return *buf, good
}

// civil is the reverse of civilDay.
func civil(day int64) (int, int, int) {
	t := time.Unix(day*daySeconds, 0).UTC()
	return t.Year(), int(t.Month()), t.Day()
}
