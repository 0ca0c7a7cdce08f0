package build

import (
	"context"
	"database/sql/driver"
	"fmt"

	"huiliu/internal/stat"
)

const (
	earlyWarning = "mart.early_warning"
	// warningRules changes when the same findings and verdicts would give
	// another table.
	warningRules = "2"
)

// warningStep makes mart.early_warning: each rule of comparison with what it
// finds today and how often it was right when a person checked.
type warningStep struct{}

func (warningStep) Name() string    { return "early warning" }
func (warningStep) Version() string { return warningRules }
func (warningStep) Reads() []string {
	return []string{"ref.crosscheck_rule", "mart.crosscheck", "load.verdict"}
}

func (warningStep) Writes() []*Model {
	return []*Model{{
		Name: earlyWarning, Kind: "table", Label: "预警规则成效", Owner: "data",
		Description: "Each rule of comparison in the version in force, and in those before it of whose findings people said something: what it finds today, and of the findings that people have checked, those of earlier days too, how many were right. Only the last word on a finding counts; one that could not be judged counts neither way. The precision is right / (right + wrong), with Wilson's interval.",
		Grain:       []string{"rule", "rule_version"}, Roles: []string{"office", "analyst"},
		Columns: map[string]string{
			"rule": "规则编号（ref.crosscheck_rule）", "rule_version": "规则版本", "title": "规则名称", "severity": "程度：high 高，middle 中，low 低",
			"findings": "当前发现（件）", "sure": "其中确定（件）", "unjudged": "其中尚未核查（件）", "judged_right": "历次核查属实（件）", "judged_wrong": "历次核查不属实（件）", "judged_unclear": "历次核查无法判断（件）",
			"precision_millionths": "准确率：属实占属实与不属实之和（百万分之一）", "precision_low_millionths": "准确率 95% 区间下限（百万分之一）", "precision_high_millionths": "准确率 95% 区间上限（百万分之一）",
			"class": "数据状况：ok 可用，not_enough 已核查不足 30 件，unchecked 尚无核查",
		},
		Audits: []Audit{{Kind: "not_null", Columns: []string{"rule", "rule_version", "title", "severity", "findings", "sure", "unjudged", "judged_right", "judged_wrong", "judged_unclear", "class"}}},
	}}
}

func (warningStep) Run(ctx context.Context, s StepContext) error {
	found, err := s.Conn.QueryContext(ctx, `WITH last_word AS (
			SELECT rule, rule_version, verdict FROM load.verdict WHERE judged_on <= getvariable('as_of') QUALIFY row_number() OVER (PARTITION BY finding ORDER BY number DESC) = 1
		), said AS (
			SELECT rule, rule_version, count(*) FILTER (verdict = 'right') AS judged_right, count(*) FILTER (verdict = 'wrong') AS judged_wrong, count(*) FILTER (verdict = 'unclear') AS judged_unclear FROM last_word GROUP BY ALL
		), today AS (
			SELECT rule, rule_version, count(*) AS findings, count(*) FILTER (certainty = 'sure') AS sure, count(*) FILTER (verdict IS NULL) AS unjudged FROM mart.crosscheck GROUP BY ALL
		), in_force AS (
			SELECT rule, version FROM ref.crosscheck_rule WHERE valid_from <= getvariable('as_of') QUALIFY row_number() OVER (PARTITION BY rule ORDER BY valid_from DESC, version DESC) = 1
		)
		SELECT r.rule, r.version, r.title, r.severity, coalesce(t.findings, 0), coalesce(t.sure, 0), coalesce(t.unjudged, 0), coalesce(d.judged_right, 0), coalesce(d.judged_wrong, 0), coalesce(d.judged_unclear, 0)
		FROM ref.crosscheck_rule r LEFT JOIN today t ON t.rule = r.rule AND t.rule_version = r.version LEFT JOIN said d ON d.rule = r.rule AND d.rule_version = r.version
		WHERE d.rule IS NOT NULL OR EXISTS (SELECT 1 FROM in_force f WHERE f.rule = r.rule AND f.version = r.version)
		ORDER BY r.rule, r.version`)
	if err != nil {
		return fmt.Errorf("read findings: %w", err)
	}
	defer found.Close()
	var rows [][]driver.Value
	for found.Next() {
		var rule, version, title, severity string
		var n [6]int64
		if err := found.Scan(&rule, &version, &title, &severity, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]); err != nil {
			return fmt.Errorf("read findings: %w", err)
		}
		row := []driver.Value{rule, version, title, severity}
		for _, v := range n {
			row = append(row, v)
		}
		rows = append(rows, append(row, precision(n[3], n[4])...))
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read findings: %w", err)
	}
	return s.Fill(ctx, earlyWarning, `rule VARCHAR, rule_version VARCHAR, title VARCHAR, severity VARCHAR, findings BIGINT, sure BIGINT, unjudged BIGINT, judged_right BIGINT, judged_wrong BIGINT, judged_unclear BIGINT,
		precision_millionths BIGINT, precision_low_millionths BIGINT, precision_high_millionths BIGINT, class VARCHAR`, rows)
}

// precision is a rule's precision with its limits and what may be said of it.
func precision(right, wrong int64) []driver.Value {
	checked := right + wrong
	interval, ok := stat.Wilson(right, checked, level)
	if !ok {
		return []driver.Value{nil, nil, nil, "unchecked"}
	}
	class := "ok"
	if checked < enough {
		class = "not_enough"
	}
	return []driver.Value{millionths(float64(right) / float64(checked)), millionths(interval.Low), millionths(interval.High), class}
}
