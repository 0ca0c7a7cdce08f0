package files

import (
	"bytes"
	"encoding/xml"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/ingest/page"
)

// xmlRow is the values of one element by path: a.b for an element within
// another, @c for an attribute, a.@c for one of an element within. Elements of
// one name within the same element are one value, a JSON list of them in
// their order: each a text, null when it is nil, or, when it has attributes or
// elements of its own, an object of those by the same rule.
type xmlRow struct {
	// spaces are the namespaces that prefixes stand for above the records.
	spaces map[string]string
	paths  []string
	values map[string][]xmlValue
	flat   []xmlValue // of each path
	width  int        // of the page, as far as this row knows
}

// xmlValue is a text, or JSON.
type xmlValue struct {
	text string
	json jsontext.Value
	none bool
}

func (v xmlValue) append(dst []byte) []byte {
	if v.json != nil {
		return append(dst, v.json...)
	}
	dst, _ = jsontext.AppendQuote(dst, v.text) // it is UTF-8
	return dst
}

// xmlElement is one element as it stands.
type xmlElement struct {
	name     string
	attrs    []xml.Attr
	text     []byte
	children []*xmlElement
	null     bool // xsi:nil
}

// value is the element's own text, without the white space around it; ok is
// false when it says nothing.
func (e *xmlElement) value() (text string, ok bool) {
	text = string(bytes.TrimSpace(e.text))
	return text, text != "" || !e.null && len(e.children) == 0
}

// groups are the elements within, those of one name together, in the order in
// which the names first came.
func (e *xmlElement) groups() [][]*xmlElement {
	at := make(map[string]int, min(len(e.children), 16))
	var out [][]*xmlElement
	for _, c := range e.children {
		i, ok := at[c.name]
		if !ok {
			i = len(out)
			at[c.name] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

// deepest is how deep elements may stand within a record.
const deepest = 32

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// declare takes the prefixes that a start tag above the records declares.
func (r *xmlRow) declare(attrs []xml.Attr) {
	if r.spaces == nil {
		// Some exports use the usual prefix and declare none.
		r.spaces = map[string]string{"xsi": schemaInstance}
	}
	for _, a := range attrs {
		if a.Name.Space == "xmlns" {
			r.spaces[a.Name.Local] = a.Value
		}
	}
}

// parse reads one element and returns how many bytes its values have.
func (r *xmlRow) parse(text []byte) (size int, err error) {
	r.paths, r.values, r.flat = r.paths[:0], map[string][]xmlValue{}, r.flat[:0]
	root, err := r.read(text)
	if err != nil {
		return 0, err
	}
	if text, _ := root.value(); text != "" {
		r.add("#text", xmlValue{text: text})
	}
	r.within(root, "")
	for _, path := range r.paths {
		v := xmlValue{none: true}
		if list := r.values[path]; len(list) > 0 {
			v = oneOrList(list)
		}
		r.flat = append(r.flat, v)
		size += len(v.text) + len(v.json)
	}
	return size, nil
}

// read reads one element as it stands.
func (r *xmlRow) read(text []byte) (*xmlElement, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	for stack := []*xmlElement{{}}; ; {
		token, err := d.Token()
		if err == io.EOF && len(stack) == 1 && len(stack[0].children) == 1 {
			return stack[0].children[0], nil
		}
		top := stack[len(stack)-1]
		line, _ := d.InputPos()
		if err != nil {
			return nil, syntaxOf(err, line, top.name)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, xmlSyntax.At("", "line", line)
		case xml.StartElement:
			if len(stack) > deepest {
				return nil, xmlTooDeep.At("", "limit", deepest)
			}
			e := &xmlElement{name: t.Name.Local}
			if twice := r.attributes(e, t.Attr); twice != "" {
				return nil, xmlTwice.At("", "line", line, "name", twice)
			}
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.CharData:
			top.text = append(top.text, t...)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

// attributes gives an element those that are its own, and returns the name of
// one that stands twice.
func (r *xmlRow) attributes(e *xmlElement, list []xml.Attr) (twice string) {
	for i, a := range list {
		if uri, ok := r.spaces[a.Name.Space]; ok {
			a.Name.Space = uri
			list[i].Name.Space = uri
		}
		for _, other := range list[:i] {
			if other.Name == a.Name {
				return a.Name.Local
			}
		}
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "xmlns" && a.Name.Space == "":
		case a.Name.Local == "nil" && a.Name.Space == schemaInstance:
			e.null = a.Value == "true" || a.Value == "1"
		default:
			e.attrs = append(e.attrs, a)
		}
	}
	return ""
}

// within adds an element's attributes and what stands in it.
func (r *xmlRow) within(e *xmlElement, path string) {
	for _, a := range e.attrs {
		r.add(join(path, "@"+a.Name.Local), xmlValue{text: a.Value})
	}
	for _, group := range e.groups() {
		name := join(path, group[0].name)
		if len(group) > 1 {
			r.add(name, xmlValue{json: appendList(nil, group)})
			continue
		}
		if text, ok := group[0].value(); ok {
			r.add(name, xmlValue{text: text})
		} else if group[0].null {
			r.name(name)
		}
		r.within(group[0], name)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (r *xmlRow) name(path string) {
	if _, ok := r.values[path]; !ok {
		r.values[path] = nil
		r.paths = append(r.paths, path)
	}
}

func (r *xmlRow) add(path string, v xmlValue) {
	r.name(path)
	r.values[path] = append(r.values[path], v)
}

// appendList writes elements of one name.
func appendList(dst []byte, list []*xmlElement) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.append(dst)
	}
	return append(dst, ']')
}

// append writes the element as JSON.
func (e *xmlElement) append(dst []byte) []byte {
	text, ok := e.value()
	switch {
	case len(e.attrs) > 0 || len(e.children) > 0:
	case ok:
		return xmlValue{text: text}.append(dst)
	default:
		return append(dst, "null"...)
	}
	// Two prefixes may give one name.
	inner := xmlRow{values: map[string][]xmlValue{}}
	for _, a := range e.attrs {
		inner.add("@"+a.Name.Local, xmlValue{text: a.Value})
	}
	for _, group := range e.groups() {
		if len(group) > 1 {
			inner.add(group[0].name, xmlValue{json: appendList(nil, group)})
		} else {
			inner.add(group[0].name, xmlValue{json: group[0].append(nil)})
		}
	}
	if text != "" {
		inner.add("#text", xmlValue{text: text})
	}
	dst = append(dst, '{')
	for i, name := range inner.paths {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = xmlValue{text: name}.append(dst)
		dst = append(dst, ':')
		dst = oneOrList(inner.values[name]).append(dst)
	}
	return append(dst, '}')
}

// oneOrList is a single value as it is, several as a list: two elements of
// different places may have one path, and two attributes one name.
func oneOrList(list []xmlValue) xmlValue {
	if len(list) == 1 {
		return list[0]
	}
	out := []byte{'['}
	for i, v := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = v.append(out)
	}
	return xmlValue{json: append(out, ']')}
}

// append sets the values in a page.
func (r *xmlRow) append(b *page.Builder) {
	for i, path := range r.paths {
		col := b.Column(path, page.Text)
		r.width = max(r.width, col+1)
		switch v := r.flat[i]; {
		case v.none:
		case v.json != nil:
			b.JSON(col, v.json)
		default:
			b.Text(col, []byte(v.text))
		}
	}
}
