// Package jsonrow sets the fields of one JSON object as the values of one
// record. Every connector whose records are JSON goes through it, so that a
// record has the same types and the same reasons of refusal wherever it came
// from.
//
// What a value becomes: a string Text, an integer of 64 bits Int, a number
// that a double holds exactly as written Float, true and false Bool, an
// object or a list JSON as it stands. A number that neither holds stays its
// own literal, as JSON. Null has no value, but its field is there.
package jsonrow

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/ingest/page"
)

// Decoder decodes records one after another and uses its memory again. It is
// used by one goroutine.
type Decoder struct {
	tokens *jsontext.Decoder
	input  bytes.Buffer
	// names holds the fields of the last record by their position, which
	// most often are those of the next one: a name is allocated once.
	names  []string
	values []value
}

// value is one field of the record at hand, before anything reaches the page:
// a record that breaks in the middle leaves nothing behind.
type value struct {
	name string
	raw  []byte // the value as it stands
}

// New returns a decoder.
func New() *Decoder {
	d := &Decoder{}
	d.tokens = jsontext.NewDecoder(&d.input)
	return d
}

// Append sets the values of one JSON object; the caller ends the record. Raw
// must stay unchanged until it returns, and is not kept. On an error, which is
// always one of this package's faults with no place, no value is set.
func (d *Decoder) Append(b *page.Builder, raw []byte) error {
	d.values = d.values[:0]
	d.input = *bytes.NewBuffer(raw)
	d.tokens.Reset(&d.input)
	if err := d.object(raw); err != nil {
		return err
	}
	for i := range d.values {
		if err := set(b, &d.values[i]); err != nil {
			b.Undo()
			return err
		}
	}
	return nil
}

func (d *Decoder) object(raw []byte) error {
	if kind := d.tokens.PeekKind(); kind != jsontext.KindBeginObject {
		// Reading tells what is no object from what is no JSON at all.
		if _, err := d.tokens.ReadValue(); err != nil {
			return explain(err)
		}
		return NotObject.At("", "kind", kindName(kind), "kind_zh", kindNameZH(kind))
	}
	if _, err := d.tokens.ReadToken(); err != nil {
		return explain(err)
	}
	for d.tokens.PeekKind() != jsontext.KindEndObject {
		name, err := d.tokens.ReadValue()
		if err != nil {
			return explain(err)
		}
		field, err := d.name(len(d.values), name)
		if err != nil {
			return err
		}
		v, err := d.tokens.ReadValue()
		if err != nil {
			return explain(err)
		}
		// The token's bytes are lent until the next read; raw's own stay.
		end := d.tokens.InputOffset()
		d.values = append(d.values, value{field, raw[end-int64(len(v)) : end]})
	}
	if _, err := d.tokens.ReadToken(); err != nil {
		return explain(err)
	}
	if _, err := d.tokens.ReadToken(); !errors.Is(err, io.EOF) {
		return TwoValues.At("")
	}
	return nil
}

// name returns the field name at a position of the record.
func (d *Decoder) name(at int, quoted []byte) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		text, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			return "", explain(err)
		}
		inner = text
	}
	if len(inner) == 0 || inner[0] < ' ' {
		return "", FieldName.At("", "name", strconv.Quote(string(inner)))
	}
	for len(d.names) <= at {
		d.names = append(d.names, "")
	}
	if d.names[at] != string(inner) {
		d.names[at] = string(inner)
	}
	return d.names[at], nil
}

func set(b *page.Builder, v *value) error {
	switch v.raw[0] {
	case 'n':
		b.Column(v.name, page.Text)
	case 't', 'f':
		b.Bool(b.Column(v.name, page.Bool), v.raw[0] == 't')
	case '"':
		return setText(b, v)
	case '{', '[':
		b.JSON(b.Column(v.name, page.JSON), v.raw)
	default:
		setNumber(b, v)
	}
	return nil
}

func setText(b *page.Builder, v *value) error {
	inner := v.raw[1 : len(v.raw)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		var err error
		if inner, err = jsontext.AppendUnquote(nil, v.raw); err != nil {
			return explain(err)
		}
	}
	b.Text(b.Column(v.name, page.Text), inner)
	return nil
}

// exactDigits is how many significant decimal digits every double gives back
// as they were written (DBL_DIG of ISO C).
const exactDigits = 15

func setNumber(b *page.Builder, v *value) {
	if n, ok := integer(v.raw); ok {
		b.Int(b.Column(v.name, page.Int), n)
		return
	}
	if digits(v.raw) <= exactDigits {
		f, err := strconv.ParseFloat(string(v.raw), 64)
		if err == nil && (f == 0) == zero(v.raw) && (f == 0 || math.Abs(f) >= smallestNormal) {
			b.Float(b.Column(v.name, page.Float), f)
			return
		}
	}
	b.JSON(b.Column(v.name, page.JSON), v.raw)
}

// smallestNormal is the least double of full precision (IEEE 754 binary64).
const smallestNormal = 0x1p-1022

// integer reads an integer literal of 64 bits.
func integer(raw []byte) (int64, bool) {
	const most = len("-9223372036854775808")
	if len(raw) > most {
		return 0, false
	}
	n, negative := uint64(0), raw[0] == '-'
	for i, c := range raw {
		if i == 0 && negative {
			continue
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		if n > (math.MaxUint64-9)/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	switch {
	case negative && n <= 1<<63:
		return -int64(n), true // -(1<<63) wraps to itself
	case !negative && n < 1<<63:
		return int64(n), true
	}
	return 0, false
}

// digits counts the significant digits of a number's literal.
func digits(raw []byte) int {
	n, trailing, begun := 0, 0, false
	for _, c := range raw {
		if c == 'e' || c == 'E' {
			break
		}
		if c < '0' || c > '9' || !begun && c == '0' {
			continue
		}
		begun = true
		n++
		if trailing++; c != '0' {
			trailing = 0
		}
	}
	return n - trailing
}

func zero(raw []byte) bool { return digits(raw) == 0 }
