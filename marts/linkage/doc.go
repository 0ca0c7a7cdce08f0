// Package linkage says which rows of the store are one person or one
// organisation: it runs transform/link over what the loader wrote, keeps what
// it found in the store, and gives each entity a name that stays.
//
// Clear text is there in this package's memory alone: rows are unsealed to be
// compared, a few of them on an ordinary day. What is kept beside them are
// hashes made with the site's key, weights, and reasons in words.
//
// Rows that say the same of themselves are one node, so that a caller's
// hundredth call costs nothing. A day's work is the nodes that are new or
// gone, what shares a block with them, and the parts of the graph that they
// touch; for one model and the same decisions it comes to what linking
// everything anew comes to.
package linkage
