package pair

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"huiliu/internal/boost"
	"huiliu/internal/fault"
)

// Setting is how Fit learns.
type Setting struct {
	// Trees is how a model is fitted; its classes are set by Fit, its
	// weights too where there are none.
	Trees boost.Setting
	// Folds is in how many parts the queries are cut to learn how eagerly each
	// class is chosen, 2 to 20.
	Folds int
	// Alone leaves out how a candidate compares to the others of its query:
	// then a pair is judged as if it stood alone.
	Alone bool
}

// Default learns from some thousand queries in half a minute.
func Default() Setting {
	s := boost.Default(Classes)
	s.Rounds, s.Rate, s.Leaves, s.MinHessian, s.ColumnShare, s.L2 = 400, 0.03, 16, 5, 0.15, 3
	return Setting{Trees: s, Folds: 5}
}

// Model decides by what it learned. It may be used by many goroutines at once.
type Model struct {
	reader Reader
	alone  bool
	trees  *boost.Model
	// besides looks at a candidate's probabilities beside those of the others
	// of its query: of many alike seldom one alone is wrong, and seldom are
	// two the same in full.
	besides *boost.Model
	words   *lexical
	eager   [Classes]float64
	// Checked counts the examples by their class (row) and the one that a
	// model told that had seen neither them nor, for its eagerness, their fold.
	Checked [Classes][Classes]int
}

var wrongExamples = &fault.Kind{
	Code: "pair_wrong_examples", Class: fault.Input,
	Cause: fault.Text{EN: "the judged pairs can't be learned from: {why}", ZH: "无法从已判定的地址对中学习：{why}"},
	Mend: fault.Text{
		EN: "give at least as many queries as folds, each with as many classes (0, 1, 2) as candidates; folds 2 to 20",
		ZH: "查询数不少于折数（2–20），每个查询的类别（0、1、2）数与候选数一致",
	},
}

func check(queries []Query, s Setting) error {
	if s.Folds < 2 || s.Folds > 20 || len(queries) < s.Folds {
		return wrongExamples.At("address pairs", "why", "folds")
	}
	// The address itself is personal and stays out of the message.
	for _, q := range queries {
		if len(q.Classes) != len(q.Seconds) || slices.ContainsFunc(q.Classes, func(c Class) bool { return c < None || c > Full }) {
			return wrongExamples.At("address pairs", "why", "classes")
		}
	}
	return nil
}

// examples are the rows that are learned from.
type examples struct {
	rows    [][]float32
	classes []int
	folds   []int
	alike   [][]float64 // to each candidate of its query
	words   [][]uint32
}

// Fit learns from judged queries. All candidates of one query are in one fold.
// Their order changes nothing. The model's classes are chosen so that the mean
// of the classes' F1 is greatest on the folds; an error is a fault.
func Fit(r Reader, queries []Query, s Setting) (*Model, error) {
	if err := check(queries, s); err != nil {
		return nil, err
	}
	s.Trees.Classes = Classes
	var short []Query
	for _, q := range queries {
		pieces, _ := q.pieces()
		short = append(short, pieces...)
	}
	queries = short
	m := &Model{reader: r, alone: s.Alone}
	e := m.examples(queries, s.Folds)
	if s.Trees.ClassWeights == nil {
		s.Trees.ClassWeights = balance(e.classes)
	}
	unseen, err := e.predict(s.Trees, s.Folds)
	if err != nil {
		return nil, err
	}
	if m.trees, err = boost.Fit(e.rows, e.classes, s.Trees); err != nil {
		return nil, err
	}
	if !s.Alone {
		if unseen, err = m.second(e, unseen, s); err != nil {
			return nil, err
		}
	}
	for fold := range s.Folds {
		eager := eagerness(unseen, e.classes, func(i int) bool { return e.folds[i] != fold })
		for i, p := range unseen {
			if e.folds[i] == fold {
				m.Checked[e.classes[i]][choose(p, eager)]++
			}
		}
	}
	m.eager = eagerness(unseen, e.classes, func(int) bool { return true })
	return m, nil
}

// second fits the second model on what the first tells of the folds that it
// has not seen, and returns what both tell.
func (m *Model) second(e *examples, first [][]float64, s Setting) ([][]float64, error) {
	beside := e.besides(first, e.predictWords(s.Trees.ClassWeights, s.Folds))
	m.words = fitLexical(e.words, e.classes, s.Trees.ClassWeights)
	out, err := beside.predict(s.small(), s.Folds)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = blend(first[i], out[i])
	}
	m.besides, err = boost.Fit(beside.rows, beside.classes, s.small())
	return out, err
}

// small is how the second model is fitted: small, for its columns are few.
func (s Setting) small() boost.Setting {
	t := s.Trees
	t.Rounds, t.Leaves, t.ColumnShare, t.MinHessian, t.L2 = max(1, t.Rounds/2), 8, 0.5, 20, 10
	return t
}

// blend is the mean of what the two models tell.
func blend(p, q []float64) []float64 {
	out := make([]float64, len(p))
	for c := range p {
		out[c] = (p[c] + q[c]) / 2
	}
	return out
}

// examples measures the queries on all cores, in their order.
func (m *Model) examples(queries []Query, folds int) *examples {
	measured := make([]measured, len(queries))
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(queries); i += workers {
				measured[i] = m.measure(queries[i])
			}
		})
	}
	wait.Wait()
	e := &examples{}
	for i, q := range queries {
		fold := int(xxh3.HashString(strings.TrimSpace(q.First)) >> 32 % uint64(folds))
		for k, row := range measured[i].rows {
			e.rows = append(e.rows, row)
			e.alike = append(e.alike, measured[i].alike[k])
			e.words = append(e.words, measured[i].words[k])
			e.classes = append(e.classes, int(q.Classes[k]))
			e.folds = append(e.folds, fold)
		}
	}
	return e
}

// measured are the features of a query's candidates, and how alike each two of
// them are.
type measured struct {
	rows  [][]float32
	alike [][]float64
	words [][]uint32
}

func (m *Model) measure(q Query) (out measured) {
	a := m.reader.Read(q.First)
	var candidates []*Address
	for _, text := range q.Seconds {
		candidates = append(candidates, m.reader.Read(text))
	}
	for _, b := range candidates {
		var alike []float64
		for _, c := range candidates {
			alike = append(alike, overlap(b.grams[1], c.grams[1]).jaccard())
		}
		out.alike = append(out.alike, alike)
		out.words = append(out.words, lexicon(a, b))
	}
	if !m.alone {
		_, out.rows = Among(a, candidates)
		return out
	}
	for _, b := range candidates {
		_, row := Features(a, b)
		out.rows = append(out.rows, row)
	}
	return out
}

// balance weighs the classes by the square root of how much rarer they are
// than the commonest one: half way to equal weights, at most 8.
func balance(classes []int) []float64 {
	var counts [Classes]float64
	for _, c := range classes {
		counts[c]++
	}
	out := make([]float64, Classes)
	for c := range out {
		out[c] = math.Sqrt(min(64, slices.Max(counts[:])/max(1, counts[c])))
	}
	return out
}

// predict gives each example the probabilities of a model that has not seen
// its fold.
func (e *examples) predict(t boost.Setting, folds int) ([][]float64, error) {
	out := make([][]float64, len(e.rows))
	for fold := range folds {
		var rows [][]float32
		var classes []int
		for i, r := range e.rows {
			if e.folds[i] != fold {
				rows, classes = append(rows, r), append(classes, e.classes[i])
			}
		}
		trees, err := boost.Fit(rows, classes, t)
		if err != nil {
			return nil, err
		}
		for i, r := range e.rows {
			if e.folds[i] == fold {
				out[i] = trees.Probabilities(r)
			}
		}
	}
	return out, nil
}

// predictWords gives each example the probabilities by words of a model that
// has not seen its fold.
func (e *examples) predictWords(weights []float64, folds int) [][]float64 {
	out := make([][]float64, len(e.words))
	for fold := range folds {
		var rows [][]uint32
		var classes []int
		for i, r := range e.words {
			if e.folds[i] != fold {
				rows, classes = append(rows, r), append(classes, e.classes[i])
			}
		}
		words := fitLexical(rows, classes, weights)
		for i, r := range e.words {
			if e.folds[i] == fold {
				out[i] = words.probabilities(r)
			}
		}
	}
	return out
}

// choose takes the class whose probability by its eagerness is greatest, the
// lesser class of equals.
func choose(p []float64, eager [Classes]float64) int {
	best := 0
	for c := range eager {
		if p[c]*eager[c] > p[best]*eager[best] {
			best = c
		}
	}
	return best
}

// eagerness finds by what the classes' probabilities are multiplied so that
// the mean F1 is greatest, on a grid of steps of 8 %. Of equals the one nearest
// to 1 is taken.
func eagerness(p [][]float64, classes []int, in func(int) bool) [Classes]float64 {
	best, score := [Classes]float64{1, 1, 1}, -1.0
	for _, second := range grid() {
		for _, third := range grid() {
			eager := [Classes]float64{1, second, third}
			var counts [Classes][Classes]int
			for i, q := range p {
				if in(i) {
					counts[classes[i]][choose(q, eager)]++
				}
			}
			if f := MacroF1(counts); f > score {
				best, score = eager, f
			}
		}
	}
	return best
}

func grid() []float64 {
	var out []float64
	for k := -8; k <= 20; k++ {
		out = append(out, math.Pow(1.08, float64(k)))
	}
	slices.SortFunc(out, func(a, b float64) int { return cmp.Compare(math.Abs(math.Log(a)), math.Abs(math.Log(b))) })
	return out
}

// F1 is the harmonic mean of precision and recall of each class, from counts by
// true class (row) and told class; 0 for a class that is nowhere.
func F1(counts [Classes][Classes]int) (f [Classes]float64) {
	for c := range f {
		told, is := 0, 0
		for d := range counts {
			told += counts[d][c]
			is += counts[c][d]
		}
		f[c] = share(2*float64(counts[c][c]), float64(told+is))
	}
	return f
}

// MacroF1 is the mean of F1 over the classes.
func MacroF1(counts [Classes][Classes]int) float64 {
	total := 0.0
	for _, f := range F1(counts) {
		total += f
	}
	return total / Classes
}

// Decide tells the class of each candidate of an address; judged classes in
// the query are not looked at. A list of more than 64 candidates is sorted and
// cut, and a candidate is compared to the others of its piece only.
func (m *Model) Decide(q Query) []Verdict {
	out := make([]Verdict, len(q.Seconds))
	pieces, at := Query{First: q.First, Seconds: q.Seconds}.pieces()
	for k, piece := range pieces {
		for i, v := range m.decide(piece) {
			out[at[k][i]] = v
		}
	}
	return out
}

func (m *Model) decide(q Query) []Verdict {
	in := m.measure(q)
	var first, words [][]float64
	for i, row := range in.rows {
		first = append(first, m.trees.Probabilities(row))
		if !m.alone {
			words = append(words, m.words.probabilities(in.words[i]))
		}
	}
	out := make([]Verdict, 0, len(q.Seconds))
	for i := range first {
		p := first[i]
		if !m.alone {
			p = blend(p, m.besides.Probabilities(besides(first, words, in.alike, i)))
		}
		out = append(out, Verdict{Class: Class(choose(p, m.eager)), Probability: [Classes]float64(p)})
	}
	return out
}
