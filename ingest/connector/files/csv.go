package files

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// csvFile reads the records of a CSV file.
type csvFile struct {
	*textFile
	splitter splitter
	names    []string
	columns  []int
	decoded  []byte
	ends     []int
	// headless says that not even the header was there.
	headless bool
	// torn says that the last line ends in the middle of a record: the file
	// was cut there.
	torn bool
}

// openCSV reads the header and goes to the position.
func openCSV(ctx context.Context, o opening, c *content, head []byte) (parser, error) {
	f := &csvFile{textFile: o.text(c)}
	if err := f.start(ctx, 0); err != nil {
		return nil, err
	}
	f.splitter = splitter{delimiter: o.set.delimiter, quote: o.set.quote, eol: lineEnd(head), trim: o.set.Trim}
	if err := f.header(ctx); err != nil {
		return nil, err
	}
	if o.from.Offset > f.window.offset {
		if err := f.restart(ctx, o.from.Offset); err != nil {
			return nil, err
		}
		f.row = o.from.Row
	}
	return f, nil
}

// lineEnd finds the old form of line ends, a carriage return alone.
func lineEnd(head []byte) byte {
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// header passes over the rows above and reads the names of the columns.
func (f *csvFile) header(ctx context.Context) error {
	for range f.set.SkipRows {
		if n, err := f.need(f.splitter.line, true); err != nil || n == 0 {
			f.headless = true
			return err
		}
	}
	f.names = f.set.Columns
	for row := 1; row <= f.set.Header; row++ {
		if err := f.delimit(ctx); err != nil {
			return err
		}
		var v verdict
		n, err := f.need(func(b []byte) (n int) {
			n, v = f.splitter.next(b, f.window.ended())
			return n
		}, false)
		if err != nil {
			return err
		}
		if n == 0 {
			f.headless = len(f.names) == 0
			return nil
		}
		if v != complete {
			return refuse(badHeader, "why", "引号没有成对")
		}
		if row == max(1, f.set.HeaderRow) && len(f.set.Columns) == 0 {
			if f.names, err = f.readNames(ctx, f.window.bytes()[:n]); err != nil {
				return err
			}
		}
		f.window.drop(n)
	}
	return f.delimit(ctx)
}

// delimit finds the delimiter, and the encoding when the delimiter may be a
// part of a character.
func (f *csvFile) delimit(ctx context.Context) error {
	if f.splitter.delimiter == 0 {
		f.splitter.delimiter = guessDelimiter(f.firstLine())
	}
	if f.splitter.delimiter < '0' {
		return nil
	}
	err := f.settle(ctx)
	f.splitter.wide = f.charset == gb18030
	return err
}

// need reads until cut finds an end or the content ends, and drops what was
// cut when asked to; 0 means that nothing is left.
func (f *csvFile) need(cut func([]byte) int, drop bool) (int, error) {
	for {
		have := f.window.bytes()
		n := 0
		if len(have) > 0 {
			n = cut(have)
		}
		if n > 0 && (have[n-1] == f.splitter.eol || f.window.ended()) {
			if drop {
				f.window.drop(n)
			}
			return n, nil
		}
		if f.window.full() {
			return 0, refuse(badHeader, "why", "超过 "+strconv.Itoa(page.MaxBytes)+" 字节没有换行")
		}
		if f.window.ended() {
			if f.window.err == io.EOF || len(have) == 0 {
				return 0, nil
			}
			return n, nil
		}
		f.window.more()
	}
}

func (f *csvFile) firstLine() []byte {
	if len(f.window.bytes()) == 0 {
		f.window.more()
	}
	have := f.window.bytes()
	return have[:f.splitter.line(have)]
}

// guessDelimiter takes the one of , ; tab | that stands most often.
func guessDelimiter(line []byte) byte {
	best, most := byte(','), 0
	for _, d := range []byte(",;\t|") {
		if n := bytes.Count(line, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best
}

func (f *csvFile) readNames(ctx context.Context, raw []byte) ([]string, error) {
	if !ascii(raw) {
		if err := f.settle(ctx); err != nil {
			return nil, err
		}
	}
	names := make([]string, len(f.splitter.fields))
	for i, v := range f.splitter.fields {
		text, bad := v.value, -1
		if !ascii(text) {
			text, bad = f.decoder.appendUTF8(nil, v.value)
		}
		if bad >= 0 {
			return nil, refuse(badHeader, "why", fmt.Sprintf("第 %d 列名不是有效的 %s 编码", i+1, f.charset))
		}
		names[i] = string(bytes.TrimSpace(text))
	}
	return distinct(names), nil
}

// distinct names the columns that have no name, and tells equal ones apart.
func distinct(names []string) []string {
	used := map[string]bool{}
	for _, n := range names {
		used[n] = true
	}
	seen := map[string]bool{}
	for i, n := range names {
		if n == "" {
			n = "column_" + strconv.Itoa(i+1)
		}
		name := n
		for k := 2; seen[name] || (name != names[i] && used[name]); k++ {
			name = n + "_" + strconv.Itoa(k)
		}
		seen[name] = true
		names[i] = name
	}
	return names
}

// fill implements parser.
func (f *csvFile) fill(ctx context.Context, b *page.Builder) (filled, error) {
	out := filled{total: -1}
	if f.headless {
		// Not even a header: an empty file says nothing about what is absent.
		out.cut = true
		return out, f.finish(b, &out)
	}
	b.Origin(f.file.origin())
	f.columns = f.columns[:0]
	for _, name := range f.names {
		f.columns = append(f.columns, b.Column(name, page.Text))
	}
	for taken := 0; !b.Full(); taken++ {
		if taken&255 == 0 && ctx.Err() != nil {
			return out, ctx.Err()
		}
		more, err := f.one(ctx, b, &out)
		if err != nil || !more {
			out.cut = out.cut || f.torn
			return out, err
		}
	}
	return out, nil
}

// one takes the next record, reject or blank line; false at the end.
func (f *csvFile) one(ctx context.Context, b *page.Builder, out *filled) (bool, error) {
	w := f.window
	for {
		have := w.bytes()
		n, v := 0, short
		if len(have) > 0 {
			n, v = f.splitter.next(have, w.err == io.EOF)
		}
		switch {
		case v == complete && n <= page.MaxBytes:
			if !blank(have[:n], &f.splitter) {
				f.row++
				out.read++
				if err := f.record(ctx, b, have[:n]); err != nil {
					return false, err
				}
			}
			w.drop(n)
			return true, nil
		case v == open && n <= page.MaxBytes:
			f.broken(b, out, have[:n], openQuote)
			w.drop(n)
			return true, nil
		case v != short || w.full():
			return true, f.overlong(ctx, b, out)
		case w.ended():
			return false, f.finish(b, out)
		}
		w.more()
	}
}

func (f *csvFile) broken(b *page.Builder, out *filled, raw []byte, kind *fault.Kind) {
	f.row++
	out.read++
	f.torn = f.torn || raw[len(raw)-1] != f.splitter.eol
	b.Reject(reject(f.place(), raw, kind))
}

// overlong deals with a record that is too large for a page: its first line
// is kept whole; a line that fits shows that a quote does not close.
func (f *csvFile) overlong(ctx context.Context, b *page.Builder, out *filled) error {
	have := f.window.bytes()
	if at := bytes.IndexByte(have, f.splitter.eol); at >= 0 && at < page.MaxBytes {
		f.broken(b, out, have[:at+1], openQuote)
		f.window.drop(at + 1)
		return nil
	}
	f.row++
	out.read++
	return f.keepRest(ctx, b, lineBreak(f.splitter.eol))
}

// lineBreak finds the end of a line, its break included.
func lineBreak(eol byte) func([]byte) int {
	return func(p []byte) int {
		at := bytes.IndexByte(p, eol)
		if at < 0 {
			return -1
		}
		return at + 1
	}
}

func blank(raw []byte, s *splitter) bool {
	return len(raw) <= 2 && len(s.fields) == 1 && len(s.fields[0].value) == 0 && !s.fields[0].quoted
}

// record adds the fields that the splitter cut from raw.
func (f *csvFile) record(ctx context.Context, b *page.Builder, raw []byte) error {
	fields := f.splitter.fields
	if have, want := len(fields), len(f.names); have != want {
		kind := tooMany
		if have < want {
			kind = tooFew
			f.torn = f.torn || raw[len(raw)-1] != f.splitter.eol
		}
		b.Reject(reject(f.place(), raw, kind, "have", have, "want", want))
		return nil
	}
	if !ascii(raw) {
		ok, err := f.decode(ctx, b, raw)
		if err != nil || !ok {
			return err
		}
	}
	for i := range fields {
		if v := &fields[i]; len(v.value) > 0 || v.quoted {
			b.Text(f.columns[i], v.value)
		}
	}
	b.End(page.Upsert, f.row, f.window.offset)
	return nil
}

// decode turns the fields into UTF-8; false when the record became a reject.
func (f *csvFile) decode(ctx context.Context, b *page.Builder, raw []byte) (bool, error) {
	if err := f.settle(ctx); err != nil {
		return false, err
	}
	if f.charset == utf8Enc || f.wide {
		at := invalidUTF8(raw)
		if at >= 0 {
			f.invalid(b, raw, at)
		}
		return at < 0, nil
	}
	fields := f.splitter.fields
	f.decoded, f.ends = f.decoded[:0], f.ends[:0]
	for i := range fields {
		var bad int
		if f.decoded, bad = f.decoder.appendUTF8(f.decoded, fields[i].value); bad >= 0 {
			at := bytes.Index(raw, fields[i].value)
			f.invalid(b, raw, max(0, at)+bad)
			return false, nil
		}
		f.ends = append(f.ends, len(f.decoded))
	}
	if len(f.decoded) > page.MaxBytes {
		return false, f.keep(ctx, b, bytes.NewReader(raw))
	}
	start := 0
	for i, end := range f.ends {
		fields[i].value = f.decoded[start:end]
		start = end
	}
	return true, nil
}
