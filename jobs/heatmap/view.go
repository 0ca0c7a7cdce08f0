package heatmap

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// View is what a picture shows and a page shows first. The zero value of each
// field lets the snapshot decide.
type View struct {
	// Month is a month such as 2025-12; the last whole one by default.
	Month string
	// Category is one of the first level; all of them by default.
	Category string
	// Area is community, h3_8 or h3_9; communities by default, where any has a
	// place.
	Area string
	// Unit is requests or issues; issues by default, since one matter that many
	// report is one.
	Unit string
	// Measure is count or rate; rates by default, where residents are known. Those
	// of cells are estimated, so cells show counts first.
	Measure string
}

// shown is a View resolved to places in an atlas.
type shown struct{ month, category, kind, unit, measure int }

// resolve finds what a View asks for in an atlas.
func (a *atlas) resolve(v View) (shown, error) {
	s := shown{unit: byIssues}
	if v.Unit == "requests" {
		s.unit = byRequests
	}
	var err error
	if s.month, err = a.findMonth(v.Month); err != nil {
		return s, err
	}
	if v.Category != "" {
		if s.category = slices.Index(a.categories, v.Category); s.category < 0 {
			return s, noCategory.At("--category", "category", v.Category, "have", strings.Join(a.categories, ", "))
		}
	}
	s.kind = a.findKind(v.Area)
	l := a.kinds[s.kind]
	if v.Measure == "rate" || v.Measure == "" && l.key == "community" && l.hasResidents() {
		s.measure = asRate
	}
	return s, nil
}

func (a *atlas) findMonth(text string) (int, error) {
	const form = "2006-01"
	if text == "" {
		for i := len(a.months) - 1; i >= 0; i-- {
			if !a.partial(i) {
				return i, nil
			}
		}
		return len(a.months) - 1, nil
	}
	at := slices.IndexFunc(a.months, func(m time.Time) bool { return m.Format(form) == text })
	if at < 0 {
		return 0, noMonth.At("--month", "month", text, "first", a.months[0].Format(form), "last", a.months[len(a.months)-1].Format(form))
	}
	return at, nil
}

// partial reports whether a month was not over on the as-of day.
func (a *atlas) partial(month int) bool {
	return a.months[month].AddDate(0, 1, -1).After(a.asOf)
}

// findKind returns the kind that is asked for, where a role has it, else the
// first of which anything can be drawn.
func (a *atlas) findKind(key string) int {
	for i, l := range a.kinds {
		if l.key == key {
			return i
		}
	}
	for i, l := range a.kinds {
		if slices.ContainsFunc(l.areas, (*area).drawn) {
			return i
		}
	}
	return 0
}

func (l *layer) hasResidents() bool {
	for _, rows := range l.cells {
		if slices.ContainsFunc(rows, func(r row) bool { return r.residents > 0 }) {
			return true
		}
	}
	return false
}

// title is the picture's and the page's.
func (a *atlas) title() string { return a.site + "诉求热力图" }

// chineseMonth writes a month as an official does.
func (a *atlas) chineseMonth(i int) string {
	m := a.months[i]
	text := fmt.Sprintf("%d 年 %d 月", m.Year(), int(m.Month()))
	if a.partial(i) {
		text += fmt.Sprintf("（截至 %s，不足整月）", a.asOf.Format(time.DateOnly))
	}
	return text
}

// audience says for whom a picture is.
func (a *atlas) audience() string {
	if a.role == "district" {
		return "报区版：小于 5 的数和可倒推出它们的数已隐去。"
	}
	return "内部使用，含小于 5 的数，不得外传；对外请用报区版。"
}

var unitNames = [...]string{"件", "事"}

// notes tell how to read a page, and what is missing in it.
func (a *atlas) notes() []string {
	notes := []string{
		"“件”是收到的诉求件数；“事”把各渠道反映同一问题的诉求归并为一件事，计入首件所在的月份和区域。是否同一问题，按地点、时间、类别和内容的相似程度推断，每件都有概率和理由（core.issue_member）；推断会有误，可能把同一地点的两个问题并成一个，也可能把一个问题拆成两个。",
		"每千人数的 95% 区间用泊松精确法（Garwood）。件数（或事数）或常住人口不足 10 的标为“数据不足”：数照列，不着色，不宜比较高低。人口取当月末之前最近一次的常住人口数，没有的取其后最近一次。",
		"只有自带可用坐标的诉求画入网格；没有坐标、坐标在辖区外、只知所在社区的，只计入社区。网格为 H3（8 级边长约 530 米，9 级约 200 米）。",
		"颜色越深数越大；配色对色觉异常者可辨，灰度打印可读。本图为示意图，界线不作划界依据。",
	}
	if a.role == "district" {
		notes = append(notes, "网格不提供常住人口数和每千人数，只看数量。小于 5 的数隐去；为防止由合计倒推，另隐去若干其他区域或类别的数。隐去不等于没有。9 级网格几乎都是小数，不对外提供。")
	} else {
		notes = append(notes, "网格的常住人口为推算数：社区常住人口按户籍登记中能定位到网格的在册人口分摊，登记只有当前状态，各月用同一分布；社区人口未知、能定位的不足其一半或超过其一倍半的，所涉网格不算每千人数。推算误差不在区间之内；网格的件数只含自带坐标的诉求。")
	}
	return notes
}
