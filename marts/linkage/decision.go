package linkage

// What a person may decide of two rows: that they are one, that they are two,
// or that the matter is open again and the model speaks.
const (
	Same  = "same"
	Apart = "apart"
	Open  = "open"
)
