package issue

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/zeebo/xxh3"

	"huiliu/internal/textsim"
)

// stored is a model as JSON.
type stored struct {
	// Version is a hash of all that follows.
	Version string `json:"version"`
	// Layout is that of the features that the model compares.
	Layout  int     `json:"layout"`
	Options Options `json:"options"`
	// Key is the fingerprint of the key and of how requests are read.
	Key   uint32 `json:"key"`
	Texts int    `json:"texts"`
	// Rarity are the hashes of terms in ascending order, each as its distance
	// from the one before, with the number of texts that it stands in: unsigned
	// varints. Wide are hashes of names, 8 bytes each, ascending.
	Rarity []byte        `json:"rarity"`
	Wide   []byte        `json:"wide"`
	Edges  []float64     `json:"edges"`
	Strata []storedShare `json:"strata"`
}

type storedShare struct {
	Stratum int    `json:"stratum"`
	Share   *cells `json:"share"`
}

// Version is a hash of the model's contents. Issues and pairs that Grow gave
// under another version can't be grown by this model.
func (m *Model) Version() string { return m.version }

func (m *Model) stored() *stored {
	s := &stored{Layout: layout, Options: m.o, Key: m.o.keyed(), Texts: m.rarity.Texts(), Edges: m.edges}
	last := textsim.Gram(0)
	for g, n := range m.rarity.All() {
		s.Rarity = binary.AppendUvarint(binary.AppendUvarint(s.Rarity, uint64(g-last)), uint64(n))
		last = g
	}
	for _, g := range slices.Sorted(maps.Keys(m.wide)) {
		s.Wide = binary.LittleEndian.AppendUint64(s.Wide, g)
	}
	for i, c := range m.share {
		if c != nil {
			s.Strata = append(s.Strata, storedShare{i, c})
		}
	}
	return s
}

func (m *Model) hash() string { return m.stored().hash() }

func (s *stored) hash() string {
	bare := *s
	bare.Version = ""
	text, err := json.Marshal(&bare)
	if err != nil {
		return "" // only a number that is none can't be marshalled
	}
	sum := xxh3.Hash128(text).Bytes()
	return hex.EncodeToString(sum[:])
}

// JSON is the model as text: the same bytes for the same evidence.
func (m *Model) JSON() ([]byte, error) {
	s := m.stored()
	s.Version = m.version
	return json.Marshal(s)
}

// ReadModel reads a model, checks that it was not changed and that key, which
// is Options.Key, is the one it was made with. The fault is WrongModel.
func ReadModel(text []byte, key func(hash uint64) uint64) (*Model, error) {
	wrong := func(what, zh string) error { return WrongModel.At("model", "what", what, "what_zh", zh) }
	s := &stored{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, WrongModel.At("model", "what", "it is no JSON of a model", "what_zh", "不是模型的 JSON").Because(err)
	}
	if s.Version == "" || s.hash() != s.Version {
		return nil, wrong("its version is not that of its contents", "版本号与内容不符")
	}
	m := &Model{o: s.Options, edges: s.Edges, version: s.Version, wide: map[uint64]bool{}}
	m.o.Key = key
	switch {
	case s.Layout != layout:
		return nil, wrong("it is of another layout", "格式版本不同")
	case m.o.check() != nil || !s.whole():
		return nil, wrong("its parts don't fit each other", "各部分不一致")
	case m.o.keyed() != s.Key:
		return nil, wrong("it was made with another key", "所用密钥不同")
	}
	for wide := s.Wide; len(wide) > 0; wide = wide[8:] {
		m.wide[binary.LittleEndian.Uint64(wide)] = true
	}
	for _, c := range s.Strata {
		m.share[c.Stratum] = c.Share
	}
	in, ok := s.rarity()
	if !ok {
		return nil, wrong("its parts don't fit each other", "各部分不一致")
	}
	m.rarity = textsim.RestoreRarity(s.Texts, in)
	return m, nil
}

// whole reports whether every cell is there and within its range.
func (s *stored) whole() bool {
	if len(s.Wide)%8 != 0 || !slices.IsSorted(s.Edges) || s.Texts < 0 {
		return false
	}
	for _, c := range s.Strata {
		if c.Stratum < 0 || c.Stratum >= strata || c.Share == nil {
			return false
		}
		for t := range c.Share {
			for k := range c.Share[t] {
				list := c.Share[t][k]
				if len(list) != len(s.Edges)+1 || slices.ContainsFunc(list, func(p float64) bool { return !(p >= 0 && p <= 1) }) {
					return false
				}
			}
		}
	}
	return true
}

func (s *stored) rarity() (map[textsim.Gram]int32, bool) {
	in, last := map[textsim.Gram]int32{}, textsim.Gram(0)
	for b := s.Rarity; len(b) > 0; {
		step, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		count, more := binary.Uvarint(b[n:])
		if more <= 0 || count > uint64(s.Texts) {
			return nil, false
		}
		b, last = b[n+more:], last+textsim.Gram(step)
		in[last] = int32(count)
	}
	return in, true
}
