package files

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// encoding is how a file writes text.
type encoding string

const (
	// auto is not found out yet: all bytes so far were ASCII.
	auto    encoding = ""
	utf8Enc encoding = "utf-8"
	gb18030 encoding = "gb18030"
	latin1  encoding = "latin-1"
	utf16le encoding = "utf-16le"
	utf16be encoding = "utf-16be"
	utf16En encoding = "utf-16" // by its byte order mark, else little endian
)

func parseEncoding(s string) (encoding, bool) {
	switch s {
	case "auto":
		return auto, true
	case "gbk", "gb2312", "GB18030", "GBK":
		return gb18030, true
	case "UTF-8", "utf8":
		return utf8Enc, true
	case string(utf8Enc), string(gb18030), string(latin1), string(utf16En), string(utf16le), string(utf16be):
		return encoding(s), true
	}
	return auto, false
}

// byteOrderMark returns the encoding that a file's first bytes declare and how
// long the mark is.
func byteOrderMark(head []byte) (encoding, int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Enc, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16le, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16be, 2
	case bytes.HasPrefix(head, []byte("\x84\x31\x95\x33")):
		return gb18030, 4
	}
	return auto, 0
}

// enough is how many lines with other than ASCII bytes decide an encoding.
const enough = 500

// detect tells UTF-8 from GB18030 by the lines that hold other than ASCII
// bytes: it is the one in which more of them are valid. Text in UTF-8 with a
// few broken lines is still UTF-8, since text in GB18030 is hardly ever valid
// UTF-8, and text in UTF-8 about every second time valid GB18030.
func detect(r io.Reader) (encoding, error) {
	buf := make([]byte, 64<<10)
	lines, valid, wide, have := 0, 0, 0, 0
	other := newDecoder(gb18030)
	for lines < enough {
		n, err := io.ReadFull(r, buf[have:])
		have += n
		rest := buf[:have]
		for len(rest) > 0 && lines < enough {
			at := bytes.IndexByte(rest, '\n')
			if at < 0 && err == nil && len(rest) < len(buf) {
				break
			}
			line := rest
			if at >= 0 {
				line = rest[:at]
			}
			rest = rest[min(len(line)+1, len(rest)):]
			if !ascii(line) {
				lines++
				if utf8.Valid(whole(line, at < 0 && err == nil)) {
					valid++
				}
				if _, bad := other.appendUTF8(nil, line); bad < 0 {
					wide++
				}
			}
		}
		have = copy(buf, rest)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return auto, err
		}
	}
	if valid*10 >= lines*9 || valid > wide {
		return utf8Enc, nil
	}
	return gb18030, nil
}

// whole cuts a character at the end of a piece that goes on elsewhere.
func whole(line []byte, cut bool) []byte {
	if !cut {
		return line
	}
	for i := 1; i <= min(utf8.UTFMax, len(line)); i++ {
		if c := line[len(line)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf {
				return line[:len(line)-i]
			}
			break
		}
	}
	return line
}

// ascii reports whether every byte is below 0x80.
func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decoder turns the bytes of one encoding into UTF-8.
type decoder struct {
	from encoding
	text transform.Transformer
}

func newDecoder(from encoding) *decoder {
	d := &decoder{from: from}
	switch from {
	case gb18030:
		d.text = simplifiedchinese.GB18030.NewDecoder().Transformer
	case latin1:
		d.text = charmap.ISO8859_1.NewDecoder().Transformer
	}
	return d
}

// appendUTF8 appends src as UTF-8. It returns the offset of the first byte
// that is not valid, -1 when all are.
func (d *decoder) appendUTF8(dst, src []byte) ([]byte, int) {
	if d.text == nil {
		if !utf8.Valid(src) {
			return dst, firstInvalid(src)
		}
		return append(dst, src...), -1
	}
	start := len(dst)
	if need := 3*len(src) + 16; cap(dst)-start < need {
		dst = append(make([]byte, 0, 2*(start+need)), dst...)
	}
	d.text.Reset()
	n, _, err := d.text.Transform(dst[start:cap(dst)], src, true)
	dst = dst[:start+n]
	if d.from == gb18030 && (err != nil || bytes.Contains(dst[start:], []byte("\uFFFD"))) {
		return dst, firstInvalidGB(src)
	}
	return dst, -1
}

func firstInvalid(src []byte) int {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

// replacement is how GB18030 writes U+FFFD itself.
var replacement = []byte{0x84, 0x31, 0xa4, 0x37}

func firstInvalidGB(src []byte) int {
	text := simplifiedchinese.GB18030.NewDecoder().Transformer
	var out [16]byte
	for i := 0; i < len(src); {
		n := charLen(src[i:])
		text.Reset()
		got, _, err := text.Transform(out[:], src[i:i+n], true)
		if !bytes.Equal(src[i:i+n], replacement) && (err != nil || bytes.Contains(out[:got], []byte("\uFFFD"))) {
			return i
		}
		i += n
	}
	return -1
}

// charLen is the length of the GB18030 character (GB 18030-2022) that begins
// here: one byte, two, or four when the second is a digit.
func charLen(b []byte) int {
	switch {
	case b[0] < 0x81 || b[0] == 0xff || len(b) < 2 || b[1] < 0x30:
		return 1
	case b[1] >= 0x40 && b[1] != 0x7f && b[1] != 0xff:
		return 2
	case b[1] <= 0x39 && len(b) >= 4 && b[2] >= 0x81 && b[2] != 0xff && b[3] >= 0x30 && b[3] <= 0x39:
		return 4
	}
	return 1
}

// encode writes a name as text of this encoding has it; UTF-16 is read as
// UTF-8. A name that it can't write stands in no such text.
func (e encoding) encode(name string) []byte {
	switch e {
	case gb18030:
		out, _ := simplifiedchinese.GB18030.NewEncoder().String(name) // it writes all of Unicode
		return []byte(out)
	case latin1:
		if out, err := charmap.ISO8859_1.NewEncoder().String(name); err == nil {
			return []byte(out)
		}
	}
	return []byte(name)
}

// wideReader turns UTF-16 into UTF-8. A surrogate without its partner, or half
// a unit at the end, becomes bytes that are not valid UTF-8, so that the
// record is found broken as any other.
type wideReader struct {
	in    io.Reader
	order binary.ByteOrder
	raw   []byte
	have  int
	out   []byte
	err   error
}

func newWideReader(in io.Reader, from encoding) *wideReader {
	w := &wideReader{in: in, order: binary.LittleEndian, raw: make([]byte, 64<<10)}
	if from == utf16be {
		w.order = binary.BigEndian
	}
	return w
}

// Read is io.Reader's.
func (w *wideReader) Read(p []byte) (int, error) {
	for len(w.out) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		var n int
		n, w.err = w.in.Read(w.raw[w.have:])
		w.have += n
		w.convert()
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

func (w *wideReader) convert() {
	out, i := w.out[:0], 0
	for ; i+2 <= w.have; i += 2 {
		r := rune(w.order.Uint16(w.raw[i:]))
		if utf16.IsSurrogate(r) {
			if i+4 > w.have && w.err == nil {
				break
			}
			pair := rune(utf8.RuneError)
			if i+4 <= w.have {
				pair = utf16.DecodeRune(r, rune(w.order.Uint16(w.raw[i+2:])))
			}
			if pair == utf8.RuneError {
				out = append(out, 0xed, 0xa0|byte(r>>6)&0x1f, 0x80|byte(r)&0x3f)
				continue
			}
			r = pair
			i += 2
		}
		out = utf8.AppendRune(out, r)
	}
	w.have = copy(w.raw, w.raw[i:w.have])
	if w.err != nil && w.have > 0 {
		out, w.have = append(out, 0xff), 0
	}
	w.out = out
}
