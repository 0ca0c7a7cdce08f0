package main

import (
	"slices"
	"strconv"
	"testing"
)

// checkFindings holds three rules of comparison to what is planted for them:
// every case is found, and at most one that is not so.
func checkFindings(t *testing.T, s *site, dir string) {
	t.Helper()
	for _, c := range []struct {
		rule, row, file string
		least           int
		// is gives the row that a line of the truth is about, must whether it has
		// to be found: what is not on the list may not be.
		is func(line []string) (row string, must, may bool)
	}{
		{"permit_without_licence", "evidence_b", "outlived_permits.csv", 4, func(l []string) (string, bool, bool) { return "jiedao.permit:" + l[3], true, true }},
		{"barrier_free_missing", "row_a", "broken_promises.csv", 5, func(l []string) (string, bool, bool) { return "canlian.plan:" + l[2], true, true }},
		{"finished_but_reported", "row_a", "finished_works.csv", 5, func(l []string) (string, bool, bool) {
			issues, err := strconv.Atoi(l[5])
			if err != nil {
				t.Fatal(err)
			}
			return "zhujian.renovation:" + l[1], l[6] == "true", issues >= 2
		}},
	} {
		var found, must, may []string
		for _, f := range s.rows("SELECT " + c.row + " FROM mart.crosscheck WHERE rule = '" + c.rule + "' ORDER BY 1") {
			found = append(found, f[0])
		}
		for _, line := range truthLines(t, dir, c.file) {
			row, has, can := c.is(line)
			if has {
				must = append(must, row)
			}
			if can {
				may = append(may, row)
			}
		}
		missed := slices.DeleteFunc(slices.Clone(must), func(row string) bool { return slices.Contains(found, row) })
		wrong := slices.DeleteFunc(slices.Clone(found), func(row string) bool { return slices.Contains(may, row) })
		t.Logf("%s: %d of %d planted are found, %d in all, %d of them wrong", c.rule, len(must)-len(missed), len(must), len(found), len(wrong))
		if len(must) < c.least || len(missed) > 0 || len(wrong) > 1 || len(found) != len(slices.Compact(slices.Sorted(slices.Values(found)))) {
			t.Errorf("%s: of %d planted %v are not found, and %v are wrong; found are %v", c.rule, len(must), missed, wrong, found)
		}
		if rows := s.rows("SELECT DISTINCT rule_version FROM mart.early_warning WHERE rule = '" + c.rule + "' AND findings = " + strconv.Itoa(len(found))); len(rows) != 1 {
			t.Errorf("%s: the early warning counts other findings", c.rule)
		}
	}
	if bare := s.rows("SELECT finding FROM mart.crosscheck WHERE evidence_rows IS NULL OR NOT list_contains(string_split(evidence_rows, ' '), row_a)"); len(bare) > 0 {
		t.Errorf("findings without their rows: %v", bare)
	}
}
