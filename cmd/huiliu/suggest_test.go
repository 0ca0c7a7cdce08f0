package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"huiliu/marts/suggestion"
)

// suggestedCity is how well the city's requests that came without category or
// unit are suggested for: of the accepted suggestions at least rate are right,
// which a fit is asked for, and at least share of all are accepted.
var suggestedCity = []struct {
	kind        string
	rate, share float64
}{
	{suggestion.Category, .9, .6},
	{suggestion.Unit, .9, .7},
}

// checkSuggestions compares what is suggested with what the hotline left out.
func checkSuggestions(t *testing.T, s *site, dir string) {
	t.Helper()
	type lost struct{ code, unit string }
	truth := map[string]lost{}
	for _, l := range truthLines(t, dir, "uncoded.csv") {
		one := lost{unit: l[3]}
		if l[1] != "unit" {
			one.code = l[2]
		}
		truth[l[0]] = one
	}
	for _, c := range suggestedCity {
		of, accepted, right, rightOfAll := 0, 0, 0, 0
		for _, row := range s.rows("SELECT r.request_no, s.label, s.state, s.waits, r.category_code, r.agency FROM core.suggestion s JOIN core.service_request r ON r.id = s.request_id WHERE s.kind = '" + c.kind + "'") {
			want := truth[row[0]].unit
			if c.kind == suggestion.Category {
				want = truth[row[0]].code
			}
			of++
			if want == "" {
				t.Errorf("the %s of %s is suggested though it is known", c.kind, row[0])
			}
			if row[1] == want {
				rightOfAll++
			}
			if row[2] == "accepted" {
				accepted++
				if row[1] == want {
					right++
				}
			}
			if (row[2] == "accepted") == (row[3] == "true") || c.kind == suggestion.Category && row[4] != "" || c.kind == suggestion.Unit && row[5] != "" {
				t.Errorf("nobody decided, and it says %v", row)
			}
		}
		missing := 0
		for _, l := range truth {
			if c.kind == suggestion.Unit || l.code != "" {
				missing++
			}
		}
		t.Logf("%s: of %d suggested %d are accepted, %d of these are right, %d of all", c.kind, of, accepted, right, rightOfAll)
		if of != missing || of < 50 || float64(right) < c.rate*float64(accepted) || float64(accepted) < c.share*float64(of) {
			t.Errorf("%s: of %d suggested, %d missing, %d are accepted, %d of these right", c.kind, of, missing, accepted, right)
		}
	}
}

// checkSuggestionDecided: what a person decides shows after the next build as a
// person's word; taken back, nothing stands there.
func checkSuggestionDecided(t *testing.T, s *site) {
	t.Helper()
	waiting := s.rows("SELECT request_id, label FROM core.suggestion WHERE waits AND kind = 'category' AND label IS NOT NULL ORDER BY probability DESC, request_id LIMIT 1")
	if len(waiting) == 0 {
		t.Fatal("nothing waits for a person")
	}
	id, label := waiting[0][0], waiting[0][1]
	told := func() []string {
		return s.rows("SELECT category_code, category_1, category_3, category_from FROM core.service_request WHERE id = '" + id + "'")[0]
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"suggest", "review", "--kind", "category"}, 0, id},
		{[]string{"suggest", "show", id}, 0, label},
		{[]string{"suggest", "show", "nobody"}, 2, "no_such_suggestion"},
		{[]string{"suggest", "decide", id, "category", "没有此类", "--by", "王工"}, 2, "suggest_label_unknown"},
		{[]string{"suggest", "decide", "nobody", "category", label, "--by", "王工"}, 2, "suggest_request_unknown"},
		{[]string{"suggest", "decide", id, "colour", label, "--by", "王工"}, 2, "colour"},
		{[]string{"suggest", "decide", id, "category", "--by", "王工", "--note", "电话核实"}, 0, "is " + label},
		{[]string{"build"}, 0, "published"},
		{[]string{"suggest", "show", id}, 0, "王工"},
	} {
		command, out := s.start(c.args...)
		_ = command.Wait() // the code says it
		if got := command.ProcessState.ExitCode(); got != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: %d\n%s", c.args, got, out)
		}
	}
	if got := told(); got[0] != label || got[1] == "" || got[2] == "" || got[3] != "person" {
		t.Errorf("decided, and the request says %v", got)
	}
	command, out := s.start("suggest", "decide", id, "category", "--open", "--by", "王工", "--json")
	var answer struct {
		OK      bool   `json:"ok"`
		Command string `json:"command"`
	}
	if err := command.Wait(); err != nil || json.Unmarshal(out.Bytes(), &answer) != nil || !answer.OK || answer.Command != "suggest decide" {
		t.Errorf("taken back: %v\n%s", err, out)
	}
	s.must("build")
	if got := told(); !slices.Equal(got, []string{"", "", "", ""}) {
		t.Errorf("taken back, and the request says %v", got)
	}
}
