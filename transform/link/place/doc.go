// Package place finds which rows of all departments are at one place: a
// building, a house number on a road, or, where a row says no more, a compound,
// a road or a community.
//
// It works in two stages. A Reader takes what a row says apart and gives a
// Signature: a small comparable value that names no room and no person. Rows
// are many, signatures few, so Link may be run over all of them again whenever
// there is a new one. It gives a partition of the signatures into places, each
// member with the way it was placed, a reason in words, and a probability that
// is measured on the rows at hand: of the rows that have a building number as
// well, the share that this way alone would have brought to that number.
//
// Link is a graph of keys and not a comparison of pairs. A building number is
// sure; a compound with the number of a building in it, or a road with a house
// number, is a key that meets others of its kind by equality; and a key leads
// to a building number when nearly all rows that have both agree. Names of
// compounds and roads are brought together before that, by likeness and
// context, so that no chain runs through buildings: two buildings of one
// compound can't meet, nor can two building numbers.
package place
