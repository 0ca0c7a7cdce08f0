package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// jsonFile reads JSON lines, or the elements of a list in one JSON document.
type jsonFile struct {
	*textFile
	scanner  jsonScanner
	careful  *jsonrow.Decoder
	document bool
	torn     bool
	decoded  []byte
}

// mostColumns is how many columns a page may have before it is closed: keys
// that differ from record to record must not make pages of endless width.
const mostColumns = 1024

func openJSON(ctx context.Context, o opening, c *content, document bool) (parser, error) {
	f := &jsonFile{textFile: o.text(c), document: document, careful: jsonrow.New()}
	if o.from.Offset > 0 {
		f.row = o.from.Row
		return f, f.start(ctx, o.from.Offset)
	}
	if err := f.start(ctx, 0); err != nil || !document {
		return f, err
	}
	at, err := findList(cancellable{ctx, f.window.in}, o.set.Records)
	var wrong *jsontext.SyntacticError
	var broken *damage
	switch {
	case errors.Is(err, errNoList), errors.As(err, &wrong), errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return nil, refuse(noRecords, "path", pathText(o.set.Records))
	case errors.As(err, &broken):
		return nil, refuse(damageReason(broken), "why", broken.err)
	case err != nil:
		return nil, err
	}
	return f, f.restart(ctx, at+f.window.offset)
}

func pathText(p string) string {
	if p == "" {
		return "文件顶层"
	}
	return p
}

var errNoList = errors.New("no list of records")

// findList goes down the path of keys and returns the offset behind the
// list's opening bracket.
func findList(in io.Reader, records string) (int64, error) {
	g := &guard{in: in}
	d := jsontext.NewDecoder(g, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	g.decoder = d
	for _, key := range strings.FieldsFunc(records, func(r rune) bool { return r == '.' }) {
		if err := enter(d, key); err != nil {
			return 0, err
		}
	}
	t, err := d.ReadToken()
	if err == nil && t.Kind() != '[' {
		err = errNoList
	}
	return d.InputOffset(), err
}

// enter reads an object up to the value of a key.
func enter(d *jsontext.Decoder, key string) error {
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	if t.Kind() != '{' {
		return errNoList
	}
	for {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if t.Kind() == '}' {
			return errNoList
		}
		if t.String() == key {
			return nil
		}
		if err := d.SkipValue(); err != nil {
			return err
		}
	}
}

// guard bounds what the decoder holds of a single token.
type guard struct {
	in      io.Reader
	decoder *jsontext.Decoder
	read    int64
}

// Read is io.Reader's.
func (g *guard) Read(p []byte) (int, error) {
	if g.read-g.decoder.InputOffset() > 16<<20 {
		return 0, errNoList
	}
	n, err := g.in.Read(p)
	g.read += int64(n)
	return n, err
}

// fill implements parser.
func (f *jsonFile) fill(ctx context.Context, b *page.Builder) (filled, error) {
	out := filled{total: -1}
	b.Origin(f.file.origin())
	f.scanner.begin(b)
	for taken := 0; !b.Full() && len(f.scanner.slots) < mostColumns; taken++ {
		if taken&255 == 0 && ctx.Err() != nil {
			return out, ctx.Err()
		}
		more, err := f.one(ctx, b, &out)
		if err != nil || !more {
			// An empty file says nothing about what is absent.
			out.cut = out.cut || f.torn || f.row == 0 && f.window.offset == int64(f.content.bom)
			return out, err
		}
	}
	return out, nil
}

// one takes the next record or reject; false at the end.
func (f *jsonFile) one(ctx context.Context, b *page.Builder, out *filled) (bool, error) {
	w := f.window
	for {
		if f.document {
			if end := f.toElement(); end {
				out.end = true
				w.drop(len(w.bytes()))
				return false, nil
			}
		}
		have := w.bytes()
		n := f.cut(have)
		switch {
		case n > page.MaxBytes || n == 0 && w.full():
			f.row++
			out.read++
			return true, f.keepRest(ctx, b, f.finder())
		case n > 0:
			err := f.record(ctx, b, out, have[:n])
			w.drop(n)
			return true, err
		case w.ended():
			return false, f.cutShort(b, out)
		}
		w.more()
	}
}

// cutShort deals with the end of the content where a record may begin.
func (f *jsonFile) cutShort(b *page.Builder, out *filled) error {
	if f.document && f.window.err == io.EOF {
		f.row++
		out.read++
		out.cut = true
		have := f.window.bytes()
		b.Reject(reject(f.place(), have, jsonrow.Cut))
		f.window.drop(len(have))
	}
	return f.finish(b, out)
}

// toElement passes over what stands between two elements; true at the list's
// end.
func (f *jsonFile) toElement() bool {
	have := f.window.bytes()
	i := 0
	for i < len(have) && (have[i] == ',' || space(have[i])) {
		i++
	}
	f.window.drop(i)
	return i < len(have) && have[i] == ']'
}

// cut returns the length of the record at the start of the bytes, its line
// break included; 0 when its end is not there.
func (f *jsonFile) cut(have []byte) int {
	if f.document {
		e := extent{}
		return max(0, e.scan(have))
	}
	if at := bytes.IndexByte(have, '\n'); at >= 0 {
		return at + 1
	}
	if f.window.err == io.EOF {
		return len(have)
	}
	return 0
}

func (f *jsonFile) finder() func([]byte) int {
	if f.document {
		return (&extent{}).scan
	}
	return lineBreak('\n')
}

// record adds one record.
func (f *jsonFile) record(ctx context.Context, b *page.Builder, out *filled, raw []byte) error {
	text := bytes.TrimRight(raw, " \t\r\n")
	if len(bytes.TrimLeft(text, " \t")) == 0 {
		return nil
	}
	f.row++
	out.read++
	if !ascii(text) {
		if err := f.settle(ctx); err != nil {
			return err
		}
		var bad int
		if f.decoder.text != nil {
			f.decoded, bad = f.decoder.appendUTF8(f.decoded[:0], text)
			text = f.decoded
		} else {
			bad = invalidUTF8(text)
		}
		if bad >= 0 {
			f.invalid(b, raw, bad)
			return nil
		}
	}
	if len(text) > page.MaxBytes {
		return f.keep(ctx, b, bytes.NewReader(raw))
	}
	if !f.scanner.object(text) {
		b.Undo()
		if err := f.careful.Append(b, text); err != nil {
			b.Reject(rejectFor(f.place(), raw, err))
			// A last line that ends in the middle and has no line break: the
			// file itself was cut there.
			f.torn = f.torn || !f.document && raw[len(raw)-1] != '\n' && jsonrow.Cut.Is(err)
			return nil
		}
	}
	b.End(page.Upsert, f.row, f.window.offset)
	return nil
}

// rejectFor makes a reject of one of jsonrow's reasons.
func rejectFor(place page.Place, raw []byte, err error) page.Reject {
	for _, f := range fault.All(err) {
		return page.Reject{Place: place, Code: f.Code(), Cause: f.Cause(lang), Mend: f.Mend(lang), Raw: raw}
	}
	return reject(place, raw, jsonrow.Syntax, "why", err)
}
