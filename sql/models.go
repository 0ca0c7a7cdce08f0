// Package models holds the SQL of the house: one model a file, with a header
// that says what it is. It embeds the text and knows nothing of running it.
package models

import "embed"

// Files holds every model below its layer's folder.
//
//go:embed staging/*.sql ref/*.sql core/*.sql marts/*.sql ops/*.sql audits/*.sql
var Files embed.FS

// Tests holds the given and expected rows of the models.
//
//go:embed tests/*.yaml
var Tests embed.FS

// Golden holds the rules of golden values, one file an entity.
//
//go:embed golden/*.yaml
var Golden embed.FS
