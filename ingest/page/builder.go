package page

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Builder collects records and rejects until a page is full. A connector
// sets the values of one record in any order, then calls End. Its buffers are
// used again after Reset, so building costs no allocation per record.
type Builder struct {
	columns []buildColumn
	index   map[string]int
	ops     []uint8
	origin  []int32
	rows    []int64
	offsets []int64
	origins []string
	rejects []Reject
	bytes   int
}

type buildColumn struct {
	field Field
	valid []byte // one byte a record, packed at the end
	data  []byte
	ends  []int32
	ints  []int64
	reals []float64
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder { return &Builder{index: map[string]int{}} }

// Len returns how many records are complete.
func (b *Builder) Len() int { return len(b.ops) }

// Rejects returns how many rejects were added.
func (b *Builder) Rejects() int { return len(b.rejects) }

// Full reports whether the page must be sent before the next record.
func (b *Builder) Full() bool {
	return len(b.ops) >= MaxRecords || b.bytes >= MaxBytes || len(b.rejects) >= MaxRecords
}

// Empty reports whether there is neither a record nor a reject.
func (b *Builder) Empty() bool { return len(b.ops) == 0 && len(b.rejects) == 0 }

// Reset empties the builder. Columns are forgotten too, since the next page
// may come from a file of other columns.
func (b *Builder) Reset() {
	b.columns, b.origins, b.rejects = b.columns[:0], b.origins[:0], nil
	clear(b.index)
	b.ops, b.origin, b.rows, b.offsets, b.bytes = b.ops[:0], b.origin[:0], b.rows[:0], b.offsets[:0], 0
}

// Origin names where the records that follow stand.
func (b *Builder) Origin(name string) {
	if n := len(b.origins); n == 0 || b.origins[n-1] != name {
		b.origins = append(b.origins, name)
	}
}

// Column returns the number of a column of this page, adding it when it is
// new; the records before it have no value in it. The number holds until
// Reset. A column that exists keeps its kind until a value of another kind
// widens it.
func (b *Builder) Column(name string, kind Kind) int {
	if i, ok := b.index[name]; ok {
		return i
	}
	i := len(b.columns)
	b.index[name] = i
	if i < cap(b.columns) {
		b.columns = b.columns[:i+1]
	} else {
		b.columns = append(b.columns, buildColumn{})
	}
	c := &b.columns[i]
	c.field = Field{Name: name, Kind: kind}
	c.valid, c.data, c.ends, c.ints, c.reals = c.valid[:0], c.data[:0], c.ends[:0], c.ints[:0], c.reals[:0]
	c.pad(len(b.ops))
	return i
}

// Text sets a value of text, which must be UTF-8.
func (b *Builder) Text(col int, v []byte) { b.setBytes(col, Text, v) }

// JSON sets a nested value as its JSON text.
func (b *Builder) JSON(col int, v []byte) { b.setBytes(col, JSON, v) }

// Bytes sets a binary value.
func (b *Builder) Bytes(col int, v []byte) { b.setBytes(col, Bytes, v) }

// Int sets an integer.
func (b *Builder) Int(col int, v int64) { b.setInt(col, Int, v) }

// Instant sets a moment as microseconds since 1970 UTC.
func (b *Builder) Instant(col int, micros int64) { b.setInt(col, Instant, micros) }

// LocalTime sets a clock time with no zone, as microseconds.
func (b *Builder) LocalTime(col int, micros int64) { b.setInt(col, LocalTime, micros) }

// Date sets a day as days since 1970-01-01.
func (b *Builder) Date(col int, days int32) { b.setInt(col, Date, int64(days)) }

// Bool sets a truth value.
func (b *Builder) Bool(col int, v bool) {
	n := int64(0)
	if v {
		n = 1
	}
	b.setInt(col, Bool, n)
}

// Float sets a double.
func (b *Builder) Float(col int, v float64) {
	c := b.cell(col, Float)
	switch c.field.Kind {
	case Float:
		c.reals = append(c.reals, v)
	default:
		c.data = appendScalarJSON(c.data, Float, v)
		c.ends = append(c.ends, int32(len(c.data)))
	}
	b.bytes += 8
}

// End completes the record: columns that were not set have no value.
func (b *Builder) End(op Op, row, offset int64) {
	if len(b.origins) == 0 {
		b.origins = append(b.origins, "")
	}
	b.ops = append(b.ops, uint8(op))
	b.origin = append(b.origin, int32(len(b.origins)-1))
	b.rows = append(b.rows, row)
	b.offsets = append(b.offsets, offset)
	for i := range b.columns {
		b.columns[i].pad(len(b.ops))
	}
}

// Undo forgets the values set since the last End, as when a record turns out
// to be broken halfway.
func (b *Builder) Undo() {
	for i := range b.columns {
		b.columns[i].cut(len(b.ops))
	}
}

// Reject adds bytes that no record could be cut from. Raw is copied and cut
// at RawLimit; Size is set from it when it is 0.
func (b *Builder) Reject(r Reject) {
	if r.Size == 0 {
		r.Size = int64(len(r.Raw))
	}
	r.Raw = append([]byte(nil), r.Raw[:min(len(r.Raw), RawLimit)]...)
	b.bytes += len(r.Raw)
	b.rejects = append(b.rejects, r)
}

// cell makes room for the next value of a column: a second value of one
// record replaces the first, and a value of another kind widens the column.
func (b *Builder) cell(col int, kind Kind) *buildColumn {
	c := &b.columns[col]
	if len(c.valid) > len(b.ops) {
		c.cut(len(b.ops))
	}
	if c.field.Kind != kind && !(c.field.Kind == Float && kind == Int) {
		c.widen(kind)
	}
	c.valid = append(c.valid, 1)
	return c
}

func (b *Builder) setBytes(col int, kind Kind, v []byte) {
	c := b.cell(col, kind)
	if c.field.Kind == JSON && kind != JSON {
		c.data = appendScalarJSON(c.data, kind, v)
	} else {
		c.data = append(c.data, v...)
	}
	c.ends = append(c.ends, int32(len(c.data)))
	b.bytes += len(v) + 4
}

func (b *Builder) setInt(col int, kind Kind, v int64) {
	if c := &b.columns[col]; c.field.Kind == Float && kind == Int && (v <= -1<<53 || v >= 1<<53) {
		c.widen(JSON) // a double would not hold it exactly
	}
	c := b.cell(col, kind)
	switch c.field.Kind {
	case JSON:
		c.data = appendScalarJSON(c.data, kind, v)
		c.ends = append(c.ends, int32(len(c.data)))
	case Float:
		c.reals = append(c.reals, float64(v))
	default:
		c.ints = append(c.ints, v)
	}
	b.bytes += 8
}

func (c *buildColumn) variable() bool {
	return c.field.Kind == Text || c.field.Kind == Bytes || c.field.Kind == JSON
}

func (c *buildColumn) pad(n int) {
	for len(c.valid) < n {
		c.valid = append(c.valid, 0)
		switch {
		case c.variable():
			c.ends = append(c.ends, int32(len(c.data)))
		case c.field.Kind == Float:
			c.reals = append(c.reals, 0)
		default:
			c.ints = append(c.ints, 0)
		}
	}
}

func (c *buildColumn) cut(n int) {
	if len(c.valid) <= n {
		return
	}
	c.valid = c.valid[:n]
	switch {
	case c.variable():
		c.ends = c.ends[:n]
		c.data = c.data[:0:cap(c.data)][:c.start(n)]
	case c.field.Kind == Float:
		c.reals = c.reals[:n]
	default:
		c.ints = c.ints[:n]
	}
}

func (c *buildColumn) start(i int) int32 {
	if i == 0 {
		return 0
	}
	return c.ends[i-1]
}

// widen makes room for a kind the column does not have: integers go into
// doubles while that is exact, everything else becomes JSON, which holds a
// mixture without changing a value. A column that has no value yet simply
// takes the new kind.
func (c *buildColumn) widen(kind Kind) {
	if c.field.Kind == JSON {
		return
	}
	none, exact := true, true
	for i, ok := range c.valid {
		if ok == 1 {
			none = false
			exact = exact && c.field.Kind == Int && c.ints[i] > -1<<53 && c.ints[i] < 1<<53
		}
	}
	n := len(c.valid)
	old := *c
	c.field.Kind = JSON
	if none {
		c.field.Kind = kind
	} else if exact && kind == Float {
		c.field.Kind = Float
	}
	c.data, c.ends, c.ints, c.reals = nil, nil, nil, nil
	for i := range n {
		switch {
		case c.field.Kind == Float && old.field.Kind == Int:
			c.reals = append(c.reals, float64(old.ints[i]))
		case c.variable():
			if old.valid[i] == 1 {
				c.data = old.appendJSON(c.data, i)
			}
			c.ends = append(c.ends, int32(len(c.data)))
		case c.field.Kind == Float:
			c.reals = append(c.reals, 0)
		default:
			c.ints = append(c.ints, 0)
		}
	}
}

func (c *buildColumn) appendJSON(dst []byte, i int) []byte {
	switch {
	case c.variable():
		return appendScalarJSON(dst, c.field.Kind, c.data[c.start(i):c.ends[i]])
	case c.field.Kind == Float:
		return appendScalarJSON(dst, Float, c.reals[i])
	default:
		return appendScalarJSON(dst, c.field.Kind, c.ints[i])
	}
}

// appendScalarJSON writes one value of a kind as JSON.
func appendScalarJSON(dst []byte, kind Kind, v any) []byte {
	switch v := v.(type) {
	case int64:
		switch kind {
		case Int:
			return strconv.AppendInt(dst, v, 10)
		case Bool:
			return strconv.AppendBool(dst, v == 1)
		}
		return append(appendTime(append(dst, '"'), kind, v), '"')
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.AppendQuote(dst, fmt.Sprint(v))
		}
		return appendFloat(dst, v)
	case []byte:
		if kind == JSON {
			return append(dst, v...)
		}
		if kind == Bytes {
			quoted, _ := json.Marshal(v)
			return append(dst, quoted...)
		}
		return appendQuoted(dst, v)
	}
	return dst
}
