package drawing

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// fontsOf reads the fonts of a file, those of a collection in their order. The
// reader refuses tables that do not begin at a multiple of four bytes, as
// OpenType has it ("Organization of an OpenType Font", 1.9.1) and as many fonts
// don't, WenQuanYi's among them; such a font is set in order first. It fails
// with the first font's error when none can be read.
func fontsOf(raw []byte) (out []*sfnt.Font, err error) {
	collection, err := opentype.ParseCollection(raw)
	if err != nil {
		return nil, err
	}
	var first error
	for i := range collection.NumFonts() {
		f, err := collection.Font(i)
		if err != nil {
			f, err = inOrder(raw, i)
		}
		if err == nil {
			out = append(out, f)
		} else if first == nil {
			first = err
		}
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}

// inOrder reads the font of a number once its tables are aligned.
func inOrder(raw []byte, number int) (*sfnt.Font, error) {
	offsets, err := offsetsOf(raw)
	if err != nil {
		return nil, err
	}
	if number >= len(offsets) {
		return nil, errNoFont
	}
	ordered, err := aligned(raw, offsets[number])
	if err != nil {
		return nil, err
	}
	return opentype.Parse(ordered)
}

var errNoFont = errors.New("it is no TTF, OTF or TTC file, or was cut off")

// mostFonts bounds the fonts that a collection is believed to hold.
const mostFonts = 256

// offsetsOf finds where the fonts of a file begin.
func offsetsOf(raw []byte) ([]int, error) {
	if len(raw) < 12 {
		return nil, errNoFont
	}
	if string(raw[:4]) != "ttcf" {
		return []int{0}, nil
	}
	n := int(binary.BigEndian.Uint32(raw[8:]))
	if n == 0 || n > mostFonts || len(raw) < 12+4*n {
		return nil, errNoFont
	}
	out := make([]int, n)
	for i := range out {
		out[i] = int(binary.BigEndian.Uint32(raw[12+4*i:]))
	}
	return out, nil
}

const (
	headerSize = 12
	recordSize = 16
)

// aligned is the font at an offset as a file of its own, each table at a
// multiple of four bytes.
func aligned(raw []byte, at int) ([]byte, error) {
	if at < 0 || len(raw) < headerSize || at > len(raw)-headerSize {
		return nil, errNoFont
	}
	tables := int(binary.BigEndian.Uint16(raw[at+4:]))
	head := headerSize + recordSize*tables
	if at > len(raw)-head {
		return nil, errNoFont
	}
	out := slices.Clone(raw[at : at+head])
	for i := range tables {
		record := out[headerSize+recordSize*i:]
		from, size := uint64(binary.BigEndian.Uint32(record[8:])), uint64(binary.BigEndian.Uint32(record[12:]))
		// Tables of one font share no bytes, so that all together are no
		// longer than the file.
		if from+size > uint64(len(raw)) || uint64(len(out))+size > uint64(len(raw)+4*tables+head) {
			return nil, errNoFont
		}
		binary.BigEndian.PutUint32(record[8:], uint32(len(out))) //nolint:gosec // no longer than a file of tables that 32 bits reach
		out = append(out, raw[from:from+size]...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	return out, nil
}
