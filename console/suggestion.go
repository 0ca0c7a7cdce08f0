package console

import (
	"context"
	"errors"
	"fmt"

	"huiliu/marts/query"
)

// suggestionView is the category or unit that is suggested for a request.
type suggestionView struct {
	Request, Said, Label, Name, State, Reason, Others, On string
	Probability                                           *float64
	Told                                                  *said
}

// stateLabels say why a suggestion waits, besides that it is not sure enough.
var stateLabels = map[string]string{
	"no_words": "没有认识的词", "no_threshold": "样本不足以定采纳标准", "one_label": "只学过一个值", "no_model": "没有可学的样本",
}

// Sure is how sure it is, as a person reads it.
func (s suggestionView) Sure() string {
	if s.Probability == nil {
		return stateLabels[s.State]
	}
	return pairView{Probability: *s.Probability}.Percent()
}

// labelView is one value that may be said.
type labelView struct{ Label, Name string }

// suggestions reads what is suggested and waits, the likeliest first, and what
// else may be said.
func (c *Console) suggestions(ctx context.Context, d *query.DB, v *reviewView, from int) error {
	err := each(ctx, d, fmt.Sprintf(`SELECT s.request_id, coalesce(r.title, r.description_mask, ''), coalesce(s.label, ''), coalesce(s.label_name, ''), coalesce(s.state, ''), coalesce(s.reason, ''), coalesce(s.others, ''),
			coalesce(r.requested_on::VARCHAR, ''), s.probability::DOUBLE
		FROM core.suggestion s JOIN core.service_request r ON r.id = s.request_id WHERE s.waits AND s.kind = %s ORDER BY s.probability DESC NULLS LAST, s.request_id LIMIT %d OFFSET %d`,
		query.Quote(v.Kind), shownAtOnce+1, from), func(scan func(...any) error) error {
		var s suggestionView
		if err := scan(&s.Request, &s.Said, &s.Label, &s.Name, &s.State, &s.Reason, &s.Others, &s.On, &s.Probability); err != nil {
			return err
		}
		s.Told = c.unpublished(v.Snapshot, v.Kind, s.Request, "")
		v.Suggestions = append(v.Suggestions, s)
		return nil
	})
	v.Suggestions = turn(v, v.Suggestions, from)
	known := "SELECT label, name FROM core.category_label ORDER BY requests DESC, label LIMIT 500"
	if v.Kind == "unit" {
		known = "SELECT agency, agency FROM core.service_request WHERE agency IS NOT NULL GROUP BY agency ORDER BY count(*) DESC, agency LIMIT 500"
	}
	return errors.Join(err, each(ctx, d, known, func(scan func(...any) error) error {
		var l labelView
		if err := scan(&l.Label, &l.Name); err != nil {
			return err
		}
		v.Labels = append(v.Labels, l)
		return nil
	}))
}
