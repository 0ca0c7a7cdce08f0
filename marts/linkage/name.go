package linkage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"math"
	"slices"

	"huiliu/transform/link/identity"
)

// writeEntities names the entities, writes each row's, and returns the names.
// They must be whole: of an entity that one of their rows was of, all other rows
// are among them, or changed.
func (r *round) writeEntities(ctx context.Context, entities [][]placed) ([]string, error) {
	clusters := make([][]string, len(entities))
	for i, e := range entities {
		for _, p := range e {
			clusters[i] = append(clusters[i], p.id)
		}
	}
	if err := r.listed(ctx, slices.Concat(clusters...)); err != nil {
		return nil, err
	}
	registry, err := r.registry(ctx, clusters)
	if err != nil {
		return nil, err
	}
	names, _ := registry.Assign(clusters)
	if err := r.writeRegistry(ctx, registry); err != nil {
		return nil, err
	}
	return names, r.writeRows(ctx, entities, names)
}

// listed puts row ids into link_ids.
func (r *round) listed(ctx context.Context, ids []string) error {
	if err := r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_ids", "CREATE TEMP TABLE link_ids (id VARCHAR)"); err != nil {
		return err
	}
	return r.append("temp", "main", "link_ids", func(add func(...driver.Value) error) error {
		for _, id := range ids {
			if err := add(id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *round) writeRows(ctx context.Context, entities [][]placed, names []string) error {
	if err := r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_now",
		"CREATE TEMP TABLE link_now (id VARCHAR, entity_id VARCHAR, rule VARCHAR, millionths BIGINT, near_id VARCHAR, reason VARCHAR)"); err != nil {
		return err
	}
	err := r.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		for i, e := range entities {
			for _, p := range e {
				if err := add(p.id, names[i], p.rule, millionths(p), text(p.near), text(p.reason)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.exec(ctx, `UPDATE store.load.link_row AS r SET entity_id = n.entity_id, rule = n.rule, probability = (n.millionths / 1000000)::DECIMAL(9,6), near_id = n.near_id, reason = n.reason
		FROM link_now n WHERE r.kind = {kind} AND r.id = n.id AND (r.entity_id IS DISTINCT FROM n.entity_id OR r.rule IS DISTINCT FROM n.rule OR r.probability IS DISTINCT FROM (n.millionths / 1000000)::DECIMAL(9,6)
			OR r.near_id IS DISTINCT FROM n.near_id OR r.reason IS DISTINCT FROM n.reason)`,
		"UPDATE store.load.link_row SET entity_id = NULL, rule = NULL, probability = NULL, near_id = NULL, reason = NULL WHERE kind = {kind} AND stamp IS NULL AND entity_id IS NOT NULL")
}

func text(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

// millionths is a row's probability; only what is sure by itself or by a
// person's word is 1.
func millionths(p placed) int64 {
	if math.IsInf(p.bits, 1) {
		return 1_000_000
	}
	return min(999_999, int64(math.Round(1_000_000/(1+math.Exp2(-p.bits)))))
}

// registry is the part of all ids ever given that the touched rows concern.
func (r *round) registry(ctx context.Context, clusters [][]string) (*identity.Registry, error) {
	var list []identity.Entity
	collect := func(ended bool) func(*sql.Rows) error {
		place := map[string]int{}
		return func(found *sql.Rows) error {
			var row string
			e := identity.Entity{Ended: ended}
			if err := found.Scan(&e.ID, &row, &e.Into, &e.Born); err != nil {
				return err
			}
			at, ok := place[e.ID]
			if !ok {
				at = len(list)
				place[e.ID] = at
				list = append(list, e)
			}
			list[at].Rows = append(list[at].Rows, row)
			return nil
		}
	}
	err := r.query(ctx, `SELECT l.entity_id, l.id, '', coalesce(e.born, 0) FROM store.load.link_row l LEFT JOIN store.load.link_entity e ON e.kind = {kind} AND e.entity_id = l.entity_id
		WHERE l.kind = {kind} AND l.entity_id IS NOT NULL AND (l.id IN (SELECT id FROM link_change) OR l.id IN (SELECT id FROM link_ids))`, collect(false))
	if err != nil {
		return nil, err
	}
	err = r.query(ctx, `SELECT f.entity_id, f.id, coalesce(e.became, ''), coalesce(e.born, 0) FROM store.load.link_former f LEFT JOIN store.load.link_entity e ON e.kind = {kind} AND e.entity_id = f.entity_id
		WHERE f.kind = {kind} AND f.entity_id IN (SELECT x.entity_id FROM store.load.link_former x JOIN link_ids USING (id) WHERE x.kind = {kind})`, collect(true))
	if err != nil {
		return nil, err
	}
	known := identity.NewRegistry(r.kind.prefix, list)
	known.Date(r.state.changes + 1)
	taken, err := r.taken(ctx, clusters)
	known.Reserve(taken)
	return known, err
}

// taken are ids that were given before and that new entities might get.
func (r *round) taken(ctx context.Context, clusters [][]string) (map[string]bool, error) {
	out := map[string]bool{}
	if n, err := r.count(ctx, "SELECT count(*) FROM store.load.link_entity WHERE kind = {kind}"); err != nil || n == 0 {
		return out, err
	}
	if err := r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_now", "CREATE TEMP TABLE link_now (id VARCHAR)"); err != nil {
		return nil, err
	}
	err := r.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		for _, c := range clusters {
			for _, id := range identity.Names(r.kind.prefix, slices.Min(c)) {
				if err := add(id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = r.query(ctx, "SELECT entity_id FROM store.load.link_entity WHERE kind = {kind} AND entity_id IN (SELECT id FROM link_now)", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out[id] = true
		return err
	})
	return out, err
}

// writeRegistry writes what became of the ids.
func (r *round) writeRegistry(ctx context.Context, known *identity.Registry) error {
	if err := r.exec(ctx, "DROP TABLE IF EXISTS temp.main.link_now", "CREATE TEMP TABLE link_now (entity_id VARCHAR, ended BOOLEAN, became VARCHAR, born BIGINT)"); err != nil {
		return err
	}
	err := r.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		for _, e := range known.Entities() {
			if err := add(e.ID, e.Ended, text(e.Into), e.Born); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = r.exec(ctx, "DELETE FROM store.load.link_entity AS e USING link_now n WHERE e.kind = {kind} AND e.entity_id = n.entity_id",
		"DELETE FROM store.load.link_former AS f USING link_now n WHERE f.kind = {kind} AND f.entity_id = n.entity_id",
		"INSERT INTO store.load.link_entity SELECT {kind}, entity_id, ended, became, born FROM link_now ORDER BY entity_id")
	if err != nil {
		return err
	}
	return r.append("store", "load", "link_former", func(add func(...driver.Value) error) error {
		for _, e := range known.Entities() {
			if !e.Ended {
				continue
			}
			for _, row := range e.Rows {
				if err := add(r.kind.name, e.ID, row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
