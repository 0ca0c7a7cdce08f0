package normalise

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	foot := scale{factor: 9290304, shift: -8}
	for _, c := range []struct {
		text string
		s    scale
		want int64
		out  outcome
	}{
		{"0", scale{}, 0, good}, {"-0.0", scale{}, 0, good}, {"1", scale{}, 1000000, good}, {"+1.5", scale{}, 1500000, good}, {"-0.000001", scale{}, -1, good},
		{"1,234,567.5", scale{}, 1234567500000, good}, {"12,34", scale{}, 0, unreadable}, {"1,2345", scale{}, 0, unreadable}, {"1,234.5", scale{}, 1234500000, good}, {",5", scale{}, 0, unreadable},
		{"１２．５", scale{}, 12500000, good}, {".5", scale{}, 500000, good}, {"5.", scale{}, 5000000, good},
		{"1e3", scale{}, 1000000000, good}, {"1.5E-3", scale{}, 1500, good}, {"1e", scale{}, 0, unreadable}, {"e5", scale{}, 0, unreadable}, {"1e400", scale{}, 0, outside}, {"1e-400", scale{}, 0, good},
		// Half to even at the seventh decimal.
		{"0.0000005", scale{}, 0, good}, {"0.0000015", scale{}, 2, good}, {"0.00000050000000000000000001", scale{}, 1, good}, {"0.0000004999999999999999999999", scale{}, 0, good},
		{"999999999999.999999", scale{}, 999999999999999999, good}, {"1000000000000", scale{}, 0, outside}, {"999999999999.9999999", scale{}, 0, outside},
		{"50", scale{shift: 4}, 500000000000, good}, {"123456", scale{shift: -4}, 12345600, good},
		{"1000", foot, 92903040, good}, {"88434", foot, 8215787439, good},
		{"", scale{}, 0, unreadable}, {"-", scale{}, 0, unreadable}, {"1.2.3", scale{}, 0, unreadable}, {"12a", scale{}, 0, unreadable}, {"NA", scale{}, 0, unreadable},
	} {
		got, out := parseDecimal([]byte(c.text), c.s)
		if got != c.want || out != c.out {
			t.Errorf("%q %+v: %d, %d, want %d, %d", c.text, c.s, got, out, c.want, c.out)
		}
	}
}

func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-limit+1, limit-1).Draw(t, "millionths")
		sign, a := "", v
		if v < 0 {
			sign, a = "-", -v
		}
		text := fmt.Sprintf("%s%d.%06d", sign, a/million, a%million)
		if got, out := parseDecimal([]byte(text), scale{}); got != v || out != good {
			t.Fatalf("%s came back as %d (%d)", text, got, out)
		}
	})
}

func TestParseInt(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		out  outcome
	}{
		{"0", 0, good}, {"-12", -12, good}, {"1,234", 1234, good}, {"12.0", 12, good}, {"12.50", 0, unreadable}, {"1e3", 1000, good}, {"0.000", 0, good}, {"0e20", 0, good},
		{"9223372036854775807", 9223372036854775807, good}, {"9223372036854775808", 0, outside}, {"99999999999999999999", 0, outside}, {"1e40", 0, outside},
		{"一", 0, unreadable}, {"", 0, unreadable},
	} {
		if got, out := parseInt([]byte(c.text)); got != c.want || out != c.out {
			t.Errorf("%q: %d, %d", c.text, got, out)
		}
	}
}

func TestParseBool(t *testing.T) {
	for text, want := range map[string]bool{"是": true, "否": false, "Y": true, "n": false, "TRUE": true, "false": false, "1": true, "0": false} {
		if got, out := parseBool([]byte(text)); got != want || out != good {
			t.Errorf("%q: %v, %d", text, got, out)
		}
	}
	for _, text := range []string{"2", "也许", "a very long text"} {
		if _, out := parseBool([]byte(text)); out != unreadable {
			t.Errorf("%q was read", text)
		}
	}
}

func TestChineseNumber(t *testing.T) {
	for text, want := range map[string]string{
		"三百二十": "320", "十": "10", "十五": "15", "二十": "20", "一百零五": "105", "一万二千": "12000", "一万二": "12000", "三百二": "320", "两亿三千万": "230000000",
		"二〇一八": "2018", "壹拾贰": "12", "〇": "0", "一千零一": "1001", "一百万": "1000000", "12": "12", "一万零二": "10002", "十二万": "120000",
	} {
		var buf []byte
		if got, out := chineseNumber(&buf, []byte(text)); string(got) != want || out != good {
			t.Errorf("%s: %q, %d, want %s", text, got, out, want)
		}
	}
	for _, text := range []string{"很多", "三a", "", "百", strings.Repeat("亿", 5)} {
		var buf []byte
		if got, out := chineseNumber(&buf, []byte(text)); out == good {
			t.Errorf("%q was read as %q", text, got)
		}
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct{ text, value, code string }{
		{"50万元", "500000", "CNY"}, {"100 万美元", "1000000", "USD"}, {"50(万元人民币)", "500000", "CNY"}, {"100（万港元）", "1000000", "HKD"},
		{"人民币1,000元", "1000", "CNY"}, {"1.5亿元", "150000000", "CNY"}, {"500.000000万人民币", "5000000", "CNY"}, {"３０万元", "300000", "CNY"}, {"20万澳大利亚元", "200000", "AUD"}, {"7", "7", "CNY"},
	} {
		var buf []byte
		got, out := money(&buf, []byte(c.text))
		v, ok := parseDecimal(got, scale{})
		want, _ := parseDecimal([]byte(c.value), scale{})
		if out != good || ok != good || v != want {
			t.Errorf("%s: %q, %d", c.text, got, out)
		}
		if code, _ := currency(&buf, []byte(c.text)); string(code) != c.code {
			t.Errorf("%s: currency %s", c.text, code)
		}
	}
	for _, text := range []string{"无", "", "50万元至100万元", "-5万元"} {
		var buf []byte
		if got, out := money(&buf, []byte(text)); out != unreadable {
			t.Errorf("%q was read as %q", text, got)
		}
	}
}

// The codes are those of companies in the public register; the wrong ones
// differ from them by one place or two swapped.
func TestCreditCode(t *testing.T) {
	for code, want := range map[string]bool{
		"91310000757904992P": true, "91310115757910815T": true, "91310115757910460R": true,
		"91310000757904992Q": false, "91310000757904929P": false, "9131000075790499": false, "I1310000757904992P": false, "": false,
	} {
		if got := creditCodeCheck([]byte(code)); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1,234.5", "1e400", "１２", "-0.0000005", "99999999999999999999e-5", "0e20"} {
		f.Add(s, uint64(9290304), -8)
	}
	f.Fuzz(func(t *testing.T, s string, factor uint64, shift int) {
		shift %= 20
		if v, out := parseDecimal([]byte(s), scale{factor: factor, shift: shift}); out == good && (v >= limit || v <= -limit) {
			t.Errorf("%q: %d does not fit", s, v)
		}
		parseInt([]byte(s))
		parseBool([]byte(s))
		var buf []byte
		chineseNumber(&buf, []byte(s))
		money(&buf, []byte(s))
		currency(&buf, []byte(s))
	})
}
