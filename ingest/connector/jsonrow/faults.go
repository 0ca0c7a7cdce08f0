package jsonrow

import (
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"huiliu/internal/fault"
)

// Reasons why bytes are no record. They carry no place: the caller knows it.
var (
	// NotObject is a JSON value that is no object.
	NotObject = kind("json_not_object", "the value is {kind}, no object", "该值是{kind_zh}，不是 JSON 对象",
		"ask the department to give each record as an object", "请部门将每条记录写成一个 JSON 对象")
	// Cut is a value that ends too early.
	Cut = kind("json_cut", "the value ends in the middle", "JSON 内容不完整，中途截断",
		"ask the department to deliver the record again", "请部门重新提供该记录")
	// Syntax is bytes that are no JSON.
	Syntax = kind("json_syntax", "this is no valid JSON: {why}", "不是有效的 JSON：{why}",
		"ask the department to write the record anew", "请部门重新导出该记录")
	// DuplicateKey is an object with one key twice: none of the two values can
	// be called the right one.
	DuplicateKey = kind("json_duplicate_key", "a key stands twice: {why}", "同一个键出现两次：{why}",
		"ask the department to write each key once", "请部门每个键只写一次")
	// InvalidUTF8 is text in another encoding, or half of a surrogate pair.
	InvalidUTF8 = kind("json_invalid_utf8", "a text is not valid UTF-8: {why}", "文本不是有效的 UTF-8 编码：{why}",
		"ask the department to write JSON in UTF-8", "请部门以 UTF-8 编码输出 JSON")
	// TwoValues is an object with something behind it.
	TwoValues = kind("json_two_values", "something stands behind the object", "对象之后还有多余内容",
		"ask the department to separate the records", "请部门将各条记录分开")
	// FieldName is a key that can't name a field.
	FieldName = kind("json_field_name", "the key {name} can't name a field", "键 {name} 不能用作字段名",
		"ask the department to use plain names as keys", "请部门使用普通文字作为键名")
)

func kind(code, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: fault.Input, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}

// explain turns the decoder's error into one of the reasons. Its text names
// the place in the record and never a value; a key may stand in it.
func explain(err error) error {
	why := err.Error()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) && syntax.Err != nil {
		why = syntax.Err.Error()
		if p := string(syntax.JSONPointer); p != "" {
			why += " in " + p
		}
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Cut.At("")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return DuplicateKey.At("", "why", why)
	case strings.Contains(why, "invalid UTF-8"), strings.Contains(why, "surrogate"):
		return InvalidUTF8.At("", "why", why)
	}
	return Syntax.At("", "why", why)
}

func kindName(k jsontext.Kind) string { return kinds[k][0] }

func kindNameZH(k jsontext.Kind) string { return kinds[k][1] }

var kinds = map[jsontext.Kind][2]string{
	jsontext.KindNull: {"null", "空值"}, jsontext.KindTrue: {"a truth value", "布尔值"}, jsontext.KindFalse: {"a truth value", "布尔值"},
	jsontext.KindString: {"text", "文本"}, jsontext.KindNumber: {"a number", "数字"}, jsontext.KindBeginArray: {"a list", "列表"},
}
