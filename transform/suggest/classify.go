package suggest

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"huiliu/internal/bayes"
)

// problem is one kind of label to be fitted.
type problem struct {
	labels []string
	shape  bayes.Shape
	// rows are the examples with words, fold the part of the cross-validation
	// each is in, by its content: copies of one message are in one part, or
	// they would vouch for each other; known is the share of each that is known.
	rows  []bayes.Row
	fold  []int
	known []float64
	tree  []bayes.Row
}

// classify fits one kind of label; nil where no example has one. Labels that
// the tree alone knows are no candidates: nothing could tell how often a
// suggestion of them is right.
func classify(x *lexicon, texts, nodes []text, of func(Example) string, o Options) (*classifier, error) {
	p := pose(x, texts, nodes, of)
	if len(p.labels) == 0 {
		return nil, nil
	}
	best, judged, err := p.sample().choose()
	if err != nil {
		return nil, err
	}
	if best.linear, err = p.fit(-1, best.Smoothing, best.Tree); err != nil {
		return nil, err
	}
	for i, w := range best.linear.Coefficient {
		best.linear.Coefficient[i] = rounded(w)
	}
	best.Labels, best.Threshold = p.labels, 2
	if t, ok := bayes.Threshold(judged, o.Rate, o.Level); ok && len(p.labels) > 1 {
		best.Threshold = rounded(max(t, o.Least))
	}
	return best, nil
}

func pose(x *lexicon, texts, nodes []text, of func(Example) string) problem {
	classes := map[string]int{}
	for _, t := range texts {
		if l := of(t.example); l != "" && len(t.terms) > 0 {
			classes[l] = 0
		}
	}
	p := problem{labels: slices.Sorted(maps.Keys(classes))}
	for i, l := range p.labels {
		classes[l] = i
	}
	p.shape = bayes.Shape{Terms: len(x.words), Classes: len(p.labels)}
	row := func(t text) (bayes.Row, bool) {
		class, ok := classes[of(t.example)]
		return bayes.Row{Terms: t.terms, Class: class, Weight: t.example.Weight}, ok && len(t.terms) > 0
	}
	for _, t := range texts {
		if r, ok := row(t); ok {
			p.rows, p.fold, p.known = append(p.rows, r), append(p.fold, int(t.hash[0])%folds), append(p.known, t.known)
		}
	}
	for _, n := range nodes {
		if r, ok := row(n); ok {
			p.tree = append(p.tree, r)
		}
	}
	return p
}

// sample is the part that cross-validation looks at. Examples come in the
// order of their hashes, so the first ones are as good as drawn.
func (p problem) sample() problem {
	p.rows, p.fold, p.known = first(p.rows, mostValidated), first(p.fold, mostValidated), first(p.known, mostValidated)
	return p
}

// fit learns from all examples but those of one fold, and from the tree.
func (p problem) fit(without int, smoothing, tree float64) (*bayes.Linear, error) {
	var rows []bayes.Row
	for i, r := range p.rows {
		if p.fold[i] != without {
			rows = append(rows, r)
		}
	}
	for _, r := range p.tree {
		r.Weight = tree
		rows = append(rows, r)
	}
	l, err := bayes.Fit(rows, p.shape, bayes.Complement, smoothing)
	if err != nil {
		return nil, fmt.Errorf("fit suggestions: %w", err)
	}
	return l, nil
}

// choose finds the smoothing and the tree's weight whose calibrated
// probabilities of examples that a fit has not seen lose least, the first of
// equal ones, and tells how these were right.
func (p problem) choose() (*classifier, []bayes.Judged, error) {
	best, least := &classifier{Smoothing: smoothings[0], Tree: treeWeights[0], Scale: 1}, math.Inf(1)
	var of [][]float64
	var truth []int
	trees := treeWeights
	if len(p.tree) == 0 {
		trees = trees[:1]
	}
	for _, smoothing := range smoothings {
		for _, tree := range trees {
			scores, classes, err := p.unseen(smoothing, tree)
			if err != nil {
				return nil, nil, err
			}
			scale := bayes.Scale(scores, classes)
			if loss := bayes.LogLoss(scores, classes, scale); len(scores) > 0 && loss < least-1e-9 {
				best, least = &classifier{Smoothing: smoothing, Tree: tree, Scale: rounded(scale)}, loss
				of, truth = scores, classes
			}
		}
	}
	return best, judge(of, truth, best.Scale), nil
}

// unseen gives the scores of every example by a fit without its fold.
func (p problem) unseen(smoothing, tree float64) (scores [][]float64, classes []int, err error) {
	for k := range folds {
		inside, outside := 0, 0
		for _, f := range p.fold {
			if f == k {
				inside++
			} else {
				outside++
			}
		}
		if inside == 0 || outside == 0 {
			continue
		}
		l, err := p.fit(k, smoothing, tree)
		if err != nil {
			return nil, nil, err
		}
		for i, r := range p.rows {
			if p.fold[i] == k {
				scores, classes = append(scores, dimmed(l.Score(r.Terms), p.known[i])), append(classes, r.Class)
			}
		}
	}
	return scores, classes, nil
}

func judge(scores [][]float64, classes []int, scale float64) []bayes.Judged {
	var out []bayes.Judged
	for i, s := range scores {
		p := bayes.Softmax(s, scale)
		top := bayes.Rank(p)[0]
		out = append(out, bayes.Judged{Probability: rounded(p[top]), Right: top == classes[i]})
	}
	return out
}
