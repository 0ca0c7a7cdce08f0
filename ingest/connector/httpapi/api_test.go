package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"huiliu/ingest/connector/connectortest"
)

// api is a small API over a list that tests change.
type api struct {
	mu    sync.Mutex
	rows  []string // raw elements, in the list's order
	times []string // of the rows, for since
	down  int      // status to answer with, 0 for well
	asked []string
	cap   int // most rows a page
	// before runs ahead of each list request, with its number from 1.
	before func(n int)
	n      int
}

func (a *api) add(id int, at string) string {
	row := fmt.Sprintf(`{"id":%d,"name":"第%d条","updated":"%s"}`, id, id, at)
	a.rows, a.times = append(a.rows, row), append(a.times, at)
	return row
}

func (a *api) setDown(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = status
}

func number(s string, absent int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return absent
	}
	return n
}

func (a *api) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	if a.before != nil {
		a.before(a.n)
	}
	a.asked = append(a.asked, req.URL.String())
	if a.down != 0 {
		w.WriteHeader(a.down)
		return
	}
	q := req.URL.Query()
	rows := []string{}
	for i, r := range a.rows {
		if a.times[i] >= q.Get("since") {
			rows = append(rows, r)
		}
	}
	size := number(q.Get("size"), 50)
	if a.cap > 0 {
		size = min(size, a.cap)
	}
	from := 0
	switch {
	case q.Has("page"):
		from = (number(q.Get("page"), 1) - 1) * size
	case q.Has("offset"):
		from = number(q.Get("offset"), 0)
	case q.Has("cursor"):
		from = number(q.Get("cursor"), 0)
	}
	from = min(from, len(rows))
	part := rows[from:min(from+size, len(rows))]
	next := ""
	if from+size < len(rows) {
		next = strconv.Itoa(from + size)
		w.Header().Set("Link", fmt.Sprintf(`<%s?cursor=%s&size=%d&key=%s>; rel="next", </list>; rel=first`, req.URL.Path, next, size, q.Get("key")))
	}
	token := next
	if token == "" {
		token = strconv.Itoa(from + len(part))
	}
	_, _ = fmt.Fprintf(w, `{"code":0,"next":"%s","token":"%s","more":%t,"total":%d,"data":{"list":[%s]}}`,
		next, token, next != "", len(rows), strings.Join(part, ","))
}

func (a *api) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// definition writes a source of one table.
func definition(t testing.TB, url, connection, change, read string) string {
	t.Helper()
	indent := func(s, by string) string {
		return by + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n"+by)
	}
	return fmt.Sprintf("id: test\nconnector: http\nconnection:\n  url: %s\n  rate: 10000\n  retry: {tries: 2, wait: 1ms}\n%s\ntables:\n  - name: row\n    change: %s\n    key: [id]\n    read:\n%s\n",
		url, indent(connection, "  "), change, indent(read, "      "))
}

const listAt = "path: list\nrecords: data.list\n"

func want(rows []string) []connectortest.Item {
	out := []connectortest.Item{}
	for _, r := range rows {
		out = append(out, item(r))
	}
	return out
}

func item(row string) connectortest.Item {
	var v struct {
		ID            int
		Name, Updated string
	}
	if err := json.Unmarshal([]byte(row), &v); err != nil {
		panic(err)
	}
	return connectortest.Item{Values: map[string]string{"id": strconv.Itoa(v.ID), "name": v.Name, "updated": v.Updated}}
}
