package address

import "math/bits"

// suffixes are the characters with which parts of an address usually end;
// they are the generic terms of GB/T 23705 and of everyday use.
var suffixes = set("省市区县州盟旗镇乡村庄屯社街道路巷弄里坊胡同号楼幢栋座室层单元园苑城厦场院店司厂校馆所站门口组队期寨湾桥")

// directions and marks that hint at a position.
var hints = set("东南西北中内外前后旁边对面侧交叉附近")

func set(s string) map[string]uint8 {
	out := map[string]uint8{}
	for _, r := range s {
		if out[string(r)] == 0 {
			out[string(r)] = uint8(len(out) + 1)
		}
	}
	return out
}

// featurer computes the features of the tokens of one address.
type featurer struct {
	lexicon    *lexicon
	neighbours *Neighbours
}

// row collects the features of one position.
type row struct{ out []uint32 }

// put adds the feature of a template and its values.
func (r *row) put(template uint64, values ...uint64) {
	h := template
	for _, v := range values {
		h = mix(h, v)
	}
	h = mix(h, 0x5bd1e995)
	r.out = append(r.out, uint32(h)^uint32(h>>32))
}

// The templates, each a number that no other has.
const (
	ofBias = 1 + iota
	ofSpace
	ofPosition
	ofLeft
	ofSuffixAhead
	ofSuffixBehind
	ofSuffixPair
	ofSuffixNext
	ofSeen
	ofNumber
	ofRepeat
	ofName
	ofNone
	ofHint
	ofSkip
	ofOrder
	ofClass   = 100 // windows of classes
	ofWindow  = 200 // windows of tokens
	ofShape   = 300 // windows of tokens without their digits
	ofEntropy = 400
)

// windows are the ranges of tokens around a position that are taken whole.
var windows = [][2]int{
	{-3, -3}, {-2, -2}, {-1, -1}, {0, 0}, {1, 1}, {2, 2}, {3, 3},
	{-3, -2}, {-2, -1}, {-1, 0}, {0, 1}, {1, 2}, {2, 3},
	{-3, -1}, {-2, 0}, {-1, 1}, {0, 2}, {1, 3},
	{-3, 0}, {-2, 1}, {-1, 2}, {0, 3},
	{-2, 2}, {-1, 3}, {-3, 1},
}

// features gives the features of each token.
func (f *featurer) features(tokens []token) [][]uint32 {
	out := make([][]uint32, len(tokens))
	for i := range tokens {
		r := row{out: make([]uint32, 0, 128)}
		r.put(ofBias)
		window(&r, tokens, i)
		f.outline(&r, tokens, i)
		out[i] = r.out
	}
	r := rows(out)
	suffixFeatures(r, tokens)
	repeatFeatures(r, tokens)
	f.nameFeatures(r, tokens)
	f.entropyFeatures(r, tokens)
	return out
}

type rows [][]uint32

func (r rows) put(i int, template uint64, values ...uint64) {
	k := row{out: r[i]}
	k.put(template, values...)
	r[i] = k.out
}

func window(r *row, tokens []token, i int) {
	for k, w := range windows {
		var exact, shaped, classes uint64
		digital := false
		for j := i + w[0]; j <= i+w[1]; j++ {
			if j < 0 || j >= len(tokens) {
				exact, shaped, classes = mix(exact, 1), mix(shaped, 1), mix(classes, 99)
				continue
			}
			t := tokens[j]
			exact, shaped = mix(exact, t.hash), mix(shaped, t.shape)
			classes = mix(classes, uint64(t.class))
			digital = digital || t.shape != t.hash
		}
		r.put(ofShape+uint64(k), shaped)
		if digital && w[1]-w[0] < 2 {
			r.put(ofWindow+uint64(k), exact)
		}
		if n := w[1] - w[0]; n == 1 || n == 2 || n == 4 {
			r.put(ofClass+uint64(k), classes)
		}
	}
	r.put(ofSkip, shapeAt(tokens, i-1), shapeAt(tokens, i+1))
	r.put(ofSkip, shapeAt(tokens, i), shapeAt(tokens, i+2), 2)
	r.put(ofSkip, shapeAt(tokens, i-2), shapeAt(tokens, i), 3)
}

// outline says where in the whole a token stands.
func (f *featurer) outline(r *row, tokens []token, i int) {
	r.put(ofPosition, uint64(min(i, 8)))
	r.put(ofLeft, uint64(min(len(tokens)-1-i, 8)))
	if tokens[i].spaced {
		r.put(ofSpace, 0)
	}
	if i+1 < len(tokens) && tokens[i+1].spaced {
		r.put(ofSpace, 1)
	}
	if h := hints[tokens[i].norm]; h > 0 {
		r.put(ofHint, uint64(h))
	}
}

// suffixFeatures tell which suffix comes next and how far, which came last,
// and which have been seen.
func suffixFeatures(r rows, tokens []token) {
	n := len(tokens)
	ahead, distance := make([]uint64, n+1), make([]uint64, n+1)
	second := make([]uint64, n+1)
	for i := n - 1; i >= 0; i-- {
		if s := suffixes[tokens[i].norm]; s > 0 {
			ahead[i], distance[i], second[i] = uint64(s), 0, ahead[i+1]
		} else {
			ahead[i], distance[i], second[i] = ahead[i+1], distance[i+1]+1, second[i+1]
		}
	}
	var last, since, seen, number, numbers uint64
	for i := range tokens {
		d := min(distance[i], 7)
		r.put(i, ofSuffixAhead, ahead[i], d)
		r.put(i, ofSuffixAhead, ahead[i])
		r.put(i, ofSuffixAhead, ahead[i+1], min(distance[i+1], 7), 1)
		r.put(i, ofSuffixBehind, last, min(since, 7))
		r.put(i, ofSuffixPair, last, min(since, 3), ahead[i], d)
		r.put(i, ofSuffixPair, last, ahead[i])
		r.put(i, ofSuffixNext, ahead[i], second[i])
		r.put(i, ofSeen, seen)
		r.put(i, ofSeen, uint64(bits.OnesCount64(seen)), ahead[i])
		r.put(i, ofSeen, seen&groupMask, tokens[i].shape, shapeAt(tokens, i+1))
		r.put(i, ofNumber, number, min(numbers, 3), uint64(tokens[i].class))
		r.put(i, ofNumber, number, shapeAt(tokens, i+1), tokens[i].shape)
		since++
		if s := suffixes[tokens[i].norm]; s > 0 {
			last, since = uint64(s), 0
			seen |= uint64(groupOf[tokens[i].norm])
		}
		if tokens[i].class == digits {
			number, numbers = shapeAt(tokens, i+1), numbers+1
		}
	}
}

// groupOf sorts suffixes into what a part above or below the road would end
// with: the features of what has been seen are few then.
var groupOf = func() map[string]uint16 {
	out := map[string]uint16{}
	for bit, s := range []string{"省州盟", "市", "区县旗", "镇乡", "村庄屯社寨", "路巷弄胡同街", "号", "园苑城厦场院", "幢栋座", "元", "层", "室", "店司厂校馆所站", "期里坊"} {
		for _, r := range s {
			out[string(r)] = 1 << bit
		}
	}
	return out
}()

const groupMask = 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9

// repeatFeatures mark what stands in the text before or comes again, at least
// two tokens long: repeated divisions are redundant.
func repeatFeatures(r rows, tokens []token) {
	n := len(tokens)
	first := map[uint64]int{}
	for i := 0; i+1 < n; i++ {
		if tokens[i].class == digits || tokens[i+1].class == digits {
			continue
		}
		h := mix(tokens[i].hash, tokens[i+1].hash)
		j, ok := first[h]
		if !ok || i < j+2 {
			first[h] = i
			continue
		}
		r.put(i, ofRepeat, 1)
		r.put(i+1, ofRepeat, 2)
		r.put(j, ofRepeat, 3)
		r.put(j+1, ofRepeat, 4)
	}
}

// nameFeatures tell which known names a token begins, ends or is inside of.
func (f *featurer) nameFeatures(r rows, tokens []token) {
	if f.lexicon == nil {
		return
	}
	named := make([]bool, len(tokens))
	matches := f.lexicon.find(tokens)
	orderFeatures(r, matches)
	for _, m := range matches {
		for i := m.from; i < m.to; i++ {
			var at uint64 = 1
			switch i {
			case m.from:
				at = 0
			case m.to - 1:
				at = 2
			}
			named[i] = true
			r.put(i, ofName, m.kinds, at)
			r.put(i, ofName, m.kinds, at, uint64(min(m.to-m.from, 6)))
			r.put(i, ofName, m.kinds, at, shapeAt(tokens, m.to))
			r.put(i, ofName, m.kinds, at, shapeAt(tokens, m.from-1), 7)
			for rest := m.kinds; rest != 0; rest &= rest - 1 {
				r.put(i, ofName, uint64(bits.TrailingZeros64(rest)), at, 3, 3)
			}
		}
		if m.to < len(tokens) {
			r.put(m.to, ofName, m.kinds, 4)
		}
	}
	for i := range tokens {
		if !named[i] {
			r.put(i, ofNone)
		}
	}
}

// orderFeatures tell how many names of the same kind stand before a known one
// and behind it: of divisions that come twice one is redundant.
func orderFeatures(r rows, matches []match) {
	for _, m := range matches {
		for rest := (m.kinds | m.kinds>>32) & (1<<kinds - 1); rest != 0; rest &= rest - 1 {
			k := bits.TrailingZeros64(rest)
			var before, behind uint64
			for _, o := range matches {
				switch same := (o.kinds|o.kinds>>32)&(1<<k) != 0; {
				case same && o.to <= m.from:
					before++
				case same && o.from >= m.to:
					behind++
				}
			}
			for i := m.from; i < m.to; i++ {
				r.put(i, ofOrder, uint64(k), min(before, 2), min(behind, 2), uint64(min(1, i-m.from)))
			}
		}
	}
}

// entropyFeatures tell how free the neighbours before and after a boundary
// are, at the boundaries before and after each token.
func (f *featurer) entropyFeatures(r rows, tokens []token) {
	if f.neighbours == nil {
		return
	}
	n := len(tokens)
	for b := 0; b <= n; b++ {
		for size := 1; size <= gram; size++ {
			before, after := f.neighbours.run(tokens, b-size, b), f.neighbours.run(tokens, b, b+size)
			over := f.neighbours.run(tokens, b-size/2-1, b+(size+1)/2)
			for side := range 2 {
				i := b - side
				if i < 0 || i >= n {
					continue
				}
				k := uint64(size*2 + side)
				r.put(i, ofEntropy+k, uint64(before.right), uint64(after.left))
				if size < gram && side == 0 {
					r.put(i, ofEntropy+k, uint64(before.often), uint64(after.often), uint64(over.often))
				}
			}
		}
	}
}
