package golden

import (
	"fmt"
	"time"

	"huiliu/transform/entity"
)

// reason is the first rule that tells two candidates apart.
func (one *rule) reason(a, b candidate) Reason {
	undeclared := a.source == len(one.order) && b.source == len(one.order)
	switch {
	case one.never && b.source == len(one.order):
		return Order
	case a.unsound() != b.unsound():
		return Sound
	case a.stale != b.stale:
		return Fresh
	case !undeclared:
		return Order
	case !a.row.Day.Equal(b.row.Day):
		return Later
	}
	return Tie
}

// why says in Chinese why a won over b.
func (r *Rules) why(one *rule, reason Reason, a, b candidate) string {
	first, second := r.label(a.row.Source), r.label(b.row.Source)
	var text string
	switch reason {
	case Sound:
		text = fmt.Sprintf("%s的值未通过校验，取%s", second, first)
	case Fresh:
		text = fmt.Sprintf("%s的值（%s）在 %d 天时效内，%s的值（%s）不在，取%s", first, said(a.row.Day), one.freshDays, second, said(b.row.Day), first)
	case Later:
		text = fmt.Sprintf("%s和%s都未列入来源顺序，%s的日期较新（%s，%s），取%s", first, second, first, said(a.row.Day), said(b.row.Day), first)
	case Tie:
		text = fmt.Sprintf("%s和%s都未列入来源顺序，日期相同（%s），按来源标识取%s", first, second, said(a.row.Day), first)
	default:
		text = fmt.Sprintf("%s在来源顺序中列第 %d，%s%s，取%s", first, a.source+1, second, one.placed(b), first)
		if a.stale && b.stale {
			text = "两者都不在时效内；" + text
		}
	}
	if one.of.Tag != entity.Plain && one.shown(a.value) == one.shown(b.value) {
		text += "；脱敏后相同，原值不同"
	}
	return text
}

func (one *rule) placed(c candidate) string {
	if c.source == len(one.order) {
		return "未列入"
	}
	return fmt.Sprintf("列第 %d", c.source+1)
}

// said is a day as officials read it.
func said(day time.Time) string {
	if day.IsZero() {
		return "无日期"
	}
	return day.Format(time.DateOnly)
}

// explain gives the winner its own reason: against the best of those that say
// something else, else that it is alone or agreed on.
func (r *Rules) explain(one *rule, w *Winner, sides []side) {
	best := sides[0].now
	for _, s := range sides[1:] {
		if !one.same(best.key, s.now.key) {
			w.Reason = one.reason(best, s.now)
			w.Why = r.why(one, w.Reason, best, s.now)
			return
		}
	}
	if w.Reason, w.Why = Alone, "只有"+r.label(best.row.Source)+"提供"; len(sides) > 1 {
		w.Reason, w.Why = Agreed, fmt.Sprintf("%d 个来源一致，取%s", len(sides), r.label(best.row.Source))
	}
	if w.Unsound {
		w.Why += "；未通过校验"
	}
	if w.Stale {
		w.Why += "；不在时效内"
	}
}
