package normalise

import "time"

const daySeconds = 86400

// clock turns the clock times of one zone into moments and back. It remembers
// the stretch between two changes of the zone's offset, so it is not safe for
// concurrent use.
type clock struct {
	zone *time.Location
	// from and to bound, in seconds since 1970 UTC, the stretch in which the
	// offset from UTC is offset seconds.
	from, to, offset int64
}

func newClock(zone *time.Location) *clock { return &clock{zone: zone, from: 1, to: 0} }

// at returns the offset from UTC in force at a moment.
func (c *clock) at(utc int64) int64 {
	if utc >= c.from && utc < c.to {
		return c.offset
	}
	t := time.Unix(utc, 0).In(c.zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	c.offset, c.from, c.to = int64(offset), -1<<62, 1<<62
	if !start.IsZero() {
		c.from = start.Unix()
	}
	if !end.IsZero() {
		c.to = end.Unix()
	}
	return c.offset
}

// toUTC returns the moment of a clock time given in seconds as if it were
// UTC. A clock time that comes twice, when clocks go back, is the first of
// the two; one that does not exist, when clocks go forward, is read with the
// offset before the change, and so lies as much later as it was skipped.
func (c *clock) toUTC(local int64) int64 {
	if guess := local - c.offset; guess-daySeconds >= c.from && guess+daySeconds < c.to {
		return guess
	}
	before, after := c.at(local-daySeconds), c.at(local+daySeconds)
	first := local - before
	if before == after || c.at(first) == before {
		return first
	}
	if second := local - after; c.at(second) == after {
		return second
	}
	return first
}

// day returns the local day of a moment in microseconds.
func (c *clock) day(micros int64) int32 {
	seconds := floorDiv(micros, 1e6)
	return int32(floorDiv(seconds+c.at(seconds), daySeconds))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// civilDay returns the days from 1970-01-01 to a day of the Gregorian
// calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
func civilDay(year, month, day int) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	shifted := (month + 9) % 12
	dayOfYear := (153*shifted+2)/5 + day - 1
	return int64(era)*146097 + int64(yearOfEra*365+yearOfEra/4-yearOfEra/100+dayOfYear) - 719468
}

// monthDays returns how many days a month has.
func monthDays(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && year%100 != 0 || year%400 == 0 {
			return 29
		}
		return 28
	}
	return 31
}
