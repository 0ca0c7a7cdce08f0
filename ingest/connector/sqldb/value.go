package sqldb

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/ingest/page"
)

func parseInt(text []byte) (int64, bool) {
	v, err := strconv.ParseInt(string(text), 10, 64)
	return v, err == nil
}

func parseFloat(text []byte) (float64, bool) {
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil
}

func parseBool(text []byte) (value, ok bool) {
	switch string(text) {
	case "t", "true", "1":
		return true, true
	case "f", "false", "0":
		return false, true
	}
	return false, false
}

// parseTime reads date and time with a fraction of at most six digits, and a
// zone of UTC or none.
func parseTime(text []byte) (time.Time, bool) {
	s := string(text)
	if n := len(s); n > 3 && s[n-3:] == "+00" {
		s = s[:n-3]
	}
	t, err := time.Parse("2006-01-02 15:04:05", s)
	return t, err == nil && t.Nanosecond()%1000 == 0
}

// setText sets text; what is not UTF-8 can only stay binary.
func setText(b *page.Builder, col int, text []byte) {
	if utf8.Valid(text) {
		b.Text(col, text)
	} else {
		b.Bytes(col, text)
	}
}

func setJSON(b *page.Builder, col int, text []byte) bool {
	if !jsontext.Value(text).IsValid() {
		return false
	}
	b.JSON(col, text)
	return true
}

// object writes a row as JSON, for a record that is too large for a page:
// texts as they are, binary in base64.
func object(columns []column, cells []cell) []byte {
	out := []byte{'{'}
	for i, c := range cells {
		if i > 0 {
			out = append(out, ',')
		}
		out = quoteJSON(out, []byte(columns[i].name))
		out = append(out, ':')
		switch {
		case c.text == nil:
			out = append(out, "null"...)
		case c.kind == page.Bytes || !utf8.Valid(c.text):
			out = append(out, '"')
			out = base64.StdEncoding.AppendEncode(out, c.text)
			out = append(out, '"')
		default:
			out = quoteJSON(out, c.text)
		}
	}
	return append(out, '}')
}

func quoteJSON(dst, text []byte) []byte {
	out, err := jsontext.AppendQuote(dst, string(text))
	if err != nil { // invalid UTF-8 alone, which a name might be
		return append(dst, strconv.QuoteToASCII(string(text))...)
	}
	return out
}
