package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Finding is what the lint has to say of a draft.
type Finding struct {
	// Rule names the rule, Place the chapter or paragraph.
	Rule, Place, Text string
	// OK says that the rule is kept; the finding then only gives its figure.
	OK bool
}

// The shares that the plan asks for (指标库 四：报告结构).
const (
	problemShare  = 30 // per cent of the text
	numberedShare = 80 // per cent of the statements
)

// empty are phrases that say nothing without a number beside them.
var empty = []string{"高度重视", "进一步加强", "显著提升", "成效明显", "稳步推进", "扎实推进", "取得较好成效", "不断完善", "大力推进", "切实加强", "积极开展", "全面落实", "有效提升"}

var statementEnd = regexp.MustCompile(`[。；！？]`)

// Lint checks a document by the plan's rules: at least three tenths of the
// text on problems, four fifths of the statements with a number, no empty
// phrase without one, and for each problem a case, a source and a measure.
func Lint(d *Document) []Finding {
	var out []Finding
	all, problems, statements, numbered := 0, 0, 0, 0
	inProblems, section := false, ""
	parts := map[string]map[string]bool{}
	var sections []string
	for _, b := range d.Blocks {
		if h := b.Heading; h != nil {
			if h.Level == 1 {
				inProblems, section = h.Problems, ""
			}
			if h.Level == 2 && inProblems {
				section = text(h.Runs)
				sections = append(sections, section)
				parts[section] = map[string]bool{}
			}
			continue
		}
		if b.Paragraph == nil {
			continue
		}
		t := text(b.Paragraph)
		n := utf8.RuneCountInString(t)
		all += n
		if inProblems {
			problems += n
		}
		for _, name := range []string{"案例", "来源", "措施"} {
			if section != "" && strings.HasPrefix(t, name+"：") && !strings.HasSuffix(t, name+"：") {
				parts[section][name] = true
			}
		}
		for _, s := range statementEnd.Split(t, -1) {
			if strings.TrimSpace(s) == "" || strings.HasPrefix(s, "来源：") || strings.Contains(s, "待补充") || strings.Contains(s, "取数语句") {
				continue
			}
			statements++
			has := strings.ContainsAny(s, "0123456789")
			if has {
				numbered++
			}
			for _, phrase := range empty {
				if !has && strings.Contains(s, phrase) {
					out = append(out, Finding{Rule: "空话", Place: s, Text: "“" + phrase + "”没有数字支撑"})
				}
			}
		}
	}
	out = append(out, share("问题篇幅", problems, all, problemShare), share("量化语句", numbered, statements, numberedShare))
	for _, s := range sections {
		var missing []string
		for _, name := range []string{"案例", "来源", "措施"} {
			if !parts[s][name] {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			out = append(out, Finding{Rule: "问题三要素", Place: s, Text: "缺少" + strings.Join(missing, "、")})
		}
	}
	return out
}

func share(rule string, part, whole, want int) Finding {
	f := Finding{Rule: rule, Place: "全文", OK: whole > 0 && part*100 >= want*whole}
	if whole > 0 {
		f.Text = fmt.Sprintf("占 %d%%，要求不低于 %d%%", part*100/whole, want)
	}
	return f
}
