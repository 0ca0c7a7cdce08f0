package page

import (
	"cmp"
	"slices"

	"github.com/zeebo/xxh3"
)

// Hash is a record's own hash, 128 bits of XXH3. It tells a changed record
// from an unchanged one, so it must not depend on anything but the record's
// values: not on the order of fields, nor on fields without a value, nor on
// the kind a page happened to give a column.
type Hash struct{ Hi, Lo uint64 }

// Hasher hashes the records of one batch.
type Hasher struct {
	columns []hashColumn
	buffer  []byte
}

type hashColumn struct {
	name   string
	column *Column
}

// NewHasher prepares a batch for hashing; the fields named in skip do not
// count, such as the time of the request that the source adds to each row.
func NewHasher(b *Batch, skip []string) *Hasher {
	h := &Hasher{}
	for i, f := range b.Fields() {
		if !slices.Contains(skip, f.Name) {
			h.columns = append(h.columns, hashColumn{f.Name, b.Column(i)})
		}
	}
	slices.SortFunc(h.columns, func(x, y hashColumn) int { return cmp.Compare(x.name, y.name) })
	return h
}

// Sum returns the hash of record i.
func (h *Hasher) Sum(i int) Hash {
	buf := h.buffer[:0]
	for _, c := range h.columns {
		if c.column.Null(i) {
			continue
		}
		buf = append(buf, c.name...)
		buf = append(buf, 0, class(c.column, i))
		start := len(buf)
		buf = c.column.AppendText(buf, i)
		n := len(buf) - start
		buf = append(buf, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	h.buffer = buf
	sum := xxh3.Hash128(buf)
	return Hash{Hi: sum.Hi, Lo: sum.Lo}
}

// class keeps the text 5 apart from the number 5, whichever kind the column
// has.
func class(c *Column, i int) byte {
	switch c.kind {
	case Int, Float:
		return 'n'
	case Bool:
		return 'b'
	case JSON:
		v := c.Bytes(i)
		if len(v) == 0 {
			return 's'
		}
		switch v[0] {
		case '{', '[':
			return 'j'
		case 't', 'f':
			return 'b'
		case '"':
			return 's'
		}
		return 'n'
	}
	return 's'
}
