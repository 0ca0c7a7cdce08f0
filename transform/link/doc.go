// Package link finds which records speak of the same thing when no key says
// so. It is Fellegi–Sunter linkage without labels: candidate pairs by
// blocking, a class of likeness for each compared field, weights by EM over
// the counts of class patterns, and clusters that no weak pair can chain
// together, or a one-to-one matching of two lists.
//
// The method is that of Fellegi & Sunter, "A Theory for Record Linkage", JASA
// 64 (1969), with Winkler's EM (1988), the counting of patterns of Enamorado,
// Fifield & Imai, "Using a Probabilistic Model to Assist Merging of
// Large-Scale Administrative Records", APSR 113 (2019), and the
// term-frequency adjustment of Splink (Linacre et al. 2022).
//
// The steps stand alone so that each can run where its data is: Prepare makes
// columns of records; block.Pairs (or keys kept elsewhere) makes candidates;
// Comparer.Patterns compares them; Fit makes an immutable Model of counts;
// Scorer.Links gives weights; Cluster or OneToOne decides. Run does all in
// order. Every step is deterministic: records are put in the order of their
// ids first, so the same records in any order give the same bytes.
//
// The package knows no files, no SQL and no kind of thing: what a set needs
// is in its Spec.
package link
