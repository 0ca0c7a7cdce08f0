package files

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
)

func gb(t testing.TB, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shown writes items short: a record as its values by name, a reject as
// !code@offset.
func shown(items []connectortest.Item) string {
	var out []string
	for _, it := range items {
		if it.Reject != "" {
			out = append(out, fmt.Sprintf("!%s@%d %q", it.Reject, it.Place.Offset, it.Raw))
			continue
		}
		out = append(out, fmt.Sprintf("%d@%d %v", it.Place.Row, it.Place.Offset, it.Values))
	}
	return strings.Join(out, "\n")
}

func TestBadInput(t *testing.T) {
	full := zip([]byte("a,b\n1,2\n3,4\n"))
	long := zip(bytes.Repeat([]byte("a,b\n"), 100000))
	ole := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 512)...)
	wide := func(s string) []byte {
		var out []byte
		for _, c := range []byte(s) {
			out = append(out, c, 0)
		}
		return out
	}
	for _, c := range []struct {
		name, file, read string
		text             []byte
		want             string
	}{
		{"too few columns", "x.csv", "", []byte("a,b\n1,2\n3\n5,6\n"), "1@4 map[a:1 b:2]\n3@10 map[a:5 b:6]\n!csv_too_few_columns@8 \"3\\n\""},
		{"too many columns", "x.csv", "", []byte("a,b\n1,2,3\n5,6"), "2@10 map[a:5 b:6]\n!csv_too_many_columns@4 \"1,2,3\\n\""},
		{"a lone quote costs its line", "x.csv", "", []byte("a,b\n\"1,2\n3,\"4\"\n5,6\n"), "2@9 map[a:3 b:4]\n3@15 map[a:5 b:6]\n!csv_unterminated_quote@4 \"\\\"1,2\\n\""},
		{"a quote open at the end", "x.csv", "", []byte("a,b\n1,2\n3,\"4\n5,6\n"), "1@4 map[a:1 b:2]\n3@13 map[a:5 b:6]\n!csv_unterminated_quote@8 \"3,\\\"4\\n\""},
		{"quotes within", "x.csv", "", []byte("a,b\n5\" pipe,\"he said \"hi\" to me\"\n\"x \"\"y\"\"\",\"\"\n"), "1@4 map[a:5\" pipe b:he said \"hi\" to me]\n2@33 map[a:x \"y\" b:]"},
		{"line break in quotes", "x.csv", "", []byte("a,b\r\n\"1\r\n2\",3\r\n"), "1@5 map[a:1\r\n2 b:3]"},
		{"empty values and blank lines", "x.csv", "", []byte("a,b\n\n,2\n\"\",\n"), "1@5 map[b:2]\n2@8 map[a:]"},
		{"names", "x.csv", "", []byte(" a,a,,a_2\n1,2,3,4"), "1@10 map[a:1 a_2:4 a_3:2 column_3:3]"},
		{"old line ends", "x.csv", "", []byte("a,b\r1,2\r3,4"), "1@4 map[a:1 b:2]\n2@8 map[a:3 b:4]"},
		{"no header", "x.csv", ", header: 0, columns: [a, b]", []byte("1,2\n"), "1@0 map[a:1 b:2]"},
		{"rows above the header", "x.csv", ", skip_rows: 1", []byte("标题 \"甲\na,b\n1,2\n"), "1@16 map[a:1 b:2]"},
		{"tab and pipe", "x.csv", ", delimiter: auto", []byte("a|b\n1|2\n"), "1@4 map[a:1 b:2]"},
		{"byte order mark", "x.csv", "", []byte("\xef\xbb\xbfa,b\n1,2\n"), "1@7 map[a:1 b:2]"},
		{"invalid UTF-8", "x.csv", ", encoding: utf-8", []byte("a,b\n甲,\xff\n乙,2\n"), "2@10 map[a:乙 b:2]\n!invalid_bytes@4 \"甲,\\xff\\n\""},
		{"one bad byte does not make it GB18030", "x.csv", "", []byte("a,b\n甲一,1\n甲二,1\n甲三,1\n甲四,1\n甲五,1\n甲六,1\n甲七,1\n甲八,1\n甲九,1\n\xff,2\n甲十,1\n"), ""},
		{"GB18030 found", "x.csv", "", gb(t, "姓名,住址\n张三,云溪街道\n"), "1@10 map[住址:云溪街道 姓名:张三]"},
		{"a delimiter's byte in a character", "x.csv", ", delimiter: '|'", gb(t, "甲|乙\n東|凉|\n瞸|2\n"), "2@13 map[乙:2 甲:瞸]\n!csv_too_many_columns@6 " + fmt.Sprintf("%q", gb(t, "東|凉|\n"))},
		{"invalid GB18030", "x.csv", ", encoding: gb18030", append(append(gb(t, "甲,乙\n丙,"), 0xff), gb(t, "\n丁,2\n")...), "2@11 map[乙:2 甲:丁]\n!invalid_bytes@6 \"\\xb1\\xfb,\\xff\\n\""},
		{"a lead byte before the delimiter", "x.csv", ", encoding: gb18030", append(append(gb(t, "甲,乙\n"), 0x81), gb(t, ",1\n丁,2\n")...), "2@10 map[乙:2 甲:丁]\n!invalid_bytes@6 \"\\x81,1\\n\""},
		{"UTF-16", "x.csv", "", append([]byte{0xff, 0xfe}, wide("a,b\n1,2\n")...), "1@4 map[a:1 b:2]"},
		{"half a surrogate pair", "x.csv", "", append(append([]byte{0xff, 0xfe}, wide("a\n")...), append([]byte{0x00, 0xd8}, wide("\nb\n")...)...), "2@6 map[a:b]\n!invalid_bytes@2 \"\\xed\\xa0\\x80\\n\""},
		{"truncated gzip", "x.csv.gz", "", full[:len(full)-9], "1@4 map[a:1 b:2]\n!gzip_truncated@8 "},
		{"gzip of several members", "x.csv.gz", "", append(zip([]byte("a,b\n1,")), zip([]byte("2\n"))...), "1@4 map[a:1 b:2]"},
		{"rubbish behind gzip", "x.csv.gz", "", append(bytes.Clone(full), "rubbish!!!"...), "1@4 map[a:1 b:2]\n2@8 map[a:3 b:4]\n!gzip_damaged@12 \"\""},
		{"gzip cut in its header", "x.csv.gz", "", full[:5], "!gzip_truncated@0 \"\""},
		{"a long gzip cut", "x.csv.gz", "", long[:len(long)/2], ""},
		{"a workbook called CSV", "x.csv", "", []byte("PK\x03\x04rest"), "!file_wrong_kind@0 \"\""},
		{"an error page called CSV", "x.csv", "", []byte("<!DOCTYPE html><html>"), "!file_wrong_kind@0 \"\""},
		{"CSV called a workbook", "x.xlsx", "", []byte("a,b\n1,2\n"), "!file_wrong_kind@0 \"\""},
		{"a broken workbook", "x.xlsx", "", []byte("PK\x03\x04rest"), "!xlsx_broken@0 \"\""},
		{"a workbook with a password", "x.xlsx", "", append(bytes.Clone(ole), wide("EncryptedPackage")...), "!xlsx_password@0 \"\""},
		{"an old workbook", "x.xlsx", "", append(bytes.Clone(ole), wide("Workbook")...), "!xlsx_old_format@0 \"\""},
		{"an empty file", "x.csv", "", nil, ""},
		{"a header alone", "x.csv", "", []byte("a,b\n"), ""},
		{"JSON cut in the middle", "x.jsonl", "", []byte("{\"a\":1}\n{\"a\":\n{\"a\":2.50,\"b\":null}\n"), "1@0 map[a:1]\n3@14 map[a:2.5]\n!json_cut@8 \"{\\\"a\\\":\\n\""},
		{"JSON values", "x.jsonl", "", []byte(`{"a":9223372036854775808,"b":true,"c":[1, {"x":2}],"d":"甲\n\u4e59","e":0.1}` + "\r\n\r\n"), "1@0 map[a:9223372036854775808 b:true c:[1, {\"x\":2}] d:甲\n乙 e:0.1]"},
		{"one key twice", "x.jsonl", "", []byte(`{"a":1,"a":2}`), `!json_duplicate_key@0 "{\"a\":1,\"a\":2}"`},
		{"no object", "x.jsonl", "", []byte("[1]\n"), "!json_not_object@0 \"[1]\\n\""},
		{"two values on a line", "x.jsonl", "", []byte("{} {}\n"), "!json_two_values@0 \"{} {}\\n\""},
		{"a document cut", "x.json", "", []byte(`[{"a":1}, {"a":`), "1@1 map[a:1]\n!json_cut@10 \"{\\\"a\\\":\""},
		{"a bracket that closes nothing", "x.json", "", []byte(`[}, {"a":1}]`), "2@4 map[a:1]\n!json_syntax@1 \"}\""},
		{"a document without the list", "x.json", ", records: data", []byte(`{"rows":[]}`), "!json_no_records@0 \"\""},
		{"XML", "x.xml", ", records: r", []byte(`<?xml version="1.0" encoding="UTF-8"?><p:a xmlns:p="u" n="3"><p:r x="1" p:y="2"><b> 甲 </b><c/><d><e>1</e><e>2</e></d></p:r><r><b xsi:nil="true"/>t</r></p:a>`),
			"1@61 map[@x:1 @y:2 b:甲 c: d.e:[\"1\",\"2\"]]\n2@125 map[#text:t]"},
		{"XML in declared GB2312", "x.xml", ", records: r", append([]byte(`<?xml version="1.0" encoding="GB2312"?><a><r><b>`), append(gb(t, "张三"), "</b></r></a>"...)...), "1@42 map[b:张三]"},
		{"XML in an encoding unknown", "x.xml", ", records: r", []byte(`<?xml version="1.0" encoding="EBCDIC-7"?><a/>`), "!xml_encoding@0 \"\""},
		{"one broken element", "x.xml", ", records: r", []byte("<a><r><b>1</b></r><r><b>2</c></r><r><b>3<r><b>4</b></r></a>"), "1@3 map[b:1]\n4@40 map[b:4]\n!xml_wrong_end@18 \"<r><b>2</c></r>\"\n!xml_open@33 \"<r><b>3\""},
		{"an unknown entity", "x.xml", ", records: r", []byte("<a><r>&x;</r><r>&amp;&#30002;</r></a>"), "2@13 map[#text:&甲]\n!xml_entity@3 \"<r>&x;</r>\""},
		{"entities that grow", "x.xml", ", records: r", []byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a><r>&y;</r></a>`), "!xml_doctype@0 \"\""},
		{"XML cut in an element", "x.xml", ", records: r", []byte("<a><r>1</r><r>2</"), "1@3 map[#text:1]\n!xml_cut@11 \"<r>2</\""},
		{"XML cut between elements", "x.xml", ", records: r", []byte("<a><r>1</r>\n"), "1@3 map[#text:1]\n!xml_cut@12 \"\""},
		{"a record without its start tag", "x.xml", ", records: r", []byte("<a><r>1</r>r>2</r><q>3</r><r>4</r>>5</r></a>"),
			"1@3 map[#text:1]\n4@26 map[#text:4]\n!xml_no_start@11 \"r>2</r>\"\n!xml_no_start@18 \"<q>3</r>\"\n!xml_no_start@34 \">5</r>\""},
		{"a document type in a comment", "x.xml", ", records: r", []byte("<a><!-- <!DOCTYPE a> --><r>1</r></a>"), "1@24 map[#text:1]"},
		{"XML without records", "x.xml", ", records: r", []byte("<a><s>1</s></a>"), ""},
		{"XML whose record is not named", "x.xml", "", []byte("<a><r/></a>"), "!json_no_records@0 \"\""},
		{"a comment and CDATA that look like records", "x.xml", ", records: r", []byte("<a><!-- <r>0</r> --><r><![CDATA[</r>]]></r></a>"), "1@20 map[#text:</r>]"},
		{"an invalid byte in XML", "x.xml", ", records: r", []byte("<a><r>\xff</r><r>1</r></a>"), "2@11 map[#text:1]\n!invalid_bytes@3 \"<r>\\xff</r>\""},
		{"CSV called XML", "x.xml", ", records: r", []byte("a,b\n1,2\n"), "!file_wrong_kind@0 \"\""},
		{"a document of other elements", "x.json", "", []byte(`[1, {"a":1}, null]`), "2@4 map[a:1]\n!json_not_object@1 \"1\"\n!json_not_object@13 \"null\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, c.file, c.text)
			items := connectortest.Read(t, New, define(t, root, "append", "path: '*'"+c.read), &connectortest.Keeper{})
			got := shown(items)
			switch c.name {
			case "one bad byte does not make it GB18030":
				if len(items) != 11 || items[0].Values["a"] != "甲一" || items[10].Reject != "invalid_bytes" {
					t.Errorf("read\n%s", got)
				}
			case "a long gzip cut":
				if last := items[len(items)-1]; len(items) < 1000 || last.Reject != "gzip_truncated" {
					t.Errorf("%d items, the last %s", len(items), last.Reject)
				}
			case "truncated gzip":
				if !strings.HasPrefix(got, c.want) && !strings.Contains(got, "!gzip_truncated@") {
					t.Errorf("read\n%s\nwant\n%s", got, c.want)
				}
			default:
				if got != c.want {
					t.Errorf("read\n%s\nwant\n%s", got, c.want)
				}
			}
		})
	}
}

// endless gives a CSV line without end, up to a size, piece by piece.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range n {
		p[i] = 'x'
	}
	e.left -= n
	return n, nil
}

func TestLongRecords(t *testing.T) {
	const size = 200 << 20
	for _, c := range []struct{ name, file, read, before, open, end, after string }{
		{"csv", "x.csv", "", "a,b\n1,2\n", "", "", "\n3,4\n"},
		{"csv in quotes", "x.csv", "", "a,b\n1,2\n", `"`, `",2`, "\n3,4\n"},
		{"json lines", "x.jsonl", "", "{\"a\":1}\n", `{"a":"`, `"}`, "\n{\"a\":3}\n"},
		{"json document", "x.json", "", `[{"a":1},`, `{"a":"`, `"}`, `,{"a":3}]`},
		{"xml", "x.xml", ", records: r", "<x><r><a>1</a></r>", "<r><a>", "</a></r>", "<r><a>3</a></r></x>"},
		{"xml in CDATA", "x.xml", ", records: r", "<x><r><a>1</a></r>", "<r><a><![CDATA[", "]]></a></r>", "<r><a>3</a></r></x>"},
		{"xml never closed", "x.xml", ", records: r", "<x><r><a>1</a></r>", "<r><a", "", "<r><a>3</a></r></x>"},
		{"xml between records", "x.xml", ", records: r", "<x><r><a>1</a></r>", "<!--", "-->", "<r><a>3</a></r></x>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("writes 200 MB")
			}
			root := t.TempDir()
			out, err := os.Create(filepath.Join(root, c.file))
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(out, io.MultiReader(strings.NewReader(c.before+c.open), &endless{size}, strings.NewReader(c.end+c.after)))
			if err != nil || out.Close() != nil {
				t.Fatal(err)
			}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			k := &connectortest.Keeper{}
			items := connectortest.Read(t, New, define(t, root, "append", "path: '*'"+c.read), k)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d MiB were allocated, at most 64", used>>20)
			}
			want := page.Place{Origin: c.file, Row: 2, Offset: int64(len(c.before))}
			whole := int64(len(c.open) + size + len(c.end))
			if len(k.Kept) != 1 || k.Kept[0].Place != want || k.Kept[0].Size < whole || k.Kept[0].Size > whole+1 {
				t.Fatalf("kept %+v, want one of %d bytes at %s", k.Kept, whole, want)
			}
			if len(items) != 3 || items[0].Values["a"] != "1" || items[1].Values["a"] != "3" || items[2].Reject != "record_too_large" {
				t.Errorf("read\n%s", shown(items))
			}
		})
	}
}

// A record's size is that of its UTF-8, which is half as large again as its
// GB18030: what fits the window need not fit a page.
func TestXMLRecordThatGrowsInUTF8(t *testing.T) {
	root := t.TempDir()
	half := page.MaxBytes * 2 / 3 / 2 // characters, two bytes each in GB18030
	text := append([]byte("<a><r>"), gb(t, strings.Repeat("汇", half+10))...)
	write(t, root, "x.xml", append(text, "</r><r>1</r></a>"...))
	k := &connectortest.Keeper{}
	items := connectortest.Read(t, New, define(t, root, "append", "path: '*', records: r, encoding: gb18030"), k)
	if len(items) != 2 || items[0].Values["#text"] != "1" || items[1].Reject != "record_too_large" || len(k.Kept) != 1 {
		t.Errorf("read\n%s", shown(items))
	}
}
