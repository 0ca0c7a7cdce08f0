package address

import (
	"huiliu/internal/crf"
	"huiliu/internal/fault"
)

// Sample is an address whose parts are known. Tokens that no part covers
// count as Other.
type Sample struct {
	Text  string
	Parts []Part
}

// Fitting says what Fit learns from besides the samples.
type Fitting struct {
	// Gazetteer is used in training; the parser needs one of the same sort. Nil
	// for none.
	Gazetteer Gazetteer
	// Unlabelled addresses tell where words end; none leaves that out.
	Unlabelled []string
	// Field are the options of the training.
	Field crf.Options
}

var badSample = &fault.Kind{
	Code: "address_bad_sample", Class: fault.Input,
	Cause: fault.Text{EN: "a part does not begin and end between the tokens of its address: {part}", ZH: "标注成分“{part}”与地址文字的切分不一致"},
	Mend:  fault.Text{EN: "give byte offsets into the text, in order, without overlap", ZH: "请按字节位置、依次且不重叠地标注各成分"},
}

// Fit learns a parser from samples; their order does not matter.
func Fit(samples []Sample, o Fitting) (*Parser, error) {
	p := &Parser{featurer: featurer{lexicon: newLexicon(o.Gazetteer)}}
	if len(o.Unlabelled) > 0 {
		p.featurer.neighbours = CountNeighbours(o.Unlabelled)
	}
	data := make([]crf.Sequence, 0, len(samples))
	for _, s := range samples {
		tokens := tokenise(s.Text)
		labels, ok := labelsOf(tokens, s.Parts)
		if !ok {
			return nil, badSample.At("fit", "part", s.Text)
		}
		data = append(data, crf.Sequence{Features: p.featurer.features(tokens), Labels: labels})
	}
	model, err := crf.Train(crf.BIO(kindNames[:]), data, o.Field)
	if err != nil {
		return nil, err
	}
	p.model = model
	return p, nil
}

// labelsOf gives each token the label 2·kind at the start of a part and
// 2·kind+1 inside it.
func labelsOf(tokens []token, parts []Part) ([]int, bool) {
	labels := make([]int, len(tokens))
	for i := range labels {
		labels[i] = -1
	}
	i := 0
	for _, p := range parts {
		for i < len(tokens) && tokens[i].start < p.Start {
			i++
		}
		if i == len(tokens) {
			// What lies beyond the longest text that is read is left out.
			return fillOther(labels), len(tokens) == most
		}
		if tokens[i].start != p.Start || p.Kind >= kinds || p.End <= p.Start {
			return nil, false
		}
		label := 2 * int(p.Kind)
		for ; i < len(tokens) && tokens[i].end <= p.End; i++ {
			labels[i], label = label, 2*int(p.Kind)+1
		}
		if i < len(tokens) && tokens[i].start < p.End {
			return nil, false
		}
	}
	return fillOther(labels), true
}

func fillOther(labels []int) []int {
	for i, y := range labels {
		if y < 0 {
			labels[i] = 2 * int(Other)
			if i > 0 && labels[i-1]/2 == int(Other) {
				labels[i]++
			}
		}
	}
	return labels
}

// Aligned reports whether the parts begin and end between tokens and are in
// order, as Fit wants it. A run of digits is one token: labels that cut one
// can't be learned.
func (s Sample) Aligned() bool {
	_, ok := labelsOf(tokenise(s.Text), s.Parts)
	return ok
}
