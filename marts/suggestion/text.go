package suggestion

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/internal/fault"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
	"huiliu/transform/suggest"
)

// unreadable is raised for a request whose sealed values do not open.
var unreadable = &fault.Kind{
	Code: "suggest_row_sealed", Class: fault.Missing,
	Cause: fault.Text{EN: "what is sealed in request {id} does not open", ZH: "诉求 {id} 的封存值无法打开"},
	Mend:  fault.Text{EN: "give the key that the store was written with, by HUILIU_KEY_FILE", ZH: "请用 HUILIU_KEY_FILE 提供写入此库时的密钥"},
}

// text opens what a request says, masked as it may be shown.
func (r *round) text(id, title string, blob []byte) (shownTitle, body string, err error) {
	if len(blob) > 0 {
		list, err := r.Keeper.OpenRow(id, blob)
		if err != nil {
			return "", "", unreadable.At(r.Store.Dir(), "id", id).Because(err)
		}
		for _, v := range list {
			if v.Name == "description" {
				body = v.Value
			}
		}
	}
	return privacy.Mask(entity.FreeText, title), privacy.Mask(entity.FreeText, body), nil
}

// teaching are the requests that a fit can learn from, with what is known of
// them: what a department said, else what a person decided.
var teaching = fmt.Sprintf(`SELECT t.id, t.title, t._sealed, t.requested_on, coalesce(%[1]s, c.label) AS category, coalesce(%[2]s, u.label) AS unit,
		%[1]s IS NULL AND c.label IS NOT NULL OR %[2]s IS NULL AND u.label IS NOT NULL AS decided
	FROM store.load.service_request t
	LEFT JOIN %[3]s c ON c.id = t.id AND c.kind = '%[4]s' AND c.decision = '%[6]s'
	LEFT JOIN %[3]s u ON u.id = t.id AND u.kind = '%[5]s' AND u.decision = '%[6]s'
	WHERE t._deleted IS NULL AND (category IS NOT NULL OR unit IS NOT NULL)`, own[Category], own[Unit], standing, Category, Unit, Is)

// corpus is what a fit learns from: the latest requests of which something is
// known, those that people decided before all others.
func (r *round) corpus(ctx context.Context) (out suggest.Corpus, err error) {
	var decided []suggest.Decision
	labels := map[string]bool{}
	err = r.query(ctx, fmt.Sprintf("SELECT id, title, _sealed, category, unit, decided FROM (%s) ORDER BY decided DESC, requested_on DESC NULLS LAST, id LIMIT %d", teaching, mostKnown), func(rows *sql.Rows) error {
		var e suggest.Example
		var title, category, unit sql.NullString
		var blob []byte
		var person bool
		err := rows.Scan(&e.ID, &title, &blob, &category, &unit, &person)
		if err != nil {
			return err
		}
		if e.Title, e.Body, err = r.text(e.ID, title.String, blob); err != nil {
			return err
		}
		e.Category, e.Unit = category.String, unit.String
		labels[strings.TrimSpace(e.Category)] = true
		if person {
			// There is one decision of each request here, so none is later.
			decided = append(decided, suggest.Decision{Example: e})
			return nil
		}
		out.Examples = append(out.Examples, e)
		return nil
	})
	if err != nil {
		return out, err
	}
	delete(labels, "")
	if out.Categories, err = r.tree(ctx, labels); err != nil {
		return out, err
	}
	return out.With(decided, decisionWeight), nil
}

// place is one name in a tree of categories.
type place struct {
	code, name, parent string
	inner              bool // others are below it
}

// deepest bounds the way up a tree, for trees that run in a circle.
const deepest = 16

// tree gives the names of each leaf of the trees of categories to the label
// nearest to it on the way up.
func (r *round) tree(ctx context.Context, labels map[string]bool) (out []suggest.Node, err error) {
	trees := map[string]map[string]*place{}
	var order []string // of trees and codes, as they are read
	err = r.query(ctx, `SELECT concat_ws(chr(0), coalesce(scheme, source), version) AS tree, coalesce(code, name) AS own_code, name, coalesce(parent_code, '') FROM store.load.taxonomy
		WHERE _deleted IS NULL AND own_code IS NOT NULL AND name IS NOT NULL ORDER BY ALL`, func(rows *sql.Rows) error {
		var tree string
		var p place
		if err := rows.Scan(&tree, &p.code, &p.name, &p.parent); err != nil {
			return err
		}
		if trees[tree] == nil {
			trees[tree] = map[string]*place{}
			order = append(order, tree)
		}
		trees[tree][p.code] = &p
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range order {
		out = append(out, leaves(trees[name], labels)...)
	}
	return out, nil
}

func leaves(tree map[string]*place, labels map[string]bool) (out []suggest.Node) {
	for _, p := range tree {
		if above := tree[p.parent]; above != nil {
			above.inner = true
		}
	}
	for _, leaf := range tree {
		if leaf.inner {
			continue
		}
		var n suggest.Node
		for p, steps := leaf, 0; p != nil && steps < deepest; p, steps = tree[p.parent], steps+1 {
			n.Names = append(n.Names, p.name)
			switch {
			case n.Code != "":
			case labels[p.code]:
				n.Code = p.code
			case labels[p.name]:
				n.Code = p.name
			}
		}
		if n.Code != "" {
			out = append(out, n)
		}
	}
	return out // a fit takes them in any order
}

// suggest says what the model says of each request that is to be looked at, a
// portion at a time.
func (r *round) suggest(ctx context.Context) error {
	var portions int64
	if err := r.one(ctx, "SELECT coalesce(max(portion) + 1, 0) FROM suggest_new", &portions); err != nil {
		return err
	}
	for n := range portions {
		var made []driver.Value
		err := r.query(ctx, fmt.Sprintf("SELECT t.id, t.title, t._sealed, n.category, n.unit FROM suggest_new n JOIN store.load.service_request t ON t.id = n.id WHERE n.portion = %d ORDER BY t.id", n), func(rows *sql.Rows) error {
			var id string
			var title sql.NullString
			var blob []byte
			var category, unit bool
			if err := rows.Scan(&id, &title, &blob, &category, &unit); err != nil {
				return err
			}
			shown, body, err := r.text(id, title.String, blob)
			if err != nil {
				return err
			}
			answer := suggest.Answer{Category: suggest.Outcome{State: suggest.NoModel}, Unit: suggest.Outcome{State: suggest.NoModel}}
			if r.model != nil {
				answer = r.model.Suggest(shown, body)
			}
			if category {
				made = append(made, said(id, Category, answer.Category)...)
			}
			if unit {
				made = append(made, said(id, Unit, answer.Unit)...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := r.append("suggest_made", made); err != nil {
			return err
		}
	}
	return r.exec(ctx, fmt.Sprintf(`INSERT INTO store.load.suggestion
		SELECT m.id, m.kind, l.stamp, %d, m.label, m.probability, m.threshold, m.state, m.reason, m.others
		FROM suggest_made m JOIN suggest_lacking l ON l.id = m.id AND l.kind = m.kind ORDER BY m.id, m.kind`, r.number))
}

// madeWidth is the number of columns of suggest_made.
const madeWidth = 8

// leastOther is how probable another label must be to be named: less is not
// what a person would take instead.
const leastOther = 0.05

// said is one row of suggest_made. Of a request without a known word no label
// is likelier than another, so none is named.
func said(id, kind string, o suggest.Outcome) []driver.Value {
	row := []driver.Value{id, kind, nil, nil, nil, string(o.State), o.Grounds(), ""}
	if o.State == suggest.NoModel || o.State == suggest.NoWords {
		return row
	}
	var others []string
	for _, s := range o.Ranked[1:] {
		if s.Probability >= leastOther {
			others = append(others, fmt.Sprintf("%s %.2f", s.Code, s.Probability))
		}
	}
	row[2], row[3], row[7] = o.Ranked[0].Code, o.Ranked[0].Probability, strings.Join(others, "、")
	if o.Threshold <= 1 {
		row[4] = o.Threshold
	}
	return row
}

// append adds rows to a temporary table of madeWidth columns.
func (r *round) append(table string, values []driver.Value) error {
	return r.conn.Raw(func(raw any) error {
		conn, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("connection is a %T", raw)
		}
		a, err := duckdb.NewAppender(conn, "temp", "main", table)
		if err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
		for at := 0; at < len(values); at += madeWidth {
			if err := a.AppendRow(values[at : at+madeWidth]...); err != nil {
				return errors.Join(fmt.Errorf("fill %s: %w", table, err), a.Close())
			}
		}
		return a.Close()
	})
}
