package suggest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"huiliu/internal/bayes"
)

const (
	// titleWeight counts a title's words for so many of a body's: a title is
	// what the writer thought it is about.
	titleWeight = 2
	// bodyLetters is how many characters of a body are read. What it is about
	// stands at the beginning; the rest is story.
	bodyLetters = 150
	// titleLetters bounds a title, for some systems put the whole text there.
	titleLetters = 300
	// longestWord bounds a word in other letters.
	longestWord = 24
)

// scanner hands out the words of a text: the pairs of neighbours in each run
// of Chinese characters (Nie, Gao, Zhang and Zhou 2000, On the use of words
// and n-grams for Chinese information retrieval), and words in other letters
// whole. Numbers and signs part runs and are no words: house numbers, dates
// and codes say nothing of a category.
type scanner struct {
	yield func(word string, at int)
	last  rune
	from  int
	word  []byte
}

// words calls yield for each word among the first letters characters of a
// text, white space not counted, with the place of its first character among
// them. Full width is half width and capitals are small.
func words(text string, letters int, yield func(word string, at int)) {
	s := scanner{yield: yield, last: -1}
	at := 0
	for _, r := range norm.NFKC.String(head(text, letters)) {
		if unicode.IsSpace(r) {
			continue
		}
		if at == letters {
			break
		}
		s.take(r, at)
		at++
	}
	s.flush()
}

// head cuts off what words would not look at, so that a book in a field costs
// no more than a page: normal forms can shorten a text, white space thins it.
func head(text string, letters int) string {
	return text[:cut(text, min(len(text), letters*32))]
}

// cut moves a place in a text back to the beginning of a character.
func cut(text string, at int) int {
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

func (s *scanner) take(r rune, at int) {
	switch {
	case unicode.Is(unicode.Han, r):
		s.flush()
		if s.last >= 0 {
			s.yield(string([]rune{s.last, r}), at-1)
		}
		s.last = r
		return
	case unicode.IsLetter(r):
		if len(s.word) == 0 {
			s.from = at
		}
		if len(s.word) < longestWord {
			s.word = utf8.AppendRune(s.word, unicode.ToLower(r))
		}
	default:
		s.flush()
	}
	s.last = -1
}

// flush ends a word in other letters. A single letter is a list's mark or half
// of a code.
func (s *scanner) flush() {
	if utf8.RuneCount(s.word) > 1 {
		s.yield(string(s.word), s.from)
	}
	s.word = s.word[:0]
}

// count is how often each word stands in a request, a title's counted more.
func count(title, body string) map[string]float64 {
	out := map[string]float64{}
	words(title, titleLetters, func(w string, _ int) { out[w] += titleWeight })
	words(body, bodyLetters, func(w string, _ int) { out[w]++ })
	return out
}

// lexicon gives each known word its id, in the order of their bytes, and the
// weight of its rarity.
type lexicon struct {
	words  []string
	rarity []float64
	rarest float64
	ids    map[string]uint32
}

// newLexicon keeps at most limit words, those in most texts first. Rarity is
// ln((1+n)/(1+texts with the word)) + 1, the smoothed form of Spärck Jones
// 1972 that scikit-learn uses, rounded so that processors agree.
func newLexicon(texts map[string]int, n, limit int) *lexicon {
	all := slices.Collect(maps.Keys(texts))
	if len(all) > limit {
		slices.SortFunc(all, func(a, b string) int {
			return cmp.Or(cmp.Compare(texts[b], texts[a]), cmp.Compare(a, b))
		})
		all = all[:limit]
	}
	slices.Sort(all)
	rarity := make([]float64, len(all))
	for i, w := range all {
		rarity[i] = rounded(math.Log(float64(1+n)/float64(1+texts[w])) + 1)
	}
	return index(all, rarity)
}

func index(words []string, rarity []float64) *lexicon {
	x := &lexicon{words: words, rarity: rarity, ids: make(map[string]uint32, len(words))}
	for i, w := range words {
		x.ids[w], x.rarest = uint32(i), max(x.rarest, rarity[i])
	}
	return x
}

// vector weighs counts as (1 + ln count) × rarity and brings them to length 1,
// so that long requests speak no louder than short ones: steps 1 to 3 of Rennie
// et al. 2003. It is empty where no word is known.
//
// known is the share of the request's length that the known words have, with
// every other word as rare as the rarest known one: how much of what it says
// could be understood. Of a request whose words are strange the few known ones
// would else speak as loud as all of another's.
func (x *lexicon) vector(counts map[string]float64) (out []bayes.Term, known float64) {
	strange := map[float64]int{} // other words, by how often they come
	for w, n := range counts {
		if id, ok := x.ids[w]; ok {
			out = append(out, bayes.Term{ID: id, Weight: (1 + math.Log(n)) * x.rarity[id]})
		} else {
			strange[n]++
		}
	}
	slices.SortFunc(out, func(a, b bayes.Term) int { return cmp.Compare(a.ID, b.ID) })
	var sum float64
	for _, t := range out {
		sum += t.Weight * t.Weight
	}
	all := sum
	for _, n := range slices.Sorted(maps.Keys(strange)) {
		w := (1 + math.Log(n)) * x.rarest
		all += float64(strange[n]) * w * w
	}
	length := math.Sqrt(sum)
	for i := range out {
		out[i].Weight /= length
	}
	if all > 0 {
		known = rounded(math.Sqrt(sum / all))
	}
	return out, known
}

// rounded keeps nine decimals: processors differ in later ones.
func rounded(x float64) float64 { return math.Round(x*1e9) / 1e9 }
