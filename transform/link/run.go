package link

import (
	"context"

	"huiliu/transform/link/block"
)

// Result is what a run came to. Rows are places in Data.IDs.
type Result struct {
	Data   *Data
	Model  *Model
	Scorer *Scorer
	// Blocks tell what each blocking rule made, Pairs are the candidates.
	Blocks []block.Count
	Pairs  []block.Pair
	// Links are the candidates of Review and over; Matches are the links
	// that are matches by themselves, one for each record where the
	// specification says one to one.
	Links   []Link
	Matches []Link
	// Clusters are the rows of each thing; for one-to-one linkage the pairs
	// matched and the rows alone.
	Clusters [][]uint32
}

// Run links records in one go. Without a model it fits one. Records of which
// no two share a block are no fault with a model, and NothingToFit without
// one, but for less than two records, which are their own clusters.
func Run(ctx context.Context, spec *Spec, records *Records, model *Model) (*Result, error) {
	d, err := Prepare(spec, records)
	if err != nil {
		return nil, err
	}
	r := &Result{Data: d, Model: model}
	if d.Possible() == 0 {
		r.Clusters = alone(d.Table.Rows)
		return r, nil
	}
	p, err := spec.compile("link")
	if err != nil {
		return nil, err
	}
	if r.Pairs, r.Blocks, err = block.Pairs(ctx, &d.Table, p.rules, p.limits); err != nil {
		return nil, err
	}
	patterns, err := r.fit(ctx, spec)
	if err != nil {
		return nil, err
	}
	if r.Links, err = r.Scorer.Links(ctx, r.Pairs, patterns); err != nil {
		return nil, err
	}
	r.decide(spec)
	return r, nil
}

// fit makes the model unless there is one, and the scorer.
func (r *Result) fit(ctx context.Context, spec *Spec) ([]Pattern, error) {
	if r.Model != nil {
		var err error
		if r.Scorer, err = NewScorer(spec, r.Data, r.Model); err != nil {
			return nil, err
		}
		return r.Scorer.comparer.Patterns(ctx, r.Pairs)
	}
	frequencies, err := Frequency(spec, r.Data)
	if err != nil {
		return nil, err
	}
	c, err := NewComparer(spec, r.Data, frequencies)
	if err != nil {
		return nil, err
	}
	patterns, err := c.Patterns(ctx, r.Pairs)
	if err != nil {
		return nil, err
	}
	random, err := c.Patterns(ctx, r.Data.Sample(spec.Sample))
	if err != nil {
		return nil, err
	}
	r.Model, err = Fit(spec, Evidence{Candidates: Count(patterns), Random: Count(random),
		Possible: r.Data.Possible(), Rows: r.Data.Table.Rows}, frequencies)
	if err != nil {
		return nil, err
	}
	r.Scorer, err = newScorer(spec, r.Data, r.Model, c)
	return patterns, err
}

func (r *Result) decide(spec *Spec) {
	if !spec.OneToOne {
		r.Matches = above(r.Links, logit(spec.Match))
		r.Clusters = r.Scorer.Cluster(r.Links, Decisions{})
		return
	}
	r.Matches = r.Scorer.OneToOne(r.Links)
	partner := map[uint32]uint32{}
	for _, l := range r.Matches {
		a, b := l.Pair.Rows()
		partner[a], partner[b] = b, a
	}
	for row := range uint32(r.Data.Table.Rows) {
		other, ok := partner[row]
		switch {
		case !ok:
			r.Clusters = append(r.Clusters, []uint32{row})
		case row < other:
			r.Clusters = append(r.Clusters, []uint32{row, other})
		}
	}
}

func alone(rows int) [][]uint32 {
	out := make([][]uint32, rows)
	for i := range out {
		out[i] = []uint32{uint32(i)}
	}
	return out
}
