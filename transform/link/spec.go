package link

import (
	"errors"
	"slices"
	"strconv"

	"huiliu/internal/conf"
	"huiliu/internal/fault"
	"huiliu/transform/link/block"
	"huiliu/transform/link/compare"
)

// Bounds of a specification: a pattern holds four bits for each of sixteen
// comparisons.
const (
	mostComparisons = 16
	mostLevels      = 13
)

// Faults of a specification.
var (
	// UnknownField is raised for a field that is not declared.
	UnknownField = &fault.Kind{
		Code: "link_unknown_field", Class: fault.Input,
		Cause: fault.Text{EN: "{field} is not among the fields", ZH: "fields 中没有 {field}"},
		Mend:  fault.Text{EN: "declare it under fields, or use one of {known}", ZH: "在 fields 中声明，或使用：{known}"},
	}
	// WrongSpec is raised for a specification that can't work.
	WrongSpec = &fault.Kind{
		Code: "link_wrong_spec", Class: fault.Input,
		Cause: fault.Text{EN: "{what}", ZH: "{what_zh}"},
		Mend:  fault.Text{EN: "{mend}", ZH: "{mend_zh}"},
	}
)

// Spec says what a set of records needs to be linked.
type Spec struct {
	// Fields are the compared and blocked values by name.
	Fields map[string]FieldSpec `yaml:"fields,required"`
	// Compare are the comparisons, whose weights add up.
	Compare []Comparison `yaml:"compare,required"`
	// Block are the rules that make candidate pairs.
	Block Blocking `yaml:"block,required"`
	// OneToOne says that each record of the first list has at most one match
	// in the second, and the reverse. Without it records are clustered.
	OneToOne bool `yaml:"one_to_one"`
	// Uneven says that much is known of some records and little of others, as
	// where registers and callers meet: clusters then listen only to pairs
	// that speak; see Scorer.Cluster.
	Uneven bool `yaml:"uneven"`
	// Match is the probability from which a pair or a merge of clusters is a
	// match, .5 when it is not given. Review is the probability from which a
	// pair is kept for a person to look at, Match when it is not given.
	Match  float64 `yaml:"match"`
	Review float64 `yaml:"review"`
	// Sample is the number of random pairs that u is estimated from,
	// 300,000 when it is not given; fewer pairs in all are all taken.
	Sample int `yaml:"sample"`
}

// FieldSpec makes one field of a record's columns.
type FieldSpec struct {
	// From are the columns, joined by a space; the field's own name when
	// none is given.
	From []string `yaml:"from"`
	// Do are the normalisers in order; see ParseStep.
	Do []string `yaml:"do"`
	// Empty are normalised values that say nothing, such as "unknown".
	Empty []string `yaml:"empty"`
}

// Comparison compares one field.
type Comparison struct {
	Field string `yaml:"field,required"`
	// Levels are texts that compare.ParseLevel reads, strongest first.
	Levels []string `yaml:"levels,required"`
	// TF adjusts the weight of equal values by how frequent the value is.
	TF bool `yaml:"tf"`
}

// Blocking says how candidates are made.
type Blocking struct {
	// Rules and Split are texts that block.Parse reads.
	Rules []string `yaml:"rules,required"`
	Split []string `yaml:"split"`
	// Cap is the greatest number of rows of a block, 500 when it is not
	// given; Pairs the greatest number of pairs in all, 50 million.
	Cap   int `yaml:"cap"`
	Pairs int `yaml:"pairs"`
}

// ParseSpec reads a specification from YAML and checks it; all faults are
// reported at once.
func ParseSpec(file string, text []byte) (*Spec, error) {
	section, err := conf.Parse(file, text, nil)
	if err != nil {
		return nil, err
	}
	s := &Spec{}
	if section.Absent() {
		return nil, conf.MissingKey.At(file, "key", "fields", "want", "{name: {from: column}}")
	}
	if err := section.Decode(s); err != nil {
		return nil, err
	}
	s.fill()
	if _, err := s.compile(file); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Spec) fill() {
	if s.Match == 0 {
		s.Match = 0.5
	}
	if s.Review == 0 {
		s.Review = s.Match
	}
	if s.Sample == 0 {
		s.Sample = 300_000
	}
	if s.Block.Cap == 0 {
		s.Block.Cap = 500
	}
	if s.Block.Pairs == 0 {
		s.Block.Pairs = 50_000_000
	}
}

// plan is a specification read to the end.
type plan struct {
	fields  []field
	compare []comparison
	rules   []block.Rule
	limits  block.Limits
}

type field struct {
	name  string
	from  []string
	steps []step
	empty []string
}

type comparison struct {
	Comparison
	levels []compare.Level
	field  *compare.Field
}

// compile reads all texts of a specification.
func (s *Spec) compile(place string) (*plan, error) {
	p := &plan{limits: block.Limits{Cap: s.Block.Cap, Pairs: s.Block.Pairs}}
	var faults []error
	for _, name := range sortedKeys(s.Fields) {
		f, err := s.Fields[name].compile(place, name)
		faults = append(faults, err)
		p.fields = append(p.fields, f)
	}
	for _, c := range s.Compare {
		done, err := s.comparison(place, c)
		faults = append(faults, err)
		p.compare = append(p.compare, done)
	}
	var err error
	p.rules, err = s.rules(place, s.Block.Rules)
	faults = append(faults, err)
	p.limits.Split, err = s.rules(place, s.Block.Split)
	faults = append(faults, err, s.bounds(place))
	for _, r := range p.limits.Split {
		if r.Window > 0 {
			faults = append(faults, WrongSpec.At(place, "what", "near can't split a block", "what_zh", "near 不能用于拆分分块",
				"mend", "split by fields and their functions", "mend_zh", "改用字段及其函数拆分"))
		}
	}
	return p, errors.Join(faults...)
}

// bounds checks the numbers.
func (s *Spec) bounds(place string) error {
	wrong := func(bad bool, what, zh, mend, mendZH string) error {
		if !bad {
			return nil
		}
		return WrongSpec.At(place, "what", what, "what_zh", zh, "mend", mend, "mend_zh", mendZH)
	}
	return errors.Join(
		wrong(len(s.Compare) == 0 || len(s.Compare) > mostComparisons, "there must be 1 to 16 comparisons", "比对项应为 1 至 16 个",
			"leave out the weakest, or add one", "删去最弱的，或补上一个"),
		wrong(s.Match <= 0 || s.Match >= 1 || s.Review <= 0 || s.Review > s.Match, "match and review are no probabilities in order", "match 与 review 不是有序的概率",
			"give 0 < review ≤ match < 1", "应有 0 < review ≤ match < 1"),
		wrong(s.Block.Cap < 2 || s.Block.Pairs < 1 || s.Sample < 1, "cap, pairs and sample must be over 0, cap over 1", "cap、pairs、sample 应大于 0，cap 应大于 1",
			"leave them out for the usual values", "不写则用常用值"),
	)
}

func (s *Spec) comparison(place string, c Comparison) (comparison, error) {
	faults := []error{s.known(place, c.Field)}
	if len(c.Levels) == 0 || len(c.Levels) > mostLevels {
		faults = append(faults, WrongSpec.At(place, "what", c.Field+" needs 1 to 13 levels", "what_zh", c.Field+" 的级别应为 1 至 13 个",
			"mend", "leave out the levels that tell least apart", "mend_zh", "删去区分度低的级别"))
		return comparison{Comparison: c}, errors.Join(faults...)
	}
	done := comparison{Comparison: c}
	for _, text := range c.Levels {
		l, err := compare.ParseLevel(text)
		faults = append(faults, placed(err, place))
		if l.Measure == "swapped" {
			faults = append(faults, s.known(place, l.Other))
		}
		done.levels = append(done.levels, l)
	}
	done.field = compare.NewField(done.levels)
	return done, errors.Join(faults...)
}

func (s *Spec) rules(place string, texts []string) ([]block.Rule, error) {
	var out []block.Rule
	var faults []error
	for _, text := range texts {
		r, err := block.Parse(text)
		faults = append(faults, placed(err, place))
		for _, f := range r.Fields() {
			faults = append(faults, s.known(place, f))
		}
		out = append(out, r)
	}
	return out, errors.Join(faults...)
}

func (s *Spec) known(place, name string) error {
	if _, ok := s.Fields[name]; ok {
		return nil
	}
	return UnknownField.At(place, "field", strconv.Quote(name), "known", sortedKeys(s.Fields))
}

// placed gives a fault of a room beneath the place of the specification.
func placed(err error, place string) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Place == "" {
		f.Place = place
	}
	return err
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
