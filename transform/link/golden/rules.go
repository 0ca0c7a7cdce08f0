// Package golden gives each attribute of an entity the value of one source
// (一数一源): by a declared order of sources and a declared freshness. What
// other sources say differently becomes a row for the departments to mend
// (校核纠错), with both values, both sources, since when, and why one won.
//
// It is a pure function of the rows of one entity, in any order. Of persons it
// sees pseudonyms and masks alone: it compares the pseudonyms and tells the
// masks.
package golden

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"huiliu/internal/conf"
	"huiliu/internal/fault"
	"huiliu/transform/entity"
)

// noSuchAttribute is raised for rules of what an entity does not say of itself.
var noSuchAttribute = &fault.Kind{
	Code: "golden_no_such_attribute", Class: fault.Input,
	Cause: fault.Text{EN: "{entity} has no attribute {name} with a single value", ZH: "{entity} 没有可取单一值的属性 {name}"},
	Mend:  fault.Text{EN: "name one of {known}", ZH: "可用：{known}"},
}

// Rules say for one type of entity which source speaks. They are immutable
// after Parse.
type Rules struct {
	// Type is the entity they are for.
	Type *entity.Type
	// Day is the attribute that dates a row, nil where rows have no day.
	Day        *entity.Attribute
	labels     map[string]string
	attributes []rule
	version    string
}

// rule is the rule of one attribute.
type rule struct {
	of    *entity.Attribute
	order []string
	rank  map[string]int
	// freshDays is how old a value may be, in days; 0 is without end.
	freshDays int
	// never says that sources which the order does not name can't win.
	never bool
	// within is the difference that is none: absolute in the attribute's unit
	// (days for days), or relative to the larger of both values.
	within   float64
	relative bool
	// empty are normalised texts that mean no value.
	empty map[string]bool
	// sound is the flag that says whether a value passed its check, nil where
	// none is declared.
	sound *entity.Attribute
	// silent says that a disagreement is counted and not reported, apart that
	// two sources are not compared at all.
	silent, apart bool
}

// form is the configuration as it is written.
type form struct {
	Entity     string              `yaml:"entity,required"`
	Day        string              `yaml:"day"`
	Sources    map[string]string   `yaml:"sources"`
	Attributes map[string]ruleForm `yaml:"attributes,required"`
}

type ruleForm struct {
	Order     []string `yaml:"order,required"`
	FreshDays int      `yaml:"fresh_days"`
	Others    string   `yaml:"others"`
	Within    string   `yaml:"within"`
	Empty     []string `yaml:"empty"`
	Sound     string   `yaml:"sound"`
	Report    *bool    `yaml:"report"`
	Compare   *bool    `yaml:"compare"`
}

// Parse reads rules from YAML:
//
//	entity: building
//	day: graded_on                  # the attribute that dates a row
//	sources: {zhujian: 住建局}      # what officials call a source
//	attributes:
//	  floor_area:
//	    order: [zhujian, zigui]     # who speaks first
//	    fresh_days: 730             # an older value yields to a fresh one
//	    others: never               # or last, the usual: who is not in order
//	    within: 0.5                 # or 2%: a difference that is none
//	    empty: [不详]               # texts that mean no value
//	    report: false               # counted, not worth a finding
//	  address:
//	    order: [zhujian]
//	    compare: false              # spelt in many ways: nothing is said of a difference
//	  identity_no:
//	    order: [gongan]
//	    sound: identity_valid       # the flag that says a value passed its check
//
// How values are compared follows from the attribute's kind and tag. All
// faults are returned joined, each with its place.
func Parse(file string, text []byte) (*Rules, error) {
	s, err := conf.Parse(file, text, nil)
	if err != nil {
		return nil, err
	}
	if s.Absent() {
		return nil, conf.MissingKey.At(file, "key", "entity", "want", "the name of an entity")
	}
	var f form
	if err := s.Decode(&f); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(text)
	r := &Rules{Type: entity.Find(f.Entity), labels: f.Sources, version: hex.EncodeToString(digest[:])}
	if r.Type == nil {
		return nil, conf.WrongValue.At(s.Get("entity").Place(), "key", "entity", "value", strconv.Quote(f.Entity), "want", "the name of an entity")
	}
	var faults []error
	if f.Day != "" {
		r.Day = r.Type.Attribute(f.Day)
		if r.Day == nil || r.Day.Kind != entity.Day && r.Day.Kind != entity.Instant {
			faults = append(faults, conf.WrongValue.At(s.Get("day").Place(), "key", "day", "value", strconv.Quote(f.Day), "want", "an attribute that is a day or a moment"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Attributes)) {
		one, err := r.rule(name, f.Attributes[name], s.Get("attributes").Get(name))
		r.attributes = append(r.attributes, one)
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Rules) rule(name string, f ruleForm, s conf.Section) (rule, error) {
	one := rule{of: r.Type.Attribute(name), order: f.Order, rank: map[string]int{}, freshDays: f.FreshDays, never: f.Others == "never", empty: map[string]bool{}}
	if one.of == nil || one.of.Kind == entity.Point || one.of.Kind == entity.Home {
		return one, noSuchAttribute.At(s.Place(), "entity", r.Type.Name, "name", name, "known", strings.Join(single(r.Type), ", "))
	}
	var faults []error
	wrong := func(key string, value any, want string) {
		faults = append(faults, conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", fmt.Sprintf("%q", fmt.Sprint(value)), "want", want))
	}
	if len(f.Order) == 0 {
		wrong("order", f.Order, "at least one source")
	}
	for i, source := range f.Order {
		if _, twice := one.rank[source]; twice || source == "" {
			wrong("order", source, "each source once")
		}
		one.rank[source] = i
	}
	if f.FreshDays < 0 || f.FreshDays > 100_000 {
		wrong("fresh_days", f.FreshDays, "0 to 100000 days, 0 for without end")
	} else if f.FreshDays > 0 && r.Day == nil {
		wrong("fresh_days", f.FreshDays, "nothing while no day dates the rows: name one under day")
	}
	if f.Others != "" && f.Others != "last" && f.Others != "never" {
		wrong("others", f.Others, "last or never")
	}
	if !one.tolerate(f.Within) {
		wrong("within", f.Within, one.tolerances())
	}
	for _, e := range f.Empty {
		one.empty[normal(e)] = true
	}
	if f.Sound != "" {
		if one.sound = r.Type.Attribute(f.Sound); one.sound == nil || one.sound.Kind != entity.Bool {
			wrong("sound", f.Sound, "an attribute that is yes or no")
		}
	}
	one.silent, one.apart = f.Report != nil && !*f.Report, f.Compare != nil && !*f.Compare
	return one, errors.Join(faults...)
}

// Version is a digest of the text that the rules were read from, and of the
// names given to sources since.
func (r *Rules) Version() string { return r.version }

// Reported reports whether a disagreement on an attribute is worth telling a
// department, or only counted.
func (r *Rules) Reported(attribute string) bool {
	return slices.ContainsFunc(r.attributes, func(one rule) bool { return one.of.Name == attribute && !one.silent })
}

// single names the attributes that can have a golden value.
func single(t *entity.Type) []string {
	var out []string
	for _, a := range t.Attributes {
		if a.Kind != entity.Point && a.Kind != entity.Home {
			out = append(out, a.Name)
		}
	}
	return out
}

// tolerate reads a tolerance: 0.5, 2%, or nothing.
func (one *rule) tolerate(text string) bool {
	if text == "" {
		return true
	}
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return false
	}
	if one.relative = percent; percent {
		v /= 100
	}
	one.within = v
	switch {
	case one.of.Tag != entity.Plain:
		return false
	case one.numeric():
		return true
	}
	return one.dated() && !percent && v == math.Trunc(v)
}

func (one *rule) tolerances() string {
	switch {
	case one.of.Tag == entity.Plain && one.numeric():
		return "a number, or a percentage such as 2%"
	case one.of.Tag == entity.Plain && one.dated():
		return "a whole number of days"
	}
	return "nothing: only numbers and days have a tolerance"
}

func (one *rule) numeric() bool { return one.of.Kind == entity.Int || one.of.Kind == entity.Decimal }
func (one *rule) dated() bool   { return one.of.Kind == entity.Day || one.of.Kind == entity.Instant }

// place of a source in the order; those that it does not name come after.
func (one *rule) place(source string) int {
	if at, ok := one.rank[source]; ok {
		return at
	}
	return len(one.order)
}

// Named returns the rules with names of sources that they do not name
// themselves, by the sources' ids.
func (r *Rules) Named(names map[string]string) *Rules {
	out := *r
	out.labels = maps.Clone(names)
	if out.labels == nil {
		out.labels = map[string]string{}
	}
	maps.Copy(out.labels, r.labels)
	h := sha256.New()
	fmt.Fprintln(h, r.version)
	for _, id := range slices.Sorted(maps.Keys(out.labels)) {
		fmt.Fprintf(h, "%q %q\n", id, out.labels[id])
	}
	out.version = hex.EncodeToString(h.Sum(nil))
	return &out
}

// label is what an official calls a source.
func (r *Rules) label(source string) string { return cmp.Or(r.labels[source], source) }
