package load

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// The loader's own columns are laid out from Go slices without a copy.

func record(names []string, columns []arrow.Array) arrow.RecordBatch {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: columns[i].DataType(), Nullable: true}
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(columns[0].Len()))
	for _, c := range columns {
		c.Release()
	}
	return batch
}

func fixed(t arrow.DataType, n int, raw []byte, valid []byte) arrow.Array {
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(raw)}
	nulls := 0
	if valid != nil {
		buffers[0], nulls = memory.NewBufferBytes(valid), array.UnknownNullCount
	}
	data := array.NewData(t, n, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func uint64s(v []uint64) arrow.Array {
	return fixed(arrow.PrimitiveTypes.Uint64, len(v), arrow.Uint64Traits.CastToBytes(v), nil)
}

func int64s(v []int64, valid []byte) arrow.Array {
	return fixed(arrow.PrimitiveTypes.Int64, len(v), arrow.Int64Traits.CastToBytes(v), valid)
}

func int32s(v []int32) arrow.Array {
	return fixed(arrow.PrimitiveTypes.Int32, len(v), arrow.Int32Traits.CastToBytes(v), nil)
}

func bools(v []bool) arrow.Array {
	bits := make([]byte, (len(v)+7)/8)
	for i, b := range v {
		if b {
			setBit(bits, i)
		}
	}
	return fixed(arrow.FixedWidthTypes.Boolean, len(v), bits, nil)
}

func setBit(bits []byte, i int) { bits[i>>3] |= 1 << (i & 7) }

func texts(v []string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(v, nil)
	return b.NewArray()
}

func blobs(v [][]byte) arrow.Array {
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.AppendValues(v, nil)
	return b.NewArray()
}
