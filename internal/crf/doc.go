// Package crf labels sequences by a linear-chain conditional random field
// (Lafferty, McCallum and Pereira, Conditional random fields, ICML 2001): for
// each position of a sequence a label, so that the whole is the most probable.
//
// Features are sparse and binary. The caller hashes them to 32 bits, so that
// a model needs no dictionary of words; what two features share by chance they
// share (Weinberger et al., Feature hashing, ICML 2009). Which label may follow
// which is declared by a Chain. Training maximises the penalised likelihood by
// L-BFGS. The same sequences in any order give a model of the same bytes.
package crf
