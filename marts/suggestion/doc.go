// Package suggestion gives the store's requests that came without a category or
// a handling unit one each, with its probability and its reasons: it runs
// transform/suggest over what the loader wrote, keeps what was suggested and
// what people decided of it, and fits a model where there is none.
//
// Nothing here changes a request: a suggestion waits beside it, and what a
// person decides is put into core by the build, told as a person's word.
//
// Texts are unsealed in this package's memory alone, and even there only as
// they may be shown: numbers, doors, plates, addresses of mail and announced
// names are masked before a model sees them. So a reason tells nothing that the
// masked text of the same row does not tell, and a model learns no more. It
// holds words of many people's texts all the same, and is kept sealed.
//
// A request's suggestion follows from its text and the model, and from nothing
// else: what a day brings comes to what suggesting everything anew comes to.
package suggestion
