package connectortest

import (
	"testing"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

// Definition parses a source's YAML for a test; variables are looked up in
// env, and none other is defined.
func Definition(t testing.TB, yaml string, env map[string]string) *source.Definition {
	t.Helper()
	s, err := conf.Parse("source.yaml", []byte(yaml), func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	})
	if err != nil {
		t.Fatalf("definition: %v", err)
	}
	def, err := source.Parse(s, []byte(yaml), conf.Section{})
	if err != nil {
		t.Fatalf("definition: %v", err)
	}
	return def
}
