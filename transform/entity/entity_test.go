package entity

import (
	"regexp"
	"strings"
	"testing"
)

// A personal attribute must never have a column that could hold it in the
// clear, and no two attributes may want one column.
func TestColumns(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for _, e := range Types {
		seen := map[string]bool{}
		for _, c := range e.Columns() {
			if seen[c.Name] || !word.MatchString(c.Name) {
				t.Errorf("%s.%s stands twice or is no word", e.Name, c.Name)
			}
			seen[c.Name] = true
			if c.Comment == "" || c.SQL == "" {
				t.Errorf("%s.%s has no comment or type", e.Name, c.Name)
			}
			if c.Attribute.Tag != Plain && !strings.HasSuffix(c.Name, "_token") && !strings.HasSuffix(c.Name, "_mask") {
				t.Errorf("%s.%s could hold %s in the clear", e.Name, c.Name, c.Attribute.Label)
			}
		}
		if Find(e.Name) == nil {
			t.Errorf("%s can't be found", e.Name)
		}
	}
}
