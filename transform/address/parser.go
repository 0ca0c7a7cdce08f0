package address

import (
	"encoding/binary"
	"maps"
	"slices"

	"huiliu/internal/crf"
	"huiliu/internal/fault"
)

// Parser takes addresses apart. It is immutable and safe for concurrent use.
type Parser struct {
	featurer featurer
	model    *crf.Model
}

// price is half of the F1 that a parser of addresses is known to reach.
const price = .44

// With gives the same parser that knows the names of these gazetteers instead
// of those it had.
func (p *Parser) With(sources ...Gazetteer) *Parser {
	out := *p
	out.featurer.lexicon = newLexicon(sources...)
	return &out
}

// Parse gives the parts of an address in the order of the text; together they
// cover it but for white space. An empty text has none; of a text of more than
// 256 tokens only those are read.
func (p *Parser) Parse(text string) []Part {
	tokens := tokenise(text)
	if len(tokens) == 0 {
		return nil
	}
	var out []Part
	for _, s := range p.model.Spans(p.featurer.features(tokens), price) {
		out = append(out, Part{Kind: Kind(s.Kind), Start: tokens[s.From].start, End: tokens[s.To-1].end, Sure: s.P})
	}
	for i := range out {
		out[i].Text = text[out[i].Start:out[i].End]
	}
	return out
}

// magic begins a stored parser; its last character is the version.
const magic = "HLADDR1"

var badParser = &fault.Kind{
	Code: "address_bad_parser", Class: fault.Input,
	Cause: fault.Text{EN: "these bytes are not a whole address parser", ZH: "地址解析模型不完整或已损坏"},
	Mend:  fault.Text{EN: "fit the parser again or copy it again", ZH: "请重新训练或重新复制该模型"},
}

// Bytes gives what was learned in its stored form, without the gazetteer: the
// length of the field's model, the model, then the runs whose neighbours are
// known in ascending order, eleven bytes each.
func (p *Parser) Bytes() []byte {
	model := p.model.Bytes()
	b := binary.AppendUvarint([]byte(magic), uint64(len(model)))
	b = append(b, model...)
	if n := p.featurer.neighbours; n != nil {
		for _, h := range slices.Sorted(maps.Keys(n.known)) {
			v := n.known[h]
			b = append(binary.BigEndian.AppendUint64(b, h), v.left, v.right, v.often)
		}
	}
	return b
}

// Decode reads what Bytes wrote and gives the parser the names it should know.
// Bytes that are cut or changed are refused.
func Decode(b []byte, sources ...Gazetteer) (*Parser, error) {
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return nil, badParser.At("parser")
	}
	size, n := binary.Uvarint(b[len(magic):])
	if b = b[len(magic):]; n <= 0 || size > uint64(len(b)-n) {
		return nil, badParser.At("parser")
	}
	body, runs := b[n:n+int(size)], b[n+int(size):]
	model, err := crf.Decode(body)
	if err != nil {
		return nil, badParser.At("parser").Because(err)
	}
	if !slices.Equal(model.Labels(), crf.BIO(kindNames[:]).Labels) || len(runs)%11 != 0 {
		return nil, badParser.At("parser")
	}
	p := &Parser{model: model, featurer: featurer{lexicon: newLexicon(sources...)}}
	if len(runs) > 0 {
		known := make(map[uint64]bins, len(runs)/11)
		for ; len(runs) > 0; runs = runs[11:] {
			known[binary.BigEndian.Uint64(runs)] = bins{runs[8] & 15, runs[9] & 15, runs[10] & 15}
		}
		p.featurer.neighbours = &Neighbours{known}
	}
	return p, nil
}

// Prune gives the parser without the weights below least, which makes it
// smaller and hardly worse.
func (p *Parser) Prune(least float64) *Parser {
	out := *p
	out.model = p.model.Prune(least)
	return &out
}
