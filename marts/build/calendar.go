package build

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"

	"huiliu/internal/calendar"
)

// calendarStep publishes the official calendar as ref.calendar.
type calendarStep struct{}

func (calendarStep) Name() string    { return "internal/calendar" }
func (calendarStep) Reads() []string { return nil }

// Version is the digest of the days: a notice that is added or amended gives
// another. A calendar that can't be read has none, and Run says why.
func (calendarStep) Version() string {
	rows, err := calendar.Rows()
	if err != nil {
		return ""
	}
	h := sha256.New()
	for _, r := range rows {
		fmt.Fprintln(h, r.Day.Unix(), r.Working, r.Holiday, r.Notice)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (calendarStep) Writes() []*Model {
	return []*Model{{
		Name: "ref.calendar", Kind: "table", Label: "工作日历", Owner: "data",
		Description: "Every day of the years for which the State Council has announced holidays: working or not, and by which notice.",
		Grain:       []string{"day"}, Roles: Roles,
		Columns: map[string]string{"day": "日期", "working": "是否工作日（含调休上班）", "holiday": "节日名称", "notice": "通知文号"},
		Audits:  []Audit{{Kind: "not_null", Columns: []string{"day", "working"}}},
	}}
}

func (calendarStep) Run(ctx context.Context, s StepContext) error {
	days, err := calendar.Rows()
	if err != nil {
		return fmt.Errorf("read calendar: %w", err)
	}
	var rows [][]driver.Value
	for _, r := range days {
		rows = append(rows, []driver.Value{r.Day, r.Working, textOrNull(r.Holiday), textOrNull(r.Notice)})
	}
	return s.Fill(ctx, "ref.calendar", "day DATE, working BOOLEAN, holiday VARCHAR, notice VARCHAR", rows)
}

func textOrNull(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}
