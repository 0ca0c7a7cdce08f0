package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiliu/marts/query"
)

// Decision is a person's word on two rows, as `link decide` takes it.
type Decision struct {
	// Entity is what the rows are of: person, organisation or issue. RowA and
	// RowB are ids of rows as core.link has them.
	Entity, RowA, RowB string
	// Word is same, apart or open. By is who says so, Note why.
	Word, By, Note string
}

// said is what was decided on this page and is not published yet.
type said struct{ Word, By, snapshot string }

// pairsAtOnce is how many pairs the page shows together, and decisionsShown how
// many of the last decisions.
const (
	pairsAtOnce    = 20
	decisionsShown = 20
	longestText    = 500 // characters of a name, a note or an id that is taken
)

var (
	entityLabels = map[string]string{"person": "人员", "organisation": "单位", "issue": "问题", "place": "地点", "building": "楼栋"}
	oneLabels    = map[string]string{"person": "同一人", "organisation": "同一单位", "issue": "同一问题"}
	wordLabels   = map[string]string{"same": "同一", "apart": "不同", "open": "交由模型判断"}
	// decidable are the entities of which a person has a say.
	decidable = []string{"person", "organisation", "issue"}
)

// reviewView is what the page of review shows.
type reviewView struct {
	Site, Version, Problem, Snapshot, AsOf string
	By, Back                               string
	Work                                   Work
	Kinds                                  []waiting
	Kind                                   string
	Pairs                                  []pairView
	Before, After                          string // where the pairs before and after these are
	ID                                     string
	Rows                                   []rowView
	Decisions                              []decisionView
}

// waiting counts the pairs of one kind that wait.
type waiting struct {
	Kind, Label string
	Count       int64
}

type pairView struct {
	Entity, RowA, RowB, EntityA, EntityB, SaidA, SaidB, Reason string
	RowsA, RowsB, Pairs                                        int64
	Probability                                                float64
	Said                                                       *said
}

// Percent is the probability as a person reads it; what is not sure is never
// shown as 100.
func (p pairView) Percent() string {
	return fmt.Sprintf("%.1f%%", min(max(p.Probability*100, 0.1), 99.9))
}

// rowView is one row of an entity that was looked up.
type rowView struct {
	Entity, EntityID, Row, Near, Reason string
	Said                                *said
}

// Decidable reports whether a person may part the row from its nearest.
func (r rowView) Decidable() bool { return r.Near != "" && slices.Contains(decidable, r.Entity) }

type decisionView struct {
	Entity, RowA, RowB, Word, By, Note string
	On                                 time.Time
	// Last says that it is the last word on the pair, and so can be withdrawn.
	Last bool
}

func (c *Console) review(w http.ResponseWriter, r *http.Request) {
	c.showReview(w, r, http.StatusOK, "")
}

func (c *Console) showReview(w http.ResponseWriter, r *http.Request, status int, problem string) {
	v, err := c.reviewView(r)
	switch {
	case problem != "":
		v.Problem = problem
	case err != nil:
		v.Problem = err.Error()
	}
	c.show(w, r, status, "review.html", v)
}

func (c *Console) reviewView(r *http.Request) (v reviewView, err error) {
	ask := r.URL.Query()
	v = reviewView{Site: c.Site, Version: c.version, Work: c.Work(), Kind: ask.Get("kind"), ID: strings.TrimSpace(ask.Get("id")), Back: r.URL.RequestURI()}
	if cookie, err := r.Cookie(reviewer); err == nil {
		v.By, _ = url.QueryUnescape(cookie.Value)
	}
	d, err := c.open(r.Context())
	if err != nil || d == nil {
		return v, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	v.Snapshot, v.AsOf = d.Snapshot, d.AsOf
	if !slices.Contains(d.Tables(), "core.link_review") {
		return v, nil
	}
	if v.Kinds, err = waitingKinds(r.Context(), d); err != nil {
		return v, err
	}
	if !slices.ContainsFunc(v.Kinds, func(k waiting) bool { return k.Kind == v.Kind }) {
		v.Kind = ""
		if len(v.Kinds) > 0 {
			v.Kind = v.Kinds[0].Kind
		}
	}
	from, _ := strconv.Atoi(ask.Get("from")) // anything else is the beginning
	return v, errors.Join(c.pairs(r.Context(), d, &v, max(from, 0)), c.rowsOf(r.Context(), d, &v), decisions(r.Context(), d, &v))
}

func waitingKinds(ctx context.Context, d *query.DB) (out []waiting, err error) {
	err = each(ctx, d, "SELECT entity, count(*) FROM core.link_review GROUP BY entity ORDER BY entity DESC", func(scan func(...any) error) error {
		var k waiting
		if err := scan(&k.Kind, &k.Count); err != nil {
			return err
		}
		k.Label = entityLabels[k.Kind]
		out = append(out, k)
		return nil
	})
	return out, err
}

// pairs reads the pairs of a kind, the likeliest first, from one of them on.
func (c *Console) pairs(ctx context.Context, d *query.DB, v *reviewView, from int) error {
	err := each(ctx, d, fmt.Sprintf(`WITH asked AS (
		SELECT * FROM core.link_review WHERE entity = %s ORDER BY probability DESC, row_a, row_b LIMIT %d OFFSET %d
	), held AS (
		SELECT entity_id, count(*) AS rows FROM core.link WHERE entity = %[1]s AND entity_id IN (SELECT entity_a FROM asked UNION SELECT entity_b FROM asked) GROUP BY entity_id
	) SELECT p.entity, p.row_a, p.row_b, p.entity_a, p.entity_b, coalesce(p.said_a, ''), coalesce(p.said_b, ''), p.probability::DOUBLE, p.reason, coalesce(a.rows, 0), coalesce(b.rows, 0), p.pairs
		FROM asked p LEFT JOIN held a ON a.entity_id = p.entity_a LEFT JOIN held b ON b.entity_id = p.entity_b ORDER BY p.probability DESC, p.row_a, p.row_b`,
		query.Quote(v.Kind), pairsAtOnce+1, from), func(scan func(...any) error) error {
		var p pairView
		if err := scan(&p.Entity, &p.RowA, &p.RowB, &p.EntityA, &p.EntityB, &p.SaidA, &p.SaidB, &p.Probability, &p.Reason, &p.RowsA, &p.RowsB, &p.Pairs); err != nil {
			return err
		}
		p.Said = c.unpublished(v.Snapshot, p.Entity, p.RowA, p.RowB)
		v.Pairs = append(v.Pairs, p)
		return nil
	})
	link := func(from int) string {
		return "/review?" + url.Values{"kind": {v.Kind}, "from": {strconv.Itoa(from)}}.Encode()
	}
	if from > 0 {
		v.Before = link(max(from-pairsAtOnce, 0))
	}
	if len(v.Pairs) > pairsAtOnce {
		v.Pairs, v.After = v.Pairs[:pairsAtOnce], link(from+pairsAtOnce)
	}
	return err
}

// rowsOf looks up the rows of the entity that was asked for, by an id of today
// or of before.
func (c *Console) rowsOf(ctx context.Context, d *query.DB, v *reviewView) error {
	if v.ID == "" || len(v.ID) > longestText {
		return nil
	}
	return each(ctx, d, fmt.Sprintf(`SELECT entity, entity_id, row_id, coalesce(near_row_id, ''), coalesce(reason, '') FROM core.link
		WHERE entity_id = coalesce((SELECT entity_id FROM core.link_alias WHERE alias_id = %s), %[1]s) ORDER BY row_id LIMIT 200`, query.Quote(v.ID)),
		func(scan func(...any) error) error {
			var row rowView
			if err := scan(&row.Entity, &row.EntityID, &row.Row, &row.Near, &row.Reason); err != nil {
				return err
			}
			row.Said = c.unpublished(v.Snapshot, row.Entity, row.Row, row.Near)
			v.Rows = append(v.Rows, row)
			return nil
		})
}

func decisions(ctx context.Context, d *query.DB, v *reviewView) error {
	if !slices.Contains(d.Tables(), "ops.link_decision") {
		return nil
	}
	return each(ctx, d, fmt.Sprintf(`SELECT entity, row_a, row_b, decision, decided_by, coalesce(note, ''), decided_on,
			row_number() OVER (PARTITION BY entity, least(row_a, row_b), greatest(row_a, row_b) ORDER BY number DESC) = 1 AND decision <> 'open'
		FROM ops.link_decision ORDER BY number DESC LIMIT %d`, decisionsShown), func(scan func(...any) error) error {
		var s decisionView
		if err := scan(&s.Entity, &s.RowA, &s.RowB, &s.Word, &s.By, &s.Note, &s.On, &s.Last); err != nil {
			return err
		}
		v.Decisions = append(v.Decisions, s)
		return nil
	})
}

// reviewer is the cookie that remembers who reviews, for the next form.
const reviewer = "reviewer"

// decide takes one button of a form that holds several pairs: its value is the
// word and the number of the pair. It answers when the decision is written.
func (c *Console) decide(w http.ResponseWriter, r *http.Request) {
	d, problem := decisionOf(r)
	back := r.FormValue("back")
	if back != "/review" && !strings.HasPrefix(back, "/review?") {
		back = "/review"
	}
	if _, ask, ok := strings.Cut(back, "?"); ok {
		r.URL.RawQuery = ask // so that a problem is shown above the same pairs
	}
	if problem != "" {
		c.showReview(w, r, http.StatusBadRequest, problem)
		return
	}
	if err := c.Decide(r.Context(), d); err != nil {
		c.showReview(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	c.note(r.Context(), d)
	http.SetCookie(w, &http.Cookie{Name: reviewer, Value: url.QueryEscape(d.By), Path: "/review", MaxAge: 12 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// decisionOf reads a form; problem says in Chinese what it lacks.
func decisionOf(r *http.Request) (d Decision, problem string) {
	word, number, _ := strings.Cut(r.FormValue("decision"), " ")
	d = Decision{
		Word: word, By: strings.TrimSpace(r.FormValue("by")), Note: strings.TrimSpace(r.FormValue("note" + number)),
		Entity: r.FormValue("entity" + number), RowA: r.FormValue("a" + number), RowB: r.FormValue("b" + number),
	}
	switch {
	case wordLabels[d.Word] == "" || d.RowA == "" || d.RowB == "" || !slices.Contains(decidable, d.Entity):
		return d, "没有收到完整的决定，请刷新页面后重试"
	case d.By == "":
		return d, "请先填写核对人，再作决定"
	case slices.ContainsFunc([]string{d.By, d.Note, d.RowA, d.RowB}, func(s string) bool { return len([]rune(s)) > longestText }):
		return d, fmt.Sprintf("核对人、说明和标识各不超过 %d 字", longestText)
	}
	return d, ""
}

// note remembers a decision for as long as the snapshot does not tell it.
func (c *Console) note(ctx context.Context, d Decision) {
	snapshot := ""
	if db, err := c.open(ctx); err == nil && db != nil {
		snapshot = db.Snapshot
		_ = db.Close() // nothing was written
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, s := range c.said {
		if s.snapshot != snapshot {
			delete(c.said, key)
		}
	}
	c.said[pairKey(d.Entity, d.RowA, d.RowB)] = said{d.Word, d.By, snapshot}
}

func (c *Console) unpublished(snapshot, entity, a, b string) *said {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.said[pairKey(entity, a, b)]
	if !ok || s.snapshot != snapshot {
		return nil
	}
	return &s
}

func pairKey(entity, a, b string) [3]string { return [3]string{entity, min(a, b), max(a, b)} }
