package console

import (
	"cmp"
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

// Decision is a person's word: on two rows, as `link decide` takes it, or on
// the category or unit of a request, as `suggest decide` does.
type Decision struct {
	// Of is what is decided: person, organisation or issue of two rows, category
	// or unit of a request.
	Of string
	// RowA and RowB are ids of rows as core.link has them; RowA alone is the
	// request, Label its category or unit.
	RowA, RowB, Label string
	// Word is same, apart or open of rows, is, none or open of a request. By is
	// who says so, Note why.
	Word, By, Note string
}

// OnLink reports whether it is of two rows.
func (d Decision) OnLink() bool { return slices.Contains(decidable, d.Of) }

// said is what was decided on this page and is not published yet.
type said struct{ Word, Label, By, snapshot string }

// shownAtOnce is how many pairs or suggestions the page shows together, and
// decisionsShown how many of the last decisions.
const (
	shownAtOnce    = 20
	decisionsShown = 20
	longestText    = 500 // characters of a name, a note or an id that is taken
)

var (
	entityLabels = map[string]string{"person": "人员", "organisation": "单位", "issue": "问题", "place": "地点", "building": "楼栋", "category": "类别", "unit": "承办单位"}
	oneLabels    = map[string]string{"person": "同一人", "organisation": "同一单位", "issue": "同一问题"}
	wordLabels   = map[string]string{"same": "同一", "apart": "不同", "open": "交由模型判断", "is": "确定", "none": "无法确定"}
	// decidable are the entities of which a person has a say, suggested what is
	// suggested of a request.
	decidable = []string{"person", "organisation", "issue"}
	suggested = []string{"category", "unit"}
)

// reviewView is what the page of review shows.
type reviewView struct {
	Site, Version, Problem, Snapshot, AsOf string
	By, Back                               string
	Work                                   Work
	Kinds                                  []waiting
	Kind                                   string
	Pairs                                  []pairView
	Suggestions                            []suggestionView
	Labels                                 []labelView // what may be said of them
	Before, After                          string      // where those before and after these are
	ID                                     string
	Rows                                   []rowView
	Decisions                              []decisionView
}

// waiting counts what waits of one kind.
type waiting struct {
	Kind  string
	Count int64
}

// OnLink reports whether pairs of rows wait.
func (w waiting) OnLink() bool { return slices.Contains(decidable, w.Kind) }

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
	Decision
	On time.Time
	// Last says that it is the last word on the matter, and so can be withdrawn.
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
	read := c.pairs
	if slices.Contains(suggested, v.Kind) {
		read = c.suggestions
	}
	return v, errors.Join(read(r.Context(), d, &v, max(from, 0)), c.rowsOf(r.Context(), d, &v), decisions(r.Context(), d, &v))
}

// waitingKinds counts what waits for a person in a snapshot.
func waitingKinds(ctx context.Context, d *query.DB) (out []waiting, err error) {
	for _, of := range []struct{ table, column, statement string }{
		{"link_review", "pairs", "SELECT entity, count(*) FROM core.link_review GROUP BY entity"},
		{"suggestion", "waits", "SELECT kind, count(*) FROM core.suggestion WHERE waits GROUP BY kind"},
	} {
		// A snapshot of an earlier program may lack the table, or the column.
		var there bool
		if err := each(ctx, d, fmt.Sprintf("SELECT count(*) > 0 FROM duckdb_columns() WHERE schema_name = 'core' AND table_name = '%s' AND column_name = '%s'", of.table, of.column), func(scan func(...any) error) error { return scan(&there) }); err != nil {
			return nil, err
		}
		if !there {
			continue
		}
		err = errors.Join(err, each(ctx, d, of.statement, func(scan func(...any) error) error {
			var k waiting
			if err := scan(&k.Kind, &k.Count); err != nil {
				return err
			}
			out = append(out, k)
			return nil
		}))
	}
	order := []string{"person", "organisation", "category", "unit"}
	slices.SortFunc(out, func(a, b waiting) int { return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)) })
	return out, err
}

// pairs reads the pairs of a kind, the likeliest first, from one of them on.
func (c *Console) pairs(ctx context.Context, d *query.DB, v *reviewView, from int) error {
	if v.Kind == "" {
		return nil
	}
	err := each(ctx, d, fmt.Sprintf(`WITH asked AS (
		SELECT * FROM core.link_review WHERE entity = %s ORDER BY probability DESC, row_a, row_b LIMIT %d OFFSET %d
	), held AS (
		SELECT entity_id, count(*) AS rows FROM core.link WHERE entity = %[1]s AND entity_id IN (SELECT entity_a FROM asked UNION SELECT entity_b FROM asked) GROUP BY entity_id
	) SELECT p.entity, p.row_a, p.row_b, p.entity_a, p.entity_b, coalesce(p.said_a, ''), coalesce(p.said_b, ''), p.probability::DOUBLE, p.reason, coalesce(a.rows, 0), coalesce(b.rows, 0), p.pairs
		FROM asked p LEFT JOIN held a ON a.entity_id = p.entity_a LEFT JOIN held b ON b.entity_id = p.entity_b ORDER BY p.probability DESC, p.row_a, p.row_b`,
		query.Quote(v.Kind), shownAtOnce+1, from), func(scan func(...any) error) error {
		var p pairView
		if err := scan(&p.Entity, &p.RowA, &p.RowB, &p.EntityA, &p.EntityB, &p.SaidA, &p.SaidB, &p.Probability, &p.Reason, &p.RowsA, &p.RowsB, &p.Pairs); err != nil {
			return err
		}
		p.Said = c.unpublished(v.Snapshot, p.Entity, p.RowA, p.RowB)
		v.Pairs = append(v.Pairs, p)
		return nil
	})
	v.Pairs = turn(v, v.Pairs, from)
	return err
}

// turn keeps what the page shows of a list that was read one longer, and says
// where the rest is.
func turn[T any](v *reviewView, list []T, from int) []T {
	link := func(from int) string {
		return "/review?" + url.Values{"kind": {v.Kind}, "from": {strconv.Itoa(from)}}.Encode()
	}
	if from > 0 {
		v.Before = link(max(from-shownAtOnce, 0))
	}
	if len(list) > shownAtOnce {
		v.After = link(from + shownAtOnce)
	}
	return list[:min(len(list), shownAtOnce)]
}

// rowsOf looks up the rows of the entity that was asked for, by an id of today
// or of before.
func (c *Console) rowsOf(ctx context.Context, d *query.DB, v *reviewView) error {
	if v.ID == "" || len(v.ID) > longestText || !slices.Contains(d.Tables(), "core.link") {
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

// decisions reads the last decisions of both kinds.
func decisions(ctx context.Context, d *query.DB, v *reviewView) error {
	var tables []string
	if slices.Contains(d.Tables(), "ops.link_decision") {
		tables = append(tables, "SELECT decided_at, number, entity, row_a, row_b, '' AS label, decision, decided_by, note, decided_on, [least(row_a, row_b), greatest(row_a, row_b)] AS matter FROM ops.link_decision")
	}
	if slices.Contains(d.Tables(), "ops.suggest_decision") {
		tables = append(tables, "SELECT decided_at, number, kind, request_id, '', label, decision, decided_by, note, decided_on, [request_id] FROM ops.suggest_decision")
	}
	if len(tables) == 0 {
		return nil
	}
	return each(ctx, d, fmt.Sprintf(`SELECT entity, row_a, row_b, coalesce(label, ''), decision, decided_by, coalesce(note, ''), decided_on,
			row_number() OVER (PARTITION BY entity, matter ORDER BY number DESC) = 1 AND decision <> 'open'
		FROM (%s) ORDER BY decided_at DESC, entity, number DESC LIMIT %d`, strings.Join(tables, " UNION ALL "), decisionsShown), func(scan func(...any) error) error {
		var s decisionView
		if err := scan(&s.Of, &s.RowA, &s.RowB, &s.Label, &s.Word, &s.By, &s.Note, &s.On, &s.Last); err != nil {
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
		Of: r.FormValue("of" + number), RowA: r.FormValue("a" + number), RowB: r.FormValue("b" + number),
	}
	if d.Word == "is" {
		d.Label = strings.TrimSpace(r.FormValue("label" + number))
	}
	words := map[bool][]string{true: {"same", "apart", "open"}, false: {"is", "none", "open"}}[d.OnLink()]
	switch {
	case !slices.Contains(words, d.Word) || d.RowA == "" || d.OnLink() == (d.RowB == "") || !d.OnLink() && !slices.Contains(suggested, d.Of):
		return d, "没有收到完整的决定，请刷新页面后重试"
	case d.Word == "is" && d.Label == "":
		return d, "请先填写" + entityLabels[d.Of] + "，或选择无法确定"
	case d.By == "":
		return d, "请先填写核对人，再作决定"
	case slices.ContainsFunc([]string{d.By, d.Note, d.RowA, d.RowB, d.Label}, func(s string) bool { return len([]rune(s)) > longestText }):
		return d, fmt.Sprintf("各项文字不超过 %d 字", longestText)
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
	c.said[matterOf(d.Of, d.RowA, d.RowB)] = said{d.Word, d.Label, d.By, snapshot}
}

func (c *Console) unpublished(snapshot, of, a, b string) *said {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.said[matterOf(of, a, b)]
	if !ok || s.snapshot != snapshot {
		return nil
	}
	return &s
}

// matterOf is what a decision is about.
func matterOf(of, a, b string) [3]string { return [3]string{of, min(a, b), max(a, b)} }
