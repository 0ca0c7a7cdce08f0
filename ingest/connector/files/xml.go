package files

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"huiliu/ingest/page"
)

// xmlFile reads the elements of one name in an XML document. It cuts the
// record's element out of the bytes first and parses it by itself, so that a
// broken one costs no other, and memory holds one record whatever the file's
// size. Entities beyond XML's own five are unknown and document types are
// refused: nothing in a file can make it grow or reach anything else.
type xmlFile struct {
	*textFile
	cut xmlCutter
	// total is the count that the document element states.
	total   int64
	row     xmlRow
	decoded []byte
}

// Reasons of rejects of XML.
var (
	xmlOpen = reason("xml_open",
		"the element, or a comment, CDATA section or instruction in it, begins and does not end", "该元素或其中的注释、CDATA 段、处理指令有开头没有结尾",
		"export the record anew", "请重新导出该记录")
	xmlMerged = reason("xml_merged",
		"a record begins in a comment, CDATA section or instruction of another: they can't be told apart", "记录内的注释、CDATA 段或处理指令中又有记录开始，无法区分是一条还是几条",
		"close what is open in the record, or keep the records' element name out of it, and deliver the file again", "请部门补全未结束的部分，或不要在其中写记录元素的标签，然后重新提供该文件")
	xmlStray = reason("xml_stray",
		"between the records stands what is none, and may have been one", "记录之间有不属于任何记录的内容，可能是损坏的记录",
		"export the records at this place anew", "请重新导出此处的记录")
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
	f := &xmlFile{textFile: o.text(c), total: -1}
	name := recordName(o.set.Records)
	if name == "" {
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
	if f.wide = f.charset == utf16le || f.charset == utf16be; f.wide {
		head, _ = io.ReadAll(newWideReader(bytes.NewReader(head), f.charset)) // as much as is whole
	}
	f.cut.scan = xmlScan{name: f.charset.encode(name), wide: f.charset == gb18030}
	if err := f.prolog(head); err != nil {
		return nil, err
	}
	f.textFile.row = o.from.Row
	if o.from.Offset == 0 {
		f.cut.root = nil // met again
	}
	err := f.start(ctx, o.from.Offset)
	f.cut.w = f.window
	return f, err
}

// prolog reads what stands before the first record: a document type, the
// document element's name, the count in the attribute that total names, and
// the namespaces.
func (f *xmlFile) prolog(head []byte) error {
	scan := f.cut.scan
	f.row.declare(nil)
	for i := 0; ; {
		at := bytes.IndexByte(head[i:], '<')
		if at < 0 {
			return nil
		}
		m, ok := scan.next(view{have: head}, i+at)
		first := f.cut.root == nil
		switch {
		case !ok:
			return nil
		case first && m.kind == declaration && isDocType(head[m.start:]):
			return refuse(xmlDocType)
		case m.open:
			attrs := f.attributes(m.text)
			f.row.declare(attrs)
			if first {
				f.cut.root = bytes.Clone(localName(m.text))
				f.readTotal(attrs)
			}
		}
		if m.mine {
			return nil
		}
		i = m.end
	}
}

// attributes are those of a start tag, none when it is broken.
func (f *xmlFile) attributes(text []byte) []xml.Attr {
	if !f.wide {
		text, _ = newDecoder(f.charset).appendUTF8(nil, text)
	}
	t, err := xml.NewDecoder(strings.NewReader("<" + string(text) + "/>")).Token()
	if start, ok := t.(xml.StartElement); err == nil && ok {
		return start.Attr
	}
	return nil
}

// readTotal reads the count in the document element's attribute.
func (f *xmlFile) readTotal(attrs []xml.Attr) {
	name, ok := strings.CutPrefix(f.set.Total, "@")
	for _, a := range attrs {
		if n, err := strconv.ParseInt(strings.TrimSpace(a.Value), 10, 64); ok && err == nil && a.Name.Local == name && n >= 0 {
			f.total = n
		}
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
	p, err := f.cut.next(ctx)
	if err != nil {
		return false, err
	}
	if p.kind == pieceEnd {
		out.cut = out.cut || f.cut.root == nil // nothing at all says nothing about what is absent
		return false, f.finish(b, out)
	}
	f.textFile.row++
	out.read++
	switch p.kind {
	case pieceLarge:
		return true, f.keep(ctx, b, &xmlRest{scan: &f.cut.scan, w: w, free: 1})
	case pieceDocType:
		out.end, out.cut = true, true
		b.Reject(reject(f.place(), w.bytes(), xmlDocType))
		return false, nil
	}
	out.cut = out.cut || p.kind == pieceCut
	switch held := p.start >= w.offset; {
	case !held:
		err = f.refetch(ctx, b, p)
	case p.kind == pieceRecord:
		err = f.record(ctx, b, w.bytes()[:p.end-p.start])
	default:
		b.Reject(reject(f.placeAt(p), w.bytes()[p.start-w.offset:p.end-w.offset], p.why))
	}
	w.drop(int(p.end - w.offset))
	return true, err
}

func (f *xmlFile) placeAt(p piece) page.Place {
	place := f.place()
	place.Offset = p.start
	return place
}

// refetch makes the reject of a piece that the window did not hold whole: its
// bytes are read once more.
func (f *xmlFile) refetch(ctx context.Context, b *page.Builder, p piece) error {
	c, _, err := openContent(f.file)
	if err != nil {
		return err
	}
	defer c.close()
	in, err := f.textFrom(ctx, c, p.start)
	if err != nil {
		return err
	}
	in = io.LimitReader(in, p.end-p.start)
	if p.end-p.start > page.MaxBytes {
		return f.keepAt(ctx, b, f.placeAt(p), in)
	}
	raw, err := io.ReadAll(cancellable{ctx, in})
	if err != nil {
		return fmt.Errorf("read %s again: %w", f.file.name, err)
	}
	b.Reject(reject(f.placeAt(p), raw, p.why))
	return nil
}

// record adds one record. What it has in UTF-8 must fit a page too, and so
// must its values, whose lists JSON may lengthen.
func (f *xmlFile) record(ctx context.Context, b *page.Builder, raw []byte) error {
	text, bad := raw, -1
	if !ascii(raw) {
		if f.decoder.text != nil {
			f.decoded, bad = f.decoder.appendUTF8(f.decoded[:0], raw)
			text = f.decoded
		} else {
			bad = invalidUTF8(raw)
		}
	}
	switch {
	case bad >= 0:
		f.invalid(b, raw, bad)
		return nil
	case len(text) > page.MaxBytes:
		return f.keep(ctx, b, bytes.NewReader(raw))
	}
	size, err := f.row.parse(text)
	switch {
	case err != nil:
		b.Reject(rejectFor(f.place(), raw, err))
	case size > page.MaxBytes:
		return f.keep(ctx, b, bytes.NewReader(raw))
	default:
		f.row.append(b)
		b.End(page.Upsert, f.textFile.row, f.window.offset)
	}
	return nil
}
