package normalise

import (
	"strconv"

	"github.com/zeebo/xxh3"

	"huiliu/ingest/page"
	"huiliu/transform/entity"
)

// identify finds each record's key and what the feed itself says of its fate.
func (p *pass) identify() {
	cells := make([]cell, len(p.t.key))
	for k, part := range p.t.key {
		if part.field != originField && part.field != rowField {
			cells[k] = p.cellOf(part.field, p.batch)
		}
	}
	var marked *condition
	if d := p.t.delete; d != nil {
		marked = &condition{cell: p.cellOf(d.Field, p.batch), is: setOf(d.Values)}
	}
	id := []byte(p.t.prefix)
	for i := range p.out.Records {
		r := &p.out.Records[i]
		var ok bool
		id, ok = p.appendKey(id[:len(p.t.prefix)], p.t.key, cells, i)
		p.keys.add(id)
		if p.refused[i] {
			r.Fate = Quarantined
		} else if !ok {
			r.Fate = Quarantined
			why := reasons[codeKey]
			p.out.Bad = append(p.out.Bad, Bad{Record: i, Code: codeKey, Cause: why.cause, Mend: why.mend})
		} else if p.batch.Op(i) == page.Delete || marked != nil && met([]condition{*marked}, i) {
			r.Fate = Delete
		}
		sum := xxh3.Hash128(id)
		r.Key, r.Check = sum.Hi, sum.Lo
	}
}

// appendKey appends the key of record i: its parts joined by |, a | or \
// within a part escaped by \, so that no two keys are written alike.
func (p *pass) appendKey(dst []byte, key []keyPart, cells []cell, i int) ([]byte, bool) {
	all := true
	for k, part := range key {
		if k > 0 {
			dst = append(dst, '|')
		}
		switch part.field {
		case originField:
			dst = appendPart(dst, []byte(p.batch.Place(i).Origin))
		case rowField:
			dst = strconv.AppendInt(dst, p.batch.Place(i).Row, 10)
		default:
			text := cells[k].text(i)
			all = all && len(text) > 0
			if part.tag != entity.Plain {
				dst = append(dst, p.t.keeper.Token(part.tag, string(text))...)
			} else {
				dst = appendPart(dst, text)
			}
		}
	}
	return dst, all && len(key) > 0
}

func appendPart(dst, part []byte) []byte {
	start := len(dst)
	for _, c := range part {
		if c == '|' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	if clean := dst[start:]; !cleanText(clean) {
		return appendClean(dst[:start], append([]byte(nil), clean...), false)
	}
	return dst
}

// versions reads what orders the versions of a record: a whole number as it
// is, a time as microseconds since 1970 UTC, a day as its first microsecond.
func (p *pass) versions() {
	if p.t.version == "" {
		return
	}
	v := &value{columns: []string{p.t.version}, layouts: []layout{{readAuto}}, zone: p.t.zone}
	b := p.bind(v, p.batch)
	for i := range p.out.Records {
		r := &p.out.Records[i]
		if r.Fate == Quarantined {
			continue
		}
		version, out := p.version(b, i)
		switch out {
		case good:
			r.Version, r.HasVersion = version, true
		case absent:
		default:
			why := reasons[codeVersion]
			p.out.Bad = append(p.out.Bad, Bad{Record: i, Field: p.t.version, Code: codeVersion, Cause: why.cause, Mend: why.mend, Value: append([]byte(nil), b.cells[0].text(i)...)})
		}
	}
}

func (p *pass) version(b *bound, i int) (int64, outcome) {
	if col := b.native(i); col == nil || col.Kind() == page.Text || col.Kind() == page.Int || col.Kind() == page.Float || col.Kind() == page.JSON {
		text, out := b.text(i)
		if out != good {
			return 0, out
		}
		if n, out := parseInt(text); out == good {
			return n, good
		}
	}
	m, out := p.moment(b, i)
	if out != good {
		return 0, out
	}
	return m.utc(b.clock), good
}
