package mqtt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/connector/connectortest"
	"huiliu/internal/fault"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, topic string
		want           map[string]string
	}{
		{"city/{station}/{metric}", "city/s1/pm25", map[string]string{"station": "s1", "metric": "pm25"}},
		{"city/{station}/{metric}", "town/s1/pm25", map[string]string{}},
		{"city/{station}/{metric}", "city/s1", map[string]string{}},
		{"city/+/{metric}", "city/s1/pm25", map[string]string{"metric": "pm25"}},
		{"", "city/s1", map[string]string{}},
	} {
		p, ok := parsePattern(c.pattern)
		if !ok {
			t.Errorf("%s is no pattern", c.pattern)
		}
		got := map[string]string{}
		p.match(c.topic, func(name, value string) { got[name] = value })
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s on %s: %s", c.pattern, c.topic, d)
		}
	}
	for _, bad := range []string{"a{b}", "{}", "{a}/{a}", "{a", "a}", "{{a}}"} {
		if _, ok := parsePattern(bad); ok {
			t.Errorf("%s is taken for a pattern", bad)
		}
	}
}

func TestEveryFaultOfTheSettings(t *testing.T) {
	text := `id: test
connector: mqtt
connection: {url: "http://x", timeout: -1s, session: 1s, usrname: a}
tables:
  - name: a
    change: snapshot
    key: [seq]
    read: {topics: ["a/#/b"], payload: xml, idle: 0s, window: 70000, topic: "{a}/{a}"}
`
	_, err := New(connectortest.Definition(t, text, nil), connectortest.Tools(&connectortest.Keeper{}))
	var got []string
	for _, f := range fault.All(err) {
		got = append(got, f.Place+" "+f.Code())
	}
	for _, want := range []string{
		"connection config_missing_key", "connection.usrname config_unknown_key", "connection.url config_wrong_value", "connection.timeout config_wrong_value",
		"connection.session config_wrong_value", "read.topics config_wrong_value", "read.payload config_wrong_value",
		"read.idle config_wrong_value", "read.window config_wrong_value", "read.topic config_wrong_value", "read config_wrong_value",
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("no fault %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func FuzzMark(f *testing.F) {
	for _, s := range []string{"", `{"v":1,"taken":7}`, `{"v":2,"taken":7}`, `{"v":1,"taken":-1}`, `{"v":1}x`, `[]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMark(text)
		if err != nil {
			if !BadMark.Is(err) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if again, err := parseMark(m.String()); err != nil || again != m {
			t.Fatalf("%s becomes %s: %v", text, m, err)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("city/{a}/{b}", "city/x/y")
	f.Add("{", "/")
	f.Fuzz(func(t *testing.T, pattern, topic string) {
		p, ok := parsePattern(pattern)
		if !ok {
			return
		}
		p.match(topic, func(name, value string) {
			if name == "" || !strings.Contains(topic, value) {
				t.Fatalf("%q = %q", name, value)
			}
		})
	})
}
