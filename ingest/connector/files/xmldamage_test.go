package files

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"huiliu/ingest/connector/connectortest"
)

// xmlRecord is one record of a generated document.
type xmlRecord struct {
	id         string
	start, end int
	values     map[string]string
	whole      bool
}

// xmlDocument is a well-formed document, and what becomes of it.
type xmlDocument struct {
	text    []byte
	records []xmlRecord
}

func newXMLDocument(r *rand.Rand) *xmlDocument {
	d := &xmlDocument{text: []byte("<?xml version=\"1.0\"?>\n<a n=\"1\" xmlns:p='u'><rows>")}
	for i := range 1 + r.IntN(7) {
		gaps := []string{"", "\n", " <!-- note -->\n", "<!-- <r>old</r> -->", "<h>text</h>", "<h x='1'><i/>t</h>\n", "<?pi data?>", "</rows><rows>"}
		d.text = append(d.text, gaps[r.IntN(len(gaps))]...)
		id := fmt.Sprintf("R%dR", i)
		rec := xmlRecord{id: id, start: len(d.text), whole: true, values: map[string]string{"@id": id}}
		inner := ""
		for _, part := range []struct{ text, name, value string }{
			{"<b>甲</b>", "b", "甲"}, {"<c><![CDATA[x]] </r> y]]></c>", "c", "x]] </r> y"}, {"<!-- z -->", "", ""},
			{"<d e=\"f>g\"/>", "d.@e", "f>g"}, {"<g>&lt;r&gt;</g>", "g", "<r>"}, {"<k>\n<l>'1\"</l></k>", "k.l", "'1\""}, {"<?pi?>", "", ""},
		} {
			if r.IntN(3) > 0 {
				continue
			}
			if inner += part.text; part.name != "" {
				rec.values[part.name] = part.value
			}
			if part.name == "d.@e" {
				rec.values["d"] = ""
			}
		}
		prefix := []string{"", "p:"}[r.IntN(2)]
		if inner == "" && r.IntN(2) == 0 {
			d.text = fmt.Appendf(d.text, "<%sr id=%q/>", prefix, id)
		} else {
			d.text = fmt.Appendf(d.text, "<%sr id=%q >%s</%sr>", prefix, id, inner, prefix)
		}
		rec.end = len(d.text)
		d.records = append(d.records, rec)
	}
	d.text = append(d.text, "</rows></a>\n"...)
	return d
}

// edit replaces n bytes at a place.
func (d *xmlDocument) edit(at, n int, with string) {
	n = min(n, len(d.text)-at)
	d.text = slices.Concat(d.text[:at], []byte(with), d.text[at+n:])
	for i := range d.records {
		rec := &d.records[i]
		switch {
		case rec.end <= at:
		case rec.start >= at+n:
			rec.start += len(with) - n
			rec.end += len(with) - n
		default:
			rec.whole = false
			rec.end = max(rec.start, rec.end+len(with)-n)
		}
	}
}

func (d *xmlDocument) damage(r *rand.Rand) {
	snippets := []string{"<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "\"", "'", "<", ">", "r>", "<q>", "</q>", "<q x=\"", "</r>", "<r>", "<r", "&", "</", "<!DOCTYPE a>", "text", "</rows>", "</a>", "<r/>", "\xff", "<q><r>", "<q", "/>"}
	first := len("<?xml version=\"1.0\"?>\n<a n=\"1\" xmlns:p='u'>")
	at := first + r.IntN(max(1, len(d.text)-first))
	if r.IntN(2) == 0 { // where records begin and end
		rec := d.records[r.IntN(len(d.records))]
		at = min(max(first, []int{rec.start, rec.end}[r.IntN(2)]+r.IntN(7)-3), len(d.text)-1)
	}
	switch r.IntN(5) {
	case 0:
		d.edit(at, 1+r.IntN(8), "")
	case 1:
		d.edit(at, 1, string(`<>&"'/!-[]? q=`[r.IntN(14)]))
	case 2:
		d.edit(at, r.IntN(20), snippets[r.IntN(len(snippets))])
	default:
		d.edit(at, 0, snippets[r.IntN(len(snippets))])
	}
}

// commentedOut reports whether a record stands in one comment, as far as its
// text can tell.
func (d *xmlDocument) commentedOut(rec xmlRecord) bool {
	at := bytes.LastIndex(d.text[:rec.start], []byte("<!--"))
	if at < 0 {
		return false
	}
	inner, _, ended := bytes.Cut(d.text[at+4:], []byte("-->"))
	return ended && at+4+len(inner) >= rec.end && !bytes.Contains(inner, []byte("<!--"))
}

// whole reports whether one of the records was left whole.
func (d *xmlDocument) whole(ids []string) bool {
	return slices.ContainsFunc(d.records, func(rec xmlRecord) bool { return rec.whole && slices.Contains(ids, rec.id) })
}

// renamed reports whether a record is an element of another name now.
func (d *xmlDocument) renamed(id string) bool {
	return regexp.MustCompile(`<[a-z:]+ id="` + id + `" ?/>`).Match(d.text)
}

var recordID = regexp.MustCompile(`R\dR`)

// FuzzXMLDamage: of a well-formed document that was damaged at up to three
// places every record that was not is read as it is or lies in a reject, and
// none is read with a part of another. Damaged at one place, every record,
// also the one that was hit, is in one or the other.
func FuzzXMLDamage(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newXMLDocument(r)
		times := []int{0, 1, 1, 1, 1, 2, 2, 3}[r.IntN(8)]
		for range times {
			d.damage(r)
		}
		root := t.TempDir()
		write(t, root, "x.xml", d.text)
		items := connectortest.Read(t, New, define(t, root, "append", "path: '*', records: r"), &connectortest.Keeper{})
		seen := map[string]bool{}
		for _, it := range items {
			ids := recordID.FindAllString(it.Raw+fmt.Sprint(it.Values), -1)
			for _, id := range ids {
				seen[id] = true
			}
			if it.Reject == "" && len(slices.Compact(ids)) > 1 && d.whole(ids) {
				t.Errorf("merged: %v\n%s", it.Values, d.text)
			}
		}
		for _, rec := range d.records {
			if d.commentedOut(rec) {
				continue
			}
			where := 0
			for _, it := range items {
				at := int(it.Place.Offset)
				if it.Reject == "" && at == rec.start && maps.Equal(it.Values, rec.values) || it.Reject != "" && at <= rec.start && rec.end <= at+len(it.Raw) {
					where++
				}
			}
			if rec.whole && where != 1 || times == 0 && len(items) != len(d.records) {
				t.Errorf("%s %v is in %d places of\n%s\nread\n%s", rec.id, rec.values, where, d.text, shown(items))
			}
			if times == 1 && !seen[rec.id] && strings.Contains(string(d.text), rec.id) && !d.renamed(rec.id) {
				t.Errorf("%s is lost of\n%s\nread\n%s", rec.id, d.text, shown(items))
			}
		}
	})
}
