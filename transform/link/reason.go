package link

import (
	"huiliu/internal/fault"
	"huiliu/transform/link/block"
)

// Reason is what one field says about a pair. The bits of all reasons and the
// prior's add up to the pair's weight.
type Reason struct {
	Field string     `json:"field"`
	Level string     `json:"level"`
	Label fault.Text `json:"label"`
	// Bits is the weight, of which Rarity is due to how rare the value is.
	Bits   float64 `json:"bits"`
	Rarity float64 `json:"rarity,omitempty"`
}

// Reasons are what the fields say about a pair, in the order of the
// specification.
func (s *Scorer) Reasons(pair block.Pair) []Reason {
	p := s.comparer.Pattern(pair)
	out := make([]Reason, len(s.plan.compare))
	for i := range s.plan.compare {
		c := &s.plan.compare[i]
		rarity := s.adjustment(i, pair, p)
		out[i] = Reason{Field: c.Field, Bits: s.weights[i][p.Class(i)] + rarity, Rarity: rarity}
		out[i].Level, out[i].Label = c.label(p.Class(i))
	}
	return out
}

func (c *comparison) label(class int) (string, fault.Text) {
	switch {
	case class == 0:
		return "null", fault.Text{EN: "not known for both", ZH: "至少一方缺失"}
	case class > len(c.levels):
		return otherwise, fault.Text{EN: "different", ZH: "不同"}
	}
	return c.level(class), c.levels[class-1].Label()
}
