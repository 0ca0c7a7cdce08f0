// Package block finds the pairs of records worth comparing. A rule makes keys
// of a record from its fields; records that share a key stand in one block,
// and the pairs of a block are candidates. The room keeps the number of pairs
// bounded: a block over the cap is split by further keys, and what is still
// over it is dropped and counted.
//
// The room knows columns of values and hashes of keys, no weights. All it
// gives depends only on the contents and the order of the rows it is given.
package block
