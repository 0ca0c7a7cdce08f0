// Package address takes a Chinese address apart: which characters name the
// province, city, district, town, community, road, number, compound,
// building, unit, floor and room, and how far down the whole can be trusted.
//
// A linear-chain conditional random field (internal/crf) labels the tokens; a
// Gazetteer of the site's own names and statistics of unlabelled addresses
// help it; a grammar reads the parts into an Address with numbers in one form.
// The parts follow the labelling guide of Li, Lu, Xie and Li, Neural Chinese
// address parsing, NAACL 2019, which extends GB/T 23705 in the way that
// delivery addresses are written, with the grid added.
//
// Comparing addresses is not done here.
package address
