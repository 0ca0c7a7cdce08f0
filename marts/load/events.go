package load

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// dropRepeats clears _keep on events that came before in the same batch, as
// when two versions of one record tell of the same closing.
func dropRepeats(b arrow.RecordBatch, met map[uint64]bool) arrow.RecordBatch {
	names, columns := columnsOf(b)
	b.Release()
	var ids *array.Uint64
	at := -1
	for i, name := range names {
		switch name {
		case "_event":
			ids = columns[i].(*array.Uint64)
		case "_keep":
			at = i
		}
	}
	old := columns[at].(*array.Boolean)
	keep := make([]bool, old.Len())
	for i := range keep {
		keep[i] = old.Value(i) && !met[ids.Value(i)]
		if keep[i] {
			met[ids.Value(i)] = true
		}
	}
	old.Release()
	columns[at] = bools(keep)
	return record(names, columns)
}
