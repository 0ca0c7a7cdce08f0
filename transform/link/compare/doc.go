// Package compare tells how alike two values of one field are: distances and
// similarities of texts, sets, numbers, dates and places, and the comparison
// levels that sort a pair of values into a few classes. It knows nothing of
// records, weights or blocks. All functions are pure, symmetric in their two
// values and safe for use by many goroutines.
package compare
