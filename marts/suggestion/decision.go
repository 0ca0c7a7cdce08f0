package suggestion

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiliu/internal/fault"
	"huiliu/marts/store"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// What a person may decide of a request's category or unit: that it is a
// label, that none can be told, or that the matter is open again and the model
// speaks.
const (
	Is   = "is"
	None = "none"
	Open = "open"
)

// Decision is one person's word on one request's category or unit.
type Decision struct {
	// ID is the request's, as core.service_request has it; Kind is Category or
	// Unit.
	ID, Kind string
	// Decision is Is, None or Open. Label is a category's code, or its name
	// where departments give no code, or a unit's name; empty with None and
	// Open, and with Is for the label that is suggested.
	Decision, Label string
	// New says that a label that nobody used before is meant.
	New bool
	// By is who decided, Note why; a note may be empty. It is kept masked as
	// free text is: the store has no clear numbers of residents.
	By, Note string
	// At is when, On the day of it on the site's calendar.
	At, On time.Time
}

// Faults of decisions.
var (
	// UnknownDecision is raised for a kind or word that is none.
	UnknownDecision = &fault.Kind{
		Code: "suggest_decision_unknown", Class: fault.Input,
		Cause: fault.Text{EN: "{what} can't be decided", ZH: "不能作出决定“{what}”"},
		Mend:  fault.Text{EN: "decide category or unit, by a label, as none or as open", ZH: "请就类别（category）或承办单位（unit）给出具体值，或用 none（无法确定）、open（重新交由模型建议）"},
	}
	// UnknownRequest is raised for a request that was never there.
	UnknownRequest = &fault.Kind{
		Code: "suggest_request_unknown", Class: fault.Input,
		Cause: fault.Text{EN: "there was never a request {id}", ZH: "没有诉求 {id}"},
		Mend:  fault.Text{EN: "give an id as core.service_request or `huiliu suggest review` shows it", ZH: "请给出 core.service_request 或 `huiliu suggest review` 中的标识"},
	}
	// UnknownLabel is raised for a label that nobody used before.
	UnknownLabel = &fault.Kind{
		Code: "suggest_label_unknown", Class: fault.Input,
		Cause: fault.Text{EN: "no request and no tree has the {kind} {label}", ZH: "诉求和分类目录中都没有{kind_zh}“{label}”"},
		Mend:  fault.Text{EN: "use one that there is (core.category_label, agencies of core.service_request), or say with --new that it is a new one", ZH: "请使用已有的值（见 core.category_label、core.service_request 的承办单位）；确为新增的，加 --new"},
	}
	// NothingSuggested is raised when what is suggested is taken, and nothing is.
	NothingSuggested = &fault.Kind{
		Code: "suggest_nothing_suggested", Class: fault.Input,
		Cause: fault.Text{EN: "no {kind} is suggested for request {id}", ZH: "诉求 {id} 没有{kind_zh}建议"},
		Mend:  fault.Text{EN: "name the label", ZH: "请写明具体值"},
	}
	// DecidedByNobody is raised for a decision that nobody answers for.
	DecidedByNobody = &fault.Kind{
		Code: "suggest_decided_by_nobody", Class: fault.Input,
		Cause: fault.Text{EN: "it is not said who decided", ZH: "没有写明决定人"},
		Mend:  fault.Text{EN: "name the person with --by", ZH: "请用 --by 写明决定人"},
	}
)

// words are the kinds as an official calls them.
var words = map[string]string{Category: "类别", Unit: "承办单位"}

// Standing is what a request was when something was decided of it.
type Standing string

// What a request may be.
const (
	Lacks Standing = "lacks" // no department said it: the decision fills it
	Given Standing = "given" // a department said it, and its word stays
	Gone  Standing = "gone"  // the request is not there any more
)

// Decide adds a decision and returns it as it is kept, its number, and what the
// request is: a decision on one that is gone, or of which a department speaks,
// is kept and holds should that change. It fails with UnknownDecision,
// UnknownRequest, UnknownLabel, NothingSuggested or DecidedByNobody.
func Decide(ctx context.Context, s *store.Store, d Decision) (kept Decision, number int64, before Standing, err error) {
	place := d.ID + " " + d.Kind
	d.Label, d.By, d.Note = strings.TrimSpace(d.Label), strings.TrimSpace(d.By), privacy.Mask(entity.FreeText, strings.TrimSpace(d.Note))
	switch {
	case !slices.Contains(kinds, d.Kind):
		return d, 0, "", UnknownDecision.At(place, "what", d.Kind)
	case !slices.Contains([]string{Is, None, Open}, d.Decision), d.Decision != Is && d.Label != "":
		return d, 0, "", UnknownDecision.At(place, "what", strings.TrimSpace(d.Decision+" "+d.Label))
	case d.By == "":
		return d, 0, "", DecidedByNobody.At(place)
	}
	if before, err = stands(ctx, s, d); err != nil {
		return d, 0, "", err
	}
	if d.Decision == Is {
		if err := d.label(ctx, s); err != nil {
			return d, 0, "", err
		}
	}
	row := s.DB().QueryRowContext(ctx, `INSERT INTO store.load.suggest_decision
		SELECT (SELECT coalesce(max(number), 0) + 1 FROM store.load.suggest_decision), ?, ?, ?, ?, ?, ?, ?, ? RETURNING number`,
		d.ID, d.Kind, d.Decision, d.Label, d.By, d.Note, d.At.UTC(), d.On.Format(time.DateOnly))
	if err := row.Scan(&number); err != nil {
		return d, 0, "", store.Explain(s.Dir(), fmt.Errorf("write decision: %w", err))
	}
	return d, number, before, nil
}

// stands tells what a request is.
func stands(ctx context.Context, s *store.Store, d Decision) (Standing, error) {
	var gone, given bool
	err := s.DB().QueryRowContext(ctx, "SELECT bool_and(_deleted IS NOT NULL), bool_or("+own[d.Kind]+" IS NOT NULL) FROM store.load.service_request t WHERE id = ? GROUP BY id", d.ID).Scan(&gone, &given)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", UnknownRequest.At(d.ID, "id", d.ID)
	case err != nil:
		return "", store.Explain(s.Dir(), fmt.Errorf("read request %s: %w", d.ID, err))
	case gone:
		return Gone, nil
	case given:
		return Given, nil
	}
	return Lacks, nil
}

// label makes sure that the label is one there is: the suggested one where none
// is named, else one that a department, a person or a tree has.
func (d *Decision) label(ctx context.Context, s *store.Store) error {
	if d.Label == "" {
		err := s.DB().QueryRowContext(ctx, "SELECT label FROM store.load.suggestion WHERE id = ? AND kind = ? AND label IS NOT NULL", d.ID, d.Kind).Scan(&d.Label)
		if errors.Is(err, sql.ErrNoRows) {
			return NothingSuggested.At(d.ID, "kind", d.Kind, "kind_zh", words[d.Kind], "id", d.ID)
		}
		return err
	}
	if d.New {
		return nil
	}
	known := "SELECT 1 FROM store.load.service_request t WHERE _deleted IS NULL AND " + own[d.Kind] + " = $1 UNION ALL SELECT 1 FROM store.load.suggest_decision WHERE kind = $2 AND decision = 'is' AND label = $1"
	if d.Kind == Category {
		known += " UNION ALL SELECT 1 FROM store.load.taxonomy WHERE _deleted IS NULL AND coalesce(code, name) = $1"
	}
	var n int
	if err := s.DB().QueryRowContext(ctx, "SELECT count(*) FROM ("+known+")", d.Label, d.Kind).Scan(&n); err != nil {
		return store.Explain(s.Dir(), fmt.Errorf("look up label: %w", err))
	}
	if n == 0 {
		return UnknownLabel.At(d.ID, "kind", d.Kind, "kind_zh", words[d.Kind], "label", d.Label)
	}
	return nil
}
