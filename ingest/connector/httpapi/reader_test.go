package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

func make1(t testing.TB, yaml string) connector.Connector {
	t.Helper()
	c, err := New(connectortest.Definition(t, yaml, nil), connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func open(t testing.TB, c connector.Connector, yaml, cursor, name string) connector.Reader {
	t.Helper()
	def := connectortest.Definition(t, yaml, nil)
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ids(pages []connectortest.Page) []string {
	out := []string{}
	for _, p := range pages {
		for _, it := range p.Items {
			if it.Reject != "" {
				out = append(out, it.Reject)
			} else {
				out = append(out, it.Values["id"])
			}
		}
	}
	return out
}

func last(pages []connectortest.Page) connectortest.Page { return pages[len(pages)-1] }

const pagesOf2 = listAt + "count: total\npaging: {style: page, size: 2, size_parameter: size}"

// TestSnapshotDeclaredOnlyWhenStill reads a list that changes under the reader.
func TestSnapshotDeclaredOnlyWhenStill(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*api)
		end    bool
	}{
		{"nothing changes", func(*api) {}, true},
		{"a record comes", func(a *api) { a.add(9, minute(9)) }, false},
		{"a record goes", func(a *api) { a.rows, a.times = a.rows[1:], a.times[1:] }, false},
		{"a record is changed and moves", func(a *api) {
			a.rows, a.times = a.rows[1:], a.times[1:]
			a.add(0, minute(50))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &api{}
			for i := range 6 {
				a.add(i, minute(i))
			}
			a.before = func(n int) {
				if n == 2 {
					c.change(a)
				}
			}
			yaml := definition(t, serve(t, a), "", "snapshot", pagesOf2)
			got := last(connectortest.ReadAll(t, open(t, make1(t, yaml), yaml, "", "run-1")))
			if got.Snapshot.ID != "run-1" || got.Snapshot.End != c.end {
				t.Errorf("snapshot %+v, want end %v", got.Snapshot, c.end)
			}
			if c.end && got.Snapshot.Count != 6 {
				t.Errorf("count %d, want 6", got.Snapshot.Count)
			}
		})
	}
}

// TestMovedRecordHidesNoOther changes a record while its list is read: the
// record that slips through at the page's boundary comes with the next run.
func TestMovedRecordHidesNoOther(t *testing.T) {
	a := &api{}
	for i := range 8 {
		a.add(i, minute(i))
	}
	a.before = func(n int) {
		if n == 2 {
			a.rows, a.times = a.rows[1:], a.times[1:]
			a.add(0, minute(60))
		}
	}
	yaml := definition(t, serve(t, a), "", "upsert", pagesOf2+"\nsince: {parameter: since, field: updated, overlap: 0s}")
	c := make1(t, yaml)
	first := connectortest.ReadAll(t, open(t, c, yaml, "", "1"))
	if d := cmp.Diff([]string{"0", "1", "3", "4", "5", "6", "7", "0"}, ids(first)); d != "" {
		t.Fatalf("the list did not move as planned:\n%s", d)
	}
	second := connectortest.ReadAll(t, open(t, c, yaml, last(first).Cursor, "2"))
	if got := strings.Join(ids(second), " "); !strings.HasPrefix(got, "1 2 3") {
		t.Errorf("the second run gives %s: record 2 is lost", got)
	}
	third := connectortest.ReadAll(t, open(t, c, yaml, last(second).Cursor, "3"))
	if d := cmp.Diff([]string{"0"}, ids(third)); d != "" {
		t.Errorf("the third run:\n%s", d)
	}
}

func TestSince(t *testing.T) {
	a := &api{}
	for i := range 5 {
		a.add(i, minute(i))
	}
	a.add(99, "2999-01-01T00:00:00+08:00")
	url := serve(t, a)
	yaml := definition(t, url, "", "upsert", listAt+"paging: {style: none}\nsince: {parameter: since, field: updated, overlap: 2m}")
	c := make1(t, yaml)
	pages := connectortest.ReadAll(t, open(t, c, yaml, "", "1"))
	a.add(2, minute(3)) // late
	again := connectortest.ReadAll(t, open(t, c, yaml, last(pages).Cursor, "2"))
	if d := cmp.Diff([]string{"2", "3", "4", "99", "2"}, ids(again)); d != "" {
		t.Errorf("the mistyped year must not move the mark, and the overlap must be read again:\n%s", d)
	}
	if asked := a.requests(); !strings.Contains(asked[len(asked)-1], "since=2025-01-01T00%3A02%3A00%2B08%3A00") {
		t.Errorf("asked %s", asked[len(asked)-1])
	}
	if want := `{"v":1,"high":1735661040000000}`; last(pages).Cursor != want {
		t.Errorf("the stored mark is %s, want %s", last(pages).Cursor, want)
	}
}

func TestAServerThatGivesFewerThanAsked(t *testing.T) {
	for _, style := range []string{"page", "offset"} {
		a := &api{cap: 3}
		for i := range 8 {
			a.add(i, minute(i))
		}
		yaml := definition(t, serve(t, a), "", "upsert", listAt+"paging: {style: "+style+", size: 5, size_parameter: size}")
		got := ids(connectortest.ReadAll(t, open(t, make1(t, yaml), yaml, "", "1")))
		if len(got) != 8 {
			t.Errorf("%s: read %v", style, got)
		}
	}
}

func TestAServerThatRepeatsItsLastPage(t *testing.T) {
	handler := func(w http.ResponseWriter, req *http.Request) {
		n := min(number(req.URL.Query().Get("page"), 1), 3)
		fmt.Fprintf(w, `[{"id":%d},{"id":%d}]`, n*2, n*2+1)
	}
	yaml := definition(t, serve(t, http.HandlerFunc(handler)), "", "upsert", "path: x\npaging: {style: page}")
	got := ids(connectortest.ReadAll(t, open(t, make1(t, yaml), yaml, "", "1")))
	if d := cmp.Diff([]string{"2", "3", "4", "5", "6", "7"}, got); d != "" {
		t.Error(d)
	}
}

func TestAnotherRunBeginsItsSnapshotAnew(t *testing.T) {
	a := &api{}
	for i := range 5000 {
		a.add(i, minute(i))
	}
	yaml := definition(t, serve(t, a), "", "snapshot", listAt+"count: total\npaging: {style: page, size: 1000, size_parameter: size}")
	c := make1(t, yaml)
	first, err := connectortest.Next(t, context.Background(), open(t, c, yaml, "", "run-1"), page.NewBuilder())
	if err != nil {
		t.Fatal(err)
	}
	same := connectortest.ReadAll(t, open(t, c, yaml, first.Cursor, "run-1"))
	if n := len(ids(same)); n != 5000-page.MaxRecords {
		t.Errorf("the same run goes on with %d records", n)
	}
	if last(same).Snapshot.End {
		t.Error("a snapshot taken up in the middle can't tell that nothing moved")
	}
	other := connectortest.ReadAll(t, open(t, c, yaml, first.Cursor, "run-2"))
	if n := len(ids(other)); n != 5000 || !last(other).Snapshot.End || last(other).Snapshot.ID != "run-2" {
		t.Errorf("another run reads %d records, %+v", n, last(other).Snapshot)
	}
}

// TestThePageChangedBeforeItWasTakenUp cuts an answer of 5000 between two
// pages and changes its first part.
func TestThePageChangedBeforeItWasTakenUp(t *testing.T) {
	a := &api{}
	for i := range 5000 {
		a.add(i, minute(i))
	}
	yaml := definition(t, serve(t, a), "", "upsert", listAt+"query: {size: 5000}\npaging: {style: none}")
	c := make1(t, yaml)
	first, err := connectortest.Next(t, context.Background(), open(t, c, yaml, "", "1"), page.NewBuilder())
	if err != nil {
		t.Fatal(err)
	}
	a.rows[10] = `{"id":10,"name":"changed"}`
	rest := connectortest.ReadAll(t, open(t, c, yaml, first.Cursor, "1"))
	if got := ids(rest); len(got) != 5000 || got[0] != "0" {
		t.Errorf("%d records from %v", len(got), got[:1])
	}
}

func TestBrokenElements(t *testing.T) {
	body := `{"list":[{"id":1}, null, {"id":2,"id":3}, {"id":"a` + "\t" + `b"}, {"id":4 "x"}, 7, {"id":5, "n": NaN}, {"id":6}]}`
	yaml := definition(t, serve(t, fixed(body)), "", "upsert", "path: x\nrecords: list")
	got := connectortest.ReadAll(t, open(t, make1(t, yaml), yaml, "", "1"))
	want := []string{"1", "6", "json_not_object", "json_duplicate_key", "json_syntax", "json_syntax", "json_not_object", "json_syntax"}
	if d := cmp.Diff(want, ids(got)); d != "" {
		t.Error(d)
	}
	if at := got[0].Items[1].Place; at != (page.Place{Origin: "/x", Row: 8, Offset: -1}) {
		t.Errorf("the last record's place is %+v", at)
	}
	if raw := got[0].Items[4].Raw; raw != "{\"id\":\"a\tb\"}" {
		t.Errorf("a reject's bytes are %q", raw)
	}
}

func TestARecordTooLargeIsKept(t *testing.T) {
	body := `[{"id":1,"text":"` + strings.Repeat("x", page.MaxBytes) + `"},{"id":2}]`
	yaml := definition(t, serve(t, fixed(body)), "", "upsert", "path: x")
	k := &connectortest.Keeper{}
	items := connectortest.Read(t, New, connectortest.Definition(t, yaml, nil), k)
	if len(items) != 2 || items[1].Reject != "record_too_large" || len(k.Kept) != 1 || k.Kept[0].Size < page.MaxBytes {
		t.Errorf("%d items, kept %+v", len(items), k.Kept)
	}
}

func fixed(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
}

func TestFaults(t *testing.T) {
	answer := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	elsewhere := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "http://localhost:1/stolen", http.StatusFound)
	})
	short := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`[{"id":1},`))
	})
	for _, c := range []struct {
		name    string
		handler http.Handler
		read    string
		want    *fault.Kind
		again   bool
		asked   int
	}{
		{"a gateway's page", answer(200, "<html>login</html>"), "", NotJSON, true, 2},
		{"nothing", answer(200, ""), "", NotJSON, true, 2},
		{"two values", answer(200, `{} {}`), "", NotJSON, true, 2},
		{"JSON cut", answer(200, `{"list":[{"id":1},{"i`), "records: list", Cut, true, 2},
		{"connection cut", short, "", Cut, true, 2},
		{"no list", answer(200, `{"error":"x"}`), "records: data.list", NoList, true, 2},
		{"the list is an object", answer(200, `{}`), "", NoList, true, 2},
		{"a code", answer(200, `{"code":7,"msg":"参数错误","list":[]}`), "records: list\nok: {path: code, is: [0, 200], message: msg}", NotOK, true, 2},
		{"401", answer(401, ""), "", Denied, false, 1},
		{"404", answer(404, ""), "", Refused, false, 1},
		{"408", answer(408, ""), "", Busy, true, 2},
		{"429", answer(429, ""), "", Busy, true, 2},
		{"500", answer(500, ""), "", Busy, true, 2},
		{"too large", answer(200, `[`+strings.Repeat(" ", 1<<16)+`]`), "", TooLarge, false, 1},
		{"another host", elsewhere, "", Elsewhere, false, 1},
		{"a circle", answer(200, `{"list":[{"id":1}],"next":"a"}`), "records: list\npaging: {style: cursor, next: next}", Circle, false, 2},
		{"a link elsewhere", answer(200, `{"list":[{"id":1}],"next":"http://localhost:1/x"}`), "records: list\npaging: {style: link, next: next}", Elsewhere, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				asked++
				c.handler.ServeHTTP(w, req)
			}))
			yaml := definition(t, url, "body_limit: 65536", "upsert", "path: x\nquery: {key: s3cret, kind: all}\n"+c.read)
			var log bytes.Buffer
			tools := connectortest.Tools(&connectortest.Keeper{})
			tools.Log = slog.New(slog.NewTextHandler(&log, nil))
			conn, err := New(connectortest.Definition(t, yaml, nil), tools)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, err = connectortest.Next(t, context.Background(), open(t, conn, yaml, "", "1"), page.NewBuilder())
			if err == nil || !c.want.Is(err) {
				t.Fatalf("got %v, want %s", err, c.want.Code)
			}
			r, ok := err.(connector.Retryable)
			if !ok {
				t.Fatalf("%T tells nothing of another try", err)
			}
			if _, again := r.RetryAfter(); again != c.again {
				t.Errorf("another try: %v, want %v", again, c.again)
			}
			if asked != c.asked {
				t.Errorf("asked %d times, want %d", asked, c.asked)
			}
			if text := err.Error() + log.String(); strings.Contains(text, "s3cret") || !strings.Contains(text, "/x?") {
				t.Errorf("a secret or no place in: %s", text)
			}
		})
	}
}

func TestUnreachableNamesNoSecret(t *testing.T) {
	yaml := definition(t, "http://127.0.0.1:1", "", "upsert", "path: x\nquery: {apikey: s3cret}")
	err := make1(t, yaml).Check(context.Background())
	if !Unreachable.Is(err) || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	var at []time.Time
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if at = append(at, time.Now()); len(at) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`[]`))
	}))
	yaml := definition(t, url, "", "upsert", "path: x")
	connectortest.ReadAll(t, open(t, make1(t, yaml), yaml, "", "1"))
	if len(at) != 2 || at[1].Sub(at[0]) < time.Second {
		t.Errorf("asked at %v", at)
	}
}

func TestGB18030AndByteOrderMark(t *testing.T) {
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=GBK")
		_, _ = w.Write([]byte("[{\"id\":1,\"name\":\"\xb5\xd8\xd6\xb7\"}]"))
	}))
	yaml := definition(t, url, "", "upsert", "path: x")
	if got := connectortest.Read(t, New, connectortest.Definition(t, yaml, nil), &connectortest.Keeper{}); got[0].Values["name"] != "地址" {
		t.Errorf("got %v", got)
	}
	yaml = definition(t, serve(t, fixed("\xef\xbb\xbf[{\"id\":1}]")), "", "upsert", "path: x")
	if got := connectortest.Read(t, New, connectortest.Definition(t, yaml, nil), &connectortest.Keeper{}); len(got) != 1 || got[0].Values["id"] != "1" {
		t.Errorf("got %v", got)
	}
}
