package httpapi

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// layouts are the texts that a field's time may have beside its configured
// format; those without a zone are in the source's.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04", "2006/01/02 15:04:05", "2006-01-02",
}

var namedFormats = map[string]string{
	"": time.RFC3339, "rfc3339": time.RFC3339, "datetime": time.DateTime, "date": time.DateOnly, "unix": "", "unix_ms": "",
}

func validFormat(f string) bool {
	_, named := namedFormats[f]
	return named || strings.Contains(f, "2006") || strings.Contains(f, "06")
}

// formatTime writes microseconds as the API wants them. It rounds down, so
// that nothing is passed over.
func formatTime(format string, micros int64, zone *time.Location) string {
	t := time.UnixMicro(micros).In(zone)
	switch format {
	case "unix":
		return strconv.FormatInt(t.Unix(), 10)
	case "unix_ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	layout, named := namedFormats[format]
	if !named {
		layout = format
	}
	return t.Format(layout)
}

// parseTime reads a record's time, as JSON, in microseconds.
func parseTime(format string, raw []byte, zone *time.Location) (int64, bool) {
	if len(raw) == 0 {
		return 0, false
	}
	text := string(bytes.Trim(raw, `"`))
	if n, err := strconv.ParseFloat(text, 64); err == nil && (raw[0] != '"' || format == "unix" || format == "unix_ms") {
		return epoch(format, n)
	}
	if layout, named := namedFormats[format]; !named || layout != "" {
		if !named {
			layout = format
		}
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return micros(t)
		}
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return micros(t)
		}
	}
	return 0, false
}

func micros(t time.Time) (int64, bool) {
	return t.UnixMicro(), t.Year() > 1 && t.Year() < 10000
}

// epoch reads seconds or milliseconds since 1970; without a word in the
// definition the size tells them apart (1e11 seconds is the year 5138).
func epoch(format string, n float64) (int64, bool) {
	if n < -1e14 || n > 1e14 {
		return 0, false
	}
	if format == "unix_ms" || format != "unix" && (n > 1e11 || n < -1e11) {
		return int64(n * 1e3), true
	}
	return int64(n * 1e6), true
}
