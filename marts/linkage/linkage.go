package linkage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"huiliu/marts/store"
	"huiliu/transform/privacy"
)

// Input is what a linkage works on.
type Input struct {
	Store  *store.Store
	Keeper *privacy.Keeper
	// AsOf is the day that stands for today.
	AsOf time.Time
	Site Site
	// Refit makes new models though there are some; Whole links every row
	// anew by the models there are.
	Refit, Whole bool
	// Progress is called before each kind, nil for none.
	Progress func(kind string)

	// portion is how many requests are grouped at a time, 0 for the usual.
	portion int
}

// Site is what a linkage knows of the sub-district.
type Site struct {
	// Town is its name, such as 云溪街道; Region are the divisions above, such
	// as 杭州市 and 西湖区: at the head of an organisation's name they tell
	// nothing apart, and an address that names others lies outside.
	Town   string
	Region []string
}

// Summary is what linking one kind came to.
type Summary struct {
	// Kind is place, person or organisation.
	Kind string `json:"kind"`
	// Rows are the rows there are, Changed those that were new, other or gone.
	Rows    int64 `json:"rows"`
	Changed int64 `json:"changed"`
	// Compared are the pairs compared this time, Entities how many things the
	// rows are, Shared those of several rows, Review the pairs of things that
	// wait for a person.
	Compared int64 `json:"compared"`
	Entities int64 `json:"entities"`
	Shared   int64 `json:"shared"`
	Review   int64 `json:"review"`
	// Overfull are the keys with too many rows to be compared.
	Overfull int64 `json:"overfull"`
	// Model is the version in use, Fitted says that it was made this time.
	Model   string  `json:"model"`
	Fitted  bool    `json:"fitted"`
	Seconds float64 `json:"seconds"`
}

// Run links every kind, each in one transaction: what it leaves is the linkage
// of the rows there are, or what was there before.
func Run(ctx context.Context, in Input) ([]Summary, error) {
	list, err := kinds(in.Site, in.Keeper.KeyID())
	if err != nil {
		return nil, err
	}
	conn, err := in.Store.DB().Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open linkage connection: %w", err)
	}
	defer conn.Close()
	var out []Summary
	for _, k := range list {
		if in.Progress != nil {
			in.Progress(k.name)
		}
		started := time.Now()
		r := &round{Input: in, kind: k, conn: conn, Summary: Summary{Kind: k.name}}
		if err := r.transaction(ctx); err != nil {
			return out, store.Explain(in.Store.Dir(), fmt.Errorf("link %ss: %w", k.name, err))
		}
		r.Seconds = time.Since(started).Seconds()
		out = append(out, r.Summary)
	}
	return out, nil
}

// transaction does a round whole or not at all.
func (r *round) transaction(ctx context.Context) (err error) {
	if _, err := r.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	if err = r.run(ctx); err == nil {
		_, err = r.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, rollback := r.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		if rollback != nil {
			err = errors.Join(err, rollback)
		}
	}
	return err
}

// exec runs statements in which {kind} is the kind's name as a literal, and
// {cap} the greatest number of nodes that a key may bring together.
func (r *round) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := r.conn.ExecContext(ctx, r.fill(s)); err != nil {
			return fmt.Errorf("%w in %.80s", err, s)
		}
	}
	return nil
}

func (r *round) query(ctx context.Context, statement string, scan func(*sql.Rows) error) (err error) {
	rows, err := r.conn.QueryContext(ctx, r.fill(statement))
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

func (r *round) count(ctx context.Context, statement string) (n int64, err error) {
	err = r.conn.QueryRowContext(ctx, r.fill(statement)).Scan(&n)
	return n, err
}
