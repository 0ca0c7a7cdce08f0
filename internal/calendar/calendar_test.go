package calendar

import (
	"testing"
	"testing/fstest"
	"time"
)

var beijing = time.FixedZone("UTC+8", 8*3600)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, beijing)
	if err != nil {
		panic(err)
	}
	return t
}

// The days are read off the notices themselves.
func TestIsWorkingDay(t *testing.T) {
	for _, c := range []struct {
		day  string
		want bool
		why  string
	}{
		{"2018-02-11", true, "a Sunday worked for Spring Festival"},
		{"2018-12-29", true, "set by the notice for 2019"},
		{"2018-12-31", false, "set by the notice for 2019"},
		{"2019-05-02", false, "given by the amending notice"},
		{"2019-05-05", true, "a Sunday worked by the amending notice"},
		{"2020-01-31", false, "the holiday made longer"},
		{"2020-02-01", false, "a worked Saturday taken back"},
		{"2020-02-03", true, "a Monday"},
		{"2023-10-01", false, "National Day on a Sunday"},
		{"2024-02-18", true, "a Sunday worked"},
		{"2025-10-08", false, "the eighth day"},
		{"2026-01-04", true, "a Sunday worked"},
		{"2026-02-23", false, "the ninth day"},
		{"2026-09-20", true, "a Sunday worked"},
		{"2026-12-31", true, "a plain Thursday"},
	} {
		if got, err := IsWorkingDay(at(c.day + " 23:30")); err != nil || got != c.want {
			t.Errorf("%s (%s): %v, %v", c.day, c.why, got, err)
		}
	}
	if _, err := IsWorkingDay(at("2027-01-01 00:00")); !NotAnnounced.Is(err) {
		t.Errorf("a year without a notice: %v", err)
	}
}

// How many working days a year has: weekdays, less the weekdays that are
// holidays, plus the weekend days that are worked, as payroll tables state it.
func TestYears(t *testing.T) {
	rows, err := Rows()
	if err != nil {
		t.Fatal(err)
	}
	working := map[int]int{}
	for _, r := range rows {
		if r.Working {
			working[r.Day.Year()]++
		}
		if (r.Holiday == "") != (r.Notice == "") {
			t.Errorf("%v: a feast without a notice, or the reverse", r)
		}
	}
	if len(rows) != 3287 {
		t.Errorf("%d days from 2018 to 2026", len(rows))
	}
	for year, want := range map[int]int{2021: 250, 2022: 249, 2024: 251, 2025: 248} {
		if working[year] != want {
			t.Errorf("%d has %d working days, want %d", year, working[year], want)
		}
	}
}

func TestAddWorkingDays(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2025-09-30 16:00", 1, "2025-10-09 16:00"},
		{"2026-02-13 09:00", 1, "2026-02-14 09:00"},
		{"2026-02-13 09:00", 2, "2026-02-24 09:00"},
		{"2026-02-24 09:00", -2, "2026-02-13 09:00"},
		{"2026-03-02 10:00", 15, "2026-03-23 10:00"},
		{"2026-03-01 10:00", 0, "2026-03-01 10:00"},
	} {
		if got, err := AddWorkingDays(at(c.from), c.n); err != nil || !got.Equal(at(c.want)) {
			t.Errorf("%s and %d: %v, %v, want %s", c.from, c.n, got, err, c.want)
		}
	}
	if _, err := AddWorkingDays(at("2026-12-30 09:00"), 3); !NotAnnounced.Is(err) {
		t.Errorf("past the calendar: %v", err)
	}
}

func TestHours(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     float64
	}{
		{"2026-03-02 08:00", "2026-03-03 08:00", 24},
		{"2026-03-06 20:00", "2026-03-09 04:00", 8},
		{"2026-03-07 08:00", "2026-03-08 08:00", 0},
		{"2026-03-03 08:00", "2026-03-02 08:00", -24},
	} {
		if got, err := Hours(at(c.from), at(c.to)); err != nil || got != c.want {
			t.Errorf("%s to %s: %v, %v, want %v", c.from, c.to, got, err, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no notice": "rest 2026-01-01 元旦\n", "a word too many": "notice A\nrest 2026-01-01 元旦 x\n",
		"no day": "notice A\nwork 2026-13-01 元旦\n", "backwards": "notice A\nrest 2026-01-03..2026-01-01 元旦\n", "unknown": "notice A\nhalf 2026-01-01 元旦\n",
	} {
		if _, err := read(fstest.MapFS{"data/2026.txt": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}
