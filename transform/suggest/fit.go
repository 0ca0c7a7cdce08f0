package suggest

import (
	"bytes"
	"crypto/sha256"
	"math"
	"slices"
	"strings"

	"huiliu/internal/bayes"
	"huiliu/internal/fault"
)

// Faults of a fit.
var (
	// NothingToLearn is raised for a corpus without a category or unit.
	NothingToLearn = &fault.Kind{
		Code: "suggest_nothing_to_learn", Class: fault.Missing,
		Cause: fault.Text{EN: "no request has a known category or unit with words in it", ZH: "没有一件诉求同时具有文字和已知的类别或承办单位"},
		Mend:  fault.Text{EN: "decide some requests in the review queue first", ZH: "请先在复核队列中判定一些诉求"},
	}
	// WrongWeight is raised for an example that counts a negative or no number
	// of times.
	WrongWeight = &fault.Kind{
		Code: "suggest_wrong_weight", Class: fault.Input,
		Cause: fault.Text{EN: "request {id} can't count {weight} times", ZH: "诉求 {id} 的权重不能是 {weight}"},
		Mend:  fault.Text{EN: "give a positive number, or 0 for 1", ZH: "应填正数；填 0 表示 1"},
	}
	// WrongRate is raised for a rate or level that is no share.
	WrongRate = &fault.Kind{
		Code: "suggest_wrong_rate", Class: fault.Input,
		Cause: fault.Text{EN: "{name} can't be {value}", ZH: "{name} 不能是 {value}"},
		Mend:  fault.Text{EN: "give a number above 0 and below 1, or 0 for {usual}", ZH: "应填 0 与 1 之间的数；填 0 表示 {usual}"},
	}
)

// Options of a fit. The zero value has the usual ones.
type Options struct {
	// Rate is the share of accepted suggestions that are to be right, usually
	// 0.9.
	Rate float64
	// Level is the confidence of the interval whose lower end has to reach
	// Rate, usually 0.8 (one in ten above, one in ten below).
	Level float64
	// Least is the least probability at which a suggestion is accepted,
	// whatever the known requests say, usually 0. They vouch for others like
	// them; where those without a label are harder, a suggestion has to vouch
	// for itself.
	Least float64
}

const (
	usualRate, usualLevel = 0.9, 0.8
	// folds of the cross-validation inside a fit.
	folds = 5
	// mostExamples bounds a fit's memory, some 3 KB of vector a request: of more,
	// those with the least hashes are taken, a sample that no order changes.
	mostExamples = 100_000
	// mostValidated bounds the time of the cross-validation, which fits eighty
	// times.
	mostValidated = 20_000
	// mostTerms and mostCoefficients bound a model to 128 MiB. Of more words,
	// those in most texts are kept.
	mostTerms, mostCoefficients = 1 << 16, 1 << 24
	// fewestTexts is in how many texts a word stands before a model keeps it;
	// names and nicknames stand in one or two. Words of the tree are public.
	fewestTexts = 3
)

// The grids that cross-validation chooses from: smoothing, and for how many
// requests a name of the tree counts.
var (
	smoothings  = []float64{0.05, 0.1, 0.2, 0.4}
	treeWeights = []float64{1, 2, 4, 8}
)

// Model suggests. It is immutable and may be used from many goroutines.
type Model struct {
	lexicon        *lexicon
	category, unit *classifier
	seen, used     int
	encoded        []byte
}

// classifier is what was fitted for one kind of label. Linear.Coefficient is
// rounded, so that equal corpora give equal bytes on all processors.
type classifier struct {
	Labels    []string
	Smoothing float64
	Tree      float64
	Scale     float64
	// Threshold is above 1 where nothing may be accepted.
	Threshold float64
	linear    *bayes.Linear
}

func (c *classifier) state() State {
	switch {
	case len(c.Labels) == 1:
		return OneLabel
	case c.Threshold > 1:
		return NoThreshold
	}
	return Accepted
}

// probabilities are those of a request of which a share is understood: as much
// less its words speak for any label.
func (c *classifier) probabilities(terms []bayes.Term, known float64) []float64 {
	return bayes.Softmax(dimmed(c.linear.Score(terms), known), c.Scale)
}

func dimmed(scores []float64, known float64) []float64 {
	for i := range scores {
		scores[i] *= known
	}
	return scores
}

// text is one example or node made ready: its vector, the share that is known
// and, of an example, its content's hash.
type text struct {
	example Example
	terms   []bayes.Term
	known   float64
	hash    [sha256.Size]byte
}

// counts are counted each time they are asked for: those of all requests at
// once would take more room than all else.
func (t text) counts() map[string]float64 { return count(t.example.Title, t.example.Body) }

// Fit learns a model. Equal corpora in any order give equal bytes.
func Fit(corpus Corpus, options Options) (*Model, error) {
	options, err := options.checked()
	if err != nil {
		return nil, err
	}
	texts, seen, err := ready(corpus.Examples)
	if err != nil {
		return nil, err
	}
	categories, units := named(corpus.Categories), named(corpus.Units)
	m := &Model{seen: seen, used: len(texts)}
	labels := max(1, labelled(texts, ofCategory), labelled(texts, ofUnit))
	m.lexicon = learn(texts, slices.Concat(categories, units), min(mostTerms, mostCoefficients/labels))
	if len(m.lexicon.words) == 0 || len(texts) == 0 {
		return nil, NothingToLearn.At("suggest")
	}
	for _, list := range [][]text{texts, categories, units} {
		for i := range list {
			list[i].terms, list[i].known = m.lexicon.vector(list[i].counts())
		}
	}
	if m.category, err = classify(m.lexicon, texts, categories, ofCategory, options); err != nil {
		return nil, err
	}
	if m.unit, err = classify(m.lexicon, texts, units, ofUnit, options); err != nil {
		return nil, err
	}
	if m.category == nil && m.unit == nil {
		return nil, NothingToLearn.At("suggest")
	}
	m.encoded, err = m.encode()
	return m, err
}

func (o Options) checked() (Options, error) {
	for _, v := range []struct {
		name  string
		value *float64
		usual float64
	}{{"rate", &o.Rate, usualRate}, {"level", &o.Level, usualLevel}} {
		if *v.value == 0 {
			*v.value = v.usual
		}
		if !(*v.value > 0 && *v.value < 1) {
			return o, WrongRate.At("suggest", "name", v.name, "value", *v.value, "usual", v.usual)
		}
	}
	if !(o.Least >= 0 && o.Least < 1) {
		return o, WrongRate.At("suggest", "name", "least", "value", o.Least, "usual", 0)
	}
	return o, nil
}

func ofCategory(e Example) string { return e.Category }
func ofUnit(e Example) string     { return e.Unit }

// ready brings the examples that teach something into one order.
func ready(examples []Example) (texts []text, seen int, err error) {
	for _, e := range examples {
		if e.Weight < 0 || math.IsNaN(e.Weight) || math.IsInf(e.Weight, 0) {
			return nil, 0, WrongWeight.At("suggest", "id", e.ID, "weight", e.Weight)
		}
		if e.Weight == 0 {
			e.Weight = 1
		}
		e.Category, e.Unit = label(e.Category), label(e.Unit)
		if e.Category == "" && e.Unit == "" {
			continue
		}
		texts = append(texts, text{example: e, hash: sha256.Sum256([]byte(squeezed(e.Title) + "\x00" + squeezed(e.Body)))})
	}
	seen = len(texts)
	slices.SortFunc(texts, func(a, b text) int {
		if c := bytes.Compare(a.hash[:], b.hash[:]); c != 0 {
			return c
		}
		return order(a.example, b.example)
	})
	return slices.Clip(first(texts, mostExamples)), seen, nil
}

// label is the form in which labels are compared and stored.
func label(s string) string { return strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD") }

// squeezed is a text without white space: copies of one message differ in it.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// named makes texts of the nodes of a tree.
func named(nodes []Node) []text {
	var out []text
	for _, n := range nodes {
		code := label(n.Code)
		out = append(out, text{example: Example{Title: strings.Join(n.Names, " "), Category: code, Unit: code, Weight: 1}})
	}
	return out
}

func labelled(texts []text, of func(Example) string) int {
	labels := map[string]bool{}
	for _, t := range texts {
		labels[of(t.example)] = true
	}
	return len(labels)
}

func learn(texts, nodes []text, limit int) *lexicon {
	often := map[string]int{}
	for i, t := range texts {
		if i > 0 && t.hash == texts[i-1].hash {
			continue // a copy is no further text
		}
		for w := range t.counts() {
			often[w]++
		}
	}
	public := map[string]int{}
	for _, n := range nodes {
		for w := range n.counts() {
			public[w]++
		}
	}
	for w, n := range often {
		if n < fewestTexts && public[w] == 0 {
			delete(often, w)
		}
	}
	for w, n := range public {
		often[w] += n
	}
	return newLexicon(often, len(texts)+len(nodes), limit)
}
