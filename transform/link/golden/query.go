package golden

import (
	"fmt"
	"strings"

	"huiliu/transform/entity"
)

// Query is the SQL (DuckDB) that reads what Resolve needs: entity_id, id,
// source, day, then the columns of each attribute in the order of names, as
// text: of a personal one its pseudonym and its mask, else its value. Rows of
// one entity stand together. Entities of a single row have nothing to decide
// and are left out; Single reads those.
func (r *Rules) Query() string { return r.query("> 1") }

// Single is Query for the entities of one row, whose values are golden as they
// are.
func (r *Rules) Single() string { return r.query("= 1") }

func (r *Rules) query(rows string) string {
	day := "NULL::DATE"
	if r.Day != nil {
		day = "r." + column(r.Day)
	}
	columns := []string{"l.entity_id", "r.id", "r.source", day + " AS day"}
	for _, c := range r.Columns() {
		columns = append(columns, fmt.Sprintf("r.%s::VARCHAR AS %s", c, c))
	}
	// Names come from the entity's declaration, so nothing needs quoting.
	name := r.Type.Name
	return fmt.Sprintf(`SELECT %s
FROM core.link l
JOIN staging.%s r ON r.id = l.row_id
WHERE l.entity = '%s' AND l.entity_id IN (
  SELECT k.entity_id FROM core.link k JOIN staging.%s s ON s.id = k.row_id
  WHERE k.entity = '%s' GROUP BY k.entity_id HAVING count(*) %s)
ORDER BY l.entity_id, r.id`, strings.Join(columns, ", "), name, name, name, name, rows)
}

// Columns are the stored columns that Query reads after its first four.
func (r *Rules) Columns() []string {
	var out []string
	for _, one := range r.attributes {
		if one.of.Tag != entity.Plain {
			out = append(out, one.of.Name+"_token", one.of.Name+"_mask")
			continue
		}
		out = append(out, column(one.of))
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
// one is empty. ok is false where the number of columns is another.
func (r *Rules) Values(columns []string) (values map[string]Value, ok bool) {
	values = make(map[string]Value, len(r.attributes))
	for _, one := range r.attributes {
		n := 1
		if one.of.Tag != entity.Plain {
			n = 2
		}
		if len(columns) < n {
			return nil, false
		}
		v := Value{Text: columns[0]}
		if n == 2 {
			v = Value{Token: columns[0], Mask: columns[1]}
		}
		if v.Text != "" || v.Token != "" {
			values[one.of.Name] = v
		}
		columns = columns[n:]
	}
	return values, len(columns) == 0
}
