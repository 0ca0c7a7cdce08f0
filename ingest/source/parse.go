package source

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"huiliu/internal/conf"
	"huiliu/internal/fault"
)

// Faults of a definition.
var (
	badDefinition = &fault.Kind{
		Code: "source_definition", Class: fault.Input,
		Cause: fault.Text{EN: "{what}", ZH: "{what_zh}"},
		Mend:  fault.Text{EN: "{mend}", ZH: "{mend_zh}"},
	}
)

func wrong(s conf.Section, what, whatZH, mend, mendZH string) error {
	return badDefinition.At(s.Place(), "what", what, "what_zh", whatZH, "mend", mend, "mend_zh", mendZH)
}

// DefaultRetentionDays is how long raw pages are kept when a source does not
// say.
const DefaultRetentionDays = 400

type definitionForm struct {
	ID         string       `yaml:"id,required"`
	Name       string       `yaml:"name"`
	Zone       string       `yaml:"zone"`
	Every      string       `yaml:"every"`
	Connector  string       `yaml:"connector,required"`
	Connection conf.Section `yaml:"connection"`
	Limits     Limits       `yaml:"limits"`
	Retention  int          `yaml:"retention_days"`
	Tables     conf.Section `yaml:"tables,required"`
}

type tableForm struct {
	Name     string       `yaml:"name,required"`
	Change   Change       `yaml:"change,required"`
	Key      []string     `yaml:"key"`
	Version  string       `yaml:"version"`
	Delete   *Mark        `yaml:"delete"`
	Ignore   []string     `yaml:"ignore"`
	Read     conf.Section `yaml:"read"`
	Contract conf.Section `yaml:"contract"`
	Maps     conf.Section `yaml:"maps"`
}

// name is what an id may look like: it stands in topics, paths and SQL.
var name = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// ValidName reports whether a text may stand in topics, paths and SQL as the
// id of a site, a source or a table.
func ValidName(text string) bool { return name.MatchString(text) }

// Parse reads a definition. Settings that the definition leaves to the site
// come from overlay, whose connection keys go before the definition's own;
// overlay may be absent. All faults are joined.
func Parse(s conf.Section, text []byte, overlay conf.Section) (*Definition, error) {
	form := definitionForm{Zone: "Asia/Shanghai", Retention: DefaultRetentionDays}
	faults := []error{s.Decode(&form)}
	if form.ID != "" && !name.MatchString(form.ID) {
		faults = append(faults, wrong(s.Get("id"), fmt.Sprintf("id %q can't stand in topics and tables", form.ID), fmt.Sprintf("编号“%s”不能用作主题名和表名", form.ID),
			"use lower-case letters, digits, - and _, at most 40", "用小写字母、数字、-、_，不超过 40 个"))
	}
	zone, err := time.LoadLocation(form.Zone)
	if err != nil {
		faults = append(faults, wrong(s.Get("zone"), fmt.Sprintf("unknown zone %q", form.Zone), fmt.Sprintf("未知时区“%s”", form.Zone), "use a name such as Asia/Shanghai", "用 Asia/Shanghai 这样的名称"))
	}
	if form.Every != "" {
		if _, err := cron.ParseStandard(form.Every); err != nil {
			faults = append(faults, wrong(s.Get("every"), fmt.Sprintf("bad cron line %q: %v", form.Every, err), fmt.Sprintf("定时表达式“%s”有误", form.Every),
				"write five fields, such as */15 * * * *", "写五段，例如 */15 * * * *"))
		}
	}
	d := &Definition{
		ID: form.ID, Name: form.Name, Zone: zone, Every: form.Every, Connector: form.Connector,
		Connection: form.Connection, Limits: form.Limits, RetentionDays: form.Retention,
		Hash: hashText(text), Place: s.Place(),
	}
	if d.Name == "" {
		d.Name = d.ID
	}
	if !overlay.Absent() {
		d.Connection = overlay
	}
	for i, item := range form.Tables.Items() {
		t, err := parseTable(item)
		faults = append(faults, err)
		t.Partition = i
		if d.Table(t.Name) != nil {
			faults = append(faults, wrong(item, fmt.Sprintf("table %s stands twice", t.Name), fmt.Sprintf("表 %s 重复", t.Name), "give each table a name of its own", "每张表用不同的名称"))
		}
		d.Tables = append(d.Tables, t)
	}
	return d, errors.Join(faults...)
}

func parseTable(s conf.Section) (Table, error) {
	var form tableForm
	faults := []error{s.Decode(&form)}
	if form.Name != "" && !name.MatchString(form.Name) {
		faults = append(faults, wrong(s.Get("name"), fmt.Sprintf("table name %q can't stand in topics and tables", form.Name), fmt.Sprintf("表名“%s”不可用", form.Name), "use lower-case letters, digits, - and _", "用小写字母、数字、-、_"))
	}
	if !slices.Contains([]Change{Append, Upsert, Snapshot, CDC, ""}, form.Change) {
		faults = append(faults, wrong(s.Get("change"), fmt.Sprintf("unknown way of change %q", form.Change), fmt.Sprintf("未知的变更方式“%s”", form.Change), "use append, upsert, snapshot or cdc", "用 append、upsert、snapshot 或 cdc"))
	}
	if len(form.Key) == 0 {
		faults = append(faults, conf.MissingKey.At(s.Place(), "key", "key", "want", "the fields that identify a record, or [$origin, $row]"))
	}
	contract, err := parseContract(form.Contract)
	faults = append(faults, err)
	t := Table{Name: form.Name, Change: form.Change, Key: form.Key, Version: form.Version, Delete: form.Delete, Ignore: form.Ignore, Read: form.Read, Contract: contract}
	for _, item := range form.Maps.Items() {
		maps, err := parseMaps(item)
		faults = append(faults, err)
		t.Maps = append(t.Maps, maps...)
	}
	return t, errors.Join(faults...)
}

type contractForm struct {
	Columns Mode         `yaml:"columns"`
	Types   Mode         `yaml:"types"`
	Fields  conf.Section `yaml:"fields"`
}

type fieldForm struct {
	Type     string `yaml:"type"`
	Required bool   `yaml:"required"`
	NotNull  bool   `yaml:"not_null"`
	OnType   Mode   `yaml:"on_type"`
}

// DecodeConf reads a field written short, as its type alone, or long.
func (f *fieldForm) DecodeConf(s conf.Section) error {
	if s.IsMap() {
		type long fieldForm
		return s.Decode((*long)(f))
	}
	var err error
	f.Type, err = s.Scalar()
	return err
}

var fieldTypes = []string{"text", "int", "number", "bool", "date", "time", "json"}

func parseContract(s conf.Section) (Contract, error) {
	form := contractForm{Columns: Evolve, Types: DiscardValue}
	faults := []error{s.Decode(&form)}
	checkMode := func(at conf.Section, m Mode) {
		if m != "" && !slices.Contains([]Mode{Evolve, Freeze, DiscardRow, DiscardValue}, m) {
			faults = append(faults, wrong(at, fmt.Sprintf("unknown contract mode %q", m), fmt.Sprintf("未知的契约方式“%s”", m), "use evolve, freeze, discard_row or discard_value", "用 evolve、freeze、discard_row 或 discard_value"))
		}
	}
	checkMode(s.Get("columns"), form.Columns)
	checkMode(s.Get("types"), form.Types)
	c := Contract{Columns: form.Columns, Types: form.Types}
	for _, key := range form.Fields.Keys() {
		f := fieldForm{Type: "text"}
		at := form.Fields.Get(key)
		faults = append(faults, at.Decode(&f))
		checkMode(at, f.OnType)
		if !slices.Contains(fieldTypes, f.Type) {
			faults = append(faults, wrong(at, fmt.Sprintf("unknown type %q", f.Type), fmt.Sprintf("未知类型“%s”", f.Type), "use "+strings.Join(fieldTypes, ", "), "可用："+strings.Join(fieldTypes, "、")))
		}
		c.Fields = append(c.Fields, Field{Name: key, Type: f.Type, Required: f.Required, NotNull: f.NotNull, OnType: f.OnType})
	}
	return c, errors.Join(faults...)
}

type mapForm struct {
	Entity string         `yaml:"entity,required"`
	Name   string         `yaml:"name"`
	When   []Condition    `yaml:"when"`
	Of     *Owner         `yaml:"of"`
	Fields conf.Section   `yaml:"fields"`
	Events conf.Section   `yaml:"events"`
	Each   []conf.Section `yaml:"each"`
}

// parseMaps reads one entry of maps. With each, it stands for one map per
// element: the element's fields are added to the map's, and its name tells
// the rows apart.
func parseMaps(s conf.Section) ([]Map, error) {
	var form mapForm
	faults := []error{s.Decode(&form)}
	base := Map{Entity: form.Entity, Name: form.Name, Of: form.Of, When: form.When, Fields: assignments(form.Fields), Events: assignments(form.Events), Place: s.Place()}
	if form.Of == nil && form.Fields.Absent() || form.Of != nil && (!form.Fields.Absent() || form.Events.Absent()) {
		faults = append(faults, wrong(s, "a map makes a row by fields, or of another table's row events alone", "映射或以 fields 生成行，或以 of 只为他表的行记事件", "write fields, or of and events", "写 fields，或写 of 和 events"))
	}
	if len(form.Each) == 0 {
		return []Map{base}, errors.Join(faults...)
	}
	var out []Map
	for _, each := range form.Each {
		m := base
		if m.Name, _ = each.Get("name").Scalar(); m.Name == "" {
			faults = append(faults, conf.MissingKey.At(each.Place(), "key", "name", "want", "a name that tells this row apart"))
		}
		if !each.Get("when").Absent() {
			var when []Condition
			faults = append(faults, each.Get("when").Decode(&when))
			m.When = append(slices.Clone(base.When), when...)
		}
		m.Fields = append(slices.Clone(base.Fields), assignments(each.Get("fields"))...)
		faults = append(faults, each.Only("name", "when", "fields"))
		out = append(out, m)
	}
	return out, errors.Join(faults...)
}

func assignments(s conf.Section) []Assignment {
	var out []Assignment
	for _, key := range s.Keys() {
		out = append(out, Assignment{Field: key, Value: s.Get(key)})
	}
	return out
}
