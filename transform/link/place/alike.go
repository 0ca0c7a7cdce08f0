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

// alike compares two names with these endings.
func alike(a, b string, endings []string) likeness {
	coreA, endA := core(a, endings)
	coreB, endB := core(b, endings)
	switch {
	case a == b || numbered(a) != numbered(b):
		return unlike
	case sameSound(a, b):
		return sounded
	case coreA == coreB && (endA == "" || endB == ""):
		return shortened
	case coreA == coreB:
		return faint
	case endA != endB && !sameSound(endA, endB) || compare.DamerauLevenshtein(coreA, coreB) != 1 || tells(coreA, coreB):
		return unlike
	case min(len([]rune(coreA)), len([]rune(coreB))) < 3:
		return faint
	}
	return slipped
}

// sameSound reports whether two texts of equal length are spelled alike in
// pinyin.
func sameSound(a, b string) bool {
	return len([]rune(a)) == len([]rune(b)) && a != "" && compare.Pinyin(a) != "" && compare.Pinyin(a) == compare.Pinyin(b) && !tells(a, b)
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
func nearKeys(name string, endings []string) []string {
	short, _ := core(name, endings)
	out := []string{"s" + compare.Pinyin(name), "c" + short}
	r := []rune(name)
	for i := range r {
		out = append(out, "d"+string(r[:i])+string(r[i+1:]))
	}
	out = append(out, "d"+name)
	slices.Sort(out)
	return slices.Compact(out)
}
