// Package boost fits gradient-boosted decision trees for several classes: the
// learner of the house where a score must be learned from examples and no
// rule is good enough. It knows numbers only; what they mean is the caller's.
//
// The method is J. H. Friedman, Greedy function approximation (Annals of
// Statistics 29, 2001), with the second-order gain and the penalty of leaves
// of T. Chen and C. Guestrin, XGBoost (KDD 2016), and the histograms and the
// leaf-wise growth of G. Ke et al., LightGBM (NeurIPS 2017). The loss is the
// softmax cross-entropy, the Hessian 2p(1-p) as in XGBoost.
//
// Gradients are summed as whole numbers (of 2^-32), so that sums don't depend
// on their order: the rows in any order, on any number of cores, give the same
// bytes. Processors differ in the last bits of an exponential: models of two
// kinds of processor may differ.
package boost

import (
	"math"

	"huiliu/internal/fault"
)

// Setting is how a model is fitted. Default gives one to start from.
type Setting struct {
	// Classes is the number of classes, at least 2.
	Classes int
	// Rounds is how many times one tree per class is added.
	Rounds int
	// Leaves and Depth limit a tree; the leaf with the greatest gain is split
	// first.
	Leaves, Depth int
	// Rate is the share of a tree's step that is taken, in (0, 1].
	Rate float64
	// L2 is the penalty on the squared leaf weights, at least 0.
	L2 float64
	// MinHessian is the least sum of Hessians on each side of a split.
	MinHessian float64
	// MinGain is the least gain of a split; it is always more than 0.
	MinGain float64
	// RowShare and ColumnShare are the shares drawn for each round and each
	// tree, in (0, 1]. Equal rows are drawn together.
	RowShare, ColumnShare float64
	// Bins is the most bins of a column, 2 to 255.
	Bins int
	// ClassWeights multiplies the loss of the rows of a class; nil is 1 each.
	ClassWeights []float64
	// Seed varies what is drawn.
	Seed uint64
}

// Default is a setting that fits most tables of some thousand rows.
func Default(classes int) Setting {
	return Setting{
		Classes: classes, Rounds: 200, Leaves: 31, Depth: 8, Rate: 0.06, L2: 1, MinHessian: 1,
		RowShare: 0.8, ColumnShare: 0.5, Bins: 64,
	}
}

const (
	// maxRows keeps the whole-number sums below 2^63 for weights up to
	// maxWeight: 2^24 rows × 2^6 × 2 × 2^32.
	maxRows   = 1 << 24
	maxWeight = 1 << 6
	// maxHistogram bounds the memory of one tree's histograms, in bytes.
	maxHistogram = 1 << 30
)

var wrongSetting = &fault.Kind{
	Code: "boost_wrong_setting", Class: fault.Input,
	Cause: fault.Text{EN: "the setting {name} is {value}", ZH: "参数 {name} 的值为 {value}"},
	Mend:  fault.Text{EN: "choose {range}", ZH: "应为 {range}"},
}

var wrongTable = &fault.Kind{
	Code: "boost_wrong_table", Class: fault.Input,
	Cause: fault.Text{EN: "the table to learn from does not fit: {why}", ZH: "训练数据不符合要求：{why}"},
	Mend: fault.Text{
		EN: "give rows of one length and for each a class from 0 to the number of classes less one",
		ZH: "每行长度应一致，且各有一个从 0 开始、小于类别数的类别",
	},
}

// check names the first setting that is out of its range.
func (s Setting) check() error {
	share := func(x float64) bool { return x > 0 && x <= 1 }
	for _, c := range []struct {
		name  string
		value any
		ok    bool
		is    string
	}{
		{"Classes", s.Classes, s.Classes >= 2 && s.Classes <= 1024, "2–1024"},
		{"Rounds", s.Rounds, s.Rounds >= 1 && s.Rounds <= 1<<16, "1–65536"},
		{"Leaves", s.Leaves, s.Leaves >= 2 && s.Leaves <= 1<<12, "2–4096"},
		{"Depth", s.Depth, s.Depth >= 1 && s.Depth <= 64, "1–64"},
		{"Rate", s.Rate, share(s.Rate), "(0, 1]"},
		{"L2", s.L2, s.L2 >= 0 && s.L2 < math.Inf(1), "≥ 0"},
		{"MinHessian", s.MinHessian, s.MinHessian >= 0 && s.MinHessian < 1<<30, "[0, 2^30)"},
		{"MinGain", s.MinGain, s.MinGain >= 0 && s.MinGain < math.Inf(1), "≥ 0"},
		{"RowShare", s.RowShare, share(s.RowShare), "(0, 1]"},
		{"ColumnShare", s.ColumnShare, share(s.ColumnShare), "(0, 1]"},
		{"Bins", s.Bins, s.Bins >= 2 && s.Bins <= 255, "2–255"},
		{"ClassWeights", s.ClassWeights, s.weightsFit(), "nil, or (0, 64] ×Classes"},
	} {
		if !c.ok {
			return wrongSetting.At("boost", "name", c.name, "value", c.value, "range", c.is)
		}
	}
	return nil
}

func (s Setting) weightsFit() bool {
	if s.ClassWeights == nil {
		return true
	}
	for _, w := range s.ClassWeights {
		if !(w > 0 && w <= maxWeight) {
			return false
		}
	}
	return len(s.ClassWeights) == s.Classes
}

func (s Setting) weight(class int) float64 {
	if s.ClassWeights == nil {
		return 1
	}
	return s.ClassWeights[class]
}

func checkTable(rows [][]float32, classes []int, s Setting) error {
	refuse := func(why string) error { return wrongTable.At("boost", "why", why) }
	switch {
	case len(rows) == 0:
		return refuse("no rows")
	case len(rows) > maxRows:
		return refuse("more than 2^24 rows")
	case len(rows) != len(classes):
		return refuse("rows and classes differ in number")
	case len(rows[0]) == 0:
		return refuse("no columns")
	case int64(s.Leaves)*int64(len(rows[0]))*256*int64(binBytes) > maxHistogram:
		return refuse("columns × leaves too many for memory")
	}
	for i, r := range rows {
		if len(r) != len(rows[0]) {
			return refuse("rows of different length")
		}
		if c := classes[i]; c < 0 || c >= s.Classes {
			return refuse("a class out of range")
		}
	}
	return nil
}

// Fit learns the classes (0 to Classes-1) of the rows, all of one length. A
// value that is not a number counts as less than all others. Constant columns
// are never split on; a class without rows keeps a small prior. Memory is a
// byte per value and 6 KiB per column and leaf. Errors are faults: a setting
// out of range, a table that doesn't fit it.
func Fit(rows [][]float32, classes []int, s Setting) (*Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkTable(rows, classes, s); err != nil {
		return nil, err
	}
	t := bin(rows, classes, s.Bins)
	m := &Model{columns: len(rows[0]), base: priors(classes, s)}
	f := newFit(t, classes, s, m.base)
	for round := range s.Rounds {
		m.trees = append(m.trees, f.round(round)...)
	}
	return m, nil
}

// priors are the logarithms of the classes' weighted shares, each class with
// one row more than it has.
func priors(classes []int, s Setting) []float64 {
	out := make([]float64, s.Classes)
	total := 0.0
	count := make([]int, s.Classes)
	for _, c := range classes {
		count[c]++
	}
	for c := range out {
		out[c] = float64(count[c]+1) * s.weight(c)
		total += out[c]
	}
	for c := range out {
		out[c] = math.Log(out[c] / total)
	}
	return out
}
