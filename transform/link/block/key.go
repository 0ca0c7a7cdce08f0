package block

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"huiliu/transform/link/compare"
)

// Column is one field of all rows: the distinct values and each row's place
// among them. Place 0 is the empty value, which makes no key.
type Column struct {
	Values []string
	Rows   []uint32
}

// Table are the columns by the names of their fields. First is the number of
// rows that belong to the first of two lists, which are linked with each
// other only; 0 says that there is one list, to be linked with itself.
type Table struct {
	Columns map[string]Column
	Rows    int
	First   int
}

// keys are the key hashes of each distinct value of a column, one after the
// other; those of value v are all[from[v]:from[v+1]].
type keys struct {
	all  []uint64
	from []uint32
}

func (k *keys) of(v uint32) []uint64 { return k.all[k.from[v]:k.from[v+1]] }

// keys makes the keys of one part for every distinct value.
func (p Part) keys(c Column) *keys {
	k := &keys{from: make([]uint32, 1, len(c.Values)+1)}
	rare := p.rarity(c)
	for _, v := range c.Values {
		if v != "" {
			start := len(k.all)
			k.all = p.appendKeys(k.all, v, rare)
			slices.Sort(k.all[start:])
			k.all = append(k.all[:start], slices.Compact(k.all[start:])...)
		}
		k.from = append(k.from, uint32(len(k.all)))
	}
	return k
}

// Keys are the key hashes of one record for a rule without a window, given
// its fields' values: the step by itself, for keys that are kept beside a
// record. rare(…) has no meaning for one record and makes the keys of its
// words.
func (r Rule) Keys(value func(field string) string) []uint64 {
	out := []uint64{seed}
	for _, p := range r.Parts {
		v := value(p.Field)
		if v == "" {
			return nil
		}
		own := p.appendKeys(nil, v, nil)
		var next []uint64
		for _, a := range out {
			for _, b := range own {
				next = append(next, join(a, b))
			}
		}
		out = next
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// seed begins every joined key.
const seed = 0x9e3779b97f4a7c15

// join mixes a further part into a key (the finaliser of SplitMix64, Steele,
// Lea & Flood 2014).
func join(a, b uint64) uint64 {
	x := a*0xbf58476d1ce4e5b9 + b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (p Part) appendKeys(dst []uint64, v string, df map[uint64]int) []uint64 {
	switch p.Function {
	case "tokens":
		return append(dst, compare.Tokens(v)...)
	case "rare":
		return p.appendRare(dst, v, df)
	case "grams":
		return append(dst, compare.Grams(v, p.N)...)
	case "deletes":
		return appendDeletes(dst, v)
	case "minhash":
		return p.appendMinhash(dst, v)
	}
	if text := p.text(v); text != "" {
		dst = append(dst, xxh3.HashString(text))
	}
	return dst
}

// text is the key of the functions that make one.
func (p Part) text(v string) string {
	switch p.Function {
	case "prefix":
		return prefix(v, p.N)
	case "suffix":
		for i := len(v); i > 0; {
			_, size := utf8.DecodeLastRuneInString(v[:i])
			i -= size
			if utf8.RuneCountInString(v[i:]) == p.N {
				return v[i:]
			}
		}
		return v
	case "soundex":
		return Soundex(v)
	case "pinyin":
		return compare.Pinyin(v)
	case "initials":
		return compare.Initials(v)
	case "year":
		return prefix(v, 4)
	case "month":
		return prefix(strings.ReplaceAll(v, "-", ""), 6)
	case "sorted":
		words := compare.Words(v)
		slices.Sort(words)
		return strings.Join(words, " ")
	}
	return v
}

func prefix(v string, n int) string {
	for i := range v {
		if n == 0 {
			return v[:i]
		}
		n--
	}
	return v
}

// appendDeletes appends the value and each form that lacks one character:
// values within one edit share a key (Garbe's symmetric delete). Values over
// 64 characters have their own key only, which bounds the keys.
func appendDeletes(dst []uint64, v string) []uint64 {
	dst = append(dst, xxh3.HashString(v))
	if utf8.RuneCountInString(v) > 64 {
		return dst
	}
	buf := make([]byte, 0, len(v))
	for i, r := range v {
		buf = append(append(buf[:0], v[:i]...), v[i+utf8.RuneLen(replaced(r)):]...)
		if len(buf) > 0 {
			dst = append(dst, xxh3.Hash(buf))
		}
	}
	return dst
}

// replaced keeps a broken byte, which ranges as U+FFFD, one byte long.
func replaced(r rune) rune {
	if r == utf8.RuneError {
		return 0
	}
	return r
}

// appendMinhash appends a key for each band: the least hashes of the grams of
// three under N permutations (Broder 1997; bands of Leskovec, Rajaraman &
// Ullman, "Mining of Massive Datasets", ch. 3). Values whose Jaccard is s
// meet with probability 1-(1-s^N)^M.
func (p Part) appendMinhash(dst []uint64, v string) []uint64 {
	grams := compare.Grams(v, 3)
	for band := range p.M {
		key := join(seed, uint64(band))
		for row := range p.N {
			salt := uint64(band*p.N+row+1) * seed
			least := uint64(math.MaxUint64)
			for _, g := range grams {
				least = min(least, join(salt, g))
			}
			key = join(key, least)
		}
		dst = append(dst, key)
	}
	return dst
}

// rarity counts the rows in which each word stands, for rare.
func (p Part) rarity(c Column) map[uint64]int {
	if p.Function != "rare" {
		return nil
	}
	times := make([]int, len(c.Values))
	for _, v := range c.Rows {
		times[v]++
	}
	df := map[uint64]int{}
	for i, v := range c.Values {
		for _, t := range compare.Tokens(v) {
			df[t] += times[i]
		}
	}
	return df
}

// appendRare appends a key for each pair of the N+1 rarest words; one word
// alone is its own key.
func (p Part) appendRare(dst []uint64, v string, df map[uint64]int) []uint64 {
	words := compare.Tokens(v)
	if df == nil || len(words) < 2 {
		return append(dst, words...)
	}
	slices.SortFunc(words, func(a, b uint64) int {
		if df[a] != df[b] {
			return df[a] - df[b]
		}
		if a < b {
			return -1
		}
		return 1
	})
	words = words[:min(len(words), p.N+1)]
	for i, a := range words {
		for _, b := range words[i+1:] {
			dst = append(dst, join(min(a, b), max(a, b)))
		}
	}
	return dst
}

// Soundex is the American Soundex of a text's first word of Latin letters
// (U.S. National Archives, "Soundex Coding System"): a letter and three
// digits, "" for a text without a Latin letter.
func Soundex(text string) string {
	const codes = "01230120022455012623010202"
	out := make([]byte, 0, 4)
	last := byte('0')
	for i := 0; i < len(text); i++ {
		c := text[i] | 0x20
		if c < 'a' || c > 'z' || text[i] >= utf8.RuneSelf {
			if len(out) > 0 && text[i] == ' ' {
				break
			}
			continue
		}
		code := codes[c-'a']
		switch {
		case len(out) == 0:
			out = append(out, c-0x20)
		case code != '0' && code != last && len(out) < 4:
			out = append(out, code)
		}
		// Letters on both sides of h or w count as neighbours.
		if c != 'h' && c != 'w' || len(out) == 1 {
			last = code
		}
	}
	for len(out) > 0 && len(out) < 4 {
		out = append(out, '0')
	}
	return string(out)
}
