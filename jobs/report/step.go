package report

import (
	"context"
	"database/sql/driver"
	"path/filepath"
	"time"

	"huiliu/marts/build"
)

// Step makes ops.fact of the facts that drafts were made of, so that who reads
// a number in a draft finds its query by SQL. It reads the file of facts and
// nothing of the drafts: they may be edited, moved or deleted.
type Step struct {
	// Reports is the folder of the drafts and their facts.
	Reports string
}

// Name is that of the folder.
func (Step) Name() string { return "jobs/report" }

// Version changes nothing: ops is published anew after every run.
func (Step) Version() string { return "1" }

// Reads names nothing: facts come from a file.
func (Step) Reads() []string { return nil }

// Writes is the one table.
func (Step) Writes() []*build.Model {
	return []*build.Model{{
		Name: "ops.fact", Kind: "table", Label: "报告数字", Owner: "data",
		Description: "Every number of every draft in the order of writing, with what it came from: the query that gave it, the tables the query reads and the snapshot it was asked of. The file they come from is only ever added to and is chained by hashes; state says what the chain says of a line, and a line that can't be read is a row with nothing else.",
		Grain:       []string{"number"}, Roles: []string{"office", "analyst"},
		Columns: map[string]string{
			"number": "序号（文件中的行号）", "report": "报告编号", "fact": "数字编号", "label": "数字名称", "unit": "单位", "value": "数值（文本形式；无数据时为空）",
			"low": "95% 区间下限（文本形式）", "high": "95% 区间上限（文本形式）", "query": "取数语句", "inputs": "取数语句所读的表", "snapshot": "快照", "as_of": "截至日期",
			"latest": "是否为该报告最近一次初稿所用", "state": "哈希链：ok 衔接，unlinked 与上一行不衔接，changed 本行被改动，unreadable 无法读取", "previous": "上一行的 SHA-256", "sum": "本行的 SHA-256",
		},
		Audits: []build.Audit{{Kind: "not_null", Columns: []string{"number", "latest", "state"}},
			{Kind: "accepted", Columns: []string{"state"}, Values: []string{entryFollows, entryUnlinked, entryChanged, entryUnreadable}}},
	}}
}

// Run fills the table from the file.
func (s Step) Run(ctx context.Context, c build.StepContext) error {
	list, _, err := readFacts(filepath.Join(s.Reports, factsFile))
	if err != nil {
		return err
	}
	type key struct{ report, fact string }
	latest := map[key]int{}
	for i, e := range list {
		latest[key{e.Report, e.Fact.ID}] = i
	}
	rows := make([][]driver.Value, len(list))
	for i, e := range list {
		f := &e.Fact
		if e.state == entryUnreadable {
			rows[i] = append(append([]driver.Value{int64(i + 1)}, make([]driver.Value, 11)...), false, e.state, nil, nil)
			continue
		}
		inputs := f.Tables
		if inputs == nil {
			inputs = []string{}
		}
		rows[i] = []driver.Value{int64(i + 1), e.Report, f.ID, f.Label, orNull(f.Unit), orNull(f.Value), orNull(f.Low), orNull(f.High), f.Query, inputs, e.Snapshot, day(e.AsOf),
			latest[key{e.Report, f.ID}] == i, e.state, orNull(e.Previous), e.Sum}
	}
	return c.Fill(ctx, "ops.fact", `number BIGINT, report VARCHAR, fact VARCHAR, label VARCHAR, unit VARCHAR, value VARCHAR, low VARCHAR, high VARCHAR, query VARCHAR, inputs VARCHAR[],
		snapshot VARCHAR, as_of DATE, latest BOOLEAN, state VARCHAR, previous VARCHAR, sum VARCHAR`, rows)
}

func orNull(text string) driver.Value {
	if text == "" {
		return nil
	}
	return text
}

func day(text string) driver.Value {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil
	}
	return t
}
