package place

import (
	"slices"
	"strings"

	"huiliu/transform/link/compare"
)

// likeness is how alike two names are.
type likeness int

const (
	unlike likeness = iota
	// faint likeness needs a house number in common to mean anything: 锦绣小区 and
	// 锦绣花园, 东方里 and 东山里.
	faint
	// slipped is one character more, less or other in a name of some length.
	slipped
	// shortened is a name without its generic ending.
	shortened
	// sounded is another spelling of the same sound.
	sounded
)

// telling are the characters that tell two neighbours apart: 新锦绣园 is not
// 锦绣园.
const telling = "新老旧东西南北中大小上下前后左右内外一二三四五六七八九十甲乙丙丁0123456789abcdef"

// spoken is a name with what it is compared by.
type spoken struct{ name, sound, core, end string }

// speak makes a name ready. The same name is asked for again and again, and
// its sound is dear.
func (n *names) speak(name string) spoken {
	s, ok := n.spoken[name]
	if !ok {
		s = spoken{name: name, sound: compare.Pinyin(name)}
		s.core, s.end = core(name, n.endings)
		n.spoken[name] = s
	}
	return s
}

// alike compares two names.
func alike(a, b spoken) likeness {
	switch {
	case a.name == b.name || numbered(a.name) != numbered(b.name):
		return unlike
	case sameSound(a, b):
		return sounded
	case a.core == b.core && (a.end == "" || b.end == ""):
		return shortened
	case a.core == b.core:
		return faint
	case a.end != b.end || compare.DamerauLevenshtein(a.core, b.core) != 1 || tells(a.core, b.core):
		return unlike
	case min(len([]rune(a.core)), len([]rune(b.core))) < 3:
		return faint
	}
	return slipped
}

// sameSound reports whether two names of equal length are spelled alike in
// pinyin.
func sameSound(a, b spoken) bool {
	return a.sound == b.sound && a.sound != "" && len([]rune(a.name)) == len([]rune(b.name)) && !tells(a.name, b.name)
}

// core is a name without its generic ending.
func core(name string, endings []string) (core, end string) {
	if end = last(name, endings); len([]rune(name))-len([]rune(end)) >= 2 {
		return strings.TrimSuffix(name, end), end
	}
	return name, ""
}

// numbered gives the digits and letters of a name: 二期 and 三期 are two places.
func numbered(name string) string {
	return strings.Map(func(r rune) rune {
		if alnum(r) {
			return r
		}
		return -1
	}, name)
}

// tells reports whether two names differ in a telling character.
func tells(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return strings.ContainsAny(string(x)+string(y), telling)
}

// nearKeys are the keys under which alike names meet: the sound, the core, and
// the name with each character left out (the deletion neighbourhood of
// Mor & Fraenkel, A hash code method for detecting and correcting spelling
// errors, CACM 25, 1982).
func nearKeys(s spoken) []string {
	out := []string{"s" + s.sound, "c" + s.core}
	r := []rune(s.name)
	for i := range r {
		out = append(out, "d"+string(r[:i])+string(r[i+1:]))
	}
	out = append(out, "d"+s.name)
	slices.Sort(out)
	return slices.Compact(out)
}
