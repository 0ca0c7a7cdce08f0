package suggestion

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"huiliu/marts/store"
	"huiliu/transform/privacy"
	"huiliu/transform/suggest"
)

// The kinds of value that are suggested.
const (
	Category = "category"
	Unit     = "unit"
)

// kinds are all of them, in the order in which they are told of.
var kinds = []string{Category, Unit}

// Input is what suggesting works on.
type Input struct {
	Store  *store.Store
	Keeper *privacy.Keeper
	// AsOf is the day that stands for today.
	AsOf time.Time
	// Refit makes a new model though there is one; Whole suggests for every
	// request anew by the model there is.
	Refit, Whole bool

	// portion is how many requests are opened at a time, 0 for the usual.
	portion int
}

// Summary is what suggesting one kind came to.
type Summary struct {
	// Kind is Category or Unit.
	Kind string `json:"kind"`
	// Known are the requests of which a department said it, Lacking those of
	// which none did, and Decided how many of these a person gave one.
	Known   int64 `json:"known"`
	Lacking int64 `json:"lacking"`
	Decided int64 `json:"decided"`
	// Suggested are the requests that were looked at this time. Of all that
	// nobody decided, Accepted are those whose suggestion is at or above the
	// threshold, Review those that wait for a person.
	Suggested int64 `json:"suggested"`
	Accepted  int64 `json:"accepted"`
	Review    int64 `json:"review"`
	// Model is the number of the model in use, 0 for none; Learned how many
	// requests it could learn from, and Fitted that it was made this time.
	Model   int64   `json:"model"`
	Learned int64   `json:"learned"`
	Fitted  bool    `json:"fitted"`
	Seconds float64 `json:"seconds"`
}

// Run suggests in one transaction: what it leaves are the suggestions for the
// requests there are, or what was there before. With Refit it fails with
// suggest.NothingToLearn where nothing is known; without, requests that lack a
// value then wait for a person.
func Run(ctx context.Context, in Input) ([]Summary, error) {
	conn, err := in.Store.DB().Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open suggestion connection: %w", err)
	}
	defer conn.Close()
	started := time.Now()
	r := &round{Input: in, conn: conn}
	if err := r.transaction(ctx); err != nil {
		return nil, store.Explain(in.Store.Dir(), fmt.Errorf("suggest: %w", err))
	}
	for i := range r.summaries {
		r.summaries[i].Seconds = time.Since(started).Seconds()
	}
	return r.summaries, nil
}

// round is one run, in a transaction.
type round struct {
	Input
	conn      *sql.Conn
	model     *suggest.Model
	number    int64 // of the model
	learned   int64 // from how many requests it could learn
	fitted    bool
	summaries []Summary
}

// transaction does a round whole or not at all.
func (r *round) transaction(ctx context.Context) (err error) {
	if err := r.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if err = r.run(ctx); err == nil {
		err = r.exec(ctx, "COMMIT")
	}
	if err != nil {
		err = errors.Join(err, r.exec(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return err
}

// run leaves temporary tables behind each step for the next: suggest_lacking
// (requests that lack a value of a kind that anybody knows), suggest_new (those
// of them to be looked at) and suggest_made (what is said of them).
func (r *round) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.lacking, r.learn, r.forget, r.suggest, r.count} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// own is the SQL of what a department said of a request's category and unit.
// The most exact level there is stands for the category, as its code where it
// has one. core.category_label has the same words.
var own = map[string]string{
	Category: "coalesce(t.category_code, t.category_3, t.category_2, t.category_1)",
	Unit:     "t.agency",
}

// standing is the last word of people on each request and kind.
const standing = "(FROM store.load.suggest_decision QUALIFY row_number() OVER (PARTITION BY id, kind ORDER BY number DESC) = 1)"

// lacking finds the requests that lack a category or unit, of kinds that a
// department or a person knows of: what nobody in the sub-district ever said
// of any request is missing from none.
func (r *round) lacking(ctx context.Context) error {
	for _, t := range []string{"suggest_lacking", "suggest_new", "suggest_made"} {
		if err := r.exec(ctx, "DROP TABLE IF EXISTS temp.main."+t); err != nil {
			return err
		}
	}
	if err := r.exec(ctx, "CREATE TEMP TABLE suggest_lacking (id VARCHAR, kind VARCHAR, stamp UBIGINT)"); err != nil {
		return err
	}
	for _, kind := range kinds {
		s := Summary{Kind: kind}
		from := "FROM store.load.service_request t WHERE t._deleted IS NULL AND " + own[kind]
		decided := fmt.Sprintf("FROM %s d JOIN store.load.service_request t USING (id) WHERE d.kind = '%s' AND d.decision = '%s' AND t._deleted IS NULL AND %s IS NULL", standing, kind, Is, own[kind])
		err := errors.Join(r.one(ctx, "SELECT count(*) "+from+" IS NOT NULL", &s.Known),
			r.one(ctx, "SELECT count(*) "+from+" IS NULL", &s.Lacking), r.one(ctx, "SELECT count(*) "+decided, &s.Decided))
		if err != nil {
			return err
		}
		r.summaries = append(r.summaries, s)
		if s.Known+s.Decided == 0 {
			continue
		}
		// A stamp changes whenever the loader writes the row anew or another
		// transform made it.
		err = r.exec(ctx, fmt.Sprintf("INSERT INTO suggest_lacking SELECT t.id, '%s', hash(t._page, t._row, r.transform) FROM store.load.service_request t JOIN store.load.record r ON r._key = t._key WHERE t._deleted IS NULL AND %s IS NULL", kind, own[kind]))
		if err != nil {
			return err
		}
	}
	return nil
}

// forget removes suggestions for what is gone, other, no longer lacking, or
// said by another model, and finds what is to be looked at.
func (r *round) forget(ctx context.Context) error {
	said := fmt.Sprintf("s.id = l.id AND s.kind = l.kind AND s.stamp = l.stamp AND s.model = %d AND NOT %t", r.number, r.Whole)
	return r.exec(ctx,
		"DELETE FROM store.load.suggestion s WHERE NOT EXISTS (FROM suggest_lacking l WHERE "+said+")",
		fmt.Sprintf(`CREATE TEMP TABLE suggest_new AS SELECT id, bool_or(kind = '%s') AS category, bool_or(kind = '%s') AS unit, (row_number() OVER (ORDER BY id) - 1) // %d AS portion
			FROM suggest_lacking l WHERE NOT EXISTS (FROM store.load.suggestion s WHERE s.id = l.id AND s.kind = l.kind) GROUP BY id`, Category, Unit, r.size()),
		"CREATE TEMP TABLE suggest_made (id VARCHAR, kind VARCHAR, label VARCHAR, probability DOUBLE, threshold DOUBLE, state VARCHAR, reason VARCHAR, others VARCHAR)")
}

// size is how many requests are opened at a time: their texts, and what is said
// of them, are in memory together.
func (r *round) size() int {
	if r.portion > 0 {
		return r.portion
	}
	return 10_000
}

// count fills in what suggesting came to.
func (r *round) count(ctx context.Context) error {
	for i := range r.summaries {
		s := &r.summaries[i]
		s.Model, s.Learned, s.Fitted = r.number, r.learned, r.fitted
		open := fmt.Sprintf("SELECT count(*) FROM store.load.suggestion s LEFT JOIN %s d USING (id, kind) WHERE kind = '%s' AND coalesce(d.decision, '%s') = '%s' AND state ", standing, s.Kind, Open, Open)
		err := errors.Join(r.one(ctx, fmt.Sprintf("SELECT count(*) FROM suggest_made WHERE kind = '%s'", s.Kind), &s.Suggested),
			r.one(ctx, open+"= 'accepted'", &s.Accepted), r.one(ctx, open+"<> 'accepted'", &s.Review))
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *round) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := r.conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%w in %.80s", err, strings.TrimSpace(s))
		}
	}
	return nil
}

func (r *round) one(ctx context.Context, statement string, into ...any) error {
	return r.conn.QueryRowContext(ctx, statement).Scan(into...)
}

func (r *round) query(ctx context.Context, statement string, scan func(*sql.Rows) error) (err error) {
	rows, err := r.conn.QueryContext(ctx, statement)
	if err != nil {
		return fmt.Errorf("%w in %.80s", err, statement)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
