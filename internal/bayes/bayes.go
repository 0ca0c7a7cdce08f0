// Package bayes fits naive Bayes, multinomial and complement, to sparse
// documents, and makes probabilities of its scores that mean what they say. It
// knows vectors and classes and nothing of texts.
//
// A fit is a function of the multiset of its rows: their order changes no bit
// of the result. Processors may differ in the last bits of a float.
package bayes

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Term is one feature of a document. Weight is a count or any other weight
// that is finite and not negative.
type Term struct {
	ID     uint32
	Weight float64
}

// Row is one document of a class. Its terms are in ascending order of ID,
// each ID once. Weight says how many such documents it stands for.
type Row struct {
	Terms  []Term
	Class  int
	Weight float64
}

// Method says which of the two forms of naive Bayes is fitted.
type Method int

const (
	// Multinomial estimates each class from its own documents: McCallum and
	// Nigam 1998, A comparison of event models for naive Bayes text
	// classification.
	Multinomial Method = iota
	// Complement estimates each class from the documents of all others, which
	// is steadier where classes have unequal numbers of documents: Rennie,
	// Shih, Teevan and Karger 2003, Tackling the poor assumptions of naive
	// Bayes text classifiers, ICML.
	Complement
)

// Shape is the size of a problem: ids lie below Terms, classes below Classes.
type Shape struct{ Terms, Classes int }

// Linear is a fitted classifier: the score of a class is its bias plus the sum
// of weight × coefficient over a document's terms. It is not changed after the
// fit, so it may be used from many goroutines.
type Linear struct {
	Shape Shape
	// Bias has one value a class.
	Bias []float64
	// Coefficient has Terms × Classes values, those of one term together.
	Coefficient []float64
}

// Errors of a fit.
var (
	// ErrEmpty says that there is no row, no class or no term.
	ErrEmpty = errors.New("there is nothing to fit")
	// ErrRow says that a row does not keep the form that Row asks for.
	ErrRow = errors.New("wrong row")
	// ErrOption says that smoothing is not a positive number.
	ErrOption = errors.New("smoothing is a positive number")
)

// Score returns one score a class. Terms that the fit did not know say nothing.
func (l *Linear) Score(terms []Term) []float64 {
	out := slices.Clone(l.Bias)
	for _, t := range terms {
		for c, w := range l.of(t.ID) {
			out[c] += t.Weight * w
		}
	}
	return out
}

// Of returns the coefficient of a term for a class, 0 for an unknown one.
func (l *Linear) Of(id uint32, class int) float64 {
	if row := l.of(id); class >= 0 && class < len(row) {
		return row[class]
	}
	return 0
}

func (l *Linear) of(id uint32) []float64 {
	if int(id) >= l.Shape.Terms {
		return nil
	}
	k := l.Shape.Classes
	return l.Coefficient[int(id)*k : int(id)*k+k]
}

// Fit estimates naive Bayes with Lidstone smoothing: smoothing is added to the
// mass of every term in every class. Coefficients are logarithms of
// probabilities, their sign turned for Complement, so that the larger score is
// the likelier class for both. Bias is the logarithm of a class's share for
// Multinomial; Complement has none, as in equation 8 of its paper, but for a
// single class, whose score is 0.
func Fit(rows []Row, shape Shape, method Method, smoothing float64) (*Linear, error) {
	if !(smoothing > 0) || math.IsInf(smoothing, 0) {
		return nil, ErrOption
	}
	rows, err := ordered(rows, shape)
	if err != nil {
		return nil, err
	}
	k := shape.Classes
	mass, docs := make([]float64, shape.Terms*k), make([]float64, k)
	for _, r := range rows {
		docs[r.Class] += r.Weight
		for _, t := range r.Terms {
			mass[int(t.ID)*k+r.Class] += r.Weight * t.Weight
		}
	}
	if method == Complement {
		complement(mass, k)
	}
	l := &Linear{Shape: shape, Bias: make([]float64, k), Coefficient: mass}
	toLogarithms(mass, k, smoothing)
	if method == Complement {
		for i := range mass {
			mass[i] = -mass[i]
		}
		if k == 1 {
			clear(mass)
		}
		return l, nil
	}
	var all float64
	for _, d := range docs {
		all += d
	}
	for c, d := range docs {
		l.Bias[c] = math.Log(d / all)
	}
	return l, nil
}

// complement turns the mass of each class into that of all others.
func complement(mass []float64, k int) {
	for i := 0; i < len(mass); i += k {
		var all float64
		for _, m := range mass[i : i+k] {
			all += m
		}
		for c := range k {
			mass[i+c] = max(0, all-mass[i+c])
		}
	}
}

func toLogarithms(mass []float64, k int, smoothing float64) {
	total := make([]float64, k)
	for i := range mass {
		mass[i] += smoothing
		total[i%k] += mass[i]
	}
	for i := range mass {
		mass[i] = math.Log(mass[i] / total[i%k])
	}
}

// ordered checks the rows and brings them into one order, so that sums of
// floats come out the same.
func ordered(rows []Row, shape Shape) ([]Row, error) {
	if len(rows) == 0 || shape.Terms <= 0 || shape.Classes <= 0 {
		return nil, ErrEmpty
	}
	for i, r := range rows {
		if r.Class < 0 || r.Class >= shape.Classes || !(r.Weight > 0) || math.IsInf(r.Weight, 0) {
			return nil, fmt.Errorf("%w %d: class %d, weight %v", ErrRow, i, r.Class, r.Weight)
		}
		for j, t := range r.Terms {
			if int(t.ID) >= shape.Terms || j > 0 && t.ID <= r.Terms[j-1].ID || !(t.Weight >= 0) || math.IsInf(t.Weight, 0) {
				return nil, fmt.Errorf("%w %d: term %d of weight %v at %d", ErrRow, i, t.ID, t.Weight, j)
			}
		}
	}
	out := slices.Clone(rows)
	slices.SortFunc(out, compare)
	return out, nil
}

func compare(a, b Row) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Weight, b.Weight),
		slices.CompareFunc(a.Terms, b.Terms, func(s, t Term) int {
			return cmp.Or(cmp.Compare(s.ID, t.ID), cmp.Compare(s.Weight, t.Weight))
		}))
}

// Rank returns the classes in falling order of their values, of equal ones the
// lower class first.
func Rank(values []float64) []int {
	out := make([]int, len(values))
	for i := range out {
		out[i] = i
	}
	slices.SortFunc(out, func(a, b int) int {
		return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b))
	})
	return out
}

// Softmax returns the shares exp(scale × score) ÷ sum, computed without
// overflow.
func Softmax(scores []float64, scale float64) []float64 {
	out := make([]float64, len(scores))
	if len(scores) == 0 {
		return out
	}
	top, sum := slices.Max(scores), 0.0
	if scale < 0 {
		top = slices.Min(scores)
	}
	for i, s := range scores {
		out[i] = math.Exp(scale * (s - top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
