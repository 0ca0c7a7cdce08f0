// Package workbook reads the sheets of an XLSX workbook (ECMA-376) row by row
// in bounded memory: a sheet is never held as a whole, only the table of
// shared texts is. It gives cells with the kinds they have in the workbook
// and knows nothing of departments, headers apart.
//
// What a cell becomes: text Text; a number Int when it is whole and exact in
// 64 bits, else Float; a number that is shown as a date or a time of day
// LocalTime, on the workbook's own calendar (1900 or 1904); a truth value
// Bool; an error such as #N/A Text; a formula its stored value. A cell with
// no value, or with empty text, is no cell.
package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"
)

// Why bytes can't be read as a workbook.
var (
	// ErrPassword is an encrypted workbook (an OLE2 container with an
	// EncryptedPackage, ECMA-376 part 2, MS-OFFCRYPTO).
	ErrPassword = errors.New("the workbook is protected by a password")
	// ErrOldFormat is a workbook of Excel 97 to 2003 (.xls).
	ErrOldFormat = errors.New("the workbook is in the old binary format")
	// ErrNotWorkbook is bytes that are no workbook at all.
	ErrNotWorkbook = errors.New("this is no workbook")
	// ErrBroken is a workbook with a part that is missing or damaged.
	ErrBroken = errors.New("the workbook is broken")
	// ErrTooLarge is a workbook with a part that unpacks to more than is read,
	// as a zip bomb does; it comes as a *LimitError.
	ErrTooLarge = errors.New("a part of the workbook unpacks to too much")
)

// LimitError says which limit a part went over.
type LimitError struct {
	Part string
	// Limit in Unit, such as bytes.
	Limit int64
	Unit  string
}

// Error is error's.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s holds more than %d %s", e.Part, e.Limit, e.Unit)
}

// Unwrap returns ErrTooLarge.
func (e *LimitError) Unwrap() error { return ErrTooLarge }

// What is read at most, in bytes when unpacked.
const (
	maxPart    = 4 << 30
	maxStrings = 256 << 20
	maxSmall   = 64 << 20
)

// Book is an opened workbook. Its sheets are read one at a time, by one
// goroutine.
type Book struct {
	parts   map[string]*zip.File
	sheets  []Sheet
	targets []string // the part of each sheet
	shared  string   // the part of shared texts, empty when there is none
	texts   *texts
	styles  styles
	leap    bool // the calendar of 1904
}

// Sheet is one sheet of cells, in the order of the workbook.
type Sheet struct {
	Name string
	// Hidden sheets mostly hold lists that the visible ones choose from.
	Hidden bool
}

// Open reads a workbook's directory, the names of its sheets and its styles.
// The error is one of this package's, wrapped, or the reader's own.
func Open(in io.ReaderAt, size int64) (*Book, error) {
	if err := recognise(in, size); err != nil {
		return nil, err
	}
	// A section answers a place outside of the file as its end, where a file
	// would answer as a failing disk does.
	archive, err := zip.NewReader(io.NewSectionReader(in, 0, size), size)
	if err != nil {
		return nil, broken("the archive", err)
	}
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader)
	b := &Book{parts: make(map[string]*zip.File, len(archive.File))}
	for _, f := range archive.File {
		b.parts[partName(f.Name)] = f
	}
	return b, b.open()
}

// Sheets returns the workbook's sheets of cells; charts are not among them.
func (b *Book) Sheets() []Sheet { return b.sheets }

// partName is the form that names are compared in: some programs write
// backslashes, other cases, or a leading slash.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/"))
}

// part opens a part; what it gives is bounded by most.
func (b *Book) part(name string, most int64) (*part, error) {
	f := b.parts[partName(name)]
	if f == nil {
		return nil, fmt.Errorf("%w: part %s is missing", ErrBroken, name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, broken(name, err)
	}
	return &part{in: in, name: name, most: most, left: most}, nil
}

// part is one opened part of the archive.
type part struct {
	in   io.ReadCloser
	name string
	most int64
	left int64
}

// Read is io.Reader's; damage of the archive is ErrBroken.
func (p *part) Read(buf []byte) (int, error) {
	n, err := p.in.Read(buf)
	if p.left -= int64(n); p.left < 0 {
		return 0, &LimitError{p.name, p.most, "bytes"}
	}
	if err != nil && err != io.EOF {
		err = broken(p.name, err)
	}
	return n, err
}

// broken tells bytes that are damaged from a disk that fails, whose error
// stays as it is: reading may work another time.
func broken(name string, err error) error {
	var disk *fs.PathError
	if errors.As(err, &disk) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrBroken, name, err)
}

func (p *part) close() error { return p.in.Close() }

// oleMagic begins every compound file (MS-CFB).
var oleMagic = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// recognise tells what the bytes are by their beginning, and of a compound
// file by the names of its streams, which stand in UTF-16.
func recognise(in io.ReaderAt, size int64) error {
	head := make([]byte, min(size, 1<<20))
	n, err := in.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return nil
	case !bytes.HasPrefix(head, oleMagic):
		return ErrNotWorkbook
	}
	tail := make([]byte, min(size, 1<<20))
	n, err = in.ReadAt(tail, size-int64(len(tail)))
	if err != nil && err != io.EOF {
		return err
	}
	tail = tail[:n]
	for _, stream := range []struct {
		name string
		err  error
	}{{"EncryptedPackage", ErrPassword}, {"Workbook", ErrOldFormat}, {"Book", ErrOldFormat}} {
		name := wide(stream.name)
		if bytes.Contains(head, name) || bytes.Contains(tail, name) {
			return stream.err
		}
	}
	return ErrNotWorkbook
}

func wide(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for _, c := range []byte(s) {
		out = append(out, c, 0)
	}
	return out
}
