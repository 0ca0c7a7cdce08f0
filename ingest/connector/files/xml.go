package files

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// xmlFile reads the elements of one name in an XML document. It cuts the
// record's element out of the bytes first and parses it by itself, so that a
// broken one costs no other, and memory holds one record whatever the file's
// size. Entities beyond XML's own five are unknown and document types are
// refused: nothing in a file can make it grow or reach anything else.
type xmlFile struct {
	*textFile
	scan xmlScan
	// root is the document element's name, total the count it states.
	root    string
	total   int64
	row     xmlRow
	decoded []byte
}

// Reasons of rejects of XML.
var (
	xmlSyntax = reason("xml_syntax",
		"the element is not well-formed XML: {why}", "该元素不是格式正确的 XML：{why}",
		"export the record anew", "请重新导出该记录")
	xmlNoStart = reason("xml_no_start",
		"the record's end tag stands there without its start tag", "只有记录的结束标签，没有开始标签",
		"export the record anew", "请重新导出该记录")
	xmlCut = reason("xml_cut",
		"the document ends in the middle", "XML 文件不完整，中途截断",
		"deliver the file again; the records before this place are kept", "请重新提供该文件；此处之前的记录已保留")
	xmlDocType = reason("xml_doctype",
		"the document declares a document type, which is not read", "XML 文件含有 DOCTYPE 声明，不予读取",
		"ask for the file without one", "请部门去掉 DOCTYPE 后重新提供")
	xmlEncoding = reason("xml_encoding",
		"the document declares the encoding {name}, which is not known", "XML 文件声明的编码 {name} 无法识别",
		"set encoding", "请设置 encoding")
)

var declaredEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

// openXML opens a document; head is its beginning, whatever position the
// reading goes on from.
func openXML(ctx context.Context, o opening, c *content, head []byte) (parser, error) {
	f := &xmlFile{textFile: o.text(c), scan: newXMLScan(o.set.Records), total: -1}
	if len(f.scan.name) == 0 {
		return nil, refuse(noRecords, "path", pathText(o.set.Records))
	}
	if f.charset == auto {
		if m := declaredEncoding.FindSubmatch(head); m != nil {
			charset, ok := parseEncoding(strings.ToLower(string(m[1])))
			if !ok {
				return nil, refuse(xmlEncoding, "name", string(m[1]))
			}
			f.charset = charset
		} else {
			f.charset = utf8Enc // what XML means when nothing is said
		}
	}
	if f.charset == utf16le || f.charset == utf16be {
		head, _ = io.ReadAll(newWideReader(bytes.NewReader(head), f.charset)) // as much as is whole
	}
	if what, _ := f.scan.find(head); what == docType {
		return nil, refuse(xmlDocType)
	}
	f.readRoot(head)
	f.textFile.row = o.from.Row
	return f, f.start(ctx, o.from.Offset)
}

// readRoot learns the document element's name and the count in the attribute
// that total names.
func (f *xmlFile) readRoot(head []byte) {
	tag := documentElement(head)
	f.root = string(localName(tag))
	name, ok := strings.CutPrefix(f.set.Total, "@")
	if !ok {
		return
	}
	d := xml.NewDecoder(bytes.NewReader([]byte("<" + strings.TrimSuffix(string(tag), "/") + "/>")))
	t, err := d.Token()
	if start, ok := t.(xml.StartElement); err == nil && ok {
		for _, a := range start.Attr {
			if n, err := strconv.ParseInt(strings.TrimSpace(a.Value), 10, 64); err == nil && a.Name.Local == name && n >= 0 {
				f.total = n
			}
		}
	}
}

// documentElement is the inside of the first start tag, empty when there is
// none.
func documentElement(head []byte) []byte {
	for i := 0; ; {
		m, ok := xmlScan{}.next(head, i)
		switch {
		case !ok:
			return nil
		case m.open:
			return bytes.TrimSuffix(head[m.start+1:m.end], []byte(">"))
		}
		i = m.end
	}
}

// fill implements parser.
func (f *xmlFile) fill(ctx context.Context, b *page.Builder) (filled, error) {
	out := filled{total: -1}
	b.Origin(f.file.origin())
	f.row.width = 0
	for taken := 0; !b.Full() && f.row.width < mostColumns; taken++ {
		if taken&255 == 0 && ctx.Err() != nil {
			return out, ctx.Err()
		}
		more, err := f.one(ctx, b, &out)
		if err != nil || !more {
			out.total = f.total
			return out, err
		}
	}
	return out, nil
}

// one takes the next record or reject; false at the end.
func (f *xmlFile) one(ctx context.Context, b *page.Builder, out *filled) (bool, error) {
	w := f.window
	for {
		have := w.bytes()
		what, at := f.scan.find(have)
		switch {
		case what == docType:
			return false, f.refuseRest(b, out, xmlDocType)
		case what == strayEnd:
			f.textFile.row++
			out.read++
			b.Reject(reject(f.place(), have[:at], xmlNoStart))
			w.drop(at)
			return true, nil
		case what == recordStart:
			w.drop(at)
			have = w.bytes()
		case w.ended():
			return false, f.tail(b, out, have)
		case at == 0 && w.full():
			return false, f.refuseRest(b, out, xmlSyntax, "why", "一段标记或注释过长")
		default:
			// What stands between records stays in sight as long as it fits: it
			// may be a record whose start is damaged.
			if w.full() {
				w.drop(at)
			}
			w.more()
			continue
		}
		n := f.scan.extent(have)
		switch {
		case n > page.MaxBytes || n == 0 && w.full():
			f.textFile.row++
			out.read++
			return true, f.keepRest(ctx, b, f.scan.finder())
		case n > 0:
			if err := f.record(ctx, b, have[:n], out); err != nil {
				return false, err
			}
			w.drop(n)
			return true, nil
		case w.ended():
			f.textFile.row++
			out.read++
			out.cut = true
			b.Reject(reject(f.place(), have, xmlCut))
			w.drop(len(have))
			return false, f.finish(b, out)
		}
		w.more()
	}
}

// tail deals with what stands behind the last record: without the document's
// own end it was cut between two of them.
func (f *xmlFile) tail(b *page.Builder, out *filled, have []byte) error {
	switch {
	case f.root == "": // nothing at all says nothing about what is absent
		out.cut = true
	case f.window.err == io.EOF && !f.scan.closes(have, f.root):
		f.textFile.row++
		out.read++
		out.cut = true
		b.Reject(reject(f.place(), have, xmlCut))
	}
	f.window.drop(len(have))
	return f.finish(b, out)
}

// refuseRest gives up what is left of the document.
func (f *xmlFile) refuseRest(b *page.Builder, out *filled, why *fault.Kind, pairs ...any) error {
	f.textFile.row++
	out.read++
	out.end, out.cut = true, true
	b.Reject(reject(f.place(), f.window.bytes(), why, pairs...))
	f.window.drop(len(f.window.bytes()))
	return nil
}

// record adds one record.
func (f *xmlFile) record(ctx context.Context, b *page.Builder, raw []byte, out *filled) error {
	f.textFile.row++
	out.read++
	text, bad := raw, -1
	if !ascii(raw) {
		if f.decoder.text != nil {
			f.decoded, bad = f.decoder.appendUTF8(f.decoded[:0], raw)
			text = f.decoded
		} else {
			bad = invalidUTF8(raw)
		}
	}
	if bad >= 0 {
		f.invalid(b, raw, bad)
		return nil
	}
	if len(text) > page.MaxBytes { // GB18030 takes less room than UTF-8
		return f.keep(ctx, b, bytes.NewReader(raw))
	}
	if err := f.row.parse(text); err != nil {
		b.Reject(reject(f.place(), raw, xmlSyntax, "why", err))
		return nil
	}
	f.row.append(b)
	b.End(page.Upsert, f.textFile.row, f.window.offset)
	return nil
}

// xmlRow is the values of one element by path: a.b for an element within
// another, @c for an attribute, a.@c for one of an element within.
type xmlRow struct {
	paths  []string
	values map[string][]string
	null   map[string]bool
	width  int // of the page, as far as this row knows
}

var errTooDeep = errors.New("elements within elements, too deep")

// deepest is how deep elements may stand within a record.
const deepest = 32

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// parse reads one element.
func (r *xmlRow) parse(text []byte) error {
	r.paths, r.values, r.null = r.paths[:0], map[string][]string{}, map[string]bool{}
	d := xml.NewDecoder(bytes.NewReader(text))
	type open struct {
		path     string
		text     strings.Builder
		children bool
	}
	var stack []*open
	for {
		token, err := d.Token()
		if err == io.EOF && len(stack) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) >= deepest {
				return errTooDeep
			}
			e := &open{}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.children = true
				e.path = join(parent.path, t.Name.Local)
			}
			stack = append(stack, e)
			r.attributes(e.path, t.Attr)
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text.Write(t)
			}
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			value := strings.TrimSpace(e.text.String())
			switch {
			case r.null[e.path], len(stack) == 0 && value == "":
			case e.children && value == "":
			case len(stack) == 0:
				r.add("#text", value)
			default:
				r.add(e.path, value)
			}
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (r *xmlRow) attributes(path string, list []xml.Attr) {
	for _, a := range list {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "xmlns" && a.Name.Space == "":
		case a.Name.Local == "nil" && (a.Name.Space == "xsi" || a.Name.Space == schemaInstance):
			if a.Value == "true" || a.Value == "1" {
				r.null[path] = true
				r.name(path)
			}
		default:
			r.add(join(path, "@"+a.Name.Local), a.Value)
		}
	}
}

func (r *xmlRow) name(path string) {
	if _, ok := r.values[path]; !ok && path != "" {
		r.values[path] = nil
		r.paths = append(r.paths, path)
	}
}

func (r *xmlRow) add(path, value string) {
	r.name(path)
	r.values[path] = append(r.values[path], value)
}

// append sets the values in a page: what came once as text, what came more
// often as a JSON list, an element that is nil as no value.
func (r *xmlRow) append(b *page.Builder) {
	for _, path := range r.paths {
		col := b.Column(path, page.Text)
		r.width = max(r.width, col+1)
		switch list := r.values[path]; len(list) {
		case 0:
		case 1:
			b.Text(col, []byte(list[0]))
		default:
			raw, _ := json.Marshal(list) // texts alone
			b.JSON(col, raw)
		}
	}
}
