package bench

import _ "embed"

// Config is the configuration of the site that is loaded; BENCH_FEED names
// the feed's folder.
//
//go:embed huiliu.yaml
var Config []byte
