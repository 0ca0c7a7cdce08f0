package normalise

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"huiliu/ingest/page"
)

// The columns of an output are laid out as Arrow wants them while they are
// filled, in plain Go memory that the batch then owns.

// bitmap is one bit a row, least significant bit first.
type bitmap []byte

func newBitmap(n int) bitmap { return make(bitmap, (n+7)/8) }

func (b bitmap) set(i int) { b[i>>3] |= 1 << (i & 7) }

// texts is a VARCHAR or BLOB column.
type texts struct {
	data  []byte
	ends  []int32
	valid bitmap
}

func newTexts(n, width int) *texts {
	return &texts{data: make([]byte, 0, n*width), ends: make([]int32, 1, n+1), valid: newBitmap(n)}
}

// reset empties the column for n new values.
func (t *texts) reset(n int) {
	t.data, t.ends = t.data[:0], append(t.ends[:0], 0)
	if need := (n + 7) / 8; cap(t.valid) >= need {
		t.valid = t.valid[:need]
		clear(t.valid)
	} else {
		t.valid = newBitmap(n)
	}
}

func (t *texts) null() { t.ends = append(t.ends, int32(len(t.data))) }

// end closes a value whose bytes were appended to data.
func (t *texts) end() {
	t.valid.set(len(t.ends) - 1)
	t.ends = append(t.ends, int32(len(t.data)))
}

func (t *texts) add(v []byte) {
	t.data = append(t.data, v...)
	t.end()
}

func (t *texts) addString(v string) {
	t.data = append(t.data, v...)
	t.end()
}

// at returns the value of row i, empty for a null.
func (t *texts) at(i int) []byte { return t.data[t.ends[i]:t.ends[i+1]] }

func (t *texts) array(of arrow.DataType) arrow.Array {
	return build(of, len(t.ends)-1, t.valid, arrow.Int32Traits.CastToBytes(t.ends), t.data)
}

// longs is a BIGINT or TIMESTAMP column.
type longs struct {
	values []int64
	valid  bitmap
}

func newLongs(n int) *longs { return &longs{values: make([]int64, 0, n), valid: newBitmap(n)} }

func (l *longs) null() { l.values = append(l.values, 0) }

func (l *longs) add(v int64) {
	l.valid.set(len(l.values))
	l.values = append(l.values, v)
}

func (l *longs) array(of arrow.DataType) arrow.Array {
	return build(of, len(l.values), l.valid, arrow.Int64Traits.CastToBytes(l.values))
}

// decimals is a DECIMAL(18,6) column.
type decimals struct{ longs }

func (d *decimals) array(of arrow.DataType) arrow.Array {
	wide := make([]decimal128.Num, len(d.values))
	for i, v := range d.values {
		wide[i] = decimal128.FromI64(v)
	}
	return build(of, len(wide), d.valid, arrow.Decimal128Traits.CastToBytes(wide))
}

// days is a DATE column, days since 1970-01-01.
type days struct {
	values []int32
	valid  bitmap
}

func newDays(n int) *days { return &days{values: make([]int32, 0, n), valid: newBitmap(n)} }

func (d *days) null() { d.values = append(d.values, 0) }

func (d *days) add(v int32) {
	d.valid.set(len(d.values))
	d.values = append(d.values, v)
}

func (d *days) array(of arrow.DataType) arrow.Array {
	return build(of, len(d.values), d.valid, arrow.Int32Traits.CastToBytes(d.values))
}

// doubles is a DOUBLE column.
type doubles struct {
	values []float64
	valid  bitmap
}

func newDoubles(n int) *doubles { return &doubles{values: make([]float64, 0, n), valid: newBitmap(n)} }

func (d *doubles) null() { d.values = append(d.values, 0) }

func (d *doubles) add(v float64) {
	d.valid.set(len(d.values))
	d.values = append(d.values, v)
}

func (d *doubles) array(of arrow.DataType) arrow.Array {
	return build(of, len(d.values), d.valid, arrow.Float64Traits.CastToBytes(d.values))
}

// flags is a BOOLEAN column.
type flags struct {
	n             int
	values, valid bitmap
}

func newFlags(n int) *flags { return &flags{values: newBitmap(n), valid: newBitmap(n)} }

func (f *flags) null() { f.n++ }

func (f *flags) add(v bool) {
	if v {
		f.values.set(f.n)
	}
	f.valid.set(f.n)
	f.n++
}

func (f *flags) array(of arrow.DataType) arrow.Array { return build(of, f.n, f.valid, f.values) }

// zeros is what columns of nulls are made of; nobody writes to it.
var zeros [16 * (page.MaxRecords + 1)]byte

// empty returns a column of n nulls. They share their memory.
func empty(of arrow.DataType, n int) arrow.Array {
	blank := zeros[:]
	if n > page.MaxRecords {
		blank = make([]byte, 16*(n+1))
	}
	valid := bitmap(blank[:(n+7)/8])
	switch t := of.(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return build(of, n, valid, blank[:4*(n+1)], nil)
	case *arrow.BooleanType:
		return build(of, n, valid, blank[:(n+7)/8])
	case arrow.FixedWidthDataType:
		return build(of, n, valid, blank[:t.BitWidth()/8*n])
	}
	return build(of, n, valid, blank)
}

func build(of arrow.DataType, n int, valid bitmap, raw ...[]byte) arrow.Array {
	buffers := []*memory.Buffer{nil}
	nulls := 0
	if valid != nil {
		buffers[0], nulls = memory.NewBufferBytes(valid), array.UnknownNullCount
	}
	for _, r := range raw {
		buffers = append(buffers, memory.NewBufferBytes(r))
	}
	data := array.NewData(of, n, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}
