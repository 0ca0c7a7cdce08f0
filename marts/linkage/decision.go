package linkage

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

// What a person may decide of two rows: that they are one, that they are two,
// or that the matter is open again and the model speaks.
const (
	Same  = "same"
	Apart = "apart"
	Open  = "open"
)

// Decision is one person's word on one pair of rows.
type Decision struct {
	// Kind is what the rows are of: person, organisation or issue. A and B are ids of
	// rows, as core.link has them.
	Kind, A, B string
	// Decision is Same, Apart or Open.
	Decision string
	// By is who decided, Note why; a note may be empty. It is kept masked as
	// free text is: the store has no clear numbers of residents.
	By, Note string
	// At is when, On the day of it on the site's calendar.
	At, On time.Time
}

// Faults of decisions.
var (
	// UnknownDecision is raised for a word that is none of the three.
	UnknownDecision = &fault.Kind{
		Code: "link_decision_unknown", Class: fault.Input,
		Cause: fault.Text{EN: "{decision} is no decision", ZH: "“{decision}”不是可用的决定"},
		Mend:  fault.Text{EN: "say same, apart or open", ZH: "请用 same（同一）、apart（不同）或 open（重新交由模型判断）"},
	}
	// UnknownRow is raised for a row that was never linked as this kind.
	UnknownRow = &fault.Kind{
		Code: "link_row_unknown", Class: fault.Input,
		Cause: fault.Text{EN: "no row {id} was ever linked as a {kind}", ZH: "没有以 {kind} 关联过的行 {id}"},
		Mend:  fault.Text{EN: "give two different row ids as core.link or `huiliu link review` shows them", ZH: "请给出两个不同的来源行标识（见 core.link 或 `huiliu link review`）"},
	}
	// DecidedByNobody is raised for a decision that nobody answers for.
	DecidedByNobody = &fault.Kind{
		Code: "link_decided_by_nobody", Class: fault.Input,
		Cause: fault.Text{EN: "it is not said who decided", ZH: "没有写明决定人"},
		Mend:  fault.Text{EN: "name the person with --by", ZH: "请用 --by 写明决定人"},
	}
)

// Standing is what two rows were when something was decided of them.
type Standing string

// What two rows may be.
const (
	One  Standing = "one"  // of one entity
	Two  Standing = "two"  // of two
	Gone Standing = "gone" // at least one is not there any more
)

// Decide adds a decision and returns its number, and what the rows are until
// the next linkage: a decision on rows that are gone, or that are already as it
// says, is kept and holds should they come again. It fails with
// UnknownDecision, UnknownRow or DecidedByNobody.
func Decide(ctx context.Context, s *store.Store, d Decision) (number int64, before Standing, err error) {
	place := d.A + " " + d.B
	if !slices.Contains([]string{Same, Apart, Open}, d.Decision) {
		return 0, "", UnknownDecision.At(place, "decision", d.Decision)
	}
	if d.By = strings.TrimSpace(d.By); d.By == "" {
		return 0, "", DecidedByNobody.At(place)
	}
	if !slices.Contains([]string{"person", "organisation", kindIssue}, d.Kind) {
		return 0, "", UnknownRow.At(place, "id", d.A, "kind", d.Kind)
	}
	a, errA := entityOf(ctx, s, d.Kind, d.A)
	b, errB := entityOf(ctx, s, d.Kind, d.B)
	if d.A == d.B && errB == nil {
		errB = UnknownRow.At(place, "id", d.B, "kind", d.Kind)
	}
	if err := errors.Join(errA, errB); err != nil {
		return 0, "", err
	}
	switch {
	case a == "" || b == "":
		before = Gone
	case a == b:
		before = One
	default:
		before = Two
	}
	row := s.DB().QueryRowContext(ctx, `INSERT INTO store.load.link_decision
		SELECT (SELECT coalesce(max(number), 0) + 1 FROM store.load.link_decision), ?, ?, ?, ?, ?, ?, ?, ? RETURNING number`,
		d.Kind, d.A, d.B, d.Decision, d.By, privacy.Mask(entity.FreeText, strings.TrimSpace(d.Note)), d.At.UTC(), d.On.Format(time.DateOnly))
	if err := row.Scan(&number); err != nil {
		return 0, "", store.Explain(s.Dir(), fmt.Errorf("write decision: %w", err))
	}
	return number, before, nil
}

// entityOf is the entity of a row, empty for one that is gone.
func entityOf(ctx context.Context, s *store.Store, kind, id string) (string, error) {
	var entity sql.NullString
	err := s.DB().QueryRowContext(ctx, "SELECT entity_id FROM store.load.link_row WHERE kind = ? AND id = ?", kind, id).Scan(&entity)
	if errors.Is(err, sql.ErrNoRows) {
		return "", UnknownRow.At(id, "id", id, "kind", kind)
	}
	if err != nil {
		return "", store.Explain(s.Dir(), fmt.Errorf("read row %s: %w", id, err))
	}
	return entity.String, nil
}
