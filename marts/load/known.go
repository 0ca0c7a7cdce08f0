package load

import "math/bits"

// knownKeys tells keys that load.record surely has not from those it may have,
// so that a chunk of nothing but new records looks through no known keys. It
// is a split block Bloom filter, as Apache Parquet's specification has it with
// words of 32 bits: a key sets one bit in each of the eight words of the one
// block that it belongs to. Keys are hashes already. With knownBits bits a
// key, of 100,000 new keys about two look known.
type knownKeys struct {
	// layers grow twofold, since a filter can't be made larger.
	layers []knownLayer
	// all says that there are too many to tell: every key may be known.
	all bool
}

const (
	knownBits    = 32
	smallestKeys = 1 << 19
	// mostKeys bounds the filter to about 300 MiB; keysAtOnce is how many keys
	// are read into memory together.
	mostKeys   = 64 << 20
	keysAtOnce = 8 << 20
)

type knownLayer struct {
	blocks [][8]uint64
	room   int64 // keys it may still take
}

// expect makes room for n keys.
func (k *knownKeys) expect(n int64) {
	n = max(n, smallestKeys)
	k.layers = append(k.layers, knownLayer{blocks: make([][8]uint64, n*knownBits/512), room: n})
}

// add notes a key; one that is noted twice takes room twice.
func (k *knownKeys) add(key uint64) {
	if k.all {
		return
	}
	if n := len(k.layers); n == 0 {
		k.expect(0)
	} else if l := &k.layers[n-1]; l.room == 0 {
		k.expect(2 * int64(len(l.blocks)) * 512 / knownBits)
	}
	l := &k.layers[len(k.layers)-1]
	l.room--
	block, places := l.find(key)
	for w := range block {
		block[w] |= 1 << (places >> (6 * w) & 63)
	}
}

// maybe reports whether a key may have been added; false is sure.
func (k *knownKeys) maybe(key uint64) bool {
	if k.all {
		return true
	}
	for i := range k.layers {
		if k.layers[i].has(key) {
			return true
		}
	}
	return false
}

func (l *knownLayer) has(key uint64) bool {
	block, places := l.find(key)
	for w := range block {
		if block[w]>>(places>>(6*w)&63)&1 == 0 {
			return false
		}
	}
	return true
}

// find gives a key's block, and the places of its bits there: six bits a word.
func (l *knownLayer) find(key uint64) (block *[8]uint64, places uint64) {
	at, rest := bits.Mul64(key, uint64(len(l.blocks)))
	return &l.blocks[at], (rest * 0x9e3779b97f4a7c15) >> 16
}
