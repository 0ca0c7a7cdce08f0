package normalise

import (
	"errors"
	"strings"

	"huiliu/internal/fault"
)

// Faults of maps, found when a source is compiled, and of pages.
var (
	// UnknownEntity is raised for a map to no entity.
	UnknownEntity = &fault.Kind{
		Code: "map_unknown_entity", Class: fault.Input,
		Cause: fault.Text{EN: "there is no entity {name}", ZH: "没有实体 {name}"},
		Mend:  fault.Text{EN: "{hint}", ZH: "{hint_zh}"},
	}
	// UnknownAttribute is raised for a field that the entity doesn't have.
	UnknownAttribute = &fault.Kind{
		Code: "map_unknown_attribute", Class: fault.Input,
		Cause: fault.Text{EN: "{entity} has no {name}", ZH: "{entity} 没有 {name}"},
		Mend:  fault.Text{EN: "{hint}", ZH: "{hint_zh}"},
	}
	// UnknownFunction is raised for a function that does not exist.
	UnknownFunction = &fault.Kind{
		Code: "map_unknown_function", Class: fault.Input,
		Cause: fault.Text{EN: "there is no function {name}", ZH: "没有函数 {name}"},
		Mend:  fault.Text{EN: "{hint}", ZH: "{hint_zh}"},
	}
	// WrongArguments is raised for a function that is called wrongly.
	WrongArguments = &fault.Kind{
		Code: "map_wrong_arguments", Class: fault.Input,
		Cause: fault.Text{EN: "{name} can't take {given}", ZH: "{name} 不接受 {given}"},
		Mend:  fault.Text{EN: "give {want}", ZH: "应给 {want}"},
	}
	// UnknownColumn is raised for a column that the contract rules out.
	UnknownColumn = &fault.Kind{
		Code: "map_unknown_column", Class: fault.Input,
		Cause: fault.Text{EN: "the contract has no column {name}", ZH: "契约中没有列 {name}"},
		Mend:  fault.Text{EN: "{hint}", ZH: "{hint_zh}"},
	}
	// WrongMap is raised for what a map can't mean.
	WrongMap = &fault.Kind{
		Code: "map_wrong", Class: fault.Input,
		Cause: fault.Text{EN: "{what}", ZH: "{what_zh}"},
		Mend:  fault.Text{EN: "{mend}", ZH: "{mend_zh}"},
	}
	// MissingColumn is raised for a page that lacks a mapped column; it stops
	// the stream before the page.
	MissingColumn = &fault.Kind{
		Code: "map_missing_column", Class: fault.Input,
		Cause: fault.Text{EN: "the feed has no column {name}, which the map reads; it has {fields}", ZH: "来源没有映射要读的列 {name}；现有 {fields}"},
		Mend: fault.Text{
			EN: "correct the name at {map}, or write optional: true there, or list the column in the contract",
			ZH: "更正 {map} 处的列名，或在该处写 optional: true，或在契约中列出该列",
		},
	}
)

// hint says what to use instead of a name.
func hint(name string, known []string) (en, zh string) {
	if near := nearest(name, known); near != "" {
		return "did you mean " + near + "?", "是否应为 " + near + "？"
	}
	return "use one of " + strings.Join(known, ", "), "可用：" + strings.Join(known, "、")
}

// nearest finds the known name within two edits of a misspelt one.
func nearest(name string, known []string) string {
	best, found := 3, ""
	for _, k := range known {
		if d := distance(name, k); d < best {
			best, found = d, k
		}
	}
	return found
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// faults collects what is wrong in a map.
type faults struct{ list []error }

func (f *faults) add(err error) {
	if err != nil {
		f.list = append(f.list, err)
	}
}

func (f *faults) wrong(place, what, whatZH, mend, mendZH string) {
	f.add(WrongMap.At(place, "what", what, "what_zh", whatZH, "mend", mend, "mend_zh", mendZH))
}

func (f *faults) unknown(kind *fault.Kind, place, name string, known []string, pairs ...any) {
	en, zh := hint(name, known)
	f.add(kind.At(place, append(pairs, "name", name, "hint", en, "hint_zh", zh)...))
}

func (f *faults) joined() error { return errors.Join(f.list...) }

// Codes of what goes to the quarantine. A cause never quotes the value: it is
// published, the value is sealed.
const (
	codeKey        = "key_missing"
	codeVersion    = "version_unreadable"
	codeUnreadable = "value_unreadable"
	codeOutside    = "value_out_of_range"
	codeUnknown    = "code_unknown"
	codeType       = "contract_type"
	codeNull       = "contract_null"
	codeColumn     = "contract_column"
)

type reason struct{ cause, mend string }

var reasons = map[string]reason{
	codeKey:        {"主键没有值", "请来源部门补上主键，或改正 key 的列"},
	codeVersion:    {"版本列的值读不出", "请来源部门改正，或改正 version 的列"},
	codeUnreadable: {"值不是应有的类型", "请来源部门改正，或在映射中写明 format、do 或 null"},
	codeOutside:    {"值超出可能的范围", "请来源部门核对"},
	codeUnknown:    {"编码不在对照表中", "把该编码加入映射的 codes"},
	codeType:       {"值不符合契约的类型", "请来源部门改正，或修改契约中该列的 type"},
	codeNull:       {"契约要求有值，此处为空", "请来源部门补上，或去掉契约中的 not_null"},
	codeColumn:     {"契约中没有此列", "把该列加入契约的 fields"},
}
