package normalise

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"huiliu/ingest/page"
	"huiliu/transform/entity"
)

// Apply makes the rows of a page. The verdict's cells are left out and its
// records go to the quarantine; Output.Bad holds what Apply found beyond it.
// An error is a fault that stops the stream before this page: the verdict's
// own, or a mapped column that the page lacks. The batch may be released
// afterwards.
func (t *Transform) Apply(b *page.Batch, v Verdict) (*Output, error) {
	if v.Freeze != nil {
		return nil, v.Freeze
	}
	if b.Len() == 0 {
		return &Output{}, nil
	}
	if err := t.missing(b); err != nil {
		return nil, err
	}
	r := t.rooms.Get().(*room)
	defer t.rooms.Put(r)
	r.begin(&v)
	refused := make([]bool, b.Len())
	for _, bad := range v.Rows {
		refused[bad.Record] = true
	}
	p := &pass{room: r, batch: b, refused: refused}
	out := p.run()
	if len(r.condemned) > 0 {
		// Values took whole records with them: make the page once more
		// without these.
		out.Release()
		for i := range r.condemned {
			refused[i] = true
		}
		taken := r.rowBad
		r.again()
		out = p.run()
		out.Bad = append(out.Bad, taken...)
	}
	slices.SortStableFunc(out.Bad, func(x, y Bad) int {
		if x.Record != y.Record {
			return x.Record - y.Record
		}
		return strings.Compare(x.Field, y.Field)
	})
	return out, nil
}

// missing finds mapped columns that the page lacks. Records that delete may
// have no columns but their key's.
func (t *Transform) missing(b *page.Batch) error {
	writes := false
	for i := range b.Len() {
		if b.Op(i) != page.Delete {
			writes = true
			break
		}
	}
	if !writes {
		return nil
	}
	var f faults
	told := map[string]bool{}
	need := func(name, place string) {
		if b.Find(name) >= 0 || t.promised[name] || told[name] || name == originField || name == rowField {
			return
		}
		told[name] = true
		var fields []string
		for _, have := range b.Fields() {
			fields = append(fields, have.Name)
		}
		f.add(MissingColumn.At(t.prefix+" "+b.Place(0).String(), "name", name, "fields", strings.Join(fields, ", "), "map", place))
	}
	for _, k := range t.key {
		need(k.field, "key")
	}
	if t.version != "" {
		need(t.version, "version")
	}
	for i := range t.maps {
		t.maps[i].need(need)
	}
	return f.joined()
}

func (m *compiledMap) need(need func(name, place string)) {
	for _, w := range m.when {
		need(w.Field, m.source.Place)
	}
	for _, k := range m.ownerKey {
		need(k.field, m.source.Place)
	}
	of := func(v *value) {
		if v == nil || v.optional {
			return
		}
		for _, name := range v.names() {
			need(name, v.place)
		}
	}
	for _, a := range m.attributes {
		of(a.value)
		if a.point != nil {
			of(a.point.lat)
			of(a.point.long)
			of(a.point.text)
		}
	}
	for _, e := range m.events {
		of(e.value)
	}
}

// pass is one way through a page.
type pass struct {
	*room
	batch   *page.Batch
	refused []bool
	keys    *texts
	out     *Output
}

func (p *pass) run() *Output {
	n := p.batch.Len()
	p.out = &Output{Records: make([]Record, n)}
	p.keys = p.own(n)
	p.identify()
	p.versions()
	claimed := make([]bool, n)
	events := newEvents()
	for k := range p.t.maps {
		m := &p.t.maps[k]
		rows := p.wanted(m, claimed)
		if m.owner != "" {
			p.events(m, rows, p.owners(m, rows), events)
			continue
		}
		p.out.Rows = append(p.out.Rows, p.rows(m, rows, events))
	}
	for i := range p.out.Records {
		if r := &p.out.Records[i]; r.Fate == Load && !claimed[i] {
			r.Fate = Filtered
		}
	}
	p.out.Events, p.out.EventRecord = events.batch()
	p.out.Bad = append(p.out.Bad, p.cellBad...)
	return p.out
}

// owners are the ids of another table's rows that the records are about. A
// record that doesn't say of which makes no event.
func (p *pass) owners(m *compiledMap, records []int32) *texts {
	cells := make([]cell, len(m.ownerKey))
	for k, part := range m.ownerKey {
		cells[k] = p.cellOf(part.field, p.batch)
	}
	ids := newTexts(len(records), 40)
	for _, i := range records {
		var ok bool
		start := len(ids.data)
		if ids.data, ok = p.appendKey(append(ids.data, m.owner...), m.ownerKey, cells, int(i)); !ok {
			ids.data = ids.data[:start]
		}
		ids.end()
	}
	return ids
}

// wanted returns the records that a map wants.
func (p *pass) wanted(m *compiledMap, claimed []bool) []int32 {
	rows := make([]int32, 0, len(claimed))
	when := p.conditions(m.when, p.batch)
	for i := range p.out.Records {
		if p.out.Records[i].Fate == Load && met(when, i) {
			rows = append(rows, int32(i))
			claimed[i] = true
		}
	}
	return rows
}

// rows makes the rows of one map and the events that go with them.
func (p *pass) rows(m *compiledMap, records []int32, events *events) Rows {
	n := len(records)
	ids := newTexts(n, 40)
	for _, i := range records {
		ids.data = append(ids.data, p.keys.at(int(i))...)
		ids.data = append(ids.data, m.suffix...)
		ids.end()
	}
	arrays := map[string][]arrow.Array{}
	var personal []*personalWriter
	for k := range m.attributes {
		a := &m.attributes[k]
		w := p.writerOf(a, p.batch, n)
		for _, i := range records {
			w.write(int(i))
		}
		arrays[a.of.Name] = w.arrays()
		switch w := w.(type) {
		case *personalWriter:
			personal = append(personal, w)
			if w.of.Tag == entity.IdentityNumber {
				derive(arrays, m, identityValid, w.valid)
			}
		case *codeWriter:
			derive(arrays, m, creditCodeValid, w.valid)
		}
	}
	p.events(m, records, ids, events)
	out := Rows{Map: m.source, Entity: m.entity, Record: records}
	out.Batch = assemble(m, ids, arrays, p.seal(personal, ids, n), n)
	return out
}

// derive sets the column of a check unless the map sets it itself.
func derive(arrays map[string][]arrow.Array, m *compiledMap, name string, valid *flags) {
	mapped := slices.ContainsFunc(m.attributes, func(a attribute) bool { return a.of.Name == name })
	if !mapped && m.entity.Attribute(name) != nil {
		arrays[name] = []arrow.Array{valid.array(arrowTypes["BOOLEAN"])}
	}
}

// seal seals the personal values of each row together.
func (p *pass) seal(personal []*personalWriter, ids *texts, n int) *texts {
	width := 0
	for _, w := range personal {
		width += 64
		if n > 0 {
			width += len(w.clear.data) / n
		}
	}
	sealed := newTexts(n, width)
	for row := range n {
		p.sealer.Begin()
		for _, w := range personal {
			if v := w.clear.at(row); len(v) > 0 {
				p.sealer.Add(w.of.Name, v)
			}
		}
		before := len(sealed.data)
		if sealed.data = p.sealer.Append(sealed.data, string(ids.at(row))); len(sealed.data) > before {
			sealed.end()
		} else {
			sealed.null()
		}
	}
	return sealed
}

// assemble puts the columns into the order of the schema, those that the map
// doesn't fill as nulls.
func assemble(m *compiledMap, ids *texts, arrays map[string][]arrow.Array, sealed *texts, n int) arrow.RecordBatch {
	columns := []arrow.Array{ids.array(arrowTypes["VARCHAR"])}
	at := 1
	for i := range m.entity.Attributes {
		a := &m.entity.Attributes[i]
		have, ok := arrays[a.Name]
		if ok {
			columns = append(columns, have...)
			at += len(have)
			continue
		}
		for at < m.schema.NumFields()-1 && m.owners[at-1] == a {
			columns = append(columns, empty(m.schema.Field(at).Type, n))
			at++
		}
	}
	columns = append(columns, sealed.array(arrowTypes["BLOB"]))
	batch := array.NewRecordBatch(m.schema, columns, int64(n))
	for _, c := range columns {
		c.Release()
	}
	return batch
}
