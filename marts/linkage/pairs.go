package linkage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"math"
	"slices"
	"strings"

	"huiliu/transform/link"
	"huiliu/transform/link/block"
)

// texts are the nodes that a round compares.
type texts struct {
	nothing bool
	nodes   []uint64 // in order, as the rows of data
	data    *link.Data
	scorer  *link.Scorer
	pairs   []block.Pair
}

func (t *texts) row(node uint64) (uint32, bool) {
	at, ok := slices.BinarySearch(t.nodes, node)
	return uint32(at), ok
}

func logit(p float64) float64 { return math.Log2(p / (1 - p)) }

// wanted makes link_wanted of the nodes of a query: a row for each.
func (r *round) wanted(ctx context.Context, nodes string) error {
	return r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_wanted",
		"CREATE TEMP TABLE link_wanted AS SELECT min(r.id) AS id, r.node FROM store.load.link_row r WHERE r.kind = {kind} AND r.stamp IS NOT NULL AND r.node IN ("+nodes+") GROUP BY r.node")
}

// keys writes the keyed hashes under which new nodes meet others, takes back
// those of nodes that are gone, and tells what became of each block.
func (r *round) keys(ctx context.Context) error {
	if err := r.wanted(ctx, "SELECT node FROM link_born"); err != nil {
		return err
	}
	records, err := r.records(ctx, "link_wanted")
	if err != nil {
		return err
	}
	d, err := link.Prepare(r.kind.spec, records)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "CREATE TEMP TABLE link_reach (key UBIGINT, node UBIGINT)"); err != nil {
		return err
	}
	keyed := r.Keeper.Keyed("link key " + r.kind.name)
	err = r.append("temp", "main", "link_reach", func(add func(...driver.Value) error) error {
		for row, name := range d.IDs {
			node, err := parseNode(name)
			if err != nil {
				return err
			}
			value := func(field string) string {
				c := d.Table.Columns[field]
				return c.Values[c.Rows[row]]
			}
			for i, rule := range r.kind.rules {
				for _, key := range rule.Keys(value) {
					if err := add(keyed(key+uint64(i)), node); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.exec(ctx, `CREATE TEMP TABLE link_size AS
		WITH met AS (SELECT key FROM link_reach UNION SELECT key FROM store.load.link_key WHERE kind = {kind} AND node IN (SELECT node FROM link_died)),
		before AS (SELECT key, count(*) AS n FROM store.load.link_key WHERE kind = {kind} AND key IN (SELECT key FROM met) GROUP BY key),
		came AS (SELECT key, count(*) AS n FROM link_reach GROUP BY key),
		went AS (SELECT key, count(*) AS n FROM store.load.link_key WHERE kind = {kind} AND node IN (SELECT node FROM link_died) GROUP BY key)
		SELECT m.key, coalesce(b.n, 0) AS before, coalesce(b.n, 0) + coalesce(c.n, 0) - coalesce(w.n, 0) AS after
		FROM met m LEFT JOIN before b USING (key) LEFT JOIN came c USING (key) LEFT JOIN went w USING (key)`,
		"DELETE FROM store.load.link_key WHERE kind = {kind} AND node IN (SELECT node FROM link_died)",
		"INSERT INTO store.load.link_key SELECT {kind}, key, node FROM link_reach ORDER BY key, node",
		"DROP TABLE link_reach")
}

// candidates finds the pairs to compare: new nodes with what shares a block
// with them, and all of a block that was too large and is not any more. Pairs
// of nodes that are gone, and those that only a block which has become too
// large brought together, are dropped.
func (r *round) candidates(ctx context.Context) error {
	// A block that is too large must not be paired before its size is looked at:
	// so each step is made whole before the next.
	return r.exec(ctx, `CREATE TEMP TABLE link_candidate AS
		WITH fit AS MATERIALIZED (SELECT key, before > {cap} AS opened FROM link_size WHERE after BETWEEN 2 AND {cap}),
		held AS MATERIALIZED (SELECT k.key, k.node, f.opened FROM fit f JOIN store.load.link_key k ON k.kind = {kind} AND k.key = f.key)
		SELECT DISTINCT least(x.node, y.node) AS a, greatest(x.node, y.node) AS b FROM held x JOIN held y ON y.key = x.key
		WHERE x.node <> y.node AND (x.opened OR x.node IN (SELECT node FROM link_born))`,
		`CREATE TEMP TABLE link_touched AS
		SELECT node FROM link_born UNION SELECT node FROM link_died UNION SELECT before FROM link_change WHERE before IS NOT NULL UNION SELECT now FROM link_change WHERE now IS NOT NULL`,
		`CREATE TEMP TABLE link_reach AS
		WITH shut AS MATERIALIZED (SELECT k.key, k.node FROM link_size z JOIN store.load.link_key k ON k.kind = {kind} AND k.key = z.key WHERE z.before BETWEEN 2 AND {cap} AND z.after > {cap}),
		one AS MATERIALIZED (SELECT p.a, p.b, x.key FROM store.load.link_pair p JOIN shut x ON x.node = p.a WHERE p.kind = {kind}),
		doubtful AS MATERIALIZED (SELECT DISTINCT o.a, o.b FROM one o JOIN shut y ON y.node = o.b AND y.key = o.key),
		keyed AS MATERIALIZED (SELECT d.a, d.b, x.key FROM doubtful d JOIN store.load.link_key x ON x.kind = {kind} AND x.node = d.a),
		shared AS MATERIALIZED (SELECT k.a, k.b, k.key FROM keyed k JOIN store.load.link_key y ON y.kind = {kind} AND y.node = k.b AND y.key = k.key),
		sized AS (SELECT key, count(*) AS n FROM store.load.link_key WHERE kind = {kind} AND key IN (SELECT key FROM shared) GROUP BY key),
		held AS (SELECT DISTINCT a, b FROM shared JOIN sized USING (key) WHERE n <= {cap})
		SELECT a, b FROM doubtful EXCEPT SELECT a, b FROM held
		UNION SELECT a, b FROM store.load.link_pair WHERE kind = {kind} AND (a IN (SELECT node FROM link_died) OR b IN (SELECT node FROM link_died))`,
		"DELETE FROM store.load.link_pair AS p USING link_reach d WHERE p.kind = {kind} AND p.a = d.a AND p.b = d.b",
		"INSERT INTO link_touched SELECT a FROM link_reach UNION SELECT b FROM link_reach",
		// What a person decided of a row reaches the other one, though they share
		// no block.
		"INSERT INTO link_touched "+standing+` SELECT r.node FROM standing s JOIN link_change c ON c.id = s.a JOIN store.load.link_row r ON r.kind = {kind} AND r.id = s.b WHERE r.stamp IS NOT NULL
			UNION SELECT r.node FROM standing s JOIN link_change c ON c.id = s.b JOIN store.load.link_row r ON r.kind = {kind} AND r.id = s.a WHERE r.stamp IS NOT NULL`)
}

// read opens the nodes that are compared, and the rest of the parts that they
// and the touched belong to.
func (r *round) read(ctx context.Context) error {
	err := r.wanted(ctx, `WITH met AS (SELECT a AS node FROM link_candidate UNION SELECT b FROM link_candidate UNION SELECT node FROM link_touched)
		SELECT node FROM met UNION SELECT n.node FROM store.load.link_node n WHERE n.kind = {kind} AND n.part IN (SELECT p.part FROM store.load.link_node p JOIN met ON met.node = p.node WHERE p.kind = {kind})`)
	if err != nil {
		return err
	}
	records, err := r.records(ctx, "link_wanted")
	if err != nil {
		return err
	}
	if r.texts.data, err = link.Prepare(r.kind.spec, records); err != nil {
		return err
	}
	for _, name := range r.texts.data.IDs {
		node, err := parseNode(name)
		if err != nil {
			return err
		}
		r.texts.nodes = append(r.texts.nodes, node)
	}
	err = r.query(ctx, "SELECT a, b FROM link_candidate", func(rows *sql.Rows) error {
		var a, b uint64
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		x, okX := r.texts.row(a)
		y, okY := r.texts.row(b)
		if okX && okY {
			r.texts.pairs = append(r.texts.pairs, block.NewPair(x, y))
		}
		return nil
	})
	slices.Sort(r.texts.pairs)
	r.Compared = int64(len(r.texts.pairs))
	return err
}

// compare weighs the candidates, keeps those worth a look with their reasons,
// and notes which new nodes say enough of themselves.
func (r *round) compare(ctx context.Context) error {
	t := r.texts
	sure := make([]bool, len(t.nodes))
	var links []link.Link
	if r.model != nil {
		var err error
		if t.scorer, err = link.NewScorer(r.kind.spec, t.data, r.model); err != nil {
			return err
		}
		least := logit(r.kind.spec.Match)
		for row, node := range t.nodes {
			_, bits := t.scorer.Weigh(block.NewPair(uint32(row), uint32(row)))
			sure[row] = bits >= least || r.decided[node]
		}
		if err := r.known(ctx, sure); err != nil {
			return err
		}
		patterns, err := t.scorer.Patterns(ctx, t.pairs)
		if err != nil {
			return err
		}
		if links, err = t.scorer.Links(ctx, t.pairs, patterns); err != nil {
			return err
		}
		links = append(links, r.conflicts(t, patterns)...)
	}
	// A block that has room again brings pairs together that another did before.
	err := r.exec(ctx, "DELETE FROM store.load.link_pair AS p USING link_candidate c WHERE p.kind = {kind} AND p.a = c.a AND p.b = c.b")
	if err != nil {
		return err
	}
	err = r.append("store", "load", "link_pair", func(add func(...driver.Value) error) error {
		for _, l := range links {
			a, b := l.Pair.Rows()
			if !sure[a] || !sure[b] {
				continue
			}
			if err := add(r.kind.name, t.nodes[a], t.nodes[b], l.Bits, r.reason(t.scorer.Reasons(l.Pair))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_now", "CREATE TEMP TABLE link_now (node UBIGINT, sure BOOLEAN)")
	if err != nil {
		return err
	}
	err = r.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		for row, node := range t.nodes {
			if err := add(node, sure[row]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.exec(ctx, "INSERT INTO store.load.link_node SELECT {kind}, node, node, sure FROM link_now WHERE node IN (SELECT node FROM link_born) ORDER BY node",
		"INSERT INTO link_touched SELECT p.a FROM store.load.link_pair p JOIN link_candidate c ON c.a = p.a AND c.b = p.b WHERE p.kind = {kind} UNION SELECT p.b FROM store.load.link_pair p JOIN link_candidate c ON c.a = p.a AND c.b = p.b WHERE p.kind = {kind}")
}

// known takes over which nodes of before are sure: a row of which something was
// decided once is so for good.
func (r *round) known(ctx context.Context, sure []bool) error {
	return r.query(ctx, "SELECT node, sure FROM store.load.link_node WHERE kind = {kind} AND node IN (SELECT node FROM link_wanted)", func(rows *sql.Rows) error {
		var node uint64
		var is bool
		if err := rows.Scan(&node, &is); err != nil {
			return err
		}
		if row, ok := r.texts.row(node); ok {
			sure[row] = is
		}
		return nil
	})
}

// conflicts are pairs that would be matches but for two numbers that can both
// be right: not links, but worth a person's look.
func (r *round) conflicts(t *texts, patterns []link.Pattern) []link.Link {
	var out []link.Link
	for i, p := range t.pairs {
		rest, ok := link.Conflict(t.scorer.Bits(p, patterns[i]))
		if ok && rest >= logit(r.kind.spec.Match) {
			out = append(out, link.Link{Pair: p, Pattern: patterns[i], Bits: logit(r.kind.spec.Review)})
		}
	}
	return out
}

// reason is what speaks for a pair and what against it, in words.
func (r *round) reason(list []link.Reason) string {
	var good, bad []string
	for _, x := range list {
		words, ok := r.kind.labels[x.Field+" "+x.Level]
		if !ok {
			words = r.kind.labels[x.Field] + x.Label.ZH
		}
		switch {
		case x.Bits >= 0.5:
			good = append(good, words)
		case x.Bits <= -1:
			bad = append(bad, words)
		}
	}
	out := strings.Join(good, "、")
	if len(bad) > 0 && out != "" {
		out += "；但"
	}
	return out + strings.Join(bad, "、")
}
