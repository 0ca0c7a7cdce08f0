package linkage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/zeebo/xxh3"

	"huiliu/internal/fault"
	"huiliu/marts/store"
	"huiliu/transform/link"
)

// unreadable is raised for a row whose sealed values do not open.
var unreadable = &fault.Kind{
	Code: "link_row_sealed", Class: fault.Missing,
	Cause: fault.Text{EN: "what is sealed in row {id} does not open", ZH: "行 {id} 的封存值无法打开"},
	Mend:  fault.Text{EN: "give the key that the store was written with, by HUILIU_KEY_FILE", ZH: "请用 HUILIU_KEY_FILE 提供写入此库时的密钥"},
}

// spoken is what one row says of itself, by the specification's fields.
type spoken struct {
	id     string
	fields map[string]string
}

// each opens the rows whose ids stand in a table, one after another.
func (r *round) each(ctx context.Context, wanted string, fn func(spoken) error) error {
	k := r.kind
	place := map[string]int{}
	for i, c := range k.columns {
		place[c] = i
	}
	values := make([]sql.NullString, len(k.columns))
	var id string
	var blob []byte
	var from int
	into := []any{&id, &blob, &from}
	for i := range values {
		into = append(into, &values[i])
	}
	sealed := map[string]string{}
	return r.query(ctx, k.text(wanted), func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		clear(sealed)
		if len(blob) > 0 {
			list, err := r.Keeper.OpenRow(id, blob)
			if err != nil {
				return unreadable.At(r.Store.Dir(), "id", id).Because(err)
			}
			for _, v := range list {
				sealed[v.Name] = v.Value
			}
		}
		source := &k.sources[from]
		return fn(spoken{id, k.derive(func(column string) string {
			if a, ok := source.sealed[column]; ok {
				return sealed[a]
			}
			return values[place[column]].String
		})})
	})
}

// content names what a row says of itself: rows with one content are one node.
// A row of which a person decided something is a node of its own.
func (r *round) content(s spoken, decided bool) uint64 {
	var room []byte
	for _, c := range r.kind.fields {
		room = binary.AppendUvarint(room, uint64(len(s.fields[c])))
		room = append(room, s.fields[c]...)
	}
	if decided {
		room = append(room, s.id...)
	}
	return r.Keeper.Keyed("link " + r.kind.name)(xxh3.Hash(room))
}

// nodes finds the node of each row that changed, and which nodes are new or
// have no rows any more.
func (r *round) nodes(ctx context.Context) error {
	r.decided = map[uint64]bool{}
	decided := map[string]bool{}
	err := r.query(ctx, standing+" SELECT a FROM standing WHERE decision <> 'open' UNION SELECT b FROM standing WHERE decision <> 'open'", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		decided[id] = true
		return err
	})
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "CREATE TEMP TABLE link_now (id VARCHAR, node UBIGINT)", "CREATE TEMP TABLE link_wanted AS SELECT id FROM link_change WHERE stamp IS NOT NULL"); err != nil {
		return err
	}
	err = r.append("temp", "main", "link_now", func(add func(...driver.Value) error) error {
		return r.each(ctx, "link_wanted", func(s spoken) error {
			node := r.content(s, decided[s.id])
			if decided[s.id] {
				r.decided[node] = true
			}
			return add(s.id, node)
		})
	})
	if err != nil {
		return err
	}
	return r.exec(ctx, "UPDATE link_change SET now = n.node FROM link_now n WHERE n.id = link_change.id",
		"UPDATE store.load.link_row AS r SET stamp = c.stamp, node = coalesce(c.now, r.node) FROM link_change c WHERE r.kind = {kind} AND r.id = c.id",
		"INSERT INTO store.load.link_row (kind, id, stamp, node) SELECT {kind}, id, stamp, now FROM link_change WHERE before IS NULL ORDER BY id",
		`CREATE TEMP TABLE link_born AS SELECT DISTINCT now AS node FROM link_change WHERE now IS NOT NULL AND now NOT IN (SELECT node FROM store.load.link_node WHERE kind = {kind})`,
		`CREATE TEMP TABLE link_died AS SELECT DISTINCT before AS node FROM link_change WHERE before IN (SELECT node FROM store.load.link_node WHERE kind = {kind})
			AND before NOT IN (SELECT node FROM store.load.link_row WHERE kind = {kind} AND stamp IS NOT NULL)`)
}

// standing is the last word of people on each pair of rows.
const standing = `WITH standing AS (SELECT a, b, decision FROM store.load.link_decision WHERE kind = {kind} QUALIFY row_number() OVER (PARTITION BY least(a, b), greatest(a, b) ORDER BY number DESC) = 1)`

// waiting is how many rows wait for the appender, so that it is seldom made.
const waiting = 1 << 14

// append adds rows to a table.
func (r *round) append(catalog, schema, table string, fill func(add func(...driver.Value) error) error) error {
	// The appender needs the driver's connection for itself for as long as it
	// is there, and fill may read by the same one. So rows wait, as one list of
	// values, and there is an appender for each batch.
	var values []driver.Value
	width := 1
	flush := func() error {
		err := r.conn.Raw(func(raw any) error {
			conn, ok := raw.(driver.Conn)
			if !ok {
				return fmt.Errorf("connection is a %T", raw)
			}
			a, err := duckdb.NewAppender(conn, catalog, schema, table)
			if err != nil {
				return err
			}
			for row := range slices.Chunk(values, width) {
				if err := a.AppendRow(row...); err != nil {
					return errors.Join(err, a.Close())
				}
			}
			return a.Close()
		})
		values = values[:0]
		if err != nil {
			return fmt.Errorf("fill %s: %w", store.Ident(table), err)
		}
		return nil
	}
	err := fill(func(row ...driver.Value) error {
		values, width = append(values, row...), len(row)
		if len(values) < waiting*width {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// records are nodes as the engine reads them.
func (r *round) records(ctx context.Context, wanted string) (*link.Records, error) {
	out := &link.Records{Columns: map[string][]string{}, Keyed: r.Keeper.Keyed("link frequency " + r.kind.name)}
	fields := r.kind.fields
	for _, c := range fields {
		out.Columns[c] = nil
	}
	nodes := map[string]uint64{}
	err := r.query(ctx, "SELECT id, node FROM "+wanted, func(rows *sql.Rows) error {
		var id string
		var node uint64
		err := rows.Scan(&id, &node)
		nodes[id] = node
		return err
	})
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	intern := func(s string) string {
		if have, ok := known[s]; ok {
			return have
		}
		known[s] = s
		return s
	}
	err = r.each(ctx, wanted, func(s spoken) error {
		out.IDs = append(out.IDs, nodeName(nodes[s.id]))
		for _, c := range fields {
			out.Columns[c] = append(out.Columns[c], intern(s.fields[c]))
		}
		return nil
	})
	return out, err
}

// nodeName is a node as an id of the engine: their order is one.
func nodeName(node uint64) string { return fmt.Sprintf("%016x", node) }
