package address

import "huiliu/internal/crf"

// Parser takes addresses apart. It is immutable and safe for concurrent use.
type Parser struct {
	featurer featurer
	model    *crf.Model
}

// Parse gives the parts of an address in the order of the text; together they
// cover it but for white space. An empty text has none; of a text of more than
// 256 tokens only those are read.
func (p *Parser) Parse(text string) []Part {
	tokens := tokenise(text)
	if len(tokens) == 0 {
		return nil
	}
	labels, chances := p.model.Marginals(p.featurer.features(tokens))
	var out []Part
	for i, y := range labels {
		kind, sure := Kind(y/2), chances[i][y]
		if n := len(out); n > 0 && y%2 == 1 && out[n-1].Kind == kind {
			out[n-1].End = tokens[i].end
			out[n-1].Sure = min(out[n-1].Sure, sure)
			continue
		}
		out = append(out, Part{Kind: kind, Start: tokens[i].start, End: tokens[i].end, Sure: sure})
	}
	for i := range out {
		out[i].Text = text[out[i].Start:out[i].End]
	}
	return out
}
