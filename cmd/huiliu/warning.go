package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/judgement"
	"huiliu/marts/query"
	"huiliu/marts/store"
)

type warningCmd struct {
	List  warningListCmd  `cmd:"" default:"withargs" help:"List what the comparison of departments found."`
	Rules warningRulesCmd `cmd:"" help:"Say how often each rule was right."`
	Judge warningJudgeCmd `cmd:"" help:"Note what a person who checked a finding says of it."`
}

type warningListCmd struct {
	Rule   string `help:"Only this rule."`
	Source string `help:"Only what this department says, on either side." placeholder:"ID"`
	Open   bool   `help:"Only what nobody has checked yet."`
}

func (c warningListCmd) run(ctx context.Context, e *env) (result, error) {
	where := "true"
	if c.Rule != "" {
		where = "rule = " + store.Quote(c.Rule)
	}
	if c.Source != "" {
		where += fmt.Sprintf(" AND %s IN (source_a, source_b)", store.Quote(c.Source))
	}
	if c.Open {
		where += " AND verdict IS NULL"
	}
	return e.table(ctx, "SELECT finding, rule, severity, certainty, subject, row_a, said_a, day_a, coalesce(evidence_b, source_b) AS row_b, said_b, day_b, verdict FROM mart.crosscheck WHERE "+where+
		" ORDER BY list_position(['high', 'middle', 'low'], severity), rule, certainty DESC, finding")
}

type warningRulesCmd struct{}

func (warningRulesCmd) run(ctx context.Context, e *env) (result, error) {
	return e.table(ctx, `SELECT rule, rule_version AS version, title, findings, sure, unjudged, judged_right AS "right", judged_wrong AS wrong, judged_unclear AS unclear,
		printf('%.0f%%', precision_millionths / 1e4) AS precision, printf('%.0f–%.0f%%', precision_low_millionths / 1e4, precision_high_millionths / 1e4) AS "95 %", class FROM mart.early_warning ORDER BY ALL`)
}

type warningJudgeCmd struct {
	Finding string `arg:"" help:"The finding's name, as warning list prints it."`
	Verdict string `arg:"" help:"right, wrong or unclear."`
	By      string `help:"Who checked it." required:""`
	Note    string `help:"What they saw."`
}

func (warningJudgeCmd) writes() bool { return true }

var noFinding = &fault.Kind{
	Code: "no_such_finding", Class: fault.Input,
	Cause: fault.Text{EN: "there is no finding {finding} in the current snapshot", ZH: "当前快照中没有发现 {finding}"},
	Mend:  fault.Text{EN: "see `huiliu warning list`", ZH: "用 `huiliu warning list` 查看"},
}

func (c warningJudgeCmd) run(ctx context.Context, e *env) (r result, err error) {
	a, err := e.configure(nil)
	if err != nil {
		return result{}, err
	}
	v := judgement.Verdict{Finding: c.Finding, Verdict: c.Verdict, By: c.By, Note: c.Note, At: time.Now(), On: a.asOf}
	if err := e.find(ctx, &v); err != nil {
		return result{}, err
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	number, err := judgement.Judge(ctx, s, v)
	if err != nil {
		return result{}, err
	}
	return result{summary: fmt.Sprintf("verdict %d: %s on %s is %s, says %s; it shows after the next build", number, v.Rule, v.Subject, v.Verdict, v.By), value: v}, nil
}

// find fills in what the current snapshot says of the finding.
func (e *env) find(ctx context.Context, v *judgement.Verdict) (err error) {
	d, err := query.Open(ctx, e.Store+"/snapshots", "office")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	rows, err := d.Query(ctx, "SELECT rule, rule_version, subject FROM mart.crosscheck WHERE finding = "+store.Quote(v.Finding))
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(noFinding.At("warning judge", "finding", v.Finding), rows.Err())
	}
	return rows.Scan(&v.Rule, &v.RuleVersion, &v.Subject)
}
