package files

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"

	kflate "github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// content is a file's bytes with gzip and a byte order mark taken off.
type content struct {
	file    File
	in      io.Reader
	zipped  bool
	bom     int
	charset encoding // what the byte order mark declares
}

// damage is how a compressed file ends that is not whole: what came before is
// good.
type damage struct {
	code string
	err  error
}

func (d *damage) Error() string { return d.code + ": " + d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// openContent opens a stored file and returns its first bytes beside it.
func openContent(f *file) (*content, []byte, error) {
	in, err := openFile(f.tree, f.name)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", f.name, err)
	}
	c := &content{file: in, in: in}
	head, err := c.head()
	if err == nil && bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		c.zipped = true
		var z *gzip.Reader
		if z, err = gzip.NewReader(c.file); err == nil {
			c.in = &unzipped{z}
			head, err = c.peek()
		} else {
			err = zipDamage(err)
		}
	}
	if err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("read %s: %w", f.name, err)
	}
	c.charset, c.bom = byteOrderMark(head)
	return c, head[c.bom:], nil
}

// headSize is how much of a file is looked at before it is read.
const headSize = 64 << 10

// head reads the first bytes and goes back.
func (c *content) head() ([]byte, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(c.file, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	_, err = c.file.Seek(0, io.SeekStart)
	return head[:n], err
}

// peek reads the first bytes of the decompressed content and puts them back.
// Damage is met again when the bytes are read.
func (c *content) peek() ([]byte, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(c.in, head)
	head = head[:n]
	var broken *damage
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &broken) {
		return nil, err
	}
	rest := c.in
	if broken != nil {
		rest = failing{broken}
	}
	c.in = io.MultiReader(bytes.NewReader(head), rest)
	return head, nil
}

// failing is a reader that has ended with damage.
type failing struct{ err error }

// Read is io.Reader's.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// skip goes to an offset of the content; nothing may have been read before.
func (c *content) skip(ctx context.Context, offset int64) error {
	if !c.zipped {
		_, err := c.file.Seek(offset, io.SeekStart)
		c.in = c.file
		return err
	}
	_, err := io.CopyN(io.Discard, cancellable{ctx, c.in}, offset)
	var broken *damage
	if errors.As(err, &broken) || err == io.EOF {
		return nil // met again by the next read
	}
	return err
}

func (c *content) close() error { return c.file.Close() }

// cancellable is a reader that stops when its context does.
type cancellable struct {
	ctx context.Context
	in  io.Reader
}

// Read is io.Reader's.
func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.in.Read(p)
}

// unzipped tells the end of a cut file from a failing disk.
type unzipped struct{ z *gzip.Reader }

// Read is io.Reader's.
func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if err != nil && err != io.EOF {
		err = zipDamage(err)
	}
	return n, err
}

// zipDamage names what is wrong with compressed bytes; other errors pass.
func zipDamage(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		return &damage{gzipTruncated.Code, err}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), isCorrupt(err):
		return &damage{gzipDamaged.Code, err}
	}
	return err
}

func isCorrupt(err error) bool {
	var zlib kflate.CorruptInputError
	var std flate.CorruptInputError
	return errors.As(err, &zlib) || errors.As(err, &std)
}

// sniff names what a file is by its first bytes, empty when it may be text.
func sniff(head []byte) string {
	for _, k := range []struct{ magic, name string }{
		{"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole2"},
		{"%PDF", "PDF"}, {"PAR1", "Parquet"}, {"SQLite format 3\x00", "SQLite"}, {"\x1f\x8b", "gzip"},
		{"Rar!", "RAR"}, {"7z\xbc\xaf", "7-Zip"}, {"\x89PNG", "PNG"}, {"\xff\xd8\xff", "JPEG"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return k.name
		}
	}
	text := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], " \t\r\n"))
	for _, k := range []struct{ begin, name string }{{"<!doctype html", "HTML"}, {"<html", "HTML"}, {"<?xml", "XML"}} {
		if bytes.HasPrefix(text, []byte(k.begin)) {
			return k.name
		}
	}
	if looksBinary(head) {
		return "binary"
	}
	return ""
}

// looksBinary reports whether the bytes hold many control characters that no
// text has. A few may stand in a broken record.
func looksBinary(head []byte) bool {
	odd := 0
	for _, c := range head {
		if c < 0x09 || (c > 0x0d && c < 0x20 && c != 0x1b) {
			odd++
		}
	}
	return odd*20 > len(head)
}
