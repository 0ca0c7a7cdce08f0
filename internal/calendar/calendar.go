// Package calendar is the working days of China: the five-day week with the
// holidays and the exchanged working days (调休) that the General Office of
// the State Council announces for each year. The data are files of their own,
// one a year, each entry under the number of the notice that set it.
package calendar

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"huiliu/internal/fault"
)

//go:embed data/*.txt
var files embed.FS

// NotAnnounced is raised for a day of a year whose holidays the calendar
// doesn't have.
var NotAnnounced = &fault.Kind{
	Code: "calendar_not_announced", Class: fault.Missing,
	Cause: fault.Text{EN: "the official calendar here covers {from} to {to}, not {day}", ZH: "内置工作日历覆盖 {from} 至 {to}，不含 {day}"},
	Mend:  fault.Text{EN: "add the year's notice under internal/calendar/data and build anew", ZH: "在 internal/calendar/data 中补充该年的放假通知后重新编译"},
}

// Row is one day of the calendar.
type Row struct {
	// Day is midnight UTC of the calendar day.
	Day     time.Time
	Working bool
	// Holiday names the feast that the notice gives the day to, empty for a
	// day that no notice speaks of.
	Holiday string
	// Notice is the number of the notice, empty likewise.
	Notice string
}

type calendar struct {
	first time.Time
	rows  []Row
}

// official is read once: the files are part of the binary, and a test reads
// each.
var official = sync.OnceValues(func() (*calendar, error) { return read(files) })

const hoursADay = 24 * time.Hour

// day is a moment's calendar day in its own zone, as midnight UTC.
func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// read lays out every day of the years that have a file, then lets the
// notices speak in the order of the files and of their lines: a later notice
// amends an earlier one.
func read(from fs.FS) (*calendar, error) {
	names, err := fs.Glob(from, "data/*.txt")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("calendar has no data: %w", err)
	}
	var years []int
	for _, n := range names {
		var y int
		if _, err := fmt.Sscanf(n, "data/%d.txt", &y); err != nil {
			return nil, fmt.Errorf("calendar file %s: %w", n, err)
		}
		years = append(years, y)
	}
	c := &calendar{first: time.Date(years[0], 1, 1, 0, 0, 0, 0, time.UTC)}
	for d := c.first; d.Year() <= years[len(years)-1]; d = d.AddDate(0, 0, 1) {
		c.rows = append(c.rows, Row{Day: d, Working: d.Weekday() != time.Saturday && d.Weekday() != time.Sunday})
	}
	for _, n := range names {
		if err := c.file(from, n); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *calendar) file(from fs.FS, name string) error {
	f, err := from.Open(name)
	if err != nil {
		return fmt.Errorf("open calendar: %w", err)
	}
	defer f.Close()
	notice := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0:
		case words[0] == "notice" && len(words) == 2:
			notice = words[1]
		case (words[0] == "rest" || words[0] == "work") && len(words) == 3 && notice != "":
			if err := c.mark(words[1], words[0] == "work", words[2], notice); err != nil {
				return fmt.Errorf("%s:%d: %w", name, n, err)
			}
		default:
			return fmt.Errorf("%s:%d: not a notice, rest or work line", name, n)
		}
	}
	return lines.Err()
}

// mark sets the days of a span such as 2019-05-01..2019-05-04. Days before
// the first year, which its notice may touch, are left out.
func (c *calendar) mark(span string, working bool, holiday, notice string) error {
	from, to, many := strings.Cut(span, "..")
	if !many {
		to = from
	}
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return err
	}
	last, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return err
	}
	if last.Before(first) || last.Sub(first) > 14*hoursADay {
		return fmt.Errorf("span %s runs backwards or too far", span)
	}
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		if row := c.at(d); row != nil {
			row.Working, row.Holiday, row.Notice = working, holiday, notice
		}
	}
	return nil
}

func (c *calendar) at(d time.Time) *Row {
	i := int(d.Sub(c.first) / hoursADay)
	if d.Before(c.first) || i >= len(c.rows) {
		return nil
	}
	return &c.rows[i]
}

func (c *calendar) find(d time.Time) (*Row, error) {
	if row := c.at(d); row != nil {
		return row, nil
	}
	return nil, NotAnnounced.At("", "from", c.first.Format(time.DateOnly),
		"to", c.rows[len(c.rows)-1].Day.Format(time.DateOnly), "day", d.Format(time.DateOnly))
}

// Rows returns every day of the years that are announced, in order.
func Rows() ([]Row, error) {
	c, err := official()
	if err != nil {
		return nil, err
	}
	return append([]Row(nil), c.rows...), nil
}

// IsWorkingDay reports whether a moment's day, in the moment's own zone, is a
// working day. It fails with NotAnnounced.
func IsWorkingDay(t time.Time) (bool, error) {
	c, err := official()
	if err != nil {
		return false, err
	}
	row, err := c.find(day(t))
	if err != nil {
		return false, err
	}
	return row.Working, nil
}

// AddWorkingDays returns the same clock time n working days later, or earlier
// when n is negative. The day itself doesn't count, so a deadline of one
// working day set on a Friday is the Monday after; n = 0 returns t. It fails
// with NotAnnounced.
func AddWorkingDays(t time.Time, n int) (time.Time, error) {
	c, err := official()
	if err != nil {
		return time.Time{}, err
	}
	step := 1
	if n < 0 {
		step = -1
	}
	moved := 0
	for n != 0 {
		moved += step
		row, err := c.find(day(t).AddDate(0, 0, moved))
		if err != nil {
			return time.Time{}, err
		}
		if row.Working {
			n -= step
		}
	}
	return t.AddDate(0, 0, moved), nil
}

// Hours returns how many hours between two moments lie on working days, 24 of
// them a day, by the days of from's zone; it is negative when to comes first.
// It fails with NotAnnounced.
func Hours(from, to time.Time) (float64, error) {
	if to.Before(from) {
		h, err := Hours(to.In(from.Location()), from)
		return -h, err
	}
	c, err := official()
	if err != nil {
		return 0, err
	}
	var total time.Duration
	for at := from; at.Before(to); {
		y, m, d := at.Date()
		end := time.Date(y, m, d+1, 0, 0, 0, 0, from.Location())
		if end.After(to) {
			end = to
		}
		row, err := c.find(day(at))
		if err != nil {
			return 0, err
		}
		if row.Working {
			total += end.Sub(at)
		}
		at = end
	}
	return total.Hours(), nil
}
