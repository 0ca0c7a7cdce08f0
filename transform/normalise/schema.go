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

// RowSchema is the schema of Rows.Batch: id, the entity's columns, _sealed.
func RowSchema(e *entity.Type) (*arrow.Schema, error) {
	fields := []arrow.Field{{Name: "id", Type: arrowTypes["VARCHAR"]}}
	for _, c := range e.Columns() {
		t, ok := arrowTypes[c.SQL]
		if !ok {
			return nil, fmt.Errorf("column %s.%s: no Arrow type for %s", e.Name, c.Name, c.SQL)
		}
		fields = append(fields, arrow.Field{Name: c.Name, Type: t, Nullable: true})
	}
	return arrow.NewSchema(append(fields, arrow.Field{Name: "_sealed", Type: arrowTypes["BLOB"], Nullable: true}), nil), nil
}

// EventSchema is the schema of Output.Events.
var EventSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrowTypes["VARCHAR"]}, {Name: "entity", Type: arrowTypes["VARCHAR"]}, {Name: "event", Type: arrowTypes["VARCHAR"]},
	{Name: "happened_at", Type: arrowTypes["TIMESTAMP"], Nullable: true}, {Name: "happened_on", Type: arrowTypes["DATE"], Nullable: true},
	{Name: "_event", Type: arrowTypes["UBIGINT"]},
}, nil)

// owners returns the attribute of each of an entity's columns.
func owners(e *entity.Type) []*entity.Attribute {
	var out []*entity.Attribute
	for _, c := range e.Columns() {
		out = append(out, c.Attribute)
	}
	return out
}
