package httpapi

import (
	"fmt"
	"net/http"
	"testing"

	"huiliu/ingest/connector/connectortest"
)

// minute is the time of a row: rows in order, one a minute.
func minute(i int) string {
	return fmt.Sprintf("2025-%02d-%02dT%02d:%02d:00+08:00", 1+i/40320, 1+i/1440%28, i/60%24, i%60)
}

// TestAcceptance runs the suite over every style of paging.
func TestAcceptance(t *testing.T) {
	const since = "\nsince: {parameter: since, field: updated, overlap: 10m}"
	for _, c := range []struct {
		name, read string
		since      bool
		keep       bool
	}{
		{"pages", listAt + "count: total\npaging: {style: page, size: 300, size_parameter: size}", false, false},
		{"pages without a count", listAt + "paging: {style: page, size: 300, size_parameter: size}", false, false},
		{"offsets", listAt + "paging: {style: offset, size: 300, size_parameter: size}", false, false},
		{"cursor tokens", listAt + "paging: {style: cursor, next: next, size: 300, size_parameter: size}", false, false},
		{"kept cursor tokens", listAt + "paging: {style: cursor, next: token, more: more, keep: true, size: 300, size_parameter: size}", false, true},
		{"links", listAt + "query: {size: 300}\npaging: {style: link}", false, false},
		{"one answer", listAt + "query: {size: 100000}\npaging: {style: none}", false, false},
		{"pages since", listAt + "count: total\npaging: {style: page, size: 300, size_parameter: size}" + since, true, false},
		{"offsets since", listAt + "paging: {style: offset, size: 300, size_parameter: size}" + since, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The suite looks for goroutines that are left behind: the server
			// is there before it begins.
			var current http.Handler
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { current.ServeHTTP(w, req) }))
			connectortest.Run(t, connectortest.Subject{Factory: New, Overlap: c.since, New: func(t *testing.T) connectortest.Feed {
				a := &api{}
				for i := range 4500 {
					a.add(i, minute(i))
				}
				current = a
				f := connectortest.Feed{
					Definition: connectortest.Definition(t, definition(t, url, "", "upsert", c.read), nil),
					Want:       want(a.rows),
					Break: func(*testing.T) func() {
						a.setDown(http.StatusServiceUnavailable)
						return func() { a.setDown(0) }
					},
				}
				if c.since || c.keep {
					f.Append = func(*testing.T) []connectortest.Item {
						a.mu.Lock()
						defer a.mu.Unlock()
						return want([]string{a.add(4500, minute(4500)), a.add(4501, minute(4501))})
					}
				}
				return f
			}})
		})
	}
}
