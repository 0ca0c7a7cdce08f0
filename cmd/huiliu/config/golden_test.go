package config

import (
	"os"
	"path/filepath"
	"testing"

	"huiliu/internal/conf"
	"huiliu/internal/fault"
)

// A site's rules stand in files beside the configuration, one an entity; every
// fault of every file is told.
func TestGoldenRules(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"person.yaml": "entity: person\nattributes: {name: {order: [gongan]}}\n",
		"again.yaml":  "entity: person\nattributes: {sex: {order: [gongan]}}\n",
		"wrong.yaml":  "entity: building\nattributes: {floors: {order: []}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "huiliu.yaml")
	c, err := Parse(file, []byte(plain+"golden: [person.yaml]\n"), nil)
	if err != nil || len(c.Golden) != 1 || c.Golden[0].Type.Name != "person" {
		t.Fatalf("%v: %v", err, c.Golden)
	}
	_, err = Parse(file, []byte(plain+"golden: [person.yaml, again.yaml, wrong.yaml, none.yaml]\n"), nil)
	codes := map[string]int{}
	for _, f := range fault.All(err) {
		codes[f.Code()]++
	}
	if codes[conf.WrongValue.Code] != 2 || codes[noRules.Code] != 1 || len(fault.All(err)) != 3 {
		t.Errorf("%v: %v", codes, err)
	}
}
