package compare

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/zeebo/xxh3"
)

// Terms is a text as a set of terms: their hashes in ascending order, each
// once.
type Terms []uint64

// Tokens are the words of a text: runs of letters and digits; each Chinese
// character is a word of its own, a run of digits stays whole.
func Tokens(text string) Terms {
	var out Terms
	for _, w := range Words(text) {
		out = append(out, xxh3.HashString(w))
	}
	return out.unique()
}

// Words are the words that Tokens hashes, in the order of the text.
func Words(text string) []string {
	var out []string
	from := -1
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		alone := unicode.Is(unicode.Han, r)
		if from >= 0 && (!word || alone) {
			out, from = append(out, text[from:i]), -1
		}
		switch {
		case alone:
			out = append(out, string(r))
		case word && from < 0:
			from = i
		}
	}
	if from >= 0 {
		out = append(out, text[from:])
	}
	return out
}

// Grams are the runs of n characters of a text, with one space before and
// after it so that its ends count too. A text shorter than n is one term.
func Grams(text string, n int) Terms {
	if text == "" {
		return nil
	}
	runes := []rune(" " + strings.Join(strings.Fields(text), " ") + " ")
	if len(runes) <= n {
		return Terms{xxh3.HashString(string(runes))}
	}
	out := make(Terms, 0, len(runes)-n+1)
	for i := 0; i+n <= len(runes); i++ {
		out = append(out, xxh3.HashString(string(runes[i:i+n])))
	}
	return out.unique()
}

func (t Terms) unique() Terms {
	slices.Sort(t)
	return slices.Compact(t)
}

// Rarity gives the weight of a term, such as its inverse document frequency;
// nil gives each the weight 1.
type Rarity func(term uint64) float64

// IDF is the inverse document frequency of a term that stands in df of n
// texts: ln((n+1)/(df+1)) + 1 (Spärck Jones 1972 with the smoothing of
// scikit-learn's TfidfTransformer), so never under 1 for df ≤ n.
func IDF(df, n float64) float64 { return math.Log((n+1)/(df+1)) + 1 }

// shared is the weight of the terms that both have.
func shared(a, b Terms, w Rarity) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			sum += w.of(a[i])
			i++
			j++
		}
	}
	return sum
}

func (w Rarity) of(term uint64) float64 {
	if w == nil {
		return 1
	}
	return w(term)
}

// weight is the weight of all terms.
func (t Terms) weight(w Rarity) float64 {
	if w == nil {
		return float64(len(t))
	}
	sum := 0.0
	for _, term := range t {
		sum += w(term)
	}
	return sum
}

// Jaccard is the weight of the common terms over that of all terms of both
// (Jaccard 1901), 0 when neither has any.
func Jaccard(a, b Terms, w Rarity) float64 {
	return jaccard(shared(a, b, w), a.weight(w), b.weight(w))
}

// Containment is the weight of the common terms over that of the lighter
// text's (Szymkiewicz–Simpson), 0 when one has none.
func Containment(a, b Terms, w Rarity) float64 {
	return containment(shared(a, b, w), a.weight(w), b.weight(w))
}

func jaccard(common, a, b float64) float64 {
	if all := a + b - common; all > 0 {
		return common / all
	}
	return 0
}

func containment(common, a, b float64) float64 {
	if least := min(a, b); least > 0 {
		return min(1, common/least)
	}
	return 0
}
