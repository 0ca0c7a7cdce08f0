package files

import (
	"encoding/xml"
	"errors"
	"strings"

	"huiliu/internal/fault"
)

// Reasons why an element is not well-formed XML (XML 1.0, 5th edition); line
// is counted within the element.
var (
	xmlSyntax = broken("xml_syntax",
		"in line {line} of the element the markup is not XML's", "该元素第 {line} 行的标记不符合 XML 语法")
	xmlWrongEnd = broken("xml_wrong_end",
		"in line {line} of the element <{name}> is not closed by an end tag of its own", "该元素第 {line} 行：<{name}> 没有用自己的结束标签结束")
	xmlEntity = broken("xml_entity",
		"in line {line} of the element an entity is not known, or a & stands by itself", "该元素第 {line} 行有无法识别的实体，或有单独的 & 符号")
	xmlAttribute = broken("xml_attribute",
		"in line {line} of the element an attribute is not written as name=\"value\"", "该元素第 {line} 行的属性没有写成 名称=\"值\" 的形式")
	xmlTwice = broken("xml_attribute_twice",
		"in line {line} of the element a tag has the attribute {name} twice", "该元素第 {line} 行的标签中属性 {name} 出现两次")
	xmlCharacter = broken("xml_character",
		"in line {line} of the element stands a character that XML does not allow", "该元素第 {line} 行有 XML 不允许的字符")
	xmlTooDeep = broken("xml_too_deep",
		"elements stand within elements more than {limit} deep", "元素嵌套超过 {limit} 层")
)

func broken(code, en, zh string) *fault.Kind {
	return reason(code, en, zh, "export the record anew", "请重新导出该记录")
}

// syntaxOf finds the reason for an error of encoding/xml by how its message
// begins; line and name are those of the element that is open.
func syntaxOf(err error, line int, name string) *fault.Error {
	kind := xmlSyntax
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		for _, k := range []struct {
			begin string
			kind  *fault.Kind
		}{
			{"unexpected EOF", xmlOpen}, {"element <", xmlWrongEnd}, {"unexpected end element", xmlWrongEnd},
			{"invalid character entity", xmlEntity}, {"illegal character code", xmlCharacter}, {"invalid UTF-8", xmlCharacter},
			{"attribute name without", xmlAttribute}, {"unquoted or missing attribute", xmlAttribute}, {"expected attribute name", xmlAttribute}, {"unescaped < inside quoted", xmlAttribute},
		} {
			if strings.HasPrefix(syntax.Msg, k.begin) {
				kind = k.kind
			}
		}
	}
	return kind.At("", "line", line, "name", name)
}
