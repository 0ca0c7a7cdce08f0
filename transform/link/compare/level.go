package compare

import (
	"math"
	"strconv"
	"strings"

	"huiliu/internal/fault"
	"huiliu/transform/privacy"
)

// WrongLevel is raised for a comparison level that can't be read.
var WrongLevel = &fault.Kind{
	Code: "link_wrong_level", Class: fault.Input,
	Cause: fault.Text{EN: "{level} is no comparison level", ZH: "{level} 不是可用的比对级别"},
	Mend: fault.Text{
		EN: "write one such as exact, damerau 1, jaro_winkler 0.9, pinyin, begins, prefix 3, jaccard tokens 0.8 idf, number 5, days 31, km 0.5, swapped FIELD, checksum resident, slip resident 2, conflict resident",
		ZH: "可写：exact、damerau 1、jaro_winkler 0.9、pinyin、begins、prefix 3、jaccard tokens 0.8 idf、number 5、days 31、km 0.5、swapped 字段、checksum resident、slip resident 2、conflict resident",
	},
}

// Level is one class of likeness: a measure and the limit that a pair of
// values has to keep.
type Level struct {
	// Measure is the first word of the level's text.
	Measure string
	// Limit is the least similarity or the greatest distance, in the
	// measure's unit: edits, characters, days, kilometres.
	Limit float64
	// Gram is 0 for tokens, else the length of the grams in characters.
	Gram int
	// Rare says that terms weigh by their inverse document frequency.
	Rare bool
	// Other is the field whose value is swapped with this one, or the name
	// of the checksum.
	Other string
}

// measures are the forms that a level's text may take: how its words after
// the first are read.
var measures = map[string]func(*Level, []string) bool{
	"exact":        func(_ *Level, rest []string) bool { return len(rest) == 0 },
	"pinyin":       func(_ *Level, rest []string) bool { return len(rest) == 0 },
	"begins":       func(_ *Level, rest []string) bool { return len(rest) == 0 },
	"damerau":      limitOver(0),
	"prefix":       limitOver(0),
	"number":       limitOver(-1),
	"ratio":        limitOver(-1),
	"days":         limitOver(-1),
	"km":           limitOver(-1),
	"jaro_winkler": limitOver(0),
	"jaccard":      termsOf,
	"containment":  termsOf,
	"swapped":      func(l *Level, rest []string) bool { return one(rest, &l.Other) },
	"checksum":     func(l *Level, rest []string) bool { return one(rest, &l.Other) && checks[l.Other] != nil },
	"conflict":     func(l *Level, rest []string) bool { return one(rest, &l.Other) && checks[l.Other] != nil },
	"slip": func(l *Level, rest []string) bool {
		return len(rest) == 2 && one(rest[:1], &l.Other) && checks[l.Other] != nil && limitOver(0)(l, rest[1:])
	},
}

// checks are the numbers with a check character.
var checks = map[string]func(string) bool{
	"resident": func(s string) bool { return privacy.IdentityValid([]byte(s)) },
	"credit":   CreditCode,
}

// Conflict says of a level that pairs of which it holds are never one thing.
func (l Level) Conflict() bool { return l.Measure == "conflict" }

// ParseLevel reads a level's text, such as "jaro_winkler 0.9".
func ParseLevel(text string) (Level, error) {
	words := strings.Fields(text)
	if len(words) == 0 || measures[words[0]] == nil {
		return Level{}, WrongLevel.At("", "level", strconv.Quote(text))
	}
	l := Level{Measure: words[0]}
	if !measures[words[0]](&l, words[1:]) {
		return Level{}, WrongLevel.At("", "level", strconv.Quote(text))
	}
	return l, nil
}

func one(rest []string, into *string) bool {
	if len(rest) != 1 {
		return false
	}
	*into = rest[0]
	return true
}

func limitOver(least float64) func(*Level, []string) bool {
	return func(l *Level, rest []string) bool {
		if len(rest) != 1 {
			return false
		}
		n, ok := Number(rest[0])
		l.Limit = n
		return ok && n > least
	}
}

// termsOf reads "tokens 0.8", "grams 0.8" (of three), "grams2 0.8 idf".
func termsOf(l *Level, rest []string) bool {
	if len(rest) == 3 && rest[2] == "idf" {
		l.Rare, rest = true, rest[:2]
	}
	if len(rest) != 2 {
		return false
	}
	switch rest[0] {
	case "tokens":
	case "grams", "grams3":
		l.Gram = 3
	case "grams2":
		l.Gram = 2
	default:
		return false
	}
	n, ok := Number(rest[1])
	l.Limit = n
	return ok && n > 0 && n <= 1
}

// String is the text that ParseLevel reads.
func (l Level) String() string {
	limit := strconv.FormatFloat(l.Limit, 'g', -1, 64)
	switch l.Measure {
	case "exact", "pinyin", "begins":
		return l.Measure
	case "swapped", "checksum", "conflict":
		return l.Measure + " " + l.Other
	case "slip":
		return l.Measure + " " + l.Other + " " + limit
	case "jaccard", "containment":
		unit := "tokens"
		if l.Gram > 0 {
			unit = "grams" + strconv.Itoa(l.Gram)
		}
		text := l.Measure + " " + unit + " " + limit
		if l.Rare {
			text += " idf"
		}
		return text
	}
	return l.Measure + " " + limit
}

// needsTerms reports whether the level compares sets of terms.
func (l Level) needsTerms() bool { return l.Measure == "jaccard" || l.Measure == "containment" }

// Label is the level in words.
func (l Level) Label() fault.Text {
	limit := strconv.FormatFloat(l.Limit, 'g', -1, 64)
	share := strconv.FormatFloat(math.Round(l.Limit*100), 'g', -1, 64) + "%"
	switch l.Measure {
	case "exact":
		return fault.Text{EN: "the same", ZH: "相同"}
	case "checksum":
		return fault.Text{EN: "the same, and its check character is right", ZH: "相同且校验码正确"}
	case "slip":
		return fault.Text{EN: "differs by at most " + limit + " edits, and one can't be right", ZH: "相差不超过 " + limit + " 处，且其一校验不通过"}
	case "conflict":
		return fault.Text{EN: "two different numbers that can both be right", ZH: "为两个均校验通过的不同号码"}
	case "pinyin":
		return fault.Text{EN: "sounds the same", ZH: "拼音相同"}
	case "begins":
		return fault.Text{EN: "one begins with the other", ZH: "一方为另一方的开头"}
	case "damerau":
		return fault.Text{EN: "differs by at most " + limit + " edits", ZH: "相差不超过 " + limit + " 处"}
	case "prefix":
		return fault.Text{EN: "begins with the same " + limit + " characters", ZH: "前 " + limit + " 个字符相同"}
	case "jaro_winkler":
		return fault.Text{EN: "alike by " + share + " or more", ZH: "相似度不低于 " + share}
	case "jaccard":
		return fault.Text{EN: share + " or more of all parts are in both", ZH: "共有部分占全部的 " + share + " 以上"}
	case "containment":
		return fault.Text{EN: share + " or more of the shorter is in the longer", ZH: "较短者有 " + share + " 以上见于较长者"}
	case "number":
		return fault.Text{EN: "differs by at most " + limit, ZH: "相差不超过 " + limit}
	case "ratio":
		return fault.Text{EN: "differs by at most " + share, ZH: "相差不超过 " + share}
	case "days":
		return fault.Text{EN: "at most " + limit + " days apart", ZH: "相距不超过 " + limit + " 天"}
	case "km":
		return fault.Text{EN: "at most " + limit + " km apart", ZH: "相距不超过 " + limit + " 公里"}
	case "swapped":
		return fault.Text{EN: "swapped with " + l.Other, ZH: "与 " + l.Other + " 互换"}
	}
	return fault.Text{}
}
