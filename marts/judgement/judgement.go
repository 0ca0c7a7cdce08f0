// Package judgement keeps what people decided: their verdicts on what a
// comparison of departments found. It only adds; the last word counts and the
// words before it stay.
package judgement

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/store"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// Verdicts are what can be said of a finding: it is right, it is wrong, or who
// checked it could not tell.
var Verdicts = []string{"right", "wrong", "unclear"}

// Verdict is one person's word on one finding.
type Verdict struct {
	// Finding names a row of mart.crosscheck; Rule, RuleVersion and Subject
	// are that row's.
	Finding, Rule, RuleVersion, Subject string
	// Verdict is one of Verdicts.
	Verdict string
	// By is who says it, Note what they saw; a note may be empty. It is kept
	// masked as free text is: the store has no clear numbers of residents.
	By, Note string
	// At is when, On the day of it on the site's calendar.
	At, On time.Time
}

// Faults of verdicts.
var (
	// BadVerdict is raised for a word that is none of Verdicts.
	BadVerdict = &fault.Kind{
		Code: "verdict_unknown", Class: fault.Input,
		Cause: fault.Text{EN: "{verdict} is no verdict", ZH: "“{verdict}”不是核查结论"},
		Mend:  fault.Text{EN: "say right, wrong or unclear", ZH: "请用 right（属实）、wrong（不属实）或 unclear（无法判断）"},
	}
	// Nobody is raised for a verdict that nobody answers for.
	Nobody = &fault.Kind{
		Code: "verdict_by_nobody", Class: fault.Input,
		Cause: fault.Text{EN: "it is not said who checked it", ZH: "没有写明核查人"},
		Mend:  fault.Text{EN: "name the person with --by", ZH: "请用 --by 写明核查人"},
	}
)

// Judge adds a verdict and returns its number, which rises by one. It fails
// with BadVerdict or Nobody.
func Judge(ctx context.Context, s *store.Store, v Verdict) (number int64, err error) {
	if !slices.Contains(Verdicts, v.Verdict) {
		return 0, BadVerdict.At(v.Finding, "verdict", v.Verdict)
	}
	if v.By = strings.TrimSpace(v.By); v.By == "" {
		return 0, Nobody.At(v.Finding)
	}
	row := s.DB().QueryRowContext(ctx, `INSERT INTO store.load.verdict
		SELECT (SELECT coalesce(max(number), 0) + 1 FROM store.load.verdict), ?, ?, ?, ?, ?, ?, ?, ?, ? RETURNING number`,
		v.Finding, v.Rule, v.RuleVersion, v.Subject, v.Verdict, v.By, privacy.Mask(entity.FreeText, strings.TrimSpace(v.Note)), v.At.UTC(), v.On.Format(time.DateOnly))
	if err := row.Scan(&number); err != nil {
		return 0, store.Explain(s.Dir(), fmt.Errorf("write verdict: %w", err))
	}
	return number, nil
}
