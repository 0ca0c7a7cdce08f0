package normalise

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/transform/entity"
)

// arrowTypes are the Arrow types of the store's column types.
var arrowTypes = map[string]arrow.DataType{
	"VARCHAR": arrow.BinaryTypes.String, "BIGINT": arrow.PrimitiveTypes.Int64, "BOOLEAN": arrow.FixedWidthTypes.Boolean,
	"DATE": arrow.FixedWidthTypes.Date32, "TIMESTAMP": &arrow.TimestampType{Unit: arrow.Microsecond},
	"DOUBLE": arrow.PrimitiveTypes.Float64, "DECIMAL(18,6)": &arrow.Decimal128Type{Precision: 18, Scale: 6},
	"UBIGINT": arrow.PrimitiveTypes.Uint64, "BLOB": arrow.BinaryTypes.Binary,
}

// Schema is the schema of the rows that the maps make of an entity: id, the
// columns of the attributes that they fill, _sealed. The entity's other
// columns are always null.
func (t *Transform) Schema(e *entity.Type) *arrow.Schema {
	for i := range t.maps {
		if m := &t.maps[i]; m.entity == e {
			return m.schema
		}
	}
	return nil
}

// schemas gives every map the schema of its entity's rows.
func (c *compiler) schemas(t *Transform) {
	for i := range t.maps {
		m := &t.maps[i]
		var err error
		if m.schema, m.owners, err = rowSchema(m.entity, t.fills); err != nil {
			c.faults.add(err)
		}
	}
}

// fills reports whether some map of an entity fills an attribute, or makes a
// check that does.
func (t *Transform) fills(e *entity.Type, a *entity.Attribute) bool {
	for i := range t.maps {
		for _, m := range t.maps[i].attributes {
			made := m.of == a || a.Name == identityValid && m.of.Tag == entity.IdentityNumber || a.Name == creditCodeValid && m.of.Name == creditCode
			if made && t.maps[i].entity == e {
				return true
			}
		}
	}
	return false
}

// rowSchema is the schema of an entity's rows with the attributes that are
// filled, and of each column between id and _sealed the attribute.
func rowSchema(e *entity.Type, filled func(*entity.Type, *entity.Attribute) bool) (*arrow.Schema, []*entity.Attribute, error) {
	fields := []arrow.Field{{Name: "id", Type: arrowTypes["VARCHAR"]}}
	var owners []*entity.Attribute
	for _, c := range e.Columns() {
		t, ok := arrowTypes[c.SQL]
		if !ok {
			return nil, nil, fmt.Errorf("column %s.%s: no Arrow type for %s", e.Name, c.Name, c.SQL)
		}
		if filled(e, c.Attribute) {
			fields = append(fields, arrow.Field{Name: c.Name, Type: t, Nullable: true})
			owners = append(owners, c.Attribute)
		}
	}
	return arrow.NewSchema(append(fields, arrow.Field{Name: "_sealed", Type: arrowTypes["BLOB"], Nullable: true}), nil), owners, nil
}

// EventSchema is the schema of Output.Events.
var EventSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrowTypes["VARCHAR"]}, {Name: "entity", Type: arrowTypes["VARCHAR"]}, {Name: "event", Type: arrowTypes["VARCHAR"]},
	{Name: "happened_at", Type: arrowTypes["TIMESTAMP"], Nullable: true}, {Name: "happened_on", Type: arrowTypes["DATE"], Nullable: true},
	{Name: "_event", Type: arrowTypes["UBIGINT"]},
}, nil)
