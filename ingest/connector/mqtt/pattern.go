package mqtt

import (
	"slices"
	"strings"
)

// pattern takes a topic's levels apart: a name for a level that becomes a
// field, else the level's own text.
type pattern []level

type level struct{ text, name string }

// parsePattern reads city/{station}/{metric}; false when a brace does not
// stand for a whole level, or a name stands twice.
func parsePattern(s string) (pattern, bool) {
	if s == "" {
		return nil, true
	}
	var p pattern
	var names []string
	for _, part := range strings.Split(s, "/") {
		if !strings.ContainsAny(part, "{}") {
			p = append(p, level{text: part})
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(part, "{"), "}")
		if len(name) != len(part)-2 || name == "" || strings.ContainsAny(name, "{}") || name[0] < ' ' || slices.Contains(names, name) {
			return nil, false
		}
		names = append(names, name)
		p = append(p, level{name: name})
	}
	return p, true
}

// match calls each with the fields of a topic, and does nothing for a topic
// of another form.
func (p pattern) match(topic string, each func(name, value string)) {
	levels := strings.Split(topic, "/")
	if len(p) != len(levels) {
		return
	}
	for i, l := range p {
		if l.name == "" && l.text != levels[i] && l.text != "+" {
			return
		}
	}
	for i, l := range p {
		if l.name != "" {
			each(l.name, levels[i])
		}
	}
}
