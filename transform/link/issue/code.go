package issue

import (
	"encoding/binary"
	"time"

	"huiliu/internal/fault"
)

// Kept is what a store keeps of one request.
type Kept struct {
	ID string
	// At is the time of the request, by which Store.Between finds it.
	At time.Time
	// Features are what Read made of it: versioned bytes without text. Channel,
	// time and point are in them as they are, all else as hashes.
	Features []byte
	// Part and Issue are where the last Grow left it: the name of its issue, and
	// of the part, issues that must be grouped together. Both are identifiers of
	// requests.
	Part, Issue string
}

// Read makes what is kept of requests, with the options that the model has or
// will be fitted with. The faults are BadOption, NoID and TwiceID.
func Read(requests []Request, o Options) ([]Kept, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := check(requests); err != nil {
		return nil, err
	}
	out, keyed := make([]Kept, len(requests)), o.keyed()
	spread(len(requests), func(i int) {
		f := read(&requests[i], &o)
		out[i] = Kept{ID: requests[i].ID, At: f.at, Features: f.encode(keyed)}
	})
	return out, nil
}

// check refuses identifiers that are empty or come twice.
func check(requests []Request) error {
	seen := make(map[string]bool, len(requests))
	for i := range requests {
		id := requests[i].ID
		if id == "" {
			return NoID.At("link issues", "n", i+1)
		}
		if seen[id] {
			return TwiceID.At("link issues", "id", id)
		}
		seen[id] = true
	}
	return nil
}

// layout is the version of the bytes below. A change of what they hold, or of
// how a request is read, is a new layout.
//
//	layout, fingerprint of key and reading (4 bytes)
//	time: seconds (signed varint), nanoseconds
//	marks: which of the four hashes are there, and the point
//	category, reporter, number, origin (8 bytes each), latitude, longitude (4)
//	channel: length, bytes
//	spots: count; each level, 8 bytes
//	names: count; each marks, gram, tail (8 bytes each)
//	terms: count; each distance from the one before, marks, counts unless 1
//	MinHash keys: count; 8 bytes each
//
// Numbers are unsigned varints, those of fixed length little-endian.
const layout = 1

const (
	hasPoint = 1 << 4 // after a bit for each hash

	nameNumbered = 1
	nameStretch  = 2

	termWhole, termTitle, termBody, termCounts = 1, 2, 4, 8
)

func (f *features) hashes() [4]*uint64 {
	return [4]*uint64{&f.category, &f.reporter, &f.number, &f.origin}
}

func (f *features) encode(keyed uint32) []byte {
	b := make([]byte, 0, 64+18*len(f.names)+len(f.words)+8*len(f.copies))
	fixed := binary.LittleEndian
	b = fixed.AppendUint32(append(b, layout), keyed)
	b = binary.AppendUvarint(binary.AppendVarint(b, f.at.Unix()), uint64(f.at.Nanosecond()))
	marks := byte(0)
	for i, h := range f.hashes() {
		if *h != 0 {
			marks |= 1 << i
		}
	}
	if f.located {
		marks |= hasPoint
	}
	b = append(b, marks)
	for _, h := range f.hashes() {
		if *h != 0 {
			b = fixed.AppendUint64(b, *h)
		}
	}
	if f.located {
		b = fixed.AppendUint32(fixed.AppendUint32(b, uint32(f.lat)), uint32(f.long))
	}
	b = append(binary.AppendUvarint(b, uint64(len(f.channel))), f.channel...)
	b = binary.AppendUvarint(b, uint64(len(f.spots)))
	for _, s := range f.spots {
		b = fixed.AppendUint64(append(b, byte(s.level)), s.id)
	}
	b = binary.AppendUvarint(b, uint64(len(f.names)))
	for _, n := range f.names {
		b = fixed.AppendUint64(fixed.AppendUint64(append(b, n.marks()), n.gram), n.tail)
	}
	b = append(b, f.words...)
	b = binary.AppendUvarint(b, uint64(len(f.copies)))
	for _, k := range f.copies {
		b = fixed.AppendUint64(b, k)
	}
	return b
}

func (n *name) marks() (m byte) {
	if n.numbered {
		m |= nameNumbered
	}
	if n.stretch {
		m |= nameStretch
	}
	return m
}

// encodeTerms writes terms in the order of their hashes.
func encodeTerms(terms []term) []byte {
	b := make([]byte, 0, 2+7*len(terms))
	b = binary.AppendUvarint(b, uint64(len(terms)))
	last := uint32(0)
	for _, t := range terms {
		b = t.encode(b, last)
		last = t.gram
	}
	return b
}

func (t *term) encode(b []byte, last uint32) []byte {
	m := byte(0)
	if t.whole {
		m |= termWhole
	}
	if t.title > 0 {
		m |= termTitle
	}
	if t.body > 0 {
		m |= termBody
	}
	if t.title > 1 || t.body > 1 {
		m |= termCounts
	}
	b = append(binary.AppendUvarint(b, uint64(t.gram-last)), m)
	if m&termCounts != 0 {
		b = append(b, t.title, t.body)
	}
	return b
}

// reader takes bytes apart; after the first fault it gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.bad = nil, true
		return make([]byte, max(0, min(n, 8)))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte     { return r.take(1)[0] }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *reader) number(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > most {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads a count of things of which each takes at least some bytes.
func (r *reader) count(least int) int { return int(r.number(uint64(len(r.b) / least))) }

// decode reads features that are to be compared under a fingerprint into f,
// whose memory it uses again. The words stay where they are in b.
func decode(f *features, id string, b []byte, keyed uint32) error {
	bad := func(what, zh string) error {
		return BadFeatures.At("link issues", "id", id, "what", what, "what_zh", zh)
	}
	r := &reader{b: b}
	switch {
	case r.byte() != layout:
		return bad("they have another layout", "格式版本不同")
	case r.uint32() != keyed:
		return bad("they were made with another key or reading", "生成时所用密钥或选项不同")
	}
	r.features(f)
	if r.bad || len(r.b) > 0 {
		return bad("they are damaged", "内容已损坏")
	}
	return nil
}

func (r *reader) features(f *features) {
	*f = features{channel: f.channel, spots: f.spots[:0], names: f.names[:0], copies: f.copies[:0]}
	seconds, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return
	}
	r.b = r.b[n:]
	f.at = time.Unix(seconds, int64(r.number(uint64(time.Second-1)))).UTC()
	marks := r.byte()
	for i, h := range f.hashes() {
		if marks>>i&1 != 0 {
			*h = r.uint64()
		}
	}
	if f.located = marks&hasPoint != 0; f.located {
		f.lat, f.long = int32(r.uint32()), int32(r.uint32())
		r.bad = r.bad || f.lat < -90e6 || f.lat > 90e6 || f.long < -180e6 || f.long > 180e6
	}
	if c := r.take(r.count(1)); string(c) != f.channel { // no memory for what is the same again
		f.channel = string(c)
	}
	for range r.count(9) {
		s := spot{level: Level(r.byte()), id: r.uint64()}
		r.bad = r.bad || s.level <= Community || s.level > Building || len(f.spots) > 0 && f.spots[len(f.spots)-1].level <= s.level
		f.spots = append(f.spots, s)
	}
	for range r.count(17) {
		m := r.byte()
		n := name{numbered: m&nameNumbered != 0, stretch: m&nameStretch != 0, gram: r.uint64(), tail: r.uint64()}
		r.bad = r.bad || len(f.names) > 0 && f.names[len(f.names)-1].gram >= n.gram
		f.names = append(f.names, n)
	}
	words := r.b
	r.terms(func(term) {})
	f.words = words[:len(words)-len(r.b)]
	for range r.count(8) {
		f.copies = append(f.copies, r.uint64())
	}
}

func (r *reader) terms(fn func(term)) {
	last := uint32(0)
	for i := range r.count(2) {
		step := uint32(r.number(1<<32 - 1 - uint64(last)))
		r.bad = r.bad || i > 0 && step == 0
		last += step
		m := r.byte()
		t := term{gram: last, whole: m&termWhole != 0, title: m & termTitle / termTitle, body: m & termBody / termBody}
		if m&termCounts != 0 {
			t.title, t.body = r.byte(), r.byte()
		}
		fn(t)
	}
}

// open makes of what is kept what is compared.
func (m *Model) open(k *Kept) (*node, error) {
	n := &node{features: &features{}, id: k.ID, kept: k}
	return n, m.reopen(n, k)
}

// reopen makes what is compared of what is kept, in the memory of a node that
// is no longer needed and whose words nobody asked for.
func (m *Model) reopen(n *node, k *Kept) error {
	err := decode(n.features, k.ID, k.Features, m.o.keyed())
	n.id, n.kept = k.ID, k
	m.name(n)
	return err
}

// WrongModel is raised for a model that can't be read, was changed, or was
// made with another key.
var WrongModel = &fault.Kind{
	Code: "issue_wrong_model", Class: fault.Input,
	Cause: fault.Text{EN: "the model of issues can't be used: {what}", ZH: "事项归并模型不可用：{what_zh}"},
	Mend:  fault.Text{EN: "fit it anew", ZH: "请重新拟合模型"},
}
