// Package pair says whether two Chinese addresses mean the same place: not at
// all, in part (one lies within or beside the other, or part of it is known to
// agree), or in full. Rules decides by parts and conflicts with nothing
// learned, and gives its reasons; Fit learns to decide from judged pairs.
//
// Both look at what the addresses share weighted by how rare it is in a corpus
// of addresses (K. Sparck Jones, A statistical interpretation of term
// specificity, 1972), at the parts that agree or contradict each other, and at
// the relation in which a place is told: in "near a crossing, 100 metres west,
// shop" the metres are no house number.
//
// What is learned has three layers: logistic regression on words, boosted
// trees on the measures of a pair, and small trees that see a candidate beside
// the others that were found for the same address (stacking, D. H. Wolpert
// 1992). Each layer learns from what the one beneath told of queries that it
// had not seen.
package pair

// Class is how far two addresses agree.
type Class int

const (
	// None is two places.
	None Class = iota
	// Partial is one place within the other, beside it, or alike as far as is
	// told.
	Partial
	// Full is one place.
	Full
)

// Classes is the number of classes.
const Classes = 3

// String gives the class's name in Chinese.
func (c Class) String() string {
	switch c {
	case Partial:
		return "部分一致"
	case Full:
		return "完全一致"
	}
	return "不一致"
}

// longest bounds the tokens of an address that are compared, so that no pair
// costs more than their square.
const longest = 256
