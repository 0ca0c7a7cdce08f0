package files

import (
	"strings"
	"testing"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// An element that comes more than once within the same one is a list, each in
// the form that a whole element has; a list lacks none of them.
func TestXMLRepeatedElements(t *testing.T) {
	runXML(t, []xmlCase{
		{"texts", "<a><r><b>1</b><b>2</b></r></a>", `1@3 map[b:["1","2"]]`},
		{"elements that hold elements", "<a><r><i><a>1</a><b>x</b></i><i><a>2</a></i></r></a>", `1@3 map[i:[{"a":"1","b":"x"},{"a":"2"}]]`},
		{"a list within a list", "<a><r><i><a>1</a><a>2</a></i><i><a>3</a></i></r></a>", `1@3 map[i:[{"a":["1","2"]},{"a":"3"}]]`},
		{"once is no list", "<a><r><i><a>1</a><b>x</b></i></r></a>", `1@3 map[i.a:1 i.b:x]`},
		{"others between", "<a><r><b>1</b><c>x</c><b>2</b></r></a>", `1@3 map[b:["1","2"] c:x]`},
		{"below one that comes once", "<a><r><i><a>1</a><a>2</a></i></r></a>", `1@3 map[i.a:["1","2"]]`},
		{"attributes and text", "<a><r><b u=\"m\">1</b><b>2</b><b><!-- --></b></r></a>", `1@3 map[b:[{"@u":"m","#text":"1"},"2",""]]`},
		{"attributes and text once", "<a><r><b u=\"m\">1</b></r></a>", `1@3 map[b:1 b.@u:m]`},
		{"what JSON escapes", "<a><r><b>\"&lt;\n</b><b>甲</b></r></a>", `1@3 map[b:["\"<","甲"]]`},
		{"two prefixes", "<a xmlns:p='u'><r><p:b>1</p:b><b>2</b></r></a>", `1@15 map[b:["1","2"]]`},
		{"a path in two ways", "<a><r><b.c>1</b.c><b><c>2</c></b></r></a>", `1@3 map[b.c:["1","2"]]`},
	})
}

// xsi:nil is no value: alone nothing, in a list null. It is known by its
// namespace.
func TestXMLNil(t *testing.T) {
	const xsi = ` xmlns:z="http://www.w3.org/2001/XMLSchema-instance"`
	runXML(t, []xmlCase{
		{"first of several", "<a><r><b xsi:nil=\"true\"/><b>2</b><b>3</b></r></a>", `1@3 map[b:[null,"2","3"]]`},
		{"last of several", "<a><r><b>1</b><b xsi:nil=\"1\"></b></r></a>", `1@3 map[b:["1",null]]`},
		{"one within another", "<a><r><i><b xsi:nil=\"true\"/></i><i><b>2</b></i></r></a>", `1@3 map[i:[{"b":null},{"b":"2"}]]`},
		{"false", "<a><r><b xsi:nil=\"false\">1</b></r></a>", `1@3 map[b:1]`},
		{"with an attribute", "<a><r><b xsi:nil=\"true\" u=\"m\"/></r></a>", `1@3 map[b.@u:m]`},
		{"with a text, which is not lost", "<a><r><b xsi:nil=\"true\">1</b></r></a>", `1@3 map[b:1]`},
		{"another prefix, declared above", "<a" + xsi + "><r><b z:nil=\"true\"/></r></a>", `1@55 map[]`},
		{"another prefix, declared between", "<a><rows" + xsi + "><r><b z:nil=\"true\"/></r></rows></a>", `1@61 map[]`},
		{"another prefix, declared in the record", "<a><r" + xsi + "><b z:nil=\"true\"/></r></a>", `1@3 map[]`},
		{"another namespace", "<a xmlns:xsi=\"u\"><r><b xsi:nil=\"true\"/></r></a>", `1@17 map[b: b.@nil:true]`},
		{"no namespace", "<a><r><b nil=\"true\"/></r></a>", `1@3 map[b: b.@nil:true]`},
	})
}

// XML allows an attribute once in an element; which of two counts, nobody
// knows.
func TestXMLAttributeTwice(t *testing.T) {
	runXML(t, []xmlCase{
		{"one name", `<a><r x="1" x="2"/><r x="3"/></a>`, `2@19 map[@x:3]` + "\n" + `!xml_attribute_twice@3 "<r x=\"1\" x=\"2\"/>"`},
		{"one name, deeper", `<a><r><b x="1" y="" x="1"/></r></a>`, `!xml_attribute_twice@3 "<r><b x=\"1\" y=\"\" x=\"1\"/></r>"`},
		{"one name by its namespace", `<a xmlns:p="u" xmlns:q="u"><r p:x="1" q:x="2"/></a>`, `!xml_attribute_twice@27 "<r p:x=\"1\" q:x=\"2\"/>"`},
		{"a prefix declared twice", `<a><r xmlns:p="u" xmlns:p="v"/></a>`, `!xml_attribute_twice@3 "<r xmlns:p=\"u\" xmlns:p=\"v\"/>"`},
		{"two namespaces", `<a xmlns:p="u" xmlns:q="v"><r p:x="1" q:x="2" x="3"/></a>`, `1@27 map[@x:["1","2","3"]]`},
	})
}

// What is wrong in an element has a code, and a cause in words of the house's
// own in both languages.
func TestXMLSyntaxCauses(t *testing.T) {
	for _, c := range []struct{ text, code, english, chinese string }{
		{"<r><b>1</r>", "xml_wrong_end", "in line 1 of the element <b> is not closed", "第 1 行：<b> 没有"},
		{"<r>\n<b>1", "xml_open", "does not end", "有开头没有结尾"},
		{"<r>\n&x;</r>", "xml_entity", "in line 2 of the element an entity is not known", "第 2 行"},
		{"<r>a & b</r>", "xml_entity", "& stands by itself", "单独的 &"},
		{"<r a=1/>", "xml_attribute", "in line 1", "第 1 行"},
		{"<r a/>", "xml_attribute", "in line 1", "属性"},
		{"<r a=\"<\"/>", "xml_attribute", "in line 1", "属性"},
		{"<r 1=\"\"/>", "xml_syntax", "in line 1", "第 1 行"},
		{"<r a=\"1\"\n a=\"2\"/>", "xml_attribute_twice", "attribute a twice", "属性 a 出现两次"},
		{"<r>\x01</r>", "xml_character", "in line 1", "第 1 行"},
		{"<r>&#1;</r>", "xml_character", "in line 1", "不允许的字符"},
		{"<r>]]></r>", "xml_syntax", "in line 1", "第 1 行"},
		{"<r><!-- -- --></r>", "xml_syntax", "in line 1", "第 1 行"},
		{"<r><1></1></r>", "xml_syntax", "in line 1", "第 1 行"},
		{"<r></ b></r>", "xml_syntax", "in line 1", "第 1 行"},
		{"<r><!X></r>", "xml_syntax", "in line 1", "第 1 行"},
		{"<r><?xml version=\"1.0\" encoding=\"EBCDIC\"?></r>", "xml_syntax", "in line 1", "第 1 行"},
		{strings.Repeat("<r>", 40), "xml_too_deep", "more than 32 deep", "超过 32 层"},
	} {
		var r xmlRow
		_, err := r.parse([]byte(c.text))
		got := fault.All(err)
		if len(got) != 1 || got[0].Code() != c.code || !strings.Contains(got[0].Cause(fault.English), c.english) || !strings.Contains(got[0].Cause(fault.Chinese), c.chinese) {
			t.Errorf("%q: %v, want %s, %q, %q", c.text, err, c.code, c.english, c.chinese)
			continue
		}
		rej := rejectFor(page.Place{}, nil, err)
		for _, word := range strings.FieldsFunc(strings.NewReplacer("CDATA", "", "XML", "").Replace(rej.Cause+rej.Mend), func(r rune) bool { return r < 'A' || r > 'z' }) {
			if len(word) > 1 {
				t.Errorf("%q: English among the Chinese: %s", c.text, rej.Cause)
			}
		}
	}
}
