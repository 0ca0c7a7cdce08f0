package normalise

import (
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/ingest/page"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// writer fills the columns of one attribute, record by record.
type writer interface {
	write(i int)
	arrays() []arrow.Array
}

// Attributes that hold a check, and the credit code whose check it is; an
// identity number is known by its tag.
const (
	creditCode      = "credit_code"
	creditCodeValid = "credit_code_valid"
	identityValid   = "identity_valid"
)

func (r *room) writerOf(a *attribute, b *page.Batch, n int) writer {
	if a.point != nil {
		return newPointWriter(r, a, b, n)
	}
	v := r.bind(a.value, b)
	if a.of.Tag != entity.Plain {
		return newPersonalWriter(v, a.of, n)
	}
	switch a.of.Kind {
	case entity.Int:
		return &intWriter{v, newLongs(n)}
	case entity.Decimal:
		return &decimalWriter{v, decimals{*newLongs(n)}}
	case entity.Bool:
		return &boolWriter{v, newFlags(n)}
	case entity.Day:
		return &dayWriter{v, newDays(n)}
	case entity.Instant:
		return &instantWriter{v, newLongs(n), newDays(n)}
	}
	if a.of.Name == creditCode {
		return &codeWriter{textWriter{v, newTexts(n, 18)}, newFlags(n)}
	}
	return &textWriter{v, newTexts(n, 16)}
}

// textWriter fills a Text or Category.
type textWriter struct {
	*bound
	out *texts
}

func (w *textWriter) write(i int) {
	text, out := w.text(i)
	if out != good {
		w.room.refuse(i, w.bound, out)
		w.out.null()
		return
	}
	w.out.data = appendClean(w.out.data, text, false)
	w.out.end()
}

func (w *textWriter) arrays() []arrow.Array { return []arrow.Array{w.out.array(arrowTypes["VARCHAR"])} }

// appendClean appends text without control characters, line breaks and tabs
// as spaces unless lines is true, and with what is no UTF-8 as U+FFFD.
func appendClean(dst, text []byte, lines bool) []byte {
	if cleanText(text) {
		return append(dst, text...)
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			if lines && r != '\r' {
				dst = append(dst, byte(r))
			} else if !lines {
				dst = append(dst, ' ')
			}
		case r < ' ' || r == 0x7f:
		default:
			dst = utf8.AppendRune(dst, r)
		}
		i += size
	}
	return dst
}

// cleanText reports whether appendClean would change nothing.
func cleanText(text []byte) bool {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c < 0x80:
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
		case c >= 0xe3 && c <= 0xe9 && i+2 < len(text) && text[i+1]&0xc0 == 0x80 && text[i+2]&0xc0 == 0x80:
			i += 3
		default:
			r, size := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && size == 1 {
				return false
			}
			i += size
		}
	}
	return true
}

// codeWriter fills a credit code and whether it can be one.
type codeWriter struct {
	textWriter
	valid *flags
}

func (w *codeWriter) write(i int) {
	text, out := w.text(i)
	if out != good {
		w.room.refuse(i, w.bound, out)
		w.out.null()
		w.valid.null()
		return
	}
	start := len(w.out.data)
	w.out.data = appendCode(w.out.data, text)
	code := w.out.data[start:]
	if !utf8.Valid(code) {
		w.out.data = appendClean(w.out.data[:start], append([]byte(nil), code...), false)
	}
	w.valid.add(creditCodeCheck(w.out.data[start:]))
	w.out.end()
}

// intWriter fills an Int.
type intWriter struct {
	*bound
	out *longs
}

func (w *intWriter) write(i int) {
	if col := w.native(i); col != nil && col.Kind() == page.Int {
		w.out.add(col.Int(i))
		return
	}
	text, out := w.text(i)
	var v int64
	if out == good {
		v, out = parseInt(text)
	}
	if out != good {
		w.room.refuse(i, w.bound, out)
		w.out.null()
		return
	}
	w.out.add(v)
}

func (w *intWriter) arrays() []arrow.Array { return []arrow.Array{w.out.array(arrowTypes["BIGINT"])} }

// decimalWriter fills a Decimal.
type decimalWriter struct {
	*bound
	out decimals
}

func (w *decimalWriter) write(i int) {
	text, out := w.text(i)
	var v int64
	if out == good {
		v, out = parseDecimal(percentless(text, w.scale), w.scale)
	}
	if out != good {
		w.room.refuse(i, w.bound, out)
		w.out.null()
		return
	}
	w.out.add(v)
}

// percentless cuts a percent sign off a number in percent.
func percentless(text []byte, s scale) []byte {
	if n := len(text); n > 1 && text[n-1] == '%' && s == (scale{}) {
		return text[:n-1]
	}
	return text
}

func (w *decimalWriter) arrays() []arrow.Array {
	return []arrow.Array{w.out.array(arrowTypes["DECIMAL(18,6)"])}
}

// boolWriter fills a Bool.
type boolWriter struct {
	*bound
	out *flags
}

func (w *boolWriter) write(i int) {
	if col := w.native(i); col != nil && col.Kind() == page.Bool {
		w.out.add(col.Bool(i))
		return
	}
	text, out := w.text(i)
	var v bool
	if out == good {
		v, out = parseBool(text)
	}
	if out != good {
		w.room.refuse(i, w.bound, out)
		w.out.null()
		return
	}
	w.out.add(v)
}

func (w *boolWriter) arrays() []arrow.Array { return []arrow.Array{w.out.array(arrowTypes["BOOLEAN"])} }

// dayWriter fills a Day: the site's day of a moment, else the day as given.
type dayWriter struct {
	*bound
	out *days
}

func (w *dayWriter) write(i int) {
	m, out := w.room.moment(w.bound, i)
	switch {
	case out != good:
		w.room.refuse(i, w.bound, out)
		w.out.null()
	case m.zoned:
		w.out.add(w.room.site.day(m.utc(w.clock)))
	default:
		w.out.add(int32(m.day))
	}
}

func (w *dayWriter) arrays() []arrow.Array { return []arrow.Array{w.out.array(arrowTypes["DATE"])} }

// instantWriter fills an Instant's moment and local day.
type instantWriter struct {
	*bound
	at *longs
	on *days
}

func (w *instantWriter) write(i int) {
	m, out := w.room.moment(w.bound, i)
	switch {
	case out != good:
		w.room.refuse(i, w.bound, out)
		w.at.null()
		w.on.null()
	case m.hasClock:
		utc := m.utc(w.clock)
		w.at.add(utc)
		w.on.add(w.room.site.day(utc))
	default:
		w.at.null()
		w.on.add(int32(m.day))
	}
}

func (w *instantWriter) arrays() []arrow.Array {
	return []arrow.Array{w.at.array(arrowTypes["TIMESTAMP"]), w.on.array(arrowTypes["DATE"])}
}

// personalWriter fills the pseudonym and the mask of a personal attribute and
// keeps the value itself for sealing.
type personalWriter struct {
	*bound
	of          *entity.Attribute
	token, mask *texts
	clear       *texts
	valid       *flags
	work        []byte
}

func newPersonalWriter(b *bound, of *entity.Attribute, n int) *personalWriter {
	width := 32
	if of.Tag == entity.FreeText {
		width = 256
	}
	return &personalWriter{bound: b, of: of, token: newTexts(n, 26), mask: newTexts(n, width), clear: b.room.own(n), valid: newFlags(n)}
}

func (w *personalWriter) write(i int) {
	text, out := w.text(i)
	if out != good {
		w.room.refuse(i, w.bound, out)
		w.token.null()
		w.mask.null()
		w.clear.null()
		w.valid.null()
		return
	}
	start := len(w.clear.data)
	w.clear.data = appendClean(w.clear.data, text, w.of.Tag == entity.FreeText)
	w.clear.end()
	clear := w.clear.data[start:]
	before := len(w.token.data)
	w.token.data, w.work = w.room.t.keeper.AppendToken(w.token.data, w.work, w.of.Tag, clear)
	if len(w.token.data) > before {
		w.token.end()
	} else {
		w.token.null()
	}
	w.mask.data = privacy.AppendMask(w.mask.data, w.of.Tag, clear)
	w.mask.end()
	w.valid.add(w.of.Tag == entity.IdentityNumber && privacy.IdentityValid(clear))
}

func (w *personalWriter) arrays() []arrow.Array {
	return []arrow.Array{w.token.array(arrowTypes["VARCHAR"]), w.mask.array(arrowTypes["VARCHAR"])}
}
