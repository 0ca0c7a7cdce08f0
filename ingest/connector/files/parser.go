package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strings"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// parser reads the records of one opened file.
type parser interface {
	// fill adds records and rejects to an empty builder until it is full, a
	// sheet ends or the file ends, and returns how many it took.
	fill(ctx context.Context, b *page.Builder) (filled, error)
	// at returns where the next record begins.
	at() position
	close() error
}

// filled is what one call of fill did.
type filled struct {
	read int64
	// end says that the file is at its end; cut that it ended too early, so
	// that it is no complete snapshot.
	end, cut bool
	// total is the file's own count of its records, -1 when it states none.
	total int64
}

// opening is what a parser needs to begin.
type opening struct {
	file  *file
	set   *settings
	tools connector.Tools
	from  position
}

// openParser opens a file at a position. A file that can't be read at all is
// a *refusal; other errors may pass when tried again.
func openParser(ctx context.Context, o opening) (parser, error) {
	c, head, err := openContent(o.file)
	var broken *damage
	if errors.As(err, &broken) {
		return nil, refuse(damageReason(broken), "why", broken.err)
	}
	if err != nil {
		return nil, err
	}
	p, err := o.choose(ctx, c, head)
	if err != nil {
		c.close()
	}
	return p, err
}

func (o opening) choose(ctx context.Context, c *content, head []byte) (parser, error) {
	format, have := o.format(head), sniff(head)
	if c.charset == utf16le || c.charset == utf16be || o.set.encoding == utf16le || o.set.encoding == utf16be || o.set.encoding == utf16En {
		if have == "binary" {
			have = ""
		}
	}
	if format == "xml" && have == "XML" {
		have = ""
	}
	// Of a compound file the workbook reader says whether it has a password.
	if want := format == "xlsx"; want != (have == "zip" || have == "ole2") || !want && have != "" {
		return nil, wrongKindOf(format, have)
	}
	if o.from == (position{}) {
		if have = otherText(format, head); have != "" {
			return nil, wrongKindOf(format, have)
		}
	}
	switch format {
	case "xlsx":
		return openXLSX(ctx, o, c)
	case "jsonl", "json":
		return openJSON(ctx, o, c, format == "json")
	case "xml":
		return openXML(ctx, o, c, head)
	}
	return openCSV(ctx, o, c, head)
}

// format is what the file claims to be: by the settings, else by its name,
// else by its first bytes.
func (o opening) format(head []byte) string {
	if o.set.Format != "" {
		return o.set.Format
	}
	name := strings.TrimSuffix(strings.ToLower(o.file.name), ".gz")
	switch path.Ext(name) {
	case ".csv", ".tsv", ".txt":
		return "csv"
	case ".jsonl", ".ndjson":
		return "jsonl"
	case ".json":
		return "json"
	case ".xlsx", ".xlsm":
		return "xlsx"
	case ".xml":
		return "xml"
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case sniff(head) == "zip":
		return "xlsx"
	case bytes.HasPrefix(text, []byte("{")):
		return "jsonl"
	case bytes.HasPrefix(text, []byte("[")):
		return "json"
	}
	return "csv"
}

func wrongKindOf(want, have string) error {
	if have == "" {
		have = "text"
	}
	return refuse(wrongKind, "want", strings.ToUpper(want), "have", have)
}

// textFile is what CSV, JSON and XML have in common: a window on the content, the
// encoding, and the place of the next record.
type textFile struct {
	opening
	content *content
	window  *window
	row     int64
	charset encoding
	decoder *decoder
	wide    bool // the window holds UTF-8 made from UTF-16
}

func (o opening) text(c *content) *textFile {
	t := &textFile{opening: o, content: c, charset: o.set.encoding}
	if c.charset != auto {
		t.charset = c.charset // the mark in the file is a fact, the setting a claim
	}
	if t.charset == utf16En {
		t.charset = utf16le
	}
	if o.from.Encoding != auto {
		t.charset = o.from.Encoding
	}
	return t
}

// start begins to read at an offset behind the byte order mark.
func (t *textFile) start(ctx context.Context, offset int64) error {
	t.wide = t.charset == utf16le || t.charset == utf16be
	if offset == 0 && !t.wide {
		offset = int64(t.content.bom)
	}
	in, err := t.textFrom(ctx, t.content, offset)
	if err != nil {
		return err
	}
	switch {
	case t.wide:
		t.decoder = newDecoder(utf8Enc)
	case t.charset != auto:
		t.decoder = newDecoder(t.charset)
	}
	t.window = newWindow(in, offset)
	return nil
}

// textFrom is the text of a newly opened content, as the window holds it, from an
// offset on.
func (t *textFile) textFrom(ctx context.Context, c *content, offset int64) (io.Reader, error) {
	if !t.wide {
		err := c.skip(ctx, offset)
		return c.in, err
	}
	if err := c.skip(ctx, int64(c.bom)); err != nil {
		return nil, err
	}
	in := newWideReader(c.in, t.charset)
	if _, err := io.CopyN(io.Discard, cancellable{ctx, in}, offset); err != nil && err != io.EOF {
		return nil, err
	}
	return in, nil
}

// restart opens the content anew at an offset.
func (t *textFile) restart(ctx context.Context, offset int64) error {
	c, _, err := openContent(t.file)
	if err != nil {
		return err
	}
	t.content.close()
	t.content = c
	return t.start(ctx, offset)
}

// settle finds out the encoding when the first byte above ASCII is met.
func (t *textFile) settle(ctx context.Context) error {
	if t.charset != auto {
		return nil
	}
	c, _, err := openContent(t.file)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.skip(ctx, t.window.offset); err != nil {
		return err
	}
	found, err := detect(cancellable{ctx, c.in})
	var broken *damage
	if err != nil && !errors.As(err, &broken) {
		return fmt.Errorf("find the encoding of %s: %w", t.file.name, err)
	}
	if found == auto {
		found = utf8Enc
	}
	t.charset, t.decoder = found, newDecoder(found)
	t.tools.Log.Info("encoding found", slog.String("file", t.file.name), slog.String("encoding", string(found)))
	return nil
}

func (t *textFile) place() page.Place {
	return page.Place{Origin: t.file.origin(), Row: t.row, Offset: t.window.offset}
}

func (t *textFile) at() position {
	return position{Row: t.row, Offset: t.window.offset, Encoding: t.charset}
}

func (t *textFile) close() error { return t.content.close() }

// keep streams the record at hand, too large for a page, to the archive. A
// content that ends in damage ends the record too; finish tells of it.
func (t *textFile) keep(ctx context.Context, b *page.Builder, record io.Reader) error {
	return t.keepAt(ctx, b, t.place(), record)
}

func (t *textFile) keepAt(ctx context.Context, b *page.Builder, place page.Place, record io.Reader) error {
	r, err := t.tools.Keep(place, untilDamage{cancellable{ctx, record}})
	if err != nil {
		return fmt.Errorf("keep the record at %s: %w", place, err)
	}
	b.Reject(r)
	return nil
}

// keepRest keeps the record at hand up to the end that find sees.
func (t *textFile) keepRest(ctx context.Context, b *page.Builder, find func([]byte) int) error {
	return t.keep(ctx, b, &restReader{w: t.window, find: find})
}

// untilDamage reads damaged content as if it ended there.
type untilDamage struct{ in io.Reader }

// Read is io.Reader's.
func (u untilDamage) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	var broken *damage
	if errors.As(err, &broken) {
		err = io.EOF
	}
	return n, err
}

// invalid adds the reject of a record with bytes that its encoding has not.
func (t *textFile) invalid(b *page.Builder, raw []byte, at int) {
	b.Reject(reject(t.place(), raw, badBytes, "offset", t.window.offset+int64(at), "encoding", t.charset))
}

// finish tells how the content ended. What stands behind the last record of
// damaged bytes becomes the raw bytes of the reject.
func (t *textFile) finish(b *page.Builder, f *filled) error {
	f.end = true
	if t.window.err == io.EOF {
		return nil
	}
	var broken *damage
	if !errors.As(t.window.err, &broken) {
		return fmt.Errorf("read %s: %w", t.file.name, t.window.err)
	}
	t.row++
	f.read++
	f.cut = true
	b.Reject(reject(t.place(), t.window.bytes(), damageReason(broken), "why", broken.err))
	t.window.drop(len(t.window.bytes()))
	return nil
}

func damageReason(d *damage) *fault.Kind {
	if d.code == gzipTruncated.Code {
		return gzipTruncated
	}
	return gzipDamaged
}

// origin is the file's name as places show it.
func (f *file) origin() string { return strings.ToValidUTF8(f.name, "\uFFFD") }
