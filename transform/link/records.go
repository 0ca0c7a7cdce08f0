package link

import (
	"errors"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"huiliu/internal/fault"
	"huiliu/transform/link/block"
)

// Faults of records.
var (
	// WrongRecords is raised for records whose columns or ids don't fit.
	WrongRecords = &fault.Kind{
		Code: "link_wrong_records", Class: fault.Input,
		Cause: fault.Text{EN: "{what}", ZH: "{what_zh}"},
		Mend:  fault.Text{EN: "give each record one id of its own and a value, perhaps empty, in every column", ZH: "每条记录须有唯一编号，每列须有值（可为空）"},
	}
	// MissingColumn is raised when the records lack a column of the
	// specification.
	MissingColumn = &fault.Kind{
		Code: "link_missing_column", Class: fault.Input,
		Cause: fault.Text{EN: "the records have no column {column}", ZH: "记录中没有列 {column}"},
		Mend:  fault.Text{EN: "name another under from, or give the column", ZH: "在 from 中改用其他列，或补上该列"},
	}
)

// Records are what is to be linked, as columns of text; the empty text says
// nothing. IDs are unique within a list. First is the number of leading
// records that belong to the first of two lists; 0 says that there is one
// list, to be linked with itself.
type Records struct {
	IDs     []string
	Columns map[string][]string
	First   int
	// Keyed makes the hashes of values that a model keeps into ones that
	// can't be guessed; nil leaves them as they are. It must be the same for
	// a model's fit and its use.
	Keyed func(hash uint64) uint64
}

// Data are records ready for blocking and comparing: in the order of their
// ids within each list, values normalised and each distinct value kept once.
type Data struct {
	// IDs are in the order of the rows.
	IDs []string
	// Table has the columns of the specification's fields.
	Table block.Table
	// Seed is a hash of all contents; it seeds whatever is drawn at random.
	Seed uint64
	// keyed is that of the records.
	keyed func(hash uint64) uint64
}

// hash is how a model knows a value or a term.
func (d *Data) hash(plain uint64) uint64 {
	if d.keyed == nil {
		return plain
	}
	return d.keyed(plain)
}

// Prepare normalises records. Memory is four bytes for a row and field, and
// the distinct values.
func Prepare(spec *Spec, r *Records) (*Data, error) {
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	if err := r.check(p.fields); err != nil {
		return nil, err
	}
	order, err := r.order()
	if err != nil {
		return nil, err
	}
	d := &Data{IDs: make([]string, len(order)), keyed: r.Keyed, Table: block.Table{
		Columns: map[string]block.Column{}, Rows: len(order), First: r.First,
	}}
	for i, row := range order {
		d.IDs[i] = r.IDs[row]
	}
	columns := make([]block.Column, len(p.fields))
	hashes := make([]uint64, len(p.fields))
	var group errgroup.Group
	group.SetLimit(workers())
	for i := range p.fields {
		group.Go(func() error {
			columns[i], hashes[i] = p.fields[i].column(r, order)
			return nil
		})
	}
	_ = group.Wait()
	for i := range p.fields {
		d.Table.Columns[p.fields[i].name] = columns[i]
		d.Seed = d.Seed*31 + hashes[i]
	}
	return d, nil
}

// check reports every column that is missing or of another length.
func (r *Records) check(fields []field) error {
	var faults []error
	for _, f := range fields {
		for _, c := range f.from {
			values, ok := r.Columns[c]
			switch {
			case !ok:
				faults = append(faults, MissingColumn.At("link", "column", c))
			case len(values) != len(r.IDs):
				faults = append(faults, WrongRecords.At("link", "what", "column "+c+" has another length than the ids",
					"what_zh", "列 "+c+" 的长度与编号不一致"))
			}
		}
	}
	return errors.Join(faults...)
}

// order sorts the rows by id within each list.
func (r *Records) order() ([]int, error) {
	if r.First < 0 || r.First > len(r.IDs) {
		return nil, WrongRecords.At("link", "what", "the first list is longer than all records", "what_zh", "第一个清单比全部记录还长")
	}
	order := make([]int, len(r.IDs))
	for i := range order {
		order[i] = i
	}
	for _, part := range [][]int{order[:r.First], order[r.First:]} {
		slices.SortFunc(part, func(a, b int) int { return strings.Compare(r.IDs[a], r.IDs[b]) })
		for i := range part {
			if i > 0 && r.IDs[part[i]] == r.IDs[part[i-1]] {
				id := r.IDs[part[i]]
				return nil, WrongRecords.At("link", "what", "id "+id+" is there twice", "what_zh", "编号 "+id+" 重复")
			}
		}
	}
	return order, nil
}

// column normalises one field of all rows; equal raw texts are normalised
// once.
func (f *field) column(r *Records, order []int) (block.Column, uint64) {
	c := block.Column{Values: []string{""}, Rows: make([]uint32, len(order))}
	places := map[string]uint32{"": 0}
	raws := map[string]uint32{}
	var hash uint64
	for i, row := range order {
		raw := r.Columns[f.from[0]][row]
		for _, more := range f.from[1:] {
			raw += " " + r.Columns[more][row]
		}
		at, ok := raws[raw]
		if !ok {
			value := f.normal(raw)
			if at, ok = places[value]; !ok {
				at = uint32(len(c.Values))
				c.Values = append(c.Values, value)
				places[value] = at
			}
			raws[raw] = at
			hash = hash*31 + xxh3.HashString(value)
		}
		hash = hash*31 + uint64(at)
		c.Rows[i] = at
	}
	return c, hash
}
