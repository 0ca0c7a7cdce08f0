package files

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
)

// readXML reads one document whose records are elements r.
func readXML(t *testing.T, text []byte) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "x.xml", text)
	return shown(connectortest.Read(t, New, define(t, root, "append", "path: '*', records: r"), &connectortest.Keeper{}))
}

type xmlCase struct{ name, text, want string }

func runXML(t *testing.T, cases []xmlCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := readXML(t, []byte(c.text)); got != c.want {
				t.Errorf("read\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// What stands between two records and is neither white space, a comment, nor
// a whole element of another name is a reject with its bytes.
func TestXMLBetweenRecords(t *testing.T) {
	runXML(t, []xmlCase{
		{"a start tag without its bracket", "<a><r>1</r>r>2</r><r>3</r></a>", "1@3 map[#text:1]\n3@18 map[#text:3]\n!xml_no_start@11 \"r>2</r>\""},
		{"a start tag under another name", "<a><r>1</r><q><b>2</b></r><r>3</r></a>", "1@3 map[#text:1]\n3@26 map[#text:3]\n!xml_no_start@11 \"<q><b>2</b></r>\""},
		{"no start tag at all", "<a><r>1</r><b>2</b></r><r>3</r></a>", "1@3 map[#text:1]\n3@23 map[#text:3]\n!xml_no_start@11 \"<b>2</b></r>\""},
		{"a start tag in quotes", "<a><q x=\"><r>2</r><r y=\"3\"/></a>", "2@10 map[#text:2]\n3@18 map[@y:3]\n!xml_stray@3 \"<q x=\\\">\""},
		{"text", "<a><r>1</r> ; <r>2</r></a>", "1@3 map[#text:1]\n3@14 map[#text:2]\n!xml_stray@12 \"; \""},
		{"text behind the last record", "<a><r>1</r>; </a>", "1@3 map[#text:1]\n!xml_stray@11 \"; </a>\""},
		{"an element that does not close before a record", "<a><q>1<r>2</r></q></a>", "2@7 map[#text:2]\n!xml_stray@3 \"<q>1\""},
		{"elements of other names", "<a><h n='1'>t<!-- <r>0</r> --><i>u</i></h><g><n>x</n><r>1</r></g><g><n>y</n><r>2</r></g><z/></a>", "1@53 map[#text:1]\n2@76 map[#text:2]"},
		{"one within another", "<a><r>1<x><r>2</r></x></r><r>3</r></a>", "2@10 map[#text:2]\n4@26 map[#text:3]\n!xml_open@3 \"<r>1<x>\"\n!xml_no_start@18 \"</x></r>\""},
		{"the record is the document", "<r><b>1</b></r>\n", "1@0 map[b:1]"},
	})
}

// Markup that begins and never ends costs its own record.
func TestXMLUnclosedMarkup(t *testing.T) {
	runXML(t, []xmlCase{
		{"a comment in a record", "<a><r>1<!-- </r><r>2</r><r>3</r></a>", "2@16 map[#text:2]\n3@24 map[#text:3]\n!xml_open@3 \"<r>1<!-- </r>\""},
		{"a comment in a record, another later", "<a><r>1<!-- </r><r>2</r><r>3<!-- x --></r></a>", "2@16 map[#text:2]\n3@24 map[#text:3]\n!xml_open@3 \"<r>1<!-- </r>\""},
		{"a comment between records", "<a><r>1</r><!-- <r>2</r><r>3</r></a>", "1@3 map[#text:1]\n3@16 map[#text:2]\n4@24 map[#text:3]\n!xml_stray@11 \"<!-- \""},
		{"a comment between records, another later", "<a><!-- <r>2</r><r>3<!-- x --></r><r>4</r></a>", "2@34 map[#text:4]\n!xml_no_start@3 \"<!-- <r>2</r><r>3<!-- x --></r>\""},
		{"CDATA", "<a><r><b><![CDATA[1</b></r><r>2</r><r><![CDATA[3]]></r></a>", "2@27 map[#text:2]\n3@35 map[#text:3]\n!xml_open@3 \"<r><b><![CDATA[1</b></r>\""},
		{"CDATA that no other closes", "<a><r><![CDATA[1</r><r>2</r></a>", "2@20 map[#text:2]\n!xml_open@3 \"<r><![CDATA[1</r>\""},
		{"an instruction", "<a><r><?x 1</r><r>2</r></a>", "2@15 map[#text:2]\n!xml_open@3 \"<r><?x 1</r>\""},
		{"a quote", "<a><r x=\"1>2</r><r y=\"3\"/></a>", "2@16 map[@y:3]\n!xml_attribute@3 \"<r x=\\\"1>2</r>\""},
		{"a comment that may hold a record's end", "<a><r>1<!-- </r><r> -->2</r><r>3</r></a>", "2@28 map[#text:3]\n!xml_merged@3 \"<r>1<!-- </r><r> -->2</r>\""},
		{"CDATA that may hold a record's end", "<a><r>1<![CDATA[ </r><r> ]]>2</r><r>3</r></a>", "2@33 map[#text:3]\n!xml_merged@3 \"<r>1<![CDATA[ </r><r> ]]>2</r>\""},
		{"a comment that opens in the last record", "<a><r>1</r><r>2<!-- </r></a>", "1@3 map[#text:1]\n!xml_open@11 \"<r>2<!-- </r>\""},
		{"dashes in a comment between records", "<a><!-- ---- one ---- --><r>1</r></a>", "1@25 map[#text:1]"},
	})
}

// A document type is one where XML allows it, not in what it does not read.
func TestXMLDocumentType(t *testing.T) {
	runXML(t, []xmlCase{
		{"in a comment", "<!-- <!DOCTYPE a> --><a><r>1</r></a>", "1@24 map[#text:1]"},
		{"in CDATA", "<a><r><![CDATA[<!DOCTYPE a>]]></r></a>", "1@3 map[#text:<!DOCTYPE a>]"},
		{"in an instruction", "<?x <!DOCTYPE a> ?><a><r>1</r></a>", "1@22 map[#text:1]"},
		{"in an attribute", "<a x='!DOCTYPE'><r>1</r></a>", "1@16 map[#text:1]"},
		{"before the document", "<!-- x --><!DOCTYPE a><a><r>1</r></a>", "!xml_doctype@0 \"\""},
		{"in a record", "<a><r><!DOCTYPE a>1</r><r>2</r></a>", "2@23 map[#text:2]\n!xml_syntax@3 \"<r><!DOCTYPE a>1</r>\""},
		{"between records", "<a><r>1</r><!DOCTYPE a><r>2</r></a>", "1@3 map[#text:1]\n3@23 map[#text:2]\n!xml_stray@11 \"<!DOCTYPE a>\""},
	})
}

// What stands between two records may be longer than the window: whole
// elements are still passed over, and of what is none the bytes are read
// once more.
func TestXMLLongGap(t *testing.T) {
	many := strings.Repeat("<i>一二三四五六七八</i>", 50_000)
	for _, c := range []struct{ name, gap, want string }{
		{"elements of another name", "<h>" + many + "</h>", ""},
		{"a broken one", "<h>" + many + "</r>", "record_too_large"},
		{"a broken one and a long comment", "<h><!--" + many[:700_000] + "--></r>", "xml_no_start"},
	} {
		for _, encoding := range []string{"utf-8", "utf-16"} {
			t.Run(c.name+" in "+encoding, func(t *testing.T) {
				root, k := t.TempDir(), &connectortest.Keeper{}
				text := []byte("<a><r>1</r>" + c.gap + "<r>3</r></a>")
				if encoding == "utf-16" {
					units := utf16.Encode([]rune(string(text)))
					text = []byte{0xff, 0xfe}
					for _, u := range units {
						text = append(text, byte(u), byte(u>>8))
					}
				}
				write(t, root, "x.xml", text)
				items := connectortest.Read(t, New, define(t, root, "append", "path: '*', records: r"), k)
				if items[1].Values["#text"] != "3" || (c.want == "") != (len(items) == 2) {
					t.Fatalf("read %d items, the second %v", len(items), items[1].Values)
				}
				if c.want == "" {
					return
				}
				first := int64(len("<a><r>1</r>"))
				if got := items[2]; got.Reject != c.want || got.Place.Offset != first || c.want == "xml_no_start" && !strings.HasPrefix(c.gap, got.Raw) {
					t.Errorf("%s at %s, %d bytes of it", got.Reject, got.Place, len(got.Raw))
				}
				if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(c.gap))); c.want == "record_too_large" && (len(k.Kept) != 1 || k.Kept[0].Sum != sum) {
					t.Errorf("kept %+v, want %d bytes of SHA-256 %s", k.Kept, len(c.gap), sum)
				}
			})
		}
	}
}

// An element's name in Chinese is found in the encoding of its file, and ]]>
// ends CDATA only where it is no part of a character.
func TestXMLInGB18030(t *testing.T) {
	root := t.TempDir()
	text := append(gb(t, `<?xml version="1.0" encoding="GBK"?><表><记录><值><![CDATA[甲`), 0x81, ']', ']', '>')
	write(t, root, "x.xml", append(text, gb(t, `]]></值></记录></表>`)...))
	got := shown(connectortest.Read(t, New, define(t, root, "append", "path: '*', records: 记录"), &connectortest.Keeper{}))
	if want := "1@40 map[值:甲乚]>]"; got != want {
		t.Errorf("read\n%s\nwant\n%s", got, want)
	}
}

// The count that the document element states is read in the encoding of its
// file.
func TestXMLTotal(t *testing.T) {
	root := t.TempDir()
	write(t, root, "x.xml", gb(t, `<?xml version="1.0" encoding="GB2312"?><表 单位="残联" 条数="2"><r/><r/></表>`))
	pages, _ := readFrom(t, define(t, root, "append", "path: '*', records: r, total: '@条数', format: xml"), "")
	if p := pages[len(pages)-1]; p.Snapshot.Count != 2 || !p.Snapshot.End {
		t.Errorf("the snapshot is %+v, want 2 records and its end", p.Snapshot)
	}
}

// A record has at most what a page takes, as the file has it and as it is
// read.
func TestXMLTooLarge(t *testing.T) {
	const limit = page.MaxBytes
	head := `<?xml version="1.0" encoding="GB18030"?><a><r><b>1</b></r>`
	for _, c := range []struct {
		name, record string
		large        bool
	}{
		{"it fits as it is read", strings.Repeat("中", limit/3-10), false},
		{"it grows in UTF-8", strings.Repeat("中", limit/3+10), true},
		{"entities shrink it", strings.Repeat("&amp;", limit/5-10), false},
		{"it shrinks, but not in the file", strings.Repeat("&amp;", limit/5+10), true},
		{"it grows as a list", strings.Repeat(`x</b><b>`, limit/9) + strings.Repeat(`"`, limit/10), false},
		{"quotes grow in a list", "</b><b>" + strings.Repeat(`"`, limit-100), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, k := t.TempDir(), &connectortest.Keeper{}
			record := gb(t, "<r><b>"+c.record+"</b></r>")
			write(t, root, "x.xml", slices.Concat(gb(t, head), record, []byte("<r><b>3</b></r></a>")))
			items := connectortest.Read(t, New, define(t, root, "append", "path: '*', records: r"), k)
			codes := map[string]int{}
			for _, it := range items {
				codes[it.Reject]++
			}
			if !c.large {
				if len(items) != 3 || codes[""] != 3 {
					t.Errorf("%v", codes)
				}
				return
			}
			if len(items) != 3 || codes["record_too_large"] != 1 || len(k.Kept) != 1 || k.Kept[0].Sum != fmt.Sprintf("%x", sha256.Sum256(record)) {
				t.Errorf("%v, kept %+v of %d bytes", codes, k.Kept, len(record))
			}
		})
	}
}
