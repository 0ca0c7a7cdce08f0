package page

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Batch is the records of a page in columns. It is immutable and safe for
// concurrent readers; Release gives its memory back.
type Batch struct {
	record  arrow.RecordBatch
	fields  []Field
	columns []Column
	ops     []uint8
	origin  []int32
	rows    []int64
	offsets []int64
	origins []string
}

// Len returns how many records the batch holds.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	return len(b.ops)
}

// Fields returns the fields in the order they first came.
func (b *Batch) Fields() []Field { return b.fields }

// Column returns the column at a position of Fields.
func (b *Batch) Column(i int) *Column { return &b.columns[i] }

// Find returns the position of a field, -1 when the page has none of it.
func (b *Batch) Find(name string) int {
	for i, f := range b.fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// Op returns what record i does.
func (b *Batch) Op(i int) Op { return Op(b.ops[i]) }

// Place returns where record i stood in the source.
func (b *Batch) Place(i int) Place {
	return Place{Origin: b.origins[b.origin[i]], Row: b.rows[i], Offset: b.offsets[i]}
}

// Release gives the batch's memory back.
func (b *Batch) Release() {
	if b != nil && b.record != nil {
		b.record.Release()
	}
}

// Column is one field's values. The accessors of the wrong kind panic, as an
// index out of range does: ask Kind first, or use AppendText, which serves
// every kind.
type Column struct {
	kind  Kind
	array arrow.Array
	// valid has a bit for each value from bit first on, empty when there are no
	// nulls.
	valid []byte
	first int
	bytes []byte  // Text, Bytes, JSON: values
	ends  []int32 // Text, Bytes, JSON: offsets, one more than rows
	ints  []int64 // Int, Instant, LocalTime
	days  []arrow.Date32
	reals []float64
	bools *array.Boolean
}

// Kind returns the source's type of the column.
func (c *Column) Kind() Kind { return c.kind }

// Null reports whether record i has no value here.
func (c *Column) Null(i int) bool {
	if len(c.valid) == 0 {
		return false
	}
	i += c.first
	return c.valid[i>>3]>>(i&7)&1 == 0
}

// Bytes returns a Text, Bytes or JSON value without copying it; the caller
// must not change it nor keep it past Release.
func (c *Column) Bytes(i int) []byte { return c.bytes[c.ends[i]:c.ends[i+1]] }

// Int returns an Int, or the microseconds of an Instant or LocalTime.
func (c *Column) Int(i int) int64 { return c.ints[i] }

// Float returns a Float.
func (c *Column) Float(i int) float64 { return c.reals[i] }

// Bool returns a Bool.
func (c *Column) Bool(i int) bool { return c.bools.Value(i) }

// Day returns a Date as days since 1970-01-01.
func (c *Column) Day(i int) int64 { return int64(c.days[i]) }

// AppendText appends the value in the one text form that every later stage
// reads: decimal digits, shortest round-trip doubles, ISO 8601 dates and
// times (an Instant with Z), base64 for binary; a JSON string without its
// quotes. A null appends nothing.
func (c *Column) AppendText(dst []byte, i int) []byte {
	if c.Null(i) {
		return dst
	}
	switch c.kind {
	case Text:
		return append(dst, c.Bytes(i)...)
	case JSON:
		if s, ok := unquote(c.Bytes(i)); ok {
			return append(dst, s...)
		}
		return append(dst, c.Bytes(i)...)
	case Int:
		return strconv.AppendInt(dst, c.ints[i], 10)
	case Float:
		return appendFloat(dst, c.reals[i])
	case Bool:
		return strconv.AppendBool(dst, c.bools.Value(i))
	case Instant, LocalTime:
		return appendTime(dst, c.kind, c.ints[i])
	case Date:
		return appendTime(dst, c.kind, int64(c.days[i]))
	default:
		return base64.StdEncoding.AppendEncode(dst, c.Bytes(i))
	}
}

// appendFloat writes integral doubles as integers, so that a column that
// changes between Int and Float does not change its records' hashes.
func appendFloat(dst []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.AppendInt(dst, int64(v), 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// Names of the columns that carry a record's operation and place. They begin
// with a byte that no decoded field name begins with.
const (
	opColumn     = "\x01op"
	originColumn = "\x01origin"
	rowColumn    = "\x01row"
	offsetColumn = "\x01offset"
	technical    = 4
	originsKey   = "origins"
	kindKey      = "kind"
)

var arrowTypes = [...]arrow.DataType{
	Text: arrow.BinaryTypes.String, Int: arrow.PrimitiveTypes.Int64, Float: arrow.PrimitiveTypes.Float64,
	Bool: arrow.FixedWidthTypes.Boolean, Instant: arrow.FixedWidthTypes.Timestamp_us,
	LocalTime: &arrow.TimestampType{Unit: arrow.Microsecond}, Date: arrow.FixedWidthTypes.Date32,
	Bytes: arrow.BinaryTypes.Binary, JSON: arrow.BinaryTypes.String,
}

// newBatch takes an Arrow batch apart. It checks every type, since the bytes
// may come from anywhere.
func newBatch(record arrow.RecordBatch) (*Batch, error) {
	b := &Batch{record: record}
	if int(record.NumCols()) < technical {
		return nil, fmt.Errorf("batch has %d columns", record.NumCols())
	}
	ops, ok1 := record.Column(0).(*array.Uint8)
	origin, ok2 := record.Column(1).(*array.Int32)
	rows, ok3 := record.Column(2).(*array.Int64)
	offsets, ok4 := record.Column(3).(*array.Int64)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, fmt.Errorf("batch lacks its technical columns")
	}
	b.ops, b.origin, b.rows, b.offsets = ops.Uint8Values(), origin.Int32Values(), rows.Int64Values(), offsets.Int64Values()
	meta := record.Schema().Metadata()
	if at := meta.FindKey(originsKey); at >= 0 {
		if err := json.Unmarshal([]byte(meta.Values()[at]), &b.origins); err != nil {
			return nil, fmt.Errorf("batch origins: %w", err)
		}
	}
	for _, o := range b.origin {
		if o < 0 || int(o) >= len(b.origins) {
			return nil, fmt.Errorf("batch names origin %d of %d", o, len(b.origins))
		}
	}
	for i := technical; i < int(record.NumCols()); i++ {
		field := record.Schema().Field(i)
		name, _ := field.Metadata.GetValue(kindKey)
		kind, ok := ParseKind(name)
		if !ok || !arrow.TypeEqual(arrowTypes[kind], field.Type) {
			return nil, fmt.Errorf("field %q: kind %q does not go with %s", field.Name, name, field.Type)
		}
		b.fields = append(b.fields, Field{Name: field.Name, Kind: kind})
		b.columns = append(b.columns, newColumn(kind, record.Column(i)))
	}
	return b, nil
}

func newColumn(kind Kind, values arrow.Array) Column {
	c := Column{kind: kind, array: values, valid: values.NullBitmapBytes(), first: values.Data().Offset()}
	switch a := values.(type) {
	case *array.String:
		c.bytes, c.ends = stringBuffers(a.Data())
	case *array.Binary:
		c.bytes, c.ends = stringBuffers(a.Data())
	case *array.Int64:
		c.ints = a.Int64Values()
	case *array.Timestamp:
		c.ints = arrow.Int64Traits.CastFromBytes(a.Data().Buffers()[1].Bytes())[a.Offset() : a.Offset()+a.Len()]
	case *array.Float64:
		c.reals = a.Float64Values()
	case *array.Date32:
		c.days = a.Date32Values()
	case *array.Boolean:
		c.bools = a
	}
	return c
}

func stringBuffers(d arrow.ArrayData) ([]byte, []int32) {
	if d.Len() == 0 {
		return nil, []int32{0}
	}
	var values []byte
	if b := d.Buffers()[2]; b != nil {
		values = b.Bytes()
	}
	ends := arrow.Int32Traits.CastFromBytes(d.Buffers()[1].Bytes())
	return values, ends[d.Offset() : d.Offset()+d.Len()+1]
}
