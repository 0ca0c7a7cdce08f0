package page

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// arrays turns the columns into Arrow arrays that share the builder's memory
// until Reset.
func (b *Builder) batch() (arrow.RecordBatch, error) {
	origins, err := json.Marshal(b.origins)
	if err != nil {
		return nil, fmt.Errorf("encode origins: %w", err)
	}
	n := len(b.ops)
	fields := []arrow.Field{
		{Name: opColumn, Type: arrow.PrimitiveTypes.Uint8}, {Name: originColumn, Type: arrow.PrimitiveTypes.Int32},
		{Name: rowColumn, Type: arrow.PrimitiveTypes.Int64}, {Name: offsetColumn, Type: arrow.PrimitiveTypes.Int64},
	}
	values := []arrow.Array{
		fixed(fields[0].Type, n, b.ops, nil), fixed(fields[1].Type, n, arrow.Int32Traits.CastToBytes(b.origin), nil),
		fixed(fields[2].Type, n, arrow.Int64Traits.CastToBytes(b.rows), nil),
		fixed(fields[3].Type, n, arrow.Int64Traits.CastToBytes(b.offsets), nil),
	}
	for i := range b.columns {
		c := &b.columns[i]
		fields = append(fields, arrow.Field{
			Name: c.field.Name, Type: arrowTypes[c.field.Kind], Nullable: true,
			Metadata: arrow.NewMetadata([]string{kindKey}, []string{c.field.Kind.String()}),
		})
		values = append(values, c.array())
	}
	meta := arrow.NewMetadata([]string{originsKey}, []string{string(origins)})
	return array.NewRecordBatch(arrow.NewSchema(fields, &meta), values, int64(n)), nil
}

func (c *buildColumn) array() arrow.Array {
	n := len(c.valid)
	valid := pack(c.valid)
	kind := c.field.Kind
	switch {
	case c.variable():
		ends := append(make([]int32, 1, n+1), c.ends...)
		data := array.NewData(arrowTypes[kind], n, []*memory.Buffer{
			valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(ends)), memory.NewBufferBytes(c.data),
		}, nil, array.UnknownNullCount, 0)
		defer data.Release()
		return array.MakeFromData(data)
	case kind == Float:
		return fixed(arrowTypes[kind], n, arrow.Float64Traits.CastToBytes(c.reals), valid)
	case kind == Bool:
		bits := make([]byte, n)
		for i, v := range c.ints {
			bits[i] = byte(v)
		}
		return fixed(arrowTypes[kind], n, pack(bits).Bytes(), valid)
	case kind == Date:
		days := make([]int32, n)
		for i, v := range c.ints {
			days[i] = int32(v)
		}
		return fixed(arrowTypes[kind], n, arrow.Int32Traits.CastToBytes(days), valid)
	default:
		return fixed(arrowTypes[kind], n, arrow.Int64Traits.CastToBytes(c.ints), valid)
	}
}

func fixed(t arrow.DataType, n int, raw []byte, valid *memory.Buffer) arrow.Array {
	nulls := array.UnknownNullCount
	if valid == nil {
		nulls = 0
	}
	data := array.NewData(t, n, []*memory.Buffer{valid, memory.NewBufferBytes(raw)}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// pack turns one byte a value into one bit a value, least significant first,
// as Arrow lays out validity and booleans.
func pack(flags []byte) *memory.Buffer {
	bits := make([]byte, (len(flags)+7)/8)
	for i, f := range flags {
		bits[i>>3] |= f << (i & 7)
	}
	return memory.NewBufferBytes(bits)
}
