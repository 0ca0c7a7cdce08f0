package linkage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"huiliu/marts/store"
	"huiliu/transform/link"
)

// round is one linkage of one kind, in a transaction.
type round struct {
	Input
	Summary
	kind *kind
	conn *sql.Conn
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
	return strings.NewReplacer("{kind}", store.Quote(r.kind.name), "{cap}", fmt.Sprint(r.kind.spec.Block.Cap)).Replace(statement)
}

// run is the way of a round. Each step leaves temporary tables for the next:
// link_change (rows that changed, with their nodes of before and now),
// link_born and link_died (nodes), link_candidate (pairs to compare) and
// link_touched (nodes whose part is to be clustered anew).
func (r *round) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		r.begin, r.change, r.nodes, r.keys, r.candidates, r.read, r.fit, r.compare, r.touch, r.cluster, r.end,
	} {
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
			SELECT area_code AS code, name AS spelling FROM store.load.area WHERE _deleted IS NULL AND level = 'community'
			UNION SELECT area_code, trim(unnest(string_split(aliases, '|'))) FROM store.load.area WHERE _deleted IS NULL AND level = 'community')
		SELECT spelling, min(code) AS code FROM spelt WHERE spelling <> '' GROUP BY spelling HAVING count(DISTINCT code) = 1`,
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
	fitted, err := r.currentModel(ctx)
	if err != nil {
		return err
	}
	if r.Refit || r.model != nil && r.Rows >= 2*fitted && fitted > 0 {
		r.model = nil
	}
	r.whole = r.Whole || r.model == nil || r.model.Version != r.state.model
	if r.whole {
		return r.exec(ctx, "DELETE FROM store.load.link_key WHERE kind = {kind}", "DELETE FROM store.load.link_pair WHERE kind = {kind}", "DELETE FROM store.load.link_node WHERE kind = {kind}")
	}
	return nil
}

// temporary are the tables of a round.
var temporary = []string{"link_area", "link_live", "link_change", "link_born", "link_died", "link_size", "link_candidate", "link_touched", "link_wanted", "link_reach", "link_now"}

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
	if r.Changed == 0 {
		r.texts.nothing = true
		if r.model != nil {
			r.Model = r.model.Version
		}
		return r.counts(ctx)
	}
	return nil
}

// end notes how far the linkage has come.
func (r *round) end(ctx context.Context) error {
	r.Model = r.model.Version
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
		{&r.Review, fmt.Sprintf("SELECT count(*) FROM store.load.link_pair WHERE kind = {kind} AND bits < %g", logit(r.kind.spec.Match))},
		{&r.Overfull, "SELECT count(*) FROM (SELECT key FROM store.load.link_key WHERE kind = {kind} GROUP BY key HAVING count(*) > {cap})"},
	} {
		if *c.into, err = r.count(ctx, c.statement); err != nil {
			return err
		}
	}
	return nil
}
