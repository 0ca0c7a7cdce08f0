package normalise

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func showMoment(m moment) string {
	t := time.Unix(m.day*daySeconds, 0).UTC()
	if !m.hasClock {
		return t.Format(time.DateOnly)
	}
	s := t.Add(time.Duration(m.micros) * time.Microsecond).Format("2006-01-02T15:04:05.999999")
	if m.zoned {
		s += time.Unix(0, 0).In(time.FixedZone("", int(m.offset))).Format("Z07:00")
	}
	return s
}

func TestReadAuto(t *testing.T) {
	for text, want := range map[string]string{
		"2018-09-01": "2018-09-01", "2018/9/1": "2018-09-01", "2018.09.01": "2018-09-01", "2018年9月1日": "2018-09-01", "20180901": "2018-09-01", "２０１８－０９－０１": "2018-09-01",
		"2018-09-01 08:30:00": "2018-09-01T08:30:00", "2018-09-01T08:30:00.1234567": "2018-09-01T08:30:00.123456", "2019/1/5 0:09:38": "2019-01-05T00:09:38", "2018-9-1 8:30": "2018-09-01T08:30:00",
		"2018-09-01T08:30:00Z": "2018-09-01T08:30:00Z", "2018-09-01T08:30:00+08:00": "2018-09-01T08:30:00+08:00", "2018-09-01 08:30:00 -0430": "2018-09-01T08:30:00-04:30", "2018-09-01 08:30:00 UTC": "2018-09-01T08:30:00Z",
		"2025年3月4日 下午3时5分": "2025-03-04T15:05:00", "2025年3月4日上午12时5分": "2025-03-04T00:05:00", "2025年3月4日15时5分6秒": "2025-03-04T15:05:06", "2025年3月4日 08:05": "2025-03-04T08:05:00",
		"20180901083000": "2018-09-01T08:30:00", "43344": "2018-09-01", "43344.5": "2018-09-01T12:00:00", "43344.354166666664": "2018-09-01T08:30:00", "2020-02-29": "2020-02-29", "2018-09-01 24:00:00": "2018-09-02T00:00:00",
	} {
		m, out := readAuto([]byte(text))
		if out != good || showMoment(m) != want {
			t.Errorf("%s: %s, %d, want %s", text, showMoment(m), out, want)
		}
	}
	for text, want := range map[string]outcome{
		"": unreadable, "-": unreadable, "9/1/2018": unreadable, "2018": unreadable, "2018-09": unreadable, "2018-09-01 8": unreadable, "2018-09-01 08:60:00": unreadable, "2018-09-01x": unreadable, "1234567": unreadable,
		"2018-13-01": outside, "2019-02-29": outside, "1899-12-31": outside, "2101-01-01": outside, "0001-01-01": outside, "20181301": outside, "2018-00-10": outside, "1535789400": unreadable, "2018-09-01 08:30:00 +25:00": unreadable,
	} {
		if m, out := readAuto([]byte(text)); out != want {
			t.Errorf("%q: %s, %d, want %d", text, showMoment(m), out, want)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"01/02/2006 03:04:05 PM", "02/28/2025 09:05:00 PM", "2025-02-28T21:05:00"}, {"20060102", "20171211", "2017-12-11"}, {"2006-01", "2018-09", "2018-09-01"},
		{"02.01.2006 15:04 -0700", "01.09.2018 08:30 +0800", "2018-09-01T08:30:00+08:00"}, {"epoch_seconds", "1535789400", "2018-09-01T08:10:00Z"}, {"epoch_millis", "1535789400123", "2018-09-01T08:10:00.123Z"},
		{"minguo", "1070901", "2018-09-01"}, {"minguo", "民國107年9月1日", "2018-09-01"}, {"minguo", "107/09/01", "2018-09-01"}, {"excel_day", "43344.5", "2018-09-01T12:00:00"},
	} {
		l, ok := newLayout(c.format)
		if !ok {
			t.Errorf("%s is no format", c.format)
			continue
		}
		if m, out := l.read([]byte(c.text)); out != good || showMoment(m) != c.want {
			t.Errorf("%s of %s: %s, %d", c.format, c.text, showMoment(m), out)
		}
	}
	for _, f := range []string{"", "15:04:05", "yyyy-mm-dd", "tomorrow"} {
		if _, ok := newLayout(f); ok {
			t.Errorf("%q was taken for a format", f)
		}
	}
}

// New York's clocks went forward on 2026-03-08 and back on 2025-11-02 at 2:00;
// Shanghai had summer time until 1991.
func TestToUTC(t *testing.T) {
	for _, c := range []struct{ zone, local, want string }{
		{"America/New_York", "2026-07-01 12:00:00", "2026-07-01T16:00:00Z"}, {"America/New_York", "2026-01-15 12:00:00", "2026-01-15T17:00:00Z"},
		{"America/New_York", "2026-03-08 01:59:59", "2026-03-08T06:59:59Z"}, {"America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:30:00Z"}, {"America/New_York", "2026-03-08 03:00:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2025-11-02 00:59:59", "2025-11-02T04:59:59Z"}, {"America/New_York", "2025-11-02 01:30:00", "2025-11-02T05:30:00Z"}, {"America/New_York", "2025-11-02 02:00:00", "2025-11-02T07:00:00Z"},
		{"Asia/Shanghai", "1990-07-01 12:00:00", "1990-07-01T03:00:00Z"}, {"Asia/Shanghai", "2018-09-01 08:30:00", "2018-09-01T00:30:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := readAuto([]byte(c.local))
		// A clock that has seen another time before must give the same.
		warm := newClock(zone)
		warm.toUTC(1_700_000_000)
		for _, k := range []*clock{newClock(zone), warm} {
			if got := time.UnixMicro(m.utc(k)).UTC().Format(time.RFC3339); got != c.want {
				t.Errorf("%s %s: %s, want %s", c.zone, c.local, got, c.want)
			}
		}
	}
}

// Away from changes of the offset, clock and package time agree; everywhere
// the local day does.
func TestClockAgrees(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, n := range []string{"America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns"} {
		z, err := time.LoadLocation(n)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	clocks := map[*time.Location]*clock{}
	for _, z := range zones {
		clocks[z] = newClock(z)
	}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		utc := rapid.Int64Range(-2_000_000_000, 4_000_000_000).Draw(t, "seconds")
		at := time.Unix(utc, 0).In(z)
		y, mon, d := at.Date()
		if got := int64(clocks[z].day(utc * 1e6)); got != civilDay(y, int(mon), d) {
			t.Fatalf("day of %v: %d", at, got)
		}
		h, m, s := at.Clock()
		local := civilDay(y, int(mon), d)*daySeconds + int64(h*3600+m*60+s)
		back := time.Unix(clocks[z].toUTC(local), 0).In(z)
		if back.Format(time.DateTime) != at.Format(time.DateTime) || back.After(at) {
			t.Fatalf("%v came back as %v", at, back)
		}
	})
}

func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2018-09-01 08:30:00", "2025年3月4日 下午3时5分", "43344.5", "民國107年9月1日", "2018-09-01T08:30:00+08:00", "20180901083000"} {
		f.Add(s)
	}
	first, last := civilDay(firstYear, 1, 1), civilDay(lastYear, 12, 31)
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range namedLayouts {
			if m, out := read([]byte(s)); out == good && (m.day < first || m.day > last+1 || m.micros < 0 || m.micros > daySeconds*1e6) {
				t.Errorf("%q: %+v", s, m)
			}
		}
		newLayout(s)
	})
}
