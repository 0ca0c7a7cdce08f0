// Package report makes the draft of a duty report (述职报告): facts first, each
// with its query; a template without a digit of its own; and the same text as
// DOCX, HTML and Markdown.
package report

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"huiliu/internal/fault"
	"huiliu/internal/stat"
	"huiliu/marts/query"
)

//go:embed facts.yaml
var factsText []byte

// Faults of reports.
var (
	// BadPeriod is raised for a period that is none of the kind's.
	BadPeriod = &fault.Kind{
		Code: "report_bad_period", Class: fault.Input,
		Cause: fault.Text{EN: "{value} is no quarter", ZH: "“{value}”不是季度"},
		Mend:  fault.Text{EN: "write the year and the quarter, such as 2025Q4", ZH: "写出年份和季度，如 2025Q4"},
	}
	// BadTemplate is raised for a template that breaks its own rules.
	BadTemplate = &fault.Kind{
		Code: "report_bad_template", Class: fault.Input,
		Cause: fault.Text{EN: "{why}", ZH: "模板有误（{why}）"},
		Mend:  fault.Text{EN: "numbers come from facts: write {{fact}} instead; see docs/report.md", ZH: "数字须来自指标：请改写成 {{指标}}，见 docs/report.md"},
	}
)

// level is the confidence of intervals.
const level = 0.95

// Fact is one number or word of a report.
type Fact struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Unit  string `json:"unit,omitempty"`
	// Value is the text that a report shows, empty when there is no data.
	Value string `json:"value"`
	// Low and High are the 95 % interval of a share, as texts.
	Low  string `json:"low,omitempty"`
	High string `json:"high,omitempty"`
	// Query is what gave it, Tables what the query reads.
	Query  string   `json:"query"`
	Tables []string `json:"tables"`

	number float64
}

// Known reports whether there is a value.
func (f *Fact) Known() bool { return f.Value != "" }

// Table is rows of a report.
type Table struct {
	ID, Label, Query string
	Columns          []string
	Tables           []string
	Rows             [][]string
}

type factForm struct {
	ID      string   `yaml:"id"`
	Label   string   `yaml:"label"`
	Unit    string   `yaml:"unit"`
	SQL     string   `yaml:"sql"`
	ShareOf []string `yaml:"share_of"`
}

type tableForm struct {
	ID      string   `yaml:"id"`
	Label   string   `yaml:"label"`
	SQL     string   `yaml:"sql"`
	Columns []string `yaml:"columns"`
}

type library struct {
	Facts  []factForm  `yaml:"facts"`
	Tables []tableForm `yaml:"tables"`
}

func readLibrary() (library, error) {
	var l library
	if err := yaml.UnmarshalWithOptions(factsText, &l, yaml.Strict()); err != nil {
		return l, fmt.Errorf("read facts: %w", err)
	}
	return l, nil
}

// Period is what a report is about, both days included.
type Period struct {
	Name                       string
	From, To, PrevFrom, PrevTo time.Time
}

var quarterName = regexp.MustCompile(`^(20\d\d)Q([1-4])$`)

// Quarter reads a period such as 2025Q4.
func Quarter(name string) (Period, error) {
	m := quarterName.FindStringSubmatch(name)
	if m == nil {
		return Period{}, BadPeriod.At("--period", "value", name)
	}
	year, _ := strconv.Atoi(m[1])
	quarter, _ := strconv.Atoi(m[2])
	start := func(offset int) time.Time {
		return time.Date(year, time.Month(3*(quarter-1)+1+offset), 1, 0, 0, 0, 0, time.UTC)
	}
	return Period{Name: name, From: start(0), To: start(3).AddDate(0, 0, -1), PrevFrom: start(-3), PrevTo: start(0).AddDate(0, 0, -1)}, nil
}

// LastQuarter names the last quarter that was over on a day such as
// 2026-01-01, empty for a text that is no day.
func LastQuarter(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	n := 4*t.Year() + (int(t.Month())-1)/3 - 1
	return fmt.Sprintf("%dQ%d", n/4, n%4+1)
}

// Label is the period as an official writes it.
func (p Period) Label() string {
	return p.From.Format("2006年1月2日") + "至" + p.To.Format("2006年1月2日")
}

// fill puts the period's days into a query.
func (p Period) fill(sql string) string {
	day := func(t time.Time) string { return "DATE '" + t.Format(time.DateOnly) + "'" }
	return strings.NewReplacer("$prev_from", day(p.PrevFrom), "$prev_to", day(p.PrevTo), "$from", day(p.From), "$to", day(p.To)).Replace(sql)
}

// noValue stands in a table where there is no number.
const noValue = "—"

var tableName = regexp.MustCompile(`\b(?:core|mart|ref|ops)\.[a-z_0-9]+`)

func tablesOf(sql string) []string {
	var out []string
	met := map[string]bool{}
	for _, t := range tableName.FindAllString(sql, -1) {
		if !met[t] {
			met[t] = true
			out = append(out, t)
		}
	}
	return out
}

// collect asks the snapshot for every fact and table. What reads a table that
// is not published has no data; any other error is an error.
func collect(ctx context.Context, d *query.DB, p Period, l library) (map[string]*Fact, map[string]*Table, error) {
	published := map[string]bool{}
	for _, t := range d.Tables() {
		published[t] = true
	}
	have := func(tables []string) bool {
		for _, t := range tables {
			if !published[t] {
				return false
			}
		}
		return true
	}
	facts, tables := map[string]*Fact{}, map[string]*Table{}
	for _, form := range l.Facts {
		f := &Fact{ID: form.ID, Label: form.Label, Unit: form.Unit, Query: p.fill(form.SQL), Tables: tablesOf(form.SQL)}
		facts[form.ID] = f
		if len(form.ShareOf) == 2 {
			f.share(facts[form.ShareOf[0]], facts[form.ShareOf[1]])
			continue
		}
		if !have(f.Tables) {
			continue
		}
		rows, err := answer(ctx, d, f.Query)
		if err != nil {
			return nil, nil, fmt.Errorf("fact %s: %w", f.ID, err)
		}
		if len(rows) > 0 {
			f.Value = rows[0][0]
			f.number, _ = strconv.ParseFloat(f.Value, 64)
		}
	}
	for _, form := range l.Tables {
		t := &Table{ID: form.ID, Label: form.Label, Query: p.fill(form.SQL), Columns: form.Columns, Tables: tablesOf(form.SQL)}
		tables[form.ID] = t
		if !have(t.Tables) {
			continue
		}
		var err error
		if t.Rows, err = answer(ctx, d, t.Query); err != nil {
			return nil, nil, fmt.Errorf("table %s: %w", t.ID, err)
		}
		for _, row := range t.Rows {
			for i, cell := range row {
				if cell == "" {
					row[i] = noValue
				}
			}
		}
	}
	return facts, tables, nil
}

// share makes a percentage of two counts, with one decimal and its interval.
func (f *Fact) share(part, whole *Fact) {
	f.Query, f.Tables = part.ID+" ÷ "+whole.ID+"；区间为 Wilson 95%", union(part.Tables, whole.Tables)
	if !part.Known() || !whole.Known() {
		return
	}
	i, ok := stat.Wilson(int64(part.number), int64(whole.number), level)
	if !ok {
		return
	}
	percent := func(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) }
	f.number = part.number / whole.number
	f.Value, f.Low, f.High = percent(f.number)+"%", percent(i.Low)+"%", percent(i.High)+"%"
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, t := range b {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func answer(ctx context.Context, d *query.DB, sql string) (out [][]string, err error) {
	rows, err := d.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = query.Text(v)
		}
		out = append(out, line)
	}
	return out, rows.Err()
}
