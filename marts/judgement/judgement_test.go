package judgement

import (
	"context"
	"testing"
	"time"

	"huiliu/marts/store"
)

// What people write of a finding is kept without the numbers in it, and the
// words before the last one stay.
func TestJudge(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v := Verdict{Finding: "f", Rule: "r", RuleVersion: "1", Subject: "s", Verdict: "right", By: " 王工 ", Note: " 致电 13812345678 核实 ", At: day, On: day}
	for want := range int64(2) {
		if n, err := Judge(ctx, s, v); err != nil || n != want+1 {
			t.Errorf("number %d, %v", n, err)
		}
	}
	var by, note string
	if err := s.DB().QueryRow("SELECT judged_by, note FROM store.load.verdict WHERE number = 2").Scan(&by, &note); err != nil || by != "王工" || note != "致电 138****5678 核实" {
		t.Errorf("%q wrote %q, %v", by, note, err)
	}
	v.By = "  "
	if _, err := Judge(ctx, s, v); !Nobody.Is(err) {
		t.Errorf("judged by nobody: %v", err)
	}
	v.By, v.Verdict = "王工", "so-so"
	if _, err := Judge(ctx, s, v); !BadVerdict.Is(err) {
		t.Errorf("another word: %v", err)
	}
}
