// Package normalise makes entities' rows of a source's records. A source's
// map is compiled once into a Transform, which turns pages into Arrow columns
// with the same outcome wherever and whenever it runs; a Contract says before
// that whether a page keeps what the source promised. It reads pages and
// writes columns; what happens to them is the loader's matter.
//
// The language of maps is described in docs/maps.md.
package normalise
