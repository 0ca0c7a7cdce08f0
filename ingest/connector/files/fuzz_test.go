package files

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"math/big"
	"slices"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/page"
)

// FuzzSplit holds the splitter against encoding/csv: what that reads without
// an error, the splitter reads alike, whatever pieces the bytes come in.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\nb\",\"c\"\"d\"\r\n", ",,\n\n\"\"", "甲,\"乙\"\n", "\"", "a\"b,c\n", "\"a\"b,c\nd\n", "x\r\ny"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := csv.NewReader(bytes.NewReader(text))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		got := splitAll(t, text)
		// encoding/csv turns \r\n within quotes into \n and drops a \r at the
		// end, so inputs with \r are not compared.
		if err == nil && bytes.IndexByte(text, '\r') < 0 {
			if d := cmp.Diff(append([][]string{}, want...), got); d != "" {
				t.Errorf("%q (- encoding/csv, + splitter):\n%s", text, d)
			}
		}
	})
}

// splitAll cuts text as csvFile does and checks that every byte is passed
// over once.
func splitAll(t *testing.T, text []byte) [][]string {
	out := [][]string{}
	s := splitter{delimiter: ',', quote: '"', eol: '\n'}
	for rest := text; len(rest) > 0; {
		n, v := s.next(rest, true)
		if n <= 0 || n > len(rest) || v == short {
			t.Fatalf("%q: cut %d of %d bytes, verdict %d", rest, n, len(rest), v)
		}
		if m, v := s.next(rest[:n/2], false); v != short && v != open && m > n {
			t.Fatalf("%q: half of it gives more", rest)
		}
		n, v = s.next(rest, true)
		if v == complete && !blank(rest[:n], &s) {
			var row []string
			for _, f := range s.fields {
				row = append(row, string(f.value))
			}
			out = append(out, row)
		}
		rest = rest[n:]
	}
	return out
}

// FuzzFile reads any bytes as any format: never a panic, every page consistent
// (connectortest checks that), and from the first mark the rest.
func FuzzFile(f *testing.F) {
	f.Add(workbookOf(f, sheetText{"一", [][]any{{"a", "b"}, {1, "x"}}, nil}), uint8(3))
	for i, s := range []string{"a,b\n1,2\n\"", `{"a":1}` + "\n{", `[{"a":[1,{}]},2`, "PK\x03\x04", "\xff\xfea\x00\n\x00", "\x1f\x8b\x08", "a\n\x81\x30\x81\x30\xff\n"} {
		f.Add([]byte(s), uint8(i))
	}
	f.Add(zip([]byte("a,b\n1,2\n")), uint8(4))
	f.Add([]byte(`<a n="2"><r x="1"><b>2</b><b/><c><d>e</d></c></r><r><b>&lt;<![CDATA[</r>]]></b></r><r>`), uint8(7))
	f.Add([]byte("<a><<r><r x='<r><"), uint8(7))
	names := []string{"x.csv", "x.jsonl", "x.json", "x.xlsx", "x.csv.gz", "x", "x.tsv", "x.xml"}
	f.Fuzz(func(t *testing.T, text []byte, kind uint8) {
		root := t.TempDir()
		write(t, root, names[int(kind)%len(names)], text)
		connectortest.Read(t, New, define(t, root, "append", "path: '*', records: r"), &connectortest.Keeper{})
	})
}

// FuzzXML holds the cutter against encoding/xml: the elements that the library
// sees in a well-formed document of records are those that are cut out of it,
// though the bytes come one by one.
func FuzzXML(f *testing.F) {
	for _, s := range []string{`<a><r>1</r><r x=">"/></a>`, `<a><!-- <r> --><p:r xmlns:p="u"><![CDATA[</r>]]></p:r><b><r/></b></a>`, `<r>1</r>`, `<a><rr/><r ></r ></a>`, `<?pi <r>?><a><r><s/></r></a>`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, ok := elements(text, "r")
		if !ok || !utf8.Valid(text) {
			return
		}
		var got []string
		c := xmlCutter{scan: xmlScan{name: []byte("r")}, w: newWindow(iotest.OneByteReader(bytes.NewReader(text)), 0)}
		for {
			p, err := c.next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			switch p.kind {
			case pieceEnd:
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%q (- encoding/xml, + cutter):\n%s", text, d)
				}
				return
			case pieceRecord:
				got = append(got, string(text[p.start:p.end]))
			case pieceStray: // text beside records, or what can't be told from one
			case pieceBroken:
				if p.why != xmlMerged {
					t.Fatalf("%q: %s", text, p.why.Code)
				}
				got = append(got, string(text[p.start:p.end]))
			default:
				t.Fatalf("%q: a piece of kind %d", text, p.kind)
			}
			c.w.drop(int(p.end - c.w.offset))
		}
	})
}

// elements are the elements of a name in a well-formed document, as bytes; ok
// is false for anything else, or when one holds another.
func elements(text []byte, name string) (out []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(text))
	start, depth := int64(-1), 0
	for {
		before := d.InputOffset()
		token, err := d.Token()
		if err == io.EOF {
			return out, start < 0 && depth == 0
		}
		if err != nil {
			return nil, false
		}
		switch e := token.(type) {
		case xml.Directive:
			return nil, false
		case xml.StartElement:
			if depth++; e.Name.Local == name {
				if start >= 0 {
					return nil, false
				}
				start = before
			}
		case xml.EndElement:
			if depth--; e.Name.Local == name {
				out = append(out, string(text[start:d.InputOffset()]))
				start = -1
			}
		}
	}
}

// FuzzJSON holds the fast scanner against jsonrow: what it takes, jsonrow
// takes with the same values.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":-0.10e3,"c":"\u00e9\n","d":[{"x":1}],"e":null}`, `{"a":12345678901234567890}`, `{"a":0.1,"a":2}`, `{"":1}`, ` {"a" : true , "b":1E400} `, `{"a":"\ud800"}`, `{"a":-0}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return // the caller lets none through
		}
		fast, slow := page.NewBuilder(), page.NewBuilder()
		var s jsonScanner
		s.begin(fast)
		ok := s.object(text)
		err := jsonrow.New().Append(slow, text)
		if ok != (err == nil) {
			t.Fatalf("%q: the scanner says %v, jsonrow %v", text, ok, err)
		}
		if !ok {
			return
		}
		fast.End(page.Upsert, 1, 0)
		slow.End(page.Upsert, 1, 0)
		a, b := connectortest.Items(t, fast)[0], connectortest.Items(t, slow)[0]
		for name, v := range a.Values {
			if w := b.Values[name]; v != w && !sameNumber(v, w) {
				t.Errorf("%q: field %q is %q, of jsonrow %q", text, name, v, w)
			}
		}
		if len(a.Values) != len(b.Values) {
			t.Errorf("%q: %d values, of jsonrow %d", text, len(a.Values), len(b.Values))
		}
	})
}

func sameNumber(a, b string) bool {
	if !json.Valid([]byte(a)) || !json.Valid([]byte(b)) || len(a) > 60 || len(b) > 60 {
		return false
	}
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok1 && ok2 && x.Cmp(y) == 0
}

// FuzzEncoding checks the decoders against whole-text decoding, the detection
// against a panic, and that broken bytes are found.
func FuzzEncoding(f *testing.F) {
	f.Add([]byte("甲乙丙"))
	f.Add([]byte{0xb1, 0xfb, 0xff, 0x81, 0x30, 0x81, 0x30})
	f.Add([]byte{0x00, 0xd8, 0x41})
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, enc := range []encoding{utf8Enc, gb18030, latin1} {
			out, bad := newDecoder(enc).appendUTF8(nil, text)
			if bad >= len(text) && bad >= 0 || bad < 0 && !utf8.Valid(out) {
				t.Errorf("%s of %x: bad at %d, result %q", enc, text, bad, out)
			}
			if enc == gb18030 && bad < 0 {
				back, err := simplifiedchinese.GB18030.NewEncoder().Bytes(out)
				if err == nil && !bytes.Equal(back, text) && !slices.Contains(text, 0x80) && len(back) == len(text) {
					t.Logf("%x comes back as %x: two codes for one character", text, back)
				}
			}
		}
		wide, err := io.ReadAll(newWideReader(bytes.NewReader(text), utf16le))
		if err != nil || len(text)%2 == 1 && utf8.Valid(wide) {
			t.Errorf("UTF-16 of %x: %q, %v", text, wide, err)
		}
		if enc, err := detect(bytes.NewReader(text)); err != nil || enc != utf8Enc && enc != gb18030 || utf8.Valid(text) && enc != utf8Enc {
			t.Errorf("%x is %q, %v", text, enc, err)
		}
	})
}
