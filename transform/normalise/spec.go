package normalise

import (
	"slices"
	"strings"
	"time"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/transform/entity"
)

// valueForm is a value as a map writes it.
type valueForm struct {
	From     []string           `yaml:"from"`
	Const    *string            `yaml:"const"`
	Join     *joinForm          `yaml:"join"`
	Parts    *partsForm         `yaml:"parts"`
	Do       []callForm         `yaml:"do"`
	Null     []string           `yaml:"null"`
	Codes    conf.Section       `yaml:"codes"`
	Else     string             `yaml:"else"`
	Format   []string           `yaml:"format"`
	Zone     string             `yaml:"zone"`
	Unit     string             `yaml:"unit"`
	Optional bool               `yaml:"optional"`
	OnBad    string             `yaml:"on_bad"`
	When     []source.Condition `yaml:"when"`
}

type joinForm struct {
	Columns []string `yaml:"columns,required"`
	With    string   `yaml:"with"`
}

type partsForm struct {
	Year   string `yaml:"year,required"`
	Month  string `yaml:"month,required"`
	Day    string `yaml:"day,required"`
	Hour   string `yaml:"hour"`
	Minute string `yaml:"minute"`
	Second string `yaml:"second"`
}

// DecodeConf reads a value written short, as its column, or long.
func (f *valueForm) DecodeConf(s conf.Section) error {
	if s.IsMap() {
		type long valueForm
		return s.Decode((*long)(f))
	}
	return s.Decode(&f.From)
}

// callForm is a function as do names it: alone, or with its arguments.
type callForm struct {
	name  string
	args  []string
	place string
}

// DecodeConf reads name, or {name: argument}, or {name: [arguments]}.
func (f *callForm) DecodeConf(s conf.Section) error {
	f.place = s.Place()
	keys := s.Keys()
	if len(keys) == 0 {
		var err error
		f.name, err = s.Scalar()
		return err
	}
	f.name = keys[0]
	at := s.Get(f.name)
	if len(keys) > 1 {
		return conf.WrongValue.At(s.Place(), "key", "do", "value", "several functions in one entry", "want", "one function an entry")
	}
	for _, old := range at.Keys() {
		with, err := at.Get(old).Scalar()
		if err != nil {
			return err
		}
		f.args = append(f.args, old, with)
	}
	if len(f.args) > 0 {
		return nil
	}
	return at.Decode(&f.args)
}

// afterwards is what happens to a text that codes don't list.
type afterwards uint8

const (
	keep afterwards = iota
	drop
	refuse
)

// value is a compiled value: where a text comes from and what is done to it.
type value struct {
	columns   []string
	joined    bool
	with      []byte
	constant  []byte
	fixed     bool
	parts     *partsForm
	steps     []step
	nulls     map[string]bool
	codes     map[string][]byte
	otherwise afterwards
	layouts   []layout
	zone      *time.Location
	scale     scale
	optional  bool
	wholeRow  bool
	when      []source.Condition
	place     string
}

// direct reports whether a cell's own value is the value, so that a column's
// kind may be used without going through text.
func (v *value) direct() bool {
	return !v.fixed && !v.joined && v.parts == nil && v.steps == nil && v.codes == nil && v.nulls == nil
}

// names returns every column that the value reads.
func (v *value) names() []string {
	names := slices.Clone(v.columns)
	for _, c := range v.when {
		names = append(names, c.Field)
	}
	if p := v.parts; p != nil {
		for _, n := range []string{p.Year, p.Month, p.Day, p.Hour, p.Minute, p.Second} {
			if n != "" {
				names = append(names, n)
			}
		}
	}
	return names
}

// valueOf compiles a value for an attribute.
func (c *compiler) valueOf(s conf.Section, a *entity.Attribute) *value {
	var form valueForm
	c.faults.add(s.Decode(&form))
	v := &value{zone: c.zone, optional: form.Optional, place: s.Place(), when: form.When}
	c.sources(v, &form)
	for _, call := range form.Do {
		v.steps = append(v.steps, c.call(call))
	}
	if len(form.Null) > 0 {
		v.nulls = map[string]bool{}
		for _, n := range form.Null {
			v.nulls[strings.TrimSpace(n)] = true
		}
	}
	c.codes(v, &form)
	c.times(v, &form, a)
	c.units(v, &form, a)
	switch form.OnBad {
	case "", "value":
	case "row":
		v.wholeRow = true
	default:
		c.faults.wrong(v.place, "on_bad can't be "+form.OnBad, "on_bad 不能是 "+form.OnBad, "use value or row", "用 value 或 row")
	}
	c.columns(v)
	return v
}

func (c *compiler) sources(v *value, form *valueForm) {
	given := 0
	if len(form.From) > 0 {
		v.columns = form.From
		given++
	}
	if form.Const != nil {
		v.fixed, v.constant = true, []byte(*form.Const)
		given++
	}
	if form.Join != nil {
		v.columns, v.joined, v.with = form.Join.Columns, true, []byte(form.Join.With)
		given++
	}
	if form.Parts != nil {
		v.parts = form.Parts
		given++
	}
	if given != 1 || slices.Contains(v.columns, "") {
		c.faults.wrong(v.place, "a value comes from one of from, const, join, parts", "值须来自 from、const、join、parts 之一",
			"name the column with from", "用 from 指明列")
	}
}

func (c *compiler) call(form callForm) step {
	f, ok := functions[form.name]
	if !ok {
		c.faults.unknown(UnknownFunction, form.place, form.name, functionNames())
		return nil
	}
	run := f.compile(form.args)
	if run == nil {
		want := f.arguments
		if want == "" {
			want = "no argument"
		}
		c.faults.add(WrongArguments.At(form.place, "name", form.name, "given", strings.Join(form.args, ", "), "want", want))
	}
	return run
}

func (c *compiler) codes(v *value, form *valueForm) {
	if keys := form.Codes.Keys(); len(keys) > 0 {
		v.codes = map[string][]byte{}
		for _, k := range keys {
			to, err := form.Codes.Get(k).Scalar()
			c.faults.add(err)
			v.codes[strings.TrimSpace(k)] = []byte(to)
		}
	} else if form.Else != "" {
		c.faults.wrong(v.place, "else without codes", "有 else 而无 codes", "write codes", "写出 codes")
	}
	switch form.Else {
	case "", "keep":
	case "null":
		v.otherwise = drop
	case "quarantine":
		v.otherwise = refuse
	default:
		c.faults.wrong(v.place, "else can't be "+form.Else, "else 不能是 "+form.Else, "use keep, null or quarantine", "用 keep、null 或 quarantine")
	}
}

func timely(a *entity.Attribute) bool {
	return a != nil && (a.Kind == entity.Day || a.Kind == entity.Instant)
}

func (c *compiler) times(v *value, form *valueForm, a *entity.Attribute) {
	if !timely(a) && (len(form.Format) > 0 || form.Zone != "" || form.Parts != nil) {
		c.faults.wrong(v.place, "format, zone and parts are for times", "format、zone、parts 只用于时间", "take them out", "删去")
	}
	if form.Zone != "" {
		zone, err := time.LoadLocation(form.Zone)
		if err != nil {
			c.faults.wrong(v.place, "unknown zone "+form.Zone, "未知时区 "+form.Zone, "use a name such as Asia/Shanghai", "用 Asia/Shanghai 这样的名称")
		} else {
			v.zone = zone
		}
	}
	if len(form.Format) == 0 {
		form.Format = []string{"auto"}
	}
	for _, f := range form.Format {
		l, ok := newLayout(f)
		if !ok {
			c.faults.wrong(v.place, "format "+f+" reads no day", "格式 "+f+" 读不出日期",
				"use auto, epoch_seconds, epoch_millis, minguo, excel_day, or a form such as 2006-01-02 15:04:05", "用 auto、epoch_seconds、epoch_millis、minguo、excel_day，或 2006-01-02 15:04:05 这样的写法")
			continue
		}
		v.layouts = append(v.layouts, l)
	}
}

// unit is a source's unit as powers of ten (and a factor) of the base unit.
type unit struct {
	base string
	scale
}

var units = map[string]unit{
	"yuan": {"元", scale{}}, "qian_yuan": {"元", scale{shift: 3}}, "wan_yuan": {"元", scale{shift: 4}}, "yi_yuan": {"元", scale{shift: 8}},
	"percent": {"%", scale{}}, "fraction": {"%", scale{shift: 2}},
	"square_metre": {"平方米", scale{}}, "hectare": {"平方米", scale{shift: 4}},
	// The international foot is 0.3048 m, so its square 0.09290304 m².
	"square_foot": {"平方米", scale{factor: 9290304, shift: -8}},
}

func unitNames() []string {
	var names []string
	for n := range units {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (c *compiler) units(v *value, form *valueForm, a *entity.Attribute) {
	name := form.Unit
	if n := len(form.Do); name == "" && n > 0 && form.Do[n-1].name == "money" {
		name = "yuan"
	}
	if name == "" {
		return
	}
	u, ok := units[name]
	if !ok {
		en, zh := hint(name, unitNames())
		c.faults.wrong(v.place, "unknown unit "+name, "未知单位 "+name, en, zh)
		return
	}
	base, shift := "", 0
	if a != nil && a.Kind == entity.Decimal {
		if base = a.Unit; base == "万元" {
			base, shift = "元", 4
		}
	}
	if base != u.base {
		if form.Unit != "" {
			c.faults.wrong(v.place, "the unit "+name+" does not go with this attribute", "单位 "+name+" 与该属性不符", "take the unit out", "删去 unit")
		}
		return
	}
	v.scale = scale{factor: u.factor, shift: u.shift - shift}
}

// columns checks the columns of a value against a closed contract.
func (c *compiler) columns(v *value) {
	for _, name := range v.names() {
		c.column(name, v.place)
	}
}

func (c *compiler) column(name, place string) {
	if c.closed && name != originField && !slices.Contains(c.fields, name) {
		c.faults.unknown(UnknownColumn, place, name, c.fields)
	}
}
