package normalise

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// step is one function of a map, compiled. It returns the new text, which may
// lie in the old one or in buf, its own memory from row to row.
type step func(buf *[]byte, in []byte) ([]byte, outcome)

// function is one function that maps may name in do.
type function struct {
	// arguments describes what it takes, for the fault; empty means nothing.
	arguments string
	// compile returns nil when the arguments are wrong.
	compile func(args []string) step
}

func simple(run step) function {
	return function{compile: func(args []string) step {
		if len(args) > 0 {
			return nil
		}
		return run
	}}
}

// functions are all functions of the map language; docs/maps.md describes
// each.
var functions = map[string]function{
	"trim":           simple(func(_ *[]byte, in []byte) ([]byte, outcome) { return bytes.TrimSpace(in), good }),
	"half_width":     simple(halfWidth),
	"squash":         simple(squash),
	"lower":          simple(mapBytes(bytes.ToLower)),
	"upper":          simple(mapBytes(bytes.ToUpper)),
	"digits":         simple(digits),
	"strip_brackets": simple(stripBrackets),
	"chinese_number": simple(chineseNumber),
	"money":          simple(money),
	"currency":       simple(currency),
	"excel_day":      simple(excelDay),
	"before":         {"one text", cutAt(func(in []byte, at, _ int) []byte { return in[:at] }, true)},
	"after":          {"one text", cutAt(func(in []byte, at, width int) []byte { return in[at+width:] }, false)},
	"match":          {"one regular expression with one group", match},
	"json":           {"one path such as address.city or lines.0", dig},
	"python_dict":    {"one path such as latitude", dig},
	"split":          {"a separator and the number of the part, from 1", split},
	"replace":        {"pairs of an old and a new text", replace},
}

func functionNames() []string {
	var names []string
	for n := range functions {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func halfWidth(buf *[]byte, in []byte) ([]byte, outcome) {
	*buf = appendNarrow((*buf)[:0], in)
	return *buf, good
}

func mapBytes(f func([]byte) []byte) step {
	return func(_ *[]byte, in []byte) ([]byte, outcome) { return f(in), good }
}

// squash makes every run of white space one space, and takes it out at the
// ends.
func squash(buf *[]byte, in []byte) ([]byte, outcome) {
	out := (*buf)[:0]
	gap := false
	for i := 0; i < len(in); {
		r, size := utf8.DecodeRune(in[i:])
		if unicode.IsSpace(r) {
			gap = len(out) > 0
		} else {
			if gap {
				out = append(out, ' ')
				gap = false
			}
			out = append(out, in[i:i+size]...)
		}
		i += size
	}
	*buf = out
	return out, good
}

// digits keeps the digits alone, full-width ones as ASCII.
func digits(buf *[]byte, in []byte) ([]byte, outcome) {
	*buf = appendNarrow((*buf)[:0], in)
	out := (*buf)[:0]
	for _, c := range *buf {
		if c >= '0' && c <= '9' {
			out = append(out, c)
		}
	}
	return out, good
}

// brackets pair by position.
var brackets = [][2]string{{"(", ")"}, {"（", "）"}, {"[", "]"}, {"【", "】"}, {"〔", "〕"}}

// stripBrackets takes a second name in brackets off the end: 坪山区城管局（行政执法局）.
func stripBrackets(_ *[]byte, in []byte) ([]byte, outcome) {
	for again := true; again; {
		again = false
		in = bytes.TrimSpace(in)
		for _, b := range brackets {
			if at := bytes.LastIndex(in, []byte(b[0])); at > 0 && bytes.HasSuffix(in, []byte(b[1])) {
				in, again = in[:at], true
				break
			}
		}
	}
	return in, good
}

// cutAt makes before and after; a text without the separator is whole before
// it, and nothing after it.
func cutAt(pick func(in []byte, at, width int) []byte, whole bool) func([]string) step {
	return func(args []string) step {
		if len(args) != 1 || args[0] == "" {
			return nil
		}
		sep := []byte(args[0])
		return func(_ *[]byte, in []byte) ([]byte, outcome) {
			at := bytes.Index(in, sep)
			switch {
			case at >= 0:
				return pick(in, at, len(sep)), good
			case whole:
				return in, good
			}
			return nil, absent
		}
	}
}

func match(args []string) step {
	if len(args) != 1 {
		return nil
	}
	re, err := regexp.Compile(args[0])
	if err != nil || re.NumSubexp() != 1 {
		return nil
	}
	return func(_ *[]byte, in []byte) ([]byte, outcome) {
		at := re.FindSubmatchIndex(in)
		if at == nil || at[2] < 0 {
			return nil, absent
		}
		return in[at[2]:at[3]], good
	}
}

func dig(args []string) step {
	if len(args) != 1 || args[0] == "" {
		return nil
	}
	path := strings.Split(args[0], ".")
	return func(buf *[]byte, in []byte) ([]byte, outcome) {
		raw, out := findLiteral(in, path)
		if out != good {
			return nil, out
		}
		*buf = appendUnquoted((*buf)[:0], raw)
		return *buf, good
	}
}

func split(args []string) step {
	if len(args) != 2 || args[0] == "" {
		return nil
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return nil
	}
	sep := []byte(args[0])
	return func(_ *[]byte, in []byte) ([]byte, outcome) {
		for range n - 1 {
			at := bytes.Index(in, sep)
			if at < 0 {
				return nil, absent
			}
			in = in[at+len(sep):]
		}
		if at := bytes.Index(in, sep); at >= 0 {
			in = in[:at]
		}
		return in, good
	}
}

func replace(args []string) step {
	if len(args) == 0 || len(args)%2 != 0 {
		return nil
	}
	for i := 0; i < len(args); i += 2 {
		if args[i] == "" {
			return nil
		}
	}
	r := strings.NewReplacer(args...)
	return func(buf *[]byte, in []byte) ([]byte, outcome) {
		*buf = append((*buf)[:0], r.Replace(string(in))...)
		return *buf, good
	}
}

// excelDay turns an Excel day number into an ISO day or time; a text that is
// none stays as it is.
func excelDay(buf *[]byte, in []byte) ([]byte, outcome) {
	m, out := readExcel(in)
	if out != good {
		return in, good
	}
	y, mon, d := civil(m.day)
	text := fmt.Appendf((*buf)[:0], "%04d-%02d-%02d", y, mon, d)
	if m.hasClock {
		s := m.micros / 1e6
		text = fmt.Appendf(text, "T%02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	*buf = text
	return text, good
}
