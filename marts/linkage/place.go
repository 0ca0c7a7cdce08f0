package linkage

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"slices"
	"strings"

	"huiliu/transform/address"
	"huiliu/transform/link/place"
	"huiliu/transform/privacy"
)

// placeKind are places: rows whose addresses or building numbers lead to one
// building or house number, or, where they say no more, to one compound, road
// or community.
func placeKind(reader *place.Reader) *kind {
	number := "t.building_no"
	at := func(table, has, text string, sealed map[string]string) source {
		s := source{table: table, has: has, plain: map[string]string{"code": number, "community": "coalesce(a.name, t.community)", "text": text}, sealed: sealed}
		return s
	}
	home, door := map[string]string{"text": "home_address"}, map[string]string{"text": "address"}
	building := at("building", "true", "NULL", door)
	building.plain["name"] = "t.name"
	return &kind{
		name: kindPlace, prefix: "l-", label: "地点",
		fields:  []string{"alone", "area", "code", "community", "compound", "house", "number", "road"},
		columns: []string{"text", "code", "community", "name"},
		sources: []source{
			at("person", "home_address_token IS NOT NULL OR building_no IS NOT NULL", "NULL", home),
			at("benefit", "home_address_token IS NOT NULL OR building_no IS NOT NULL", "NULL", home),
			at("service_request", "address_token IS NOT NULL OR building_no IS NOT NULL", "NULL", door),
			at("hazard", "address_token IS NOT NULL OR building_no IS NOT NULL", "NULL", door),
			at("place", "address_token IS NOT NULL OR building_no IS NOT NULL", "NULL", door),
			building,
			at("organisation", "business_address IS NOT NULL OR building_no IS NOT NULL", "t.business_address", nil),
			at("project", "site_address IS NOT NULL OR building_no IS NOT NULL", "t.site_address", nil),
			at("inspection", "building_no IS NOT NULL", "NULL", nil),
			at("rectification", "building_no IS NOT NULL", "NULL", nil),
		},
		derive: func(get func(string) string) map[string]string {
			s := reader.Read(place.Row{Address: get("text"), Code: get("code"), Community: get("community"), Name: get("name")}).Signature
			return map[string]string{"alone": s.Alone, "area": s.Area, "code": s.Code, "community": s.Community, "compound": s.Compound, "house": s.House, "number": s.Number, "road": s.Road}
		},
	}
}

// newReader takes addresses apart with the shipped parser. A text that can't
// be read is known by a hash without a key, which stays in memory or sealed.
func newReader(site Site) (*place.Reader, error) {
	parser, err := address.Shipped()
	if err != nil {
		return nil, err
	}
	s := place.Site{Town: site.Town}
	for _, d := range site.Region {
		switch {
		case strings.HasSuffix(d, "市"):
			s.City = d
		case strings.HasSuffix(d, "区"), strings.HasSuffix(d, "县"):
			s.District = d
		}
	}
	return place.NewReader(parser, s, nil), nil
}

// public are the tables whose addresses are of buildings and not of people:
// only what they say of a place is told of it.
const public = "'building', 'organisation', 'project', 'place'"

// signatures seals what the new nodes say of where they are.
func (r *round) signatures(ctx context.Context) error {
	if err := r.wanted(ctx, "SELECT node FROM link_born"); err != nil {
		return err
	}
	nodes := map[string]uint64{}
	err := r.query(ctx, "SELECT id, node FROM link_wanted", func(rows *sql.Rows) error {
		var id string
		var node uint64
		err := rows.Scan(&id, &node)
		nodes[id] = node
		return err
	})
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "DELETE FROM store.load.link_signature WHERE node IN (SELECT node FROM link_died UNION SELECT node FROM link_born)"); err != nil {
		return err
	}
	return r.append("store", "load", "link_signature", func(add func(...driver.Value) error) error {
		return r.each(ctx, "link_wanted", func(s spoken) error {
			var list []privacy.Sealed
			for _, f := range r.kind.fields {
				list = append(list, privacy.Sealed{Name: f, Value: s.fields[f]})
			}
			return add(nodes[s.id], r.Keeper.SealRow(nodeName(nodes[s.id]), list))
		})
	})
}

// ways are the reasons in words. They name neither road nor house: what a
// resident's address says is not told.
var ways = map[place.Way]string{
	place.ByCode: "房屋编号一致", place.ByHouse: "小区与幢号一致", place.ByGate: "门牌号对应小区", place.ByNumber: "道路与门牌号一致",
	place.ByName: "地点名称一致", place.ByArea: "小区、道路或社区一致", place.ByText: "地址文字一致",
}

// lying is a node with its signature, its rows and where they are.
type lying struct {
	node uint64
	part uint64 // of before, 0 for a new one
	seen place.Seen
	// public says that a row of it is of a public table.
	public bool
}

// places links all signatures, which are few beside the rows, and names anew
// the places that are not made of the nodes of before.
func (r *round) places(ctx context.Context) error {
	nodes, err := r.lying(ctx)
	if err != nil {
		return err
	}
	of := map[place.Signature]*lying{}
	var seen []place.Seen
	for i := range nodes {
		of[nodes[i].seen.Signature] = &nodes[i]
		seen = append(seen, nodes[i].seen)
	}
	p := &placing{round: r, of: of, found: place.Link(seen), part: map[uint64]uint64{}, member: map[uint64]place.Member{}, level: map[uint64]place.Level{}}
	for _, step := range []func(context.Context) error{p.parts, p.touch, p.name, p.tell} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lying reads the nodes there are.
func (r *round) lying(ctx context.Context) (out []lying, err error) {
	var points, shown []string
	for _, s := range r.kind.sources {
		if s.table != "person" && s.table != "benefit" {
			points = append(points, fmt.Sprintf("SELECT id, lat, long FROM store.load.%s WHERE place_state = 'ok'", s.table))
		}
		if strings.Contains(public, "'"+s.table+"'") {
			shown = append(shown, "SELECT id FROM store.load."+s.table)
		}
	}
	statement := fmt.Sprintf(`WITH points AS (%s), shown AS (%s),
		counted AS (SELECT r.node, count(*) AS n, coalesce(median(p.lat), 0) AS lat, coalesce(median(p.long), 0) AS long, bool_or(s.id IS NOT NULL) AS public
			FROM store.load.link_row r LEFT JOIN points p ON p.id = r.id LEFT JOIN shown s ON s.id = r.id WHERE r.kind = {kind} AND r.stamp IS NOT NULL GROUP BY r.node)
		SELECT c.node, c.n, c.lat, c.long, c.public, coalesce(n.part, 0), s.signature
		FROM counted c JOIN store.load.link_signature s ON s.node = c.node LEFT JOIN store.load.link_node n ON n.kind = {kind} AND n.node = c.node ORDER BY c.node`,
		strings.Join(points, " UNION ALL "), strings.Join(shown, " UNION ALL "))
	err = r.query(ctx, statement, func(rows *sql.Rows) error {
		var l lying
		var blob []byte
		if err := rows.Scan(&l.node, &l.seen.Rows, &l.seen.Lat, &l.seen.Long, &l.public, &l.part, &blob); err != nil {
			return err
		}
		list, err := r.Keeper.OpenRow(nodeName(l.node), blob)
		if err != nil {
			return unreadable.At(r.Store.Dir(), "id", nodeName(l.node)).Because(err)
		}
		s := &l.seen.Signature
		into := map[string]*string{"alone": &s.Alone, "area": &s.Area, "code": &s.Code, "community": &s.Community, "compound": &s.Compound, "house": &s.House, "number": &s.Number, "road": &s.Road}
		for _, v := range list {
			if to := into[v.Name]; to != nil {
				*to = v.Value
			}
		}
		out = append(out, l)
		return nil
	})
	return out, err
}

// placing is the places found, on their way into the store.
type placing struct {
	*round
	of     map[place.Signature]*lying
	found  []place.Place
	part   map[uint64]uint64 // of now, by node
	member map[uint64]place.Member
	level  map[uint64]place.Level
}

// parts finds each node's place: the least of its nodes.
func (p *placing) parts(context.Context) error {
	for _, f := range p.found {
		least := uint64(math.MaxUint64)
		for _, m := range f.Members {
			least = min(least, p.of[m.Signature].node)
		}
		for _, m := range f.Members {
			node := p.of[m.Signature].node
			p.part[node], p.member[node], p.level[node] = least, m, f.Level
		}
	}
	return nil
}

// touch finds the nodes of every place that gained or lost a node or a row, and
// writes where they are.
func (p *placing) touch(ctx context.Context) error {
	moved := map[uint64]bool{} // parts, of before and of now
	for _, l := range p.of {
		if l.part != p.part[l.node] {
			moved[l.part], moved[p.part[l.node]] = true, true
		}
	}
	err := p.query(ctx, `SELECT coalesce(n.part, 0), c.node FROM (SELECT before AS node FROM link_change WHERE before IS NOT NULL UNION SELECT now FROM link_change WHERE now IS NOT NULL) c
		LEFT JOIN store.load.link_node n ON n.kind = {kind} AND n.node = c.node`, func(rows *sql.Rows) error {
		var part, node uint64
		err := rows.Scan(&part, &node)
		moved[part], moved[p.part[node]] = true, true
		return err
	})
	if err != nil {
		return err
	}
	if err := p.exec(ctx, "CREATE TEMP TABLE link_reach (node UBIGINT, part UBIGINT, sure BOOLEAN)"); err != nil {
		return err
	}
	err = p.append("temp", "main", "link_reach", func(add func(...driver.Value) error) error {
		for node, part := range p.part {
			if l := p.of[p.member[node].Signature]; moved[part] || moved[l.part] {
				if err := add(node, part, p.level[node] > place.Nowhere); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.exec(ctx, "DELETE FROM store.load.link_node WHERE kind = {kind} AND node IN (SELECT node FROM link_reach UNION SELECT node FROM link_died)",
		"INSERT INTO store.load.link_node SELECT {kind}, node, part, sure FROM link_reach ORDER BY node")
}

// name gives the touched places their ids. A row that names no place has none.
func (p *placing) name(ctx context.Context) error {
	byPart := map[uint64][]placed{}
	err := p.query(ctx, "SELECT r.id, r.node, coalesce(r.entity_id, '') FROM store.load.link_row r JOIN link_reach n USING (node) WHERE r.kind = {kind} AND r.stamp IS NOT NULL AND n.sure ORDER BY r.id", func(rows *sql.Rows) error {
		var m member
		var node uint64
		if err := rows.Scan(&m.id, &node, &m.entity); err != nil {
			return err
		}
		how := p.member[node]
		byPart[p.part[node]] = append(byPart[p.part[node]], placed{member: m, rule: ruleAddress, bits: logit(how.Probability), reason: ways[how.Way]})
		if how.Way == place.ByCode {
			last := &byPart[p.part[node]][len(byPart[p.part[node]])-1]
			last.rule = ruleBuilding
		}
		return nil
	})
	if err != nil {
		return err
	}
	var entities [][]placed
	for _, e := range byPart {
		entities = append(entities, e)
	}
	slices.SortFunc(entities, func(a, b []placed) int { return cmp.Compare(a[0].id, b[0].id) })
	// A row that names no place any more leaves the place it had.
	err = p.exec(ctx, `INSERT INTO link_change (id, stamp, before) SELECT r.id, r.stamp, r.node FROM store.load.link_row r JOIN link_reach n USING (node)
		WHERE r.kind = {kind} AND r.stamp IS NOT NULL AND r.entity_id IS NOT NULL AND NOT n.sure AND r.id NOT IN (SELECT id FROM link_change)`)
	if err != nil {
		return err
	}
	if _, err := p.writeEntities(ctx, entities); err != nil {
		return err
	}
	err = p.exec(ctx, `UPDATE store.load.link_row SET entity_id = NULL, rule = NULL, probability = NULL, near_id = NULL, reason = NULL
		WHERE kind = {kind} AND stamp IS NOT NULL AND entity_id IS NOT NULL AND node IN (SELECT node FROM link_reach WHERE NOT sure)`)
	if err != nil {
		return err
	}
	return p.measured(ctx)
}

// measured writes how sure every row's place is: it is measured on all rows, so
// a day may change it for places that it does not touch.
func (p *placing) measured(ctx context.Context) error {
	err := p.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_now", "CREATE TEMP TABLE link_now (node UBIGINT, rule VARCHAR, millionths BIGINT, reason VARCHAR)")
	if err != nil {
		return err
	}
	err = p.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		for node, m := range p.member {
			rule := ruleAddress
			if m.Way == place.ByCode {
				rule = ruleBuilding
			}
			if err := add(node, rule, millionths(placed{bits: logit(m.Probability)}), ways[m.Way]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.exec(ctx, `UPDATE store.load.link_row AS r SET rule = n.rule, probability = (n.millionths / 1000000)::DECIMAL(9,6), reason = n.reason FROM link_now n
		WHERE r.kind = {kind} AND r.stamp IS NOT NULL AND r.entity_id IS NOT NULL AND r.node = n.node
		AND (r.rule IS DISTINCT FROM n.rule OR r.reason IS DISTINCT FROM n.reason OR r.probability IS DISTINCT FROM (n.millionths / 1000000)::DECIMAL(9,6))`)
}

// tell writes what is told of each place: of its public signature with most
// rows, or of any when only its level and number are.
func (p *placing) tell(ctx context.Context) error {
	entity := map[uint64]string{}
	err := p.query(ctx, "SELECT n.part, min(r.entity_id) FROM store.load.link_node n JOIN store.load.link_row r ON r.kind = n.kind AND r.node = n.node WHERE n.kind = {kind} AND n.sure AND r.stamp IS NOT NULL GROUP BY n.part", func(rows *sql.Rows) error {
		var part uint64
		var id string
		err := rows.Scan(&part, &id)
		entity[part] = id
		return err
	})
	if err != nil {
		return err
	}
	if err := p.exec(ctx, "DELETE FROM store.load.link_place"); err != nil {
		return err
	}
	return p.append("store", "load", "link_place", func(add func(...driver.Value) error) error {
		for _, f := range p.found {
			if f.Level == place.Nowhere {
				continue
			}
			var best *lying
			rows := 0
			communities := map[string]int{}
			for _, m := range f.Members {
				l := p.of[m.Signature]
				rows += m.Rows
				communities[m.Signature.Community] += m.Rows
				if l.public && (best == nil || fullness(l.seen.Signature) > fullness(best.seen.Signature) || fullness(l.seen.Signature) == fullness(best.seen.Signature) && l.seen.Rows > best.seen.Rows) {
					best = l
				}
			}
			id := entity[p.part[p.of[f.Members[0].Signature].node]]
			values := []driver.Value{id, f.Level.String(), int64(rows), text(f.Code), text(mostly(communities)), nil, nil, nil, nil, nil, nil}
			if best != nil {
				s := best.seen.Signature
				for i, v := range []string{s.Road, s.Number, s.Compound, s.House} {
					values[5+i] = text(v)
				}
				if best.seen.Lat != 0 {
					values[9], values[10] = best.seen.Lat, best.seen.Long
				}
			}
			if err := add(values...); err != nil {
				return err
			}
		}
		return nil
	})
}

// fullness is how many parts a signature tells.
func fullness(s place.Signature) (n int) {
	for _, v := range []string{s.Road, s.Number, s.Compound, s.House} {
		if v != "" {
			n++
		}
	}
	return n
}

// mostly is the name that most rows give, of several the one that sorts first.
func mostly(rows map[string]int) string {
	best := ""
	for name, n := range rows {
		if name != "" && (best == "" || n > rows[best] || n == rows[best] && name < best) {
			best = name
		}
	}
	return best
}
