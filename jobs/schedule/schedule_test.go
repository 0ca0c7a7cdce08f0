package schedule

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"huiliu/internal/fault"
)

var shanghai = time.FixedZone("CST", 8*3600)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 3, day, hour, minute, 0, 0, shanghai)
}

func open(t *testing.T, path string, entries ...Entry) *Schedule {
	t.Helper()
	s, err := Open(path, shanghai, entries)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "schedule.json")
	nightly := Entry{Name: "nightly", Every: "30 2 * * *"}
	byHand := Entry{Name: "by hand"}
	s := open(t, path, nightly, byHand)
	if got := s.Due(at(1, 12, 0)); !reflect.DeepEqual(got, []Due{{Name: "nightly", At: at(1, 12, 0)}}) {
		t.Fatalf("never tried: %v", got)
	}
	if err := s.Begin(at(1, 12, 0), Due{Name: "nightly", At: at(1, 12, 0)}); err != nil {
		t.Fatal(err)
	}
	if got := open(t, path, nightly).Due(at(1, 12, 5)); len(got) != 1 || !got[0].At.Equal(at(1, 12, 0)) {
		t.Errorf("after a process that died in it: %v", got)
	}
	if err := s.End(at(1, 12, 9), "nightly", "the line went dead"); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, nightly)
	for _, c := range []struct {
		now    time.Time
		want   time.Time
		missed int
	}{{at(1, 23, 59), time.Time{}, 0}, {at(2, 2, 29), time.Time{}, 0}, {at(2, 2, 30), at(2, 2, 30), 0}, {at(5, 9, 0), at(5, 2, 30), 3}} {
		got := s.Due(c.now)
		if len(got) == 0 != c.want.IsZero() || len(got) == 1 && (!got[0].At.Equal(c.want) || got[0].Missed != c.missed) {
			t.Errorf("at %s: %v, want %s and %d missed", c.now, got, c.want, c.missed)
		}
	}
	if got := s.States()["nightly"]; got.Error != "the line went dead" || !got.Succeeded.IsZero() || got.Interrupted() {
		t.Errorf("%+v", got)
	}
	if next := s.Next(at(1, 3, 0)); !next.Equal(at(2, 2, 30)) || !open(t, path, byHand).Next(at(1, 3, 0)).IsZero() {
		t.Errorf("next %s", next)
	}
}

// One at a time: what comes due while something runs is made good once, after
// it, and what a stop cut off is tried again at the next start.
func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "schedule.json")
	entries := []Entry{{Name: "often", Every: "*/10 * * * *"}, {Name: "hourly", Every: "0 * * * *"}}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var tries []Due
		running := false
		ctx, stop := context.WithCancel(t.Context())
		err := open(t, path, entries...).Run(ctx, Wall{}, func(ctx context.Context, due []Due) map[string]string {
			if running {
				t.Error("two at a time")
			}
			running = true
			defer func() { running = false }()
			tries = append(tries, due...)
			switch len(tries) {
			case 2: // both at the start
				time.Sleep(35 * time.Minute)
			case 4:
				stop()
			}
			return map[string]string{"hourly": "no"}
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(tries) != 4 || tries[2].Name != "often" || tries[2].Missed < 2 || time.Since(began) > 61*time.Minute {
			t.Errorf("%v after %s", tries, time.Since(began))
		}
		s := open(t, path, entries...)
		last := tries[3].Name
		if !s.States()[last].Interrupted() || len(s.Due(time.Now())) == 0 {
			t.Errorf("%s was cut off and is forgotten: %+v", last, s.States())
		}
		if s.States()["hourly"].Error != "no" && last != "hourly" {
			t.Errorf("%+v", s.States())
		}
	})
}

func TestFaults(t *testing.T) {
	_, err := Open("x", shanghai, []Entry{{Name: "a", Every: "61 * * * *", Place: "huiliu.yaml:3"}, {Name: "b", Every: "hourly", Place: "huiliu.yaml:4"}})
	if f := fault.All(err); len(f) != 2 || !BadCron.Is(f[0]) || f[1].Place != "huiliu.yaml:4" {
		t.Errorf("%v", err)
	}
	path := filepath.Join(t.TempDir(), "schedule.json")
	if err := os.WriteFile(path, []byte("{cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, shanghai, nil); !Damaged.Is(err) {
		t.Errorf("%v", err)
	}
}
