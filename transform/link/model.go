package link

import (
	"encoding/hex"
	"encoding/json"
	"math"

	"github.com/zeebo/xxh3"

	"huiliu/internal/fault"
)

// WrongModel is raised for a model that can't be read or was made for another
// specification.
var WrongModel = &fault.Kind{
	Code: "link_wrong_model", Class: fault.Input,
	Cause: fault.Text{EN: "the model doesn't fit: {what}", ZH: "模型不匹配：{what_zh}"},
	Mend:  fault.Text{EN: "fit it anew with this specification", ZH: "按此配置重新拟合"},
}

// Model are the weights, made once and never changed. Its JSON is the same
// bytes for the same evidence.
type Model struct {
	// Version is a hash of all that follows.
	Version string `json:"version"`
	// Prior is λ, the share of matches among all possible pairs; PriorBits
	// is log2 of its odds.
	Prior     float64 `json:"prior"`
	PriorBits float64 `json:"prior_bits"`
	// Own is how many records, itself included, are the same thing as a record
	// on average: 1 + 2λ·pairs/records. A value is not common because the
	// records of one thing repeat it.
	Own float64 `json:"own"`
	// Rounds are the rounds of EM until nothing moved.
	Rounds      int                 `json:"rounds"`
	Comparisons []ComparisonWeights `json:"comparisons"`
}

// ComparisonWeights are the weights of one field.
type ComparisonWeights struct {
	Field  string        `json:"field"`
	Levels []LevelWeight `json:"levels"`
	// TF says that equal values weigh by their frequency.
	TF          bool        `json:"tf,omitempty"`
	Frequencies Frequencies `json:"frequencies,omitzero"`
}

// LevelWeight is one level: how often it holds among matches (M) and among
// others (U), and log2(M/U).
type LevelWeight struct {
	Level string  `json:"level"`
	M     float64 `json:"m"`
	U     float64 `json:"u"`
	Bits  float64 `json:"bits"`
}

// otherwise is the name of the class in which no level holds.
const otherwise = "else"

func (f *em) model(p *plan, e Evidence, rounds int, frequencies []Frequencies) *Model {
	m := &Model{Own: 1 + 2*f.lambda*e.Possible/math.Max(1, float64(e.Rows)), Prior: f.lambda, PriorBits: math.Log2(f.lambda / (1 - f.lambda)), Rounds: rounds}
	for i, c := range p.compare {
		w := ComparisonWeights{Field: c.Field, TF: c.TF}
		if i < len(frequencies) {
			w.Frequencies = Frequencies{Rows: frequencies[i].Rows, Values: frequencies[i].Values, Terms: frequencies[i].Terms}
		}
		for class := 1; class < c.field.Classes(); class++ {
			w.Levels = append(w.Levels, LevelWeight{c.level(class), f.m[i][class], f.u[i][class], f.weight[i][class]})
		}
		m.Comparisons = append(m.Comparisons, w)
	}
	m.Version = m.hash()
	return m
}

// level is the text of a class over 0.
func (c *comparison) level(class int) string {
	if class > len(c.levels) {
		return otherwise
	}
	return c.levels[class-1].String()
}

func (m *Model) hash() string {
	bare := *m
	bare.Version = ""
	text, err := json.Marshal(&bare)
	if err != nil {
		// Only a number that is none can't be marshalled; share and falling
		// make none.
		return ""
	}
	sum := xxh3.Hash128(text).Bytes()
	return hex.EncodeToString(sum[:])
}

// JSON is the model as text.
func (m *Model) JSON() ([]byte, error) { return json.MarshalIndent(m, "", " ") }

// ReadModel reads a model and checks that it was not changed.
func ReadModel(text []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, WrongModel.At("model", "what", "it is no JSON of a model", "what_zh", "不是模型的 JSON").Because(err)
	}
	if m.Version == "" || m.hash() != m.Version {
		return nil, WrongModel.At("model", "what", "its version is not that of its contents", "what_zh", "版本号与内容不符")
	}
	return m, nil
}

// fits checks that the model has the comparisons of a specification.
func (m *Model) fits(p *plan) error {
	wrong := func() error {
		return WrongModel.At("model", "what", "its comparisons are others", "what_zh", "比对项不同")
	}
	if len(m.Comparisons) != len(p.compare) {
		return wrong()
	}
	for i := range p.compare {
		c, w := &p.compare[i], &m.Comparisons[i]
		if c.Field != w.Field || c.TF != w.TF || len(w.Levels) != c.field.Classes()-1 {
			return wrong()
		}
		for class := 1; class < c.field.Classes(); class++ {
			if w.Levels[class-1].Level != c.level(class) {
				return wrong()
			}
		}
	}
	return nil
}

// Frequencies are those the model was made with, for NewComparer.
func (m *Model) Frequencies() []Frequencies {
	out := make([]Frequencies, len(m.Comparisons))
	for i := range m.Comparisons {
		out[i] = m.Comparisons[i].Frequencies
	}
	return out
}
