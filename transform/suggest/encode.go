package suggest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"huiliu/internal/bayes"
	"huiliu/internal/fault"
)

// UnreadableModel is raised for bytes that are no model.
var UnreadableModel = &fault.Kind{
	Code: "suggest_unreadable_model", Class: fault.Input,
	Cause: fault.Text{EN: "these bytes are no model of suggestions: {why}", ZH: "不是可读的建议模型：{why}"},
	Mend:  fault.Text{EN: "fit the model again", ZH: "请重新训练模型"},
}

// form is the version of the stored form. What words mean is part of it.
const form = 2

// stored is a model as it is written: JSON, its lists in a fixed order.
type stored struct {
	Form     int         `json:"form"`
	Seen     int         `json:"seen"`
	Used     int         `json:"used"`
	Words    []string    `json:"words"`
	Rarity   []float64   `json:"rarity"`
	Category *storedPart `json:"category,omitempty"`
	Unit     *storedPart `json:"unit,omitempty"`
}

type storedPart struct {
	Labels      []string  `json:"labels"`
	Smoothing   float64   `json:"smoothing"`
	Tree        float64   `json:"tree"`
	Scale       float64   `json:"scale"`
	Threshold   float64   `json:"threshold"`
	Coefficient []float64 `json:"coefficient"`
}

// MarshalBinary returns the model's bytes. Equal corpora give equal bytes.
func (m *Model) MarshalBinary() ([]byte, error) { return bytes.Clone(m.encoded), nil }

// Version is the SHA-256 of the model's bytes, in hexadecimal.
func (m *Model) Version() string {
	sum := sha256.Sum256(m.encoded)
	return hex.EncodeToString(sum[:])
}

// Learned tells how many requests had a category or unit, and how many of them
// the fit used; they differ above 100,000.
func (m *Model) Learned() (seen, used int) { return m.seen, m.used }

// Labels returns the categories and units that can be suggested, in the order
// of their bytes.
func (m *Model) Labels() (categories, units []string) {
	if m.category != nil {
		categories = slices.Clone(m.category.Labels)
	}
	if m.unit != nil {
		units = slices.Clone(m.unit.Labels)
	}
	return categories, units
}

func (m *Model) encode() ([]byte, error) {
	return json.Marshal(stored{
		Form: form, Seen: m.seen, Used: m.used, Words: m.lexicon.words, Rarity: m.lexicon.rarity,
		Category: m.category.store(), Unit: m.unit.store(),
	})
}

func (c *classifier) store() *storedPart {
	if c == nil {
		return nil
	}
	return &storedPart{c.Labels, c.Smoothing, c.Tree, c.Scale, c.Threshold, c.linear.Coefficient}
}

// Read makes a model of the bytes that MarshalBinary gave.
func Read(data []byte) (*Model, error) {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, UnreadableModel.At("suggest", "why", err)
	}
	m := &Model{seen: s.Seen, used: s.Used}
	if why := s.wrong(); why != "" {
		return nil, UnreadableModel.At("suggest", "why", why)
	}
	m.lexicon = index(s.Words, s.Rarity)
	m.category, m.unit = s.Category.classifier(len(s.Words)), s.Unit.classifier(len(s.Words))
	// Written anew, so that the version is that of the meaning and not of
	// white space in a file.
	var err error
	m.encoded, err = m.encode()
	return m, err
}

// wrong says what keeps the stored model from being one.
func (s stored) wrong() string {
	switch {
	case s.Form != form:
		return fmt.Sprintf("form %d", s.Form)
	case len(s.Words) == 0 || len(s.Words) != len(s.Rarity):
		return fmt.Sprintf("%d words, %d rarities", len(s.Words), len(s.Rarity))
	case !ascending(s.Words):
		return "words out of order"
	case slices.ContainsFunc(s.Rarity, func(r float64) bool { return !(r >= 1 && r < 100) }):
		return "a rarity out of range"
	case s.Category == nil && s.Unit == nil:
		return "neither categories nor units"
	}
	for _, p := range []*storedPart{s.Category, s.Unit} {
		if p != nil && !p.fits(len(s.Words)) {
			return "coefficients that don't fit the words"
		}
	}
	return ""
}

func (p *storedPart) fits(words int) bool {
	return len(p.Labels) > 0 && ascending(p.Labels) && p.Scale > 0 && p.Threshold > 0 &&
		p.Scale < math.MaxFloat32 && len(p.Coefficient) == len(p.Labels)*words &&
		!slices.ContainsFunc(p.Coefficient, func(w float64) bool { return math.Abs(w) > 1e6 })
}

func ascending(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

func (p *storedPart) classifier(words int) *classifier {
	if p == nil {
		return nil
	}
	shape := bayes.Shape{Terms: words, Classes: len(p.Labels)}
	return &classifier{
		Labels: p.Labels, Smoothing: p.Smoothing, Tree: p.Tree, Scale: p.Scale, Threshold: p.Threshold,
		linear: &bayes.Linear{Shape: shape, Bias: make([]float64, len(p.Labels)), Coefficient: p.Coefficient},
	}
}
