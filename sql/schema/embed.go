// Package schema holds the tables that the loader keeps beside the entities'
// own: SQL text and nothing else.
package schema

import _ "embed"

// Load creates the load schema; every statement may run again.
//
//go:embed load.sql
var Load string

// Version counts the changes of the schema; CHANGELOG.md lists them.
const Version = 4
