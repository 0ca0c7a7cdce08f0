package golden

import (
	"fmt"
	"strings"

	"huiliu/transform/entity"
)

// Parts is into how many parts Query cuts the entities.
const Parts = 16

// Query is the SQL (DuckDB) that reads what Resolve needs of one part of the
// entities, 0 to Parts - 1: entity_id, id, source, day, then Columns, as text.
// The table has one row a row of a department, with its entity's id. Rows of
// one entity stand together and in one part.
func (r *Rules) Query(table string, part int) string {
	columns := []string{"entity_id", "id", "source", "day"}
	for _, c := range r.Columns() {
		columns = append(columns, c+"::VARCHAR AS "+c)
	}
	// Names come from the entity's declaration, so nothing needs quoting.
	return fmt.Sprintf("SELECT %s\nFROM %s\nWHERE substr(md5(entity_id), 1, 1) = '%x'\nORDER BY entity_id, id", strings.Join(columns, ", "), table, part)
}

// Columns are the stored columns that Query reads after its first four, in the
// order of the attributes' names: of a personal one pseudonym and mask, else
// the value; behind them the flag that says whether it passed its check, where
// one is declared.
func (r *Rules) Columns() []string {
	var out []string
	for i := range r.attributes {
		out = append(out, r.attributes[i].columns()...)
	}
	return out
}

func (one *rule) columns() []string {
	out := []string{column(one.of)}
	if one.of.Tag != entity.Plain {
		out = []string{one.of.Name + "_token", one.of.Name + "_mask"}
	}
	if one.sound != nil {
		out = append(out, one.sound.Name)
	}
	return out
}

// column is the stored column by which a plain attribute is compared; a moment
// is compared by its day, which every source has.
func column(a *entity.Attribute) string {
	if a.Kind == entity.Instant {
		return a.Name + "_on"
	}
	return a.Name
}

// Values makes a row's values of what Columns named, in that order; a missing
// one is empty. ok is false where the number of columns is another. A value of
// which nothing says that it passed its check did not.
func (r *Rules) Values(columns []string) (values map[string]Value, ok bool) {
	values = make(map[string]Value, len(r.attributes))
	for i := range r.attributes {
		one := &r.attributes[i]
		n := len(one.columns())
		if len(columns) < n {
			return nil, false
		}
		v := Value{Text: columns[0]}
		if one.of.Tag != entity.Plain {
			v = Value{Token: columns[0], Mask: columns[1]}
		}
		v.Unsound = one.sound != nil && columns[n-1] != "true"
		if v.Text != "" || v.Token != "" {
			values[one.of.Name] = v
		}
		columns = columns[n:]
	}
	return values, len(columns) == 0
}
