package linkage

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"slices"

	"huiliu/transform/link"
	"huiliu/transform/link/block"
)

// touch finds the parts of the graph that are to be clustered anew.
func (r *round) touch(ctx context.Context) error {
	return r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_reach",
		`CREATE TEMP TABLE link_reach AS SELECT n.node, n.sure FROM store.load.link_node n WHERE n.kind = {kind}
			AND n.part IN (SELECT p.part FROM store.load.link_node p JOIN link_touched USING (node) WHERE p.kind = {kind})
			AND n.node NOT IN (SELECT node FROM link_died)`,
		"DELETE FROM store.load.link_node WHERE kind = {kind} AND node IN (SELECT node FROM link_died)")
}

// member is a row of a touched node.
type member struct {
	id     string
	entity string // of before
}

// graph is what is clustered: the touched nodes with their rows and links.
type graph struct {
	*round
	rows    []uint32            // the nodes, as rows of texts.data
	sure    map[uint32]bool     //
	members map[uint32][]member // in order of their ids
	links   []link.Link
	reasons map[block.Pair]string
	said    link.Decisions
	place   map[string]uint32 // a row's node
}

// cluster parts the touched nodes into entities, names them, and writes for
// each of their rows which it is and why.
func (r *round) cluster(ctx context.Context) error {
	g := &graph{round: r, sure: map[uint32]bool{}, members: map[uint32][]member{}, reasons: map[block.Pair]string{}, place: map[string]uint32{}}
	for _, step := range []func(context.Context) error{g.readNodes, g.readMembers, g.readLinks, g.readDecisions} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := g.writeParts(ctx); err != nil {
		return err
	}
	_, err := g.writeEntities(ctx, g.entities())
	return err
}

func (g *graph) readNodes(ctx context.Context) error {
	return g.query(ctx, "SELECT node, sure FROM link_reach ORDER BY node", func(rows *sql.Rows) error {
		var node uint64
		var sure bool
		if err := rows.Scan(&node, &sure); err != nil {
			return err
		}
		row, ok := g.texts.row(node)
		if !ok {
			return fmt.Errorf("node %x was not read", node)
		}
		g.rows = append(g.rows, row)
		g.sure[row] = sure
		return nil
	})
}

func (g *graph) readMembers(ctx context.Context) error {
	return g.query(ctx, "SELECT id, node, coalesce(entity_id, '') FROM store.load.link_row WHERE kind = {kind} AND stamp IS NOT NULL AND node IN (SELECT node FROM link_reach) ORDER BY id", func(rows *sql.Rows) error {
		var m member
		var node uint64
		if err := rows.Scan(&m.id, &node, &m.entity); err != nil {
			return err
		}
		row, _ := g.texts.row(node)
		g.members[row] = append(g.members[row], m)
		g.place[m.id] = row
		return nil
	})
}

func (g *graph) readLinks(ctx context.Context) error {
	return g.query(ctx, "SELECT a, b, bits, reason FROM store.load.link_pair WHERE kind = {kind} AND a IN (SELECT node FROM link_reach) AND b IN (SELECT node FROM link_reach) ORDER BY a, b", func(rows *sql.Rows) error {
		var a, b uint64
		var bits float64
		var reason string
		if err := rows.Scan(&a, &b, &bits, &reason); err != nil {
			return err
		}
		x, _ := g.texts.row(a)
		y, _ := g.texts.row(b)
		p := block.NewPair(x, y)
		g.links = append(g.links, link.Link{Pair: p, Bits: bits})
		g.reasons[p] = reason
		return nil
	})
}

func (g *graph) readDecisions(ctx context.Context) error {
	return g.query(ctx, standing+" SELECT a, b, decision FROM standing WHERE decision <> 'open' ORDER BY a, b", func(rows *sql.Rows) error {
		var a, b, said string
		if err := rows.Scan(&a, &b, &said); err != nil {
			return err
		}
		x, okX := g.place[a]
		y, okY := g.place[b]
		switch {
		case !okX || !okY || x == y:
		case said == Same:
			g.said.Same = append(g.said.Same, block.NewPair(x, y))
		case said == Apart:
			g.said.Apart = append(g.said.Apart, block.NewPair(x, y))
		}
		return nil
	})
}

// writeParts finds which nodes links and decisions connect.
func (g *graph) writeParts(ctx context.Context) error {
	parent := map[uint32]uint32{}
	var root func(uint32) uint32
	root = func(x uint32) uint32 {
		if p, ok := parent[x]; ok && p != x {
			p = root(p)
			parent[x] = p
			return p
		}
		return x
	}
	join := func(p block.Pair) {
		a, b := p.Rows()
		x, y := root(a), root(b)
		parent[max(x, y)] = min(x, y)
	}
	least := logit(g.kind.spec.Match)
	for _, l := range g.links {
		if l.Bits >= least {
			join(l.Pair)
		}
	}
	for _, p := range g.said.Same {
		join(p)
	}
	if err := g.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_now", "CREATE TEMP TABLE link_now (node UBIGINT, part UBIGINT)"); err != nil {
		return err
	}
	err := g.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		for _, row := range g.rows {
			if err := add(g.texts.nodes[row], g.texts.nodes[root(row)]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return g.exec(ctx, "UPDATE store.load.link_node AS n SET part = w.part FROM link_now w WHERE n.kind = {kind} AND n.node = w.node AND n.part <> w.part")
}

// placed is a row with the entity it is, which is told by its place in a list.
type placed struct {
	member
	node   uint32
	rule   string
	bits   float64
	near   string
	reason string
}

// entities are the rows of each entity, in the order of their ids; entities
// are in the order of their first row.
func (g *graph) entities() [][]placed {
	var out [][]placed
	for _, nodes := range g.clusters() {
		if len(g.members[nodes[0]]) == 0 {
			continue // it was read to be compared with, and is not clustered anew
		}
		if len(nodes) > 1 || g.sure[nodes[0]] {
			out = append(out, g.together(nodes))
			continue
		}
		for _, m := range g.members[nodes[0]] {
			out = append(out, []placed{{member: m, node: nodes[0], rule: ruleAlone, bits: math.Inf(1)}})
		}
	}
	slices.SortFunc(out, func(a, b []placed) int { return cmp.Compare(a[0].id, b[0].id) })
	return out
}

// clusters are the nodes that are one. Without a model only people say so, and
// no node is sure.
func (g *graph) clusters() [][]uint32 {
	if g.texts.scorer != nil {
		return g.texts.scorer.Cluster(g.links, g.said)
	}
	var single [][]uint32
	for _, row := range g.rows {
		single = append(single, []uint32{row})
	}
	return g.said.Join(single)
}

// Rules by which a row is of its entity.
const (
	ruleAlone    = "alone"    // it is the entity's only row
	ruleSame     = "same"     // another row says the very same of itself
	ruleModel    = "model"    // its likeness with another row
	ruleDecision = "decision" // a person said so
	ruleAddress  = "address"  // where its address leads
	ruleBuilding = "building_no"
)

// together are the rows of some nodes, each with the row that speaks most for
// its being here.
func (g *graph) together(nodes []uint32) []placed {
	var out []placed
	for _, node := range nodes {
		bits, near, rule := g.nearest(node, nodes)
		for i, m := range g.members[node] {
			p := placed{member: m, node: node, rule: rule, bits: bits}
			switch {
			case len(g.members[node]) > 1:
				// Its own copy is nearer than anything else.
				pair := block.NewPair(node, node)
				p.rule, p.near = ruleSame, g.members[node][(i+1)%len(g.members[node])].id
				_, p.bits = g.texts.scorer.Weigh(pair)
				p.reason = g.why(pair)
			case rule == ruleAlone:
			case rule == ruleDecision:
				p.near, p.reason = g.members[near][0].id, "人工确认为同一"+g.kind.label
			default:
				p.near, p.reason = g.members[near][0].id, g.why(block.NewPair(node, near))
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b placed) int { return cmp.Compare(a.id, b.id) })
	return out
}

func (g *graph) why(p block.Pair) string {
	if reason, ok := g.reasons[p]; ok {
		return reason
	}
	g.reasons[p] = g.reason(g.texts.scorer.Reasons(p))
	return g.reasons[p]
}

// mostLooked bounds the search for a row's nearest in a large entity.
const mostLooked = 64

// nearest is the node of an entity that is most like one of its nodes: one that
// a person said it is, before all others.
func (g *graph) nearest(node uint32, nodes []uint32) (bits float64, near uint32, rule string) {
	if len(nodes) == 1 {
		return math.Inf(1), node, ruleAlone
	}
	for _, pair := range g.said.Same {
		a, b := pair.Rows()
		if b == node {
			a, b = b, a
		}
		if a == node && slices.Contains(nodes, b) {
			return math.Inf(1), b, ruleDecision
		}
	}
	bits = math.Inf(-1)
	for _, other := range nodes[:min(len(nodes), mostLooked)] {
		if other == node {
			continue
		}
		if _, b := g.texts.scorer.Weigh(block.NewPair(node, other)); b > bits {
			bits, near = b, other
		}
	}
	return bits, near, ruleModel
}
