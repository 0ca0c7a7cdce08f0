package linkage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"huiliu/marts/store"
	"huiliu/transform/link"
	"huiliu/transform/link/issue"
)

// round is one linkage of one kind, in a transaction.
type round struct {
	Input
	Summary
	kind *kind
	conn *sql.Conn
	// grouping is the model of issues.
	grouping *issue.Model
	// whole says that every row is linked anew.
	whole bool
	state state
	model *link.Model
	// texts are the nodes that this round compares, decided those of rows of
	// which a person decided something.
	texts   *texts
	decided map[uint64]bool
}

// state is how far the linkage has come.
type state struct {
	model              string
	decisions, changes int64
}

func (r *round) fill(statement string) string {
	most := 0
	if r.kind.spec != nil {
		most = r.kind.spec.Block.Cap
	}
	return strings.NewReplacer("{kind}", store.Quote(r.kind.name), "{cap}", fmt.Sprint(most)).Replace(statement)
}

// run is the way of a round. Each step leaves temporary tables for the next:
// link_change (rows that changed, with their nodes of before and now),
// link_born and link_died (nodes), link_candidate (pairs to compare) and
// link_touched (nodes whose part is to be clustered anew).
func (r *round) run(ctx context.Context) error {
	steps := []func(context.Context) error{r.begin, r.change, r.nodes, r.keys, r.candidates, r.read, r.fit, r.compare, r.touch, r.cluster, r.end}
	switch r.kind.name {
	case kindPlace:
		steps = []func(context.Context) error{r.begin, r.change, r.nodes, r.signatures, r.places, r.end}
	case kindIssue:
		steps = []func(context.Context) error{r.begin, r.change, r.requests, r.issues, r.end}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
		if r.texts != nil && r.texts.nothing {
			return nil
		}
	}
	return nil
}

// begin reads the state, and decides whether all is to be linked anew: where
// there is no model for this specification and key, where it was asked for,
// and where there are twice as many rows as the model was fitted on.
func (r *round) begin(ctx context.Context) error {
	for _, t := range temporary {
		if err := r.exec(ctx, "DROP TABLE IF EXISTS temp.main."+t); err != nil {
			return err
		}
	}
	err := r.exec(ctx, `CREATE TEMP TABLE link_area AS
		WITH spelt AS (
			SELECT area_code AS code, area_code AS spelling FROM store.load.area WHERE _deleted IS NULL AND level = 'community'
			UNION SELECT area_code, name FROM store.load.area WHERE _deleted IS NULL AND level = 'community'
			UNION SELECT area_code, trim(unnest(string_split(aliases, '|'))) FROM store.load.area WHERE _deleted IS NULL AND level = 'community'
		), named AS (SELECT area_code, min(name) AS name FROM store.load.area WHERE _deleted IS NULL AND level = 'community' GROUP BY area_code)
		SELECT s.spelling, min(s.code) AS code, min(n.name) AS name FROM spelt s JOIN named n ON n.area_code = s.code
		WHERE s.spelling <> '' GROUP BY s.spelling HAVING count(DISTINCT s.code) = 1`,
		"CREATE TEMP TABLE link_live AS "+r.kind.live())
	if err != nil {
		return err
	}
	if r.Rows, err = r.count(ctx, "SELECT count(*) FROM link_live"); err != nil {
		return err
	}
	err = r.query(ctx, "SELECT model, decisions, changes FROM store.load.link_state WHERE kind = {kind}", func(rows *sql.Rows) error {
		return rows.Scan(&r.state.model, &r.state.decisions, &r.state.changes)
	})
	if err != nil {
		return err
	}
	if r.kind.name == kindPlace {
		r.whole = r.Whole || r.state.model != r.kind.version
	} else if err := r.beginModel(ctx); err != nil {
		return err
	}
	if r.whole && r.kind.name == kindIssue {
		return r.exec(ctx, "DELETE FROM store.load.link_request", "DELETE FROM store.load.link_request_pair", "DELETE FROM store.load.link_issue")
	}
	if r.whole && r.kind.name == kindPlace {
		if err := r.exec(ctx, "DELETE FROM store.load.link_signature"); err != nil {
			return err
		}
	}
	if r.whole {
		return r.exec(ctx, "DELETE FROM store.load.link_key WHERE kind = {kind}", "DELETE FROM store.load.link_pair WHERE kind = {kind}", "DELETE FROM store.load.link_node WHERE kind = {kind}")
	}
	return nil
}

// beginModel finds the model, and whether there is to be another.
func (r *round) beginModel(ctx context.Context) error {
	if r.Refit {
		r.whole = true // whatever there is, even a model that can't be read
		return nil
	}
	fitted, err := r.currentModel(ctx)
	if err != nil {
		return err
	}
	if r.Rows >= 2*fitted && fitted > 0 {
		r.model, r.grouping = nil, nil
	}
	version := ""
	switch {
	case r.model != nil:
		version = r.model.Version
	case r.grouping != nil:
		version = r.grouping.Version()
	}
	r.whole = r.Whole || version == "" || version != r.state.model
	return nil
}

// temporary are the tables of a round.
var temporary = []string{"link_area", "link_live", "link_change", "link_born", "link_died", "link_size", "link_candidate", "link_touched", "link_wanted", "link_reach", "link_now", "link_ids"}

// change finds the rows that are new, other or gone, and those about which
// something was decided since.
func (r *round) change(ctx context.Context) error {
	also := "d.id IS NOT NULL AND l.stamp IS NOT NULL"
	if r.whole {
		also = "l.stamp IS NOT NULL"
	}
	err := r.exec(ctx, fmt.Sprintf(`CREATE TEMP TABLE link_change AS
		WITH known AS (SELECT id, stamp, node FROM store.load.link_row WHERE kind = {kind}),
		decided AS (SELECT a AS id FROM store.load.link_decision WHERE kind = {kind} AND number > %d UNION SELECT b FROM store.load.link_decision WHERE kind = {kind} AND number > %d)
		SELECT coalesce(l.id, k.id) AS id, l.stamp, k.node AS before, NULL::UBIGINT AS now
		FROM link_live l FULL JOIN known k ON k.id = l.id LEFT JOIN decided d ON d.id = l.id
		WHERE l.stamp IS DISTINCT FROM k.stamp OR %s`, r.state.decisions, r.state.decisions, also))
	if err != nil {
		return err
	}
	if r.Changed, err = r.count(ctx, "SELECT count(*) FROM link_change"); err != nil {
		return err
	}
	r.texts = &texts{nothing: r.Changed == 0}
	if r.texts.nothing {
		r.Model = r.state.model
		return r.counts(ctx)
	}
	return nil
}

// end notes how far the linkage has come.
func (r *round) end(ctx context.Context) error {
	switch {
	case r.kind.name == kindPlace:
		r.Model = r.kind.version
	case r.grouping != nil:
		r.Model = r.grouping.Version()
	case r.model != nil:
		r.Model = r.model.Version
	}
	err := r.exec(ctx, fmt.Sprintf(`INSERT OR REPLACE INTO store.load.link_state SELECT {kind}, %s, (SELECT coalesce(max(number), 0) FROM store.load.link_decision), %d`, store.Quote(r.Model), r.state.changes+1))
	if err != nil {
		return err
	}
	return r.counts(ctx)
}

// counts fills in what the linkage came to.
func (r *round) counts(ctx context.Context) (err error) {
	for _, c := range []struct {
		into      *int64
		statement string
	}{
		{&r.Entities, "SELECT count(DISTINCT entity_id) FROM store.load.link_row WHERE kind = {kind} AND stamp IS NOT NULL"},
		{&r.Shared, "SELECT count(*) FROM (SELECT entity_id FROM store.load.link_row WHERE kind = {kind} AND stamp IS NOT NULL GROUP BY 1 HAVING count(*) > 1)"},
		{&r.Review, `WITH node AS (SELECT node, min(entity_id) AS entity_id FROM store.load.link_row WHERE kind = {kind} AND stamp IS NOT NULL GROUP BY node)
			SELECT count(DISTINCT (least(a.entity_id, b.entity_id), greatest(a.entity_id, b.entity_id))) FROM store.load.link_pair p JOIN node a ON a.node = p.a JOIN node b ON b.node = p.b WHERE p.kind = {kind} AND a.entity_id <> b.entity_id`},
		{&r.Overfull, "SELECT count(*) FROM (SELECT key FROM store.load.link_key WHERE kind = {kind} GROUP BY key HAVING count(*) > {cap})"},
	} {
		if *c.into, err = r.count(ctx, c.statement); err != nil {
			return err
		}
	}
	return nil
}
