// Package link holds one linkage specification for each of the sets that
// `huiliu bench link` measures, to start one's own from.
package link

import "embed"

// Specs are the files by their names, such as "febrl.yaml".
//
//go:embed *.yaml
var Specs embed.FS
