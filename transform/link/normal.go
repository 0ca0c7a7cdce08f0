package link

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"huiliu/internal/fault"
	"huiliu/transform/link/compare"
)

// WrongStep is raised for a normaliser that can't be read.
var WrongStep = &fault.Kind{
	Code: "link_wrong_step", Class: fault.Input,
	Cause: fault.Text{EN: "{step} is no normaliser", ZH: "{step} 不是可用的规范化步骤"},
	Mend:  fault.Text{EN: "write one of {known}, or date LAYOUT", ZH: "可用：{known}，或 date 日期格式"},
}

// step is one normaliser.
type step func(string) string

// steps are the normalisers without an argument.
var steps = map[string]step{
	// width makes full-width forms plain and composes letters (Unicode NFKC).
	"width": norm.NFKC.String,
	"lower": strings.ToLower,
	// accents takes the marks off letters (Unicode NFD without class Mn).
	"accents": func(s string) string {
		return norm.NFC.String(keep(norm.NFD.String(s), func(r rune) bool { return !unicode.Is(unicode.Mn, r) }))
	},
	"squash": func(s string) string { return strings.Join(strings.Fields(s), " ") },
	"join":   func(s string) string { return keep(s, func(r rune) bool { return !unicode.IsSpace(r) }) },
	// words keeps letters and digits, a space for all between.
	"words":  func(s string) string { return strings.Join(strings.FieldsFunc(s, breaks), " ") },
	"digits": func(s string) string { return keep(s, func(r rune) bool { return r >= '0' && r <= '9' }) },
	"sort": func(s string) string {
		words := compare.Words(s)
		slices.Sort(words)
		return strings.Join(words, " ")
	},
}

func breaks(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func keep(s string, good func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if good(r) {
			return r
		}
		return -1
	}, s)
}

// parseStep reads a normaliser: width, lower, accents, squash, join, words,
// digits, sort, or "date LAYOUT" with YYYY, MM and DD, which gives YYYYMMDD
// and leaves what is no such date as it is, so that it can still be compared.
func parseStep(place, text string) (step, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if s, ok := steps[name]; ok && rest == "" {
		return s, nil
	}
	layout := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02").Replace(rest)
	if name != "date" || !strings.Contains(layout, "2006") || !strings.Contains(layout, "01") || !strings.Contains(layout, "02") {
		return nil, WrongStep.At(place, "step", strconv.Quote(text), "known", strings.Join(sortedKeys(steps), ", "))
	}
	return func(s string) string {
		t, err := time.Parse(layout, strings.TrimSpace(s))
		if err != nil {
			return strings.TrimSpace(s)
		}
		return t.Format("20060102")
	}, nil
}

func (f FieldSpec) compile(place, name string) (field, error) {
	out := field{name: name, from: f.From, empty: f.Empty}
	if len(out.from) == 0 {
		out.from = []string{name}
	}
	var faults []error
	for _, text := range f.Do {
		s, err := parseStep(place, text)
		faults = append(faults, err)
		out.steps = append(out.steps, s)
	}
	return out, errors.Join(faults...)
}

// normal is the field's value of one record.
func (f *field) normal(text string) string {
	for _, s := range f.steps {
		text = s(text)
	}
	text = strings.TrimSpace(text)
	if slices.Contains(f.empty, text) {
		return ""
	}
	return text
}
