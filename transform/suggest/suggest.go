// Package suggest gives a request without a department's code a category and a
// handling unit: with a probability that means what it says, with the words
// that spoke for it, and with a word on whether a person has to look first.
// Nothing is decided silently: what is not accepted says why, in Chinese.
//
// A Corpus of requests whose category is known, and the names in the tree of
// categories, are fitted to a Model, which is not changed afterwards and has a
// version. What people decide is put into the next corpus by With. Texts stay
// in memory; a model holds single words of at least three texts and no text.
package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiliu/internal/bayes"
)

// Example is a request whose category or unit is known. An empty Category or
// Unit is unknown and teaches nothing about it. Weight says for how many
// requests it counts, 0 for 1.
type Example struct {
	ID, Title, Body string
	Category, Unit  string
	Weight          float64
}

// Node is one leaf of a tree of labels: the code it stands for and the names
// on the way to it. Many nodes may stand for one code, such as all third levels
// below one first level.
type Node struct {
	Code  string
	Names []string
}

// Corpus is all that a fit learns from, in any order.
type Corpus struct {
	Examples   []Example
	Categories []Node
	Units      []Node
}

// Decision is what a person said of a request, by its id.
type Decision struct {
	Example
	At time.Time
}

// With returns the corpus with people's decisions, each counting weight times.
// Of decisions on one request the latest holds, of equally late ones that with
// the greater category and unit; it takes the place of the example of that id.
func (c Corpus) With(decisions []Decision, weight float64) Corpus {
	latest := map[string]Decision{}
	for _, d := range decisions {
		if had, ok := latest[d.ID]; !ok || later(had, d) < 0 {
			latest[d.ID] = d
		}
	}
	out := c
	out.Examples = slices.DeleteFunc(slices.Clone(c.Examples), func(e Example) bool {
		_, decided := latest[e.ID]
		return decided
	})
	for _, d := range latest {
		d.Weight = weight
		out.Examples = append(out.Examples, d.Example)
	}
	slices.SortFunc(out.Examples, order)
	return out
}

func later(a, b Decision) int { return cmp.Or(a.At.Compare(b.At), order(a.Example, b.Example)) }

func order(a, b Example) int {
	return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Title, b.Title), cmp.Compare(a.Body, b.Body), cmp.Compare(a.Weight, b.Weight))
}

// State says what became of a request.
type State string

// The states.
const (
	// Accepted is a suggestion at or above the threshold.
	Accepted State = "accepted"
	// Unsure is one below it.
	Unsure State = "unsure"
	// NoWords is a request with no word that the model knows.
	NoWords State = "no_words"
	// NoThreshold is a model whose suggestions reached the asked rate at no
	// probability.
	NoThreshold State = "no_threshold"
	// OneLabel is a model of a single label, which nothing can speak against.
	OneLabel State = "one_label"
	// NoModel is a label that no example had.
	NoModel State = "no_model"
)

// Suggestion is one label with the probability that it is right, in [0, 1],
// and what spoke for it.
type Suggestion struct {
	Code        string
	Probability float64
	Reasons     []Reason
}

// Reason is a run of words of the request and by how much it raised the label
// over the mean of all labels, in nats of the odds.
type Reason struct {
	Words  string
	Weight float64
}

// Outcome is what is said of a request's category or unit: the likeliest
// labels first, at most five. Threshold is what the first had to reach. All
// states but Accepted mean the review queue.
type Outcome struct {
	Ranked    []Suggestion
	State     State
	Threshold float64
}

// Answer is what is said of a request.
type Answer struct{ Category, Unit Outcome }

// most is how many suggestions and how many reasons are given.
const most = 5

// Suggest ranks categories and units of a request.
func (m *Model) Suggest(title, body string) Answer {
	terms, known := m.lexicon.vector(count(title, body))
	return Answer{
		Category: m.outcome(m.category, title, body, terms, known),
		Unit:     m.outcome(m.unit, title, body, terms, known),
	}
}

func (m *Model) outcome(c *classifier, title, body string, terms []bayes.Term, known float64) Outcome {
	if c == nil {
		return Outcome{State: NoModel}
	}
	out := Outcome{State: c.state(), Threshold: c.Threshold}
	if len(terms) == 0 {
		out.State = NoWords
	}
	probabilities := c.probabilities(terms, known)
	for _, at := range first(bayes.Rank(probabilities), most) {
		out.Ranked = append(out.Ranked, Suggestion{
			Code: c.Labels[at], Probability: rounded(probabilities[at]), Reasons: m.reasons(c, at, title, body, terms),
		})
	}
	if out.State == Accepted && out.Ranked[0].Probability < c.Threshold {
		out.State = Unsure
	}
	return out
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// Why says in Chinese what was suggested, what spoke for it, and what happens
// next.
func (o Outcome) Why() string {
	if len(o.Ranked) == 0 || o.State == NoWords {
		return o.Grounds()
	}
	top, mark := o.Ranked[0], "；"
	if len(top.Reasons) > 0 {
		mark = "，"
	}
	return fmt.Sprintf("建议“%s”，概率 %.2f", top.Code, top.Probability) + mark + o.Grounds()
}

// Grounds is Why without the label and its probability.
func (o Outcome) Grounds() string {
	var b strings.Builder
	if len(o.Ranked) > 0 && o.State != NoWords {
		for i, r := range o.Ranked[0].Reasons {
			if i == 0 {
				b.WriteString("依据：")
			}
			b.WriteString("“" + r.Words + "”")
		}
		if b.Len() > 0 {
			b.WriteString("；")
		}
	}
	switch o.State {
	case Accepted:
		fmt.Fprintf(&b, "达到采纳阈值 %.2f，采纳", o.Threshold)
	case Unsure:
		fmt.Fprintf(&b, "低于采纳阈值 %.2f，转人工复核", o.Threshold)
	case NoWords:
		b.WriteString("没有模型认识的词，无法建议，转人工复核")
	case NoThreshold:
		b.WriteString("已知样本不足以保证规定的准确率，转人工复核")
	case OneLabel:
		b.WriteString("只学过一个类别，无从比较，转人工复核")
	case NoModel:
		b.WriteString("没有已知样本可学，转人工处理")
	}
	return b.String()
}
