package block

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"huiliu/internal/fault"
)

// WrongRule is raised for a blocking rule that can't be read.
var WrongRule = &fault.Kind{
	Code: "link_wrong_rule", Class: fault.Input,
	Cause: fault.Text{EN: "{rule} is no blocking rule: {reason}", ZH: "{rule} 不是可用的分块规则：{reason_zh}"},
	Mend: fault.Text{
		EN: "write fields and functions joined by +, such as surname + year(birth), or near(5, surname, given); functions are {known}",
		ZH: "用 + 连接字段和函数，例如 surname + year(birth) 或 near(5, surname, given)；可用函数：{known}",
	},
}

// Rule is one blocking rule: the parts whose keys are joined, or, when Window
// is over 0, the fields by whose text the rows are sorted to compare each
// with the Window rows after it (sorted neighbourhood, Hernández & Stolfo
// 1995).
type Rule struct {
	Text   string
	Parts  []Part
	Window int
}

// Part is one function of a field.
type Part struct {
	Function string
	Field    string
	// N and M are the function's numbers, such as the length of a prefix.
	N, M int
}

// form is what a function's arguments may be.
type form struct {
	numbers int
	// usual are the numbers where none are given, greatest the limits.
	usual, greatest [2]int
}

var forms = map[string]form{
	"value":    {},
	"prefix":   {1, [2]int{3, 0}, [2]int{64, 0}},
	"suffix":   {1, [2]int{3, 0}, [2]int{64, 0}},
	"soundex":  {},
	"pinyin":   {},
	"initials": {},
	"year":     {},
	"month":    {},
	"sorted":   {},
	"tokens":   {},
	"rare":     {1, [2]int{2, 0}, [2]int{16, 0}},
	"grams":    {1, [2]int{3, 0}, [2]int{16, 0}},
	"deletes":  {},
	"minhash":  {2, [2]int{3, 8}, [2]int{8, 64}},
}

// Functions are the names of the functions in alphabetical order.
func Functions() []string {
	var out []string
	for name := range forms {
		if name != "value" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Fields are the fields that the rule reads, each once.
func (r Rule) Fields() []string {
	var out []string
	for _, p := range r.Parts {
		if !slices.Contains(out, p.Field) {
			out = append(out, p.Field)
		}
	}
	return out
}

// Parse reads a rule:
//
//	rule = part *( "+" part ) / "near(" window *( "," field ) ")"
//	part = field / function "(" field *( "," number ) ")"
//
// Functions: prefix(f, n) and suffix(f, n) of n characters; soundex(f);
// pinyin(f) and its initials(f); year(f) and month(f) of a date that begins
// with YYYYMM or YYYY-MM; sorted(f), the words in order; tokens(f), a key for
// each word; rare(f, n), each pair of the n+1 rarest words; grams(f, n), a
// key for each run of n characters; deletes(f), the value and each form of it
// that lacks one character, so that values of one edit meet; minhash(f, rows,
// bands) over runs of three characters.
func Parse(text string) (Rule, error) {
	r := Rule{Text: strings.TrimSpace(text)}
	if name, args, ok := call(r.Text); ok && name == "near" {
		return r.near(args)
	}
	for _, piece := range strings.Split(text, "+") {
		p, reason := parsePart(strings.TrimSpace(piece))
		if reason.EN != "" {
			return Rule{}, wrong(text, reason)
		}
		r.Parts = append(r.Parts, p)
	}
	return r, nil
}

func (r Rule) near(args []string) (Rule, error) {
	bad := fault.Text{EN: "near needs a window from 1 to 1000 and a field", ZH: "near 需要 1 至 1000 的窗口和字段"}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > 1000 || len(args) < 2 {
		return Rule{}, wrong(r.Text, bad)
	}
	r.Window = n
	for _, f := range args[1:] {
		if !name(f) {
			return Rule{}, wrong(r.Text, bad)
		}
		r.Parts = append(r.Parts, Part{Function: "value", Field: f})
	}
	return r, nil
}

func wrong(text string, reason fault.Text) error {
	return WrongRule.At("", "rule", strconv.Quote(text), "reason", reason.EN, "reason_zh", reason.ZH,
		"known", strings.Join(Functions(), ", "))
}

func parsePart(text string) (Part, fault.Text) {
	if name(text) {
		return Part{Function: "value", Field: text}, fault.Text{}
	}
	function, args, ok := call(text)
	if !ok {
		return Part{}, fault.Text{EN: strconv.Quote(text) + " is no field", ZH: strconv.Quote(text) + " 不是字段"}
	}
	f, known := forms[function]
	if !known || function == "value" {
		return Part{}, fault.Text{EN: "there is no function " + function, ZH: "没有函数 " + function}
	}
	if !name(args[0]) || len(args)-1 > f.numbers {
		return Part{}, fault.Text{EN: "wrong arguments of " + function, ZH: function + " 的参数不对"}
	}
	numbers := f.usual
	for i, a := range args[1:] {
		n, err := strconv.Atoi(a)
		if err != nil || n < 1 || n > f.greatest[i] {
			return Part{}, fault.Text{
				EN: "numbers of " + function + " go from 1 to " + strconv.Itoa(f.greatest[i]),
				ZH: function + " 的数字应在 1 至 " + strconv.Itoa(f.greatest[i]),
			}
		}
		numbers[i] = n
	}
	return Part{Function: function, Field: args[0], N: numbers[0], M: numbers[1]}, fault.Text{}
}

// call splits "f(a, b)"; there is always one argument at least.
func call(text string) (function string, args []string, ok bool) {
	function, rest, found := strings.Cut(text, "(")
	if !found || !strings.HasSuffix(rest, ")") {
		return "", nil, false
	}
	for _, a := range strings.Split(rest[:len(rest)-1], ",") {
		args = append(args, strings.TrimSpace(a))
	}
	return strings.TrimSpace(function), args, true
}

// name reports whether a text is a field's name: letters, digits and
// underscores, no digit first.
func name(text string) bool {
	for i, r := range text {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return text != ""
}
