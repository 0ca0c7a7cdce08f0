// Package conf reads YAML for people: variables expanded, unknown keys
// refused, and every fault reported at once with its line and how to mend it.
// It knows the form of configuration and nothing of its meaning.
package conf

import (
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"huiliu/internal/fault"
)

// Faults of form.
var (
	// NotYAML is raised for a text that is no YAML.
	NotYAML = &fault.Kind{
		Code: "config_not_yaml", Class: fault.Input,
		Cause: fault.Text{EN: "this is not valid YAML", ZH: "不是有效的 YAML"},
		Mend:  fault.Text{EN: "mend the indentation or the quoting at this place", ZH: "检查此处的缩进或引号"},
	}
	// UnknownKey is raised for a key that nothing reads.
	UnknownKey = &fault.Kind{
		Code: "config_unknown_key", Class: fault.Input,
		Cause: fault.Text{EN: "unknown key {key}", ZH: "未知的键 {key}"},
		Mend:  fault.Text{EN: "{hint}", ZH: "{hint_zh}"},
	}
	// WrongValue is raised for a value of the wrong form.
	WrongValue = &fault.Kind{
		Code: "config_wrong_value", Class: fault.Input,
		Cause: fault.Text{EN: "{key} can't be {value}", ZH: "{key} 不能是 {value}"},
		Mend:  fault.Text{EN: "give {want}", ZH: "应填 {want}"},
	}
	// UndefinedVariable is raised for ${NAME} with no value and no default.
	UndefinedVariable = &fault.Kind{
		Code: "config_undefined_variable", Class: fault.Input,
		Cause: fault.Text{EN: "variable {name} is not defined", ZH: "环境变量 {name} 未定义"},
		Mend:  fault.Text{EN: "set {name}, or write ${{name}:default}", ZH: "设置 {name}，或写成 ${{name}:默认值}"},
	}
	// MissingKey is raised for a key that must be there.
	MissingKey = &fault.Kind{
		Code: "config_missing_key", Class: fault.Input,
		Cause: fault.Text{EN: "{key} is missing", ZH: "缺少 {key}"},
		Mend:  fault.Text{EN: "add {key}: {want}", ZH: "补上 {key}：{want}"},
	}
)

// Section is one value of a configuration with its place. The zero Section is
// an absent value.
type Section struct {
	file string
	path string
	node ast.Node
	env  func(string) (string, bool)
}

// Parse reads a document. Variables are looked up with env, os.LookupEnv when
// it is nil.
func Parse(file string, text []byte, env func(string) (string, bool)) (Section, error) {
	if env == nil {
		env = os.LookupEnv
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return Section{}, NotYAML.At(file).Because(err)
	}
	s := Section{file: file, env: env}
	if len(parsed.Docs) > 0 {
		s.node = parsed.Docs[0].Body
	}
	return s, nil
}

// Absent reports whether there is no such value.
func (s Section) Absent() bool { return s.node == nil || s.node.Type() == ast.NullType }

// File returns the name of the file the section stands in.
func (s Section) File() string { return s.file }

// Place returns file:line and the path of keys, for a fault.
func (s Section) Place() string {
	place := s.file
	if s.node != nil {
		if t := s.node.GetToken(); t != nil && t.Position != nil {
			place = fmt.Sprintf("%s:%d", s.file, t.Position.Line)
		}
	}
	if s.path == "" {
		return place
	}
	return place + " " + s.path
}

// IsMap reports whether the value has keys.
func (s Section) IsMap() bool { return len(s.entries()) > 0 }

// IsList reports whether the value is a list.
func (s Section) IsList() bool {
	_, ok := unwrap(s.node).(*ast.SequenceNode)
	return ok
}

// Keys returns the keys of a mapping in the order they stand.
func (s Section) Keys() []string {
	var keys []string
	for _, e := range s.entries() {
		keys = append(keys, keyOf(e))
	}
	return keys
}

// Get returns the value of a key, an absent section when there is none.
func (s Section) Get(key string) Section {
	for _, e := range s.entries() {
		if keyOf(e) == key {
			return s.child(key, e.Value)
		}
	}
	return Section{file: s.file, path: s.join(key), env: s.env}
}

// Items returns the elements of a list; a single value is a list of one.
func (s Section) Items() []Section {
	if s.Absent() {
		return nil
	}
	seq, ok := unwrap(s.node).(*ast.SequenceNode)
	if !ok {
		return []Section{s}
	}
	var out []Section
	for i, v := range seq.Values {
		out = append(out, Section{file: s.file, path: fmt.Sprintf("%s[%d]", s.path, i), node: v, env: s.env})
	}
	return out
}

// Scalar returns the text of a scalar with its variables expanded.
func (s Section) Scalar() (string, error) {
	node := unwrap(s.node)
	var text string
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case ast.ScalarNode:
		text = n.GetToken().Value
	default:
		return "", WrongValue.At(s.Place(), "key", s.last(), "value", "a list or a mapping", "want", "a single value")
	}
	return s.expand(text)
}

// expand replaces ${NAME} and ${NAME:default}; $${ stands for ${.
func (s Section) expand(text string) (string, error) {
	if !strings.Contains(text, "${") {
		return text, nil
	}
	var out strings.Builder
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			out.WriteString(text)
			return out.String(), nil
		}
		if at > 0 && text[at-1] == '$' {
			out.WriteString(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		end := strings.IndexByte(text[at:], '}')
		if end < 0 {
			return "", WrongValue.At(s.Place(), "key", s.last(), "value", text, "want", "a closing } for ${")
		}
		name, fallback, has := strings.Cut(text[at+2:at+end], ":")
		value, ok := s.env(name)
		if !ok || (value == "" && has) {
			if !has {
				return "", UndefinedVariable.At(s.Place(), "name", name)
			}
			value = fallback
		}
		out.WriteString(text[:at] + value)
		text = text[at+end+1:]
	}
}

func (s Section) child(key string, node ast.Node) Section {
	return Section{file: s.file, path: s.join(key), node: node, env: s.env}
}

func (s Section) join(key string) string {
	if s.path == "" {
		return key
	}
	return s.path + "." + key
}

func (s Section) last() string {
	if i := strings.LastIndexByte(s.path, '.'); i >= 0 {
		return s.path[i+1:]
	}
	if s.path == "" {
		return "the document"
	}
	return s.path
}

func (s Section) entries() []*ast.MappingValueNode {
	switch n := unwrap(s.node).(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func keyOf(e *ast.MappingValueNode) string {
	if n, ok := unwrap(e.Key).(*ast.StringNode); ok {
		return n.Value
	}
	return e.Key.GetToken().Value
}

// unwrap looks through tags and anchors.
func unwrap(n ast.Node) ast.Node {
	for {
		switch v := n.(type) {
		case *ast.TagNode:
			n = v.Value
		case *ast.AnchorNode:
			n = v.Value
		default:
			return n
		}
	}
}
