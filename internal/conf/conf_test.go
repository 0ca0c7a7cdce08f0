package conf

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/fault"
)

type inner struct {
	Path  []string      `yaml:"path,required"`
	Every time.Duration `yaml:"every"`
	Limit int           `yaml:"limit"`
}

type outer struct {
	Name   string            `yaml:"name"`
	Inner  inner             `yaml:"inner"`
	Labels map[string]string `yaml:"labels"`
	Rest   Section           `yaml:"rest"`
}

func env(name string) (string, bool) {
	v, ok := map[string]string{"PORT": "81", "EMPTY": ""}[name]
	return v, ok
}

func TestDecode(t *testing.T) {
	s, err := Parse("a.yaml", []byte("name: 热线 ${PORT} ${NONE:x:y} $${kept}\ninner:\n  path: one\n  every: 5m\n  limit: ${PORT}\nlabels: {a: 1, b: \"${EMPTY:full}\"}\nrest: {deep: [1, 2]}\n"), env)
	if err != nil {
		t.Fatal(err)
	}
	var got outer
	if err := s.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := inner{Path: []string{"one"}, Every: 5 * time.Minute, Limit: 81}
	if got.Name != "热线 81 x:y ${kept}" || !cmp.Equal(got.Inner, want) {
		t.Errorf("got %+v", got)
	}
	if d := cmp.Diff(map[string]string{"a": "1", "b": "full"}, got.Labels); d != "" {
		t.Error(d)
	}
	if items := got.Rest.Get("deep").Items(); len(items) != 2 || got.Rest.Get("none").Absent() != true {
		t.Errorf("rest has %d items", len(items))
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	s, err := Parse("a.yaml", []byte("nmae: x\ninner:\n  every: soon\n  limit: ${MISSING}\nlabels: text\n"), env)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fault.All(s.Decode(&outer{})) {
		got = append(got, f.Place+" "+f.Code()+" "+f.Mend(fault.English))
	}
	for _, want := range []string{
		"a.yaml:1 nmae config_unknown_key did you mean name?",
		"inner config_missing_key",
		"a.yaml:3 inner.every config_wrong_value give a duration",
		"a.yaml:4 inner.limit config_undefined_variable set MISSING, or write ${MISSING:default}",
		"a.yaml:5 labels config_wrong_value",
	} {
		found := false
		for _, g := range got {
			found = found || strings.Contains(g, want)
		}
		if !found {
			t.Errorf("no fault %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1", "inner: {path: [a, {b: c}]}", "labels: *x", "- a\n- b", "name: ${A:${B}}", "rest: !!binary aa", "? a\n: b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("f", []byte(text), env)
		if err != nil {
			return
		}
		_ = s.Decode(&outer{})
	})
}
