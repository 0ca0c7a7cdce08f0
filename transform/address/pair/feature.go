package pair

import (
	"math"
	"strconv"
	"strings"
)

// vector collects the features of a pair, each with its name.
type vector struct {
	names  []string
	values []float32
}

func (v *vector) put(name string, x float64) {
	v.names = append(v.names, name)
	v.values = append(v.values, float32(x))
}

func (v *vector) flag(name string, is bool) {
	x := 0.0
	if is {
		x = 1
	}
	v.put(name, x)
}

// Features measures a pair, the first address being the one that is asked
// for: names and values in step, in a fixed order. What can't be measured is
// not a number.
func Features(a, b *Address) (names []string, values []float32) {
	v := &vector{}
	v.lengths(a, b)
	v.overlaps(a, b)
	v.alignment(a, b)
	v.tails(a, b)
	v.numbers(a, b)
	v.fields(a, b)
	v.kinds(a, b)
	return v.names, v.values
}

func (v *vector) lengths(a, b *Address) {
	la, lb := float64(len(a.tokens)), float64(len(b.tokens))
	v.put("length first", la)
	v.put("length second", lb)
	v.put("length difference", lb-la)
	v.put("length share", share(min(la, lb), max(la, lb)))
	v.put("rarity first", a.length)
	v.put("rarity second", b.length)
}

func (v *vector) overlaps(a, b *Address) {
	for n := range orders {
		s := overlap(a.grams[n], b.grams[n])
		at := " " + strconv.Itoa(n+1)
		v.put("common"+at, s.common)
		v.put("common in first"+at, s.inFirst())
		v.put("common in second"+at, s.inSecond())
		v.put("jaccard"+at, s.jaccard())
		v.put("count"+at, float64(s.count))
		v.put("rarest common"+at, s.rarest)
		v.put("second rarest common"+at, s.next)
		v.put("rarest of first alone"+at, s.rarestFirst)
		v.put("rarest of second alone"+at, s.rarestSecond)
		v.put("first alone"+at, s.first-s.common)
		v.put("second alone"+at, s.second-s.common)
	}
	v.put("subsequence in first", share(float64(subsequence(a.tokens, b.tokens)), float64(len(a.tokens))))
	v.put("subsequence in second", share(float64(subsequence(a.tokens, b.tokens)), float64(len(b.tokens))))
	v.put("jaro-winkler", jaroWinkler(a.tokens, b.tokens))
	v.put("prefix", float64(prefix(a.tokens, b.tokens)))
	v.put("suffix", float64(suffix(a.tokens, b.tokens)))
}

// alignment measures the common runs, and what is left between and around
// them.
func (v *vector) alignment(a, b *Address) {
	blocks := aligned(a, b)
	inA, inB := make([]bool, len(a.tokens)), make([]bool, len(b.tokens))
	best, second, long := 0.0, 0.0, 0
	bestAt := block{}
	for _, m := range blocks {
		w := 0.0
		for k := range m.n {
			inA[m.a+k], inB[m.b+k] = true, true
			w += a.rare[m.a+k]
		}
		if m.n > 1 {
			long++
		}
		if w > best {
			best, second, bestAt = w, best, m
		} else {
			second = max(second, w)
		}
	}
	v.put("blocks", float64(len(blocks)))
	v.put("blocks of two and more", float64(long))
	v.put("best block", best)
	v.put("second block", second)
	v.put("best block in first", share(best, a.length))
	v.put("best block in second", share(best, b.length))
	v.put("best block length", float64(bestAt.n))
	v.put("best block begins first", share(float64(bestAt.a), float64(len(a.tokens))))
	v.put("best block begins second", share(float64(bestAt.b), float64(len(b.tokens))))
	v.put("best block to end of first", float64(len(a.tokens)-bestAt.a-bestAt.n))
	v.put("best block to end of second", float64(len(b.tokens)-bestAt.b-bestAt.n))
	v.gaps("first", a, inA)
	v.gaps("second", b, inB)
	x, y := lastLeft(a, inA), lastLeft(b, inB)
	v.put("kind of what is left of first", float64(kindOf(x)))
	v.put("kind of what is left of second", float64(kindOf(y)))
	v.put("length of last left of first", float64(len([]rune(x))))
	v.put("length of last left of second", float64(len([]rune(y))))
	v.flag("number ends best block of first", numberAt(a, bestAt.a+bestAt.n))
	v.flag("number ends best block of second", numberAt(b, bestAt.b+bestAt.n))
}

// gaps measures what is not aligned in one address: at its head, its tail, and
// the heaviest run.
func (v *vector) gaps(of string, a *Address, in []bool) {
	covered, heaviest, run := 0.0, 0.0, 0.0
	head, tail := 0, 0
	for i, is := range in {
		if is {
			covered += a.rare[i]
			run, tail = 0, 0
			continue
		}
		if head == i {
			head++
		}
		tail++
		run += a.rare[i]
		heaviest = max(heaviest, run)
	}
	v.put("covered in "+of, share(covered, a.length))
	v.put("left at head of "+of, float64(head))
	v.put("left at tail of "+of, float64(tail))
	v.put("heaviest left in "+of, heaviest)
	for _, n := range []int{3, 6} {
		from := max(0, len(in)-n)
		v.put("last "+strconv.Itoa(n)+" covered in "+of, covers(in[from:]))
		v.put("first "+strconv.Itoa(n)+" covered in "+of, covers(in[:min(n, len(in))]))
	}
}

// lastLeft is the last run of tokens that is not aligned.
func lastLeft(a *Address, in []bool) string {
	end := len(in)
	for end > 0 && in[end-1] {
		end--
	}
	from := end
	for from > 0 && !in[from-1] {
		from--
	}
	return strings.Join(a.words[from:end], "")
}

// numberAt reports whether a number follows a block: what agrees is then
// likely a road or an estate, and the number was not the same.
func numberAt(a *Address, at int) bool {
	return at < len(a.words) && a.words[at][0] >= '0' && a.words[at][0] <= '9'
}

func covers(in []bool) float64 {
	n := 0
	for _, is := range in {
		if is {
			n++
		}
	}
	return share(float64(n), float64(len(in)))
}

// tails compares the places that are meant, behind a crossing, a distance or a
// house number.
func (v *vector) tails(a, b *Address) {
	absent := func(x float64, g []gram) float64 {
		if len(g) == 0 {
			return math.NaN()
		}
		return x
	}
	second := overlap(a.grams[1], b.tail)
	v.put("tail second in first", absent(second.inSecond(), b.tail))
	v.put("tail second rarest common", absent(second.rarest, b.tail))
	v.put("tail second rarest alone", absent(second.rarestSecond, b.tail))
	v.put("tail second weight", second.second)
	first := overlap(a.tail, b.grams[1])
	v.put("tail first in second", absent(first.inFirst(), a.tail))
	v.put("tail first rarest common", absent(first.rarest, a.tail))
	v.put("tail first rarest alone", absent(first.rarestFirst, a.tail))
	v.put("tail first weight", first.first)
	both := overlap(a.tail, b.tail)
	v.put("tails jaccard", absent(absent(both.jaccard(), a.tail), b.tail))
}

// fields compares what the addresses say in each field, and whether the other
// address has it anywhere.
func (v *vector) fields(a, b *Address) {
	for f := range fields {
		s := overlap(a.zones[f], b.zones[f])
		name := f.String() + " "
		v.put(name+"state", float64(state(a.values(f), b.values(f))))
		if f == Province || f == Floor || f == Room || f == Unit || f == Group || f == Bare || f == Offset || f == Crossing {
			continue
		}
		v.put(name+"alike", unless(len(a.zones[f]) == 0 || len(b.zones[f]) == 0, s.jaccard()))
		all := overlap(a.zones[f], b.grams[1])
		v.put(name+"first anywhere", unless(len(a.zones[f]) == 0, all.inFirst()))
		v.put(name+"first rarest", unless(len(a.zones[f]) == 0, all.rarest))
		all = overlap(a.grams[1], b.zones[f])
		v.put(name+"second anywhere", unless(len(b.zones[f]) == 0, all.inSecond()))
		v.put(name+"second weight", all.second)
	}
}

func unless(absent bool, x float64) float64 {
	if absent {
		return math.NaN()
	}
	return x
}

// The states of a field: said by neither, by one, by both alike, by both in
// contradiction.
const (
	neither = iota
	onlyFirst
	onlySecond
	agree
	conflict
)

func state(a, b []string) int {
	switch {
	case len(a) == 0 && len(b) == 0:
		return neither
	case len(b) == 0:
		return onlyFirst
	case len(a) == 0:
		return onlySecond
	}
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return agree
			}
		}
	}
	return conflict
}

// numbers compares digits: of house numbers how far apart they are, of all
// others but distances how many agree.
func (v *vector) numbers(a, b *Address) {
	x, y := digitRuns(a), digitRuns(b)
	common := 0
	for n := range x {
		if y[n] {
			common++
		}
	}
	v.put("numbers common", float64(common))
	v.put("numbers of first alone", float64(len(x)-common))
	v.put("numbers of second alone", float64(len(y)-common))
	v.put("house numbers apart", apart(a.values(Number), b.values(Number)))
	v.put("building numbers apart", apart(a.values(Building), b.values(Building)))
	v.flag("house number is the other's building", state(a.values(Number), b.values(Building)) == agree)
	v.flag("building is the other's house number", state(a.values(Building), b.values(Number)) == agree)
}

// digitRuns are the numbers of an address but for its distances.
func digitRuns(a *Address) map[string]bool {
	out := map[string]bool{}
	for _, p := range a.Parts {
		if p.Field == Offset {
			continue
		}
		for _, t := range strings.FieldsFunc(p.Text, func(r rune) bool { return r < '0' || r > '9' }) {
			out[t] = true
		}
	}
	return out
}

// apart is the least distance of the first numbers in two lists, as ln(1+x);
// not a number where one list has none.
func apart(a, b []string) float64 {
	least := math.NaN()
	for _, s := range a {
		for _, t := range b {
			x, okX := leading(s)
			y, okY := leading(t)
			if d := math.Log1p(math.Abs(x - y)); okX && okY && !(d >= least) {
				least = d
			}
		}
	}
	return least
}

func leading(s string) (float64, bool) {
	end := 0
	for end < len(s) && end < 15 && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	return float64(n), err == nil
}
