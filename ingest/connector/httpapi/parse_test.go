package httpapi

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/connector/connectortest"
	"huiliu/internal/fault"
)

func TestEveryFaultOfTheSettings(t *testing.T) {
	yaml := `id: test
connector: http
connection: {url: "ftp://x", rate: -1, timeot: 3s, auth: {kind: oauth2, client_id: a}}
tables:
  - name: row
    change: snapshot
    key: [id]
    read:
      path: http://other/x
      ok: {path: code}
      paging: {style: cursor}
      since: {parameter: s, format: tomorrow}
`
	_, err := New(connectortest.Definition(t, yaml, nil), connectortest.Tools(&connectortest.Keeper{}))
	var got []string
	for _, f := range fault.All(err) {
		got = append(got, f.Place+" "+f.Code())
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"connection.timeot config_unknown_key", "connection.url config_wrong_value", "connection.rate config_wrong_value",
		"connection.auth config_missing_key", "read.path config_wrong_value", "read.ok config_wrong_value",
		"read.paging config_missing_key", "read.since config_missing_key", "read.since.format config_wrong_value", "read config_wrong_value",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no fault %q in\n%s", want, text)
		}
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	want := time.Date(2025, 12, 31, 8, 5, 0, 0, zone).UnixMicro()
	for _, c := range []struct {
		name, format, raw, text string
	}{
		{"rfc3339", "", `"2025-12-31T08:05:00+08:00"`, "2025-12-31T08:05:00+08:00"},
		{"rfc3339 in UTC", "rfc3339", `"2025-12-31T00:05:00Z"`, "2025-12-31T08:05:00+08:00"},
		{"local", "datetime", `"2025-12-31 08:05:00"`, "2025-12-31 08:05:00"},
		{"a layout", "20060102150405", `"20251231080500"`, "20251231080500"},
		{"seconds", "unix", `1767139500`, "1767139500"},
		{"seconds as text", "unix", `"1767139500"`, "1767139500"},
		{"milliseconds", "unix_ms", `1767139500000`, "1767139500000"},
		{"milliseconds unsaid", "datetime", `1767139500000`, "2025-12-31 08:05:00"},
	} {
		got, ok := parseTime(c.format, []byte(c.raw), zone)
		if !ok || got != want {
			t.Errorf("%s: %d %v, want %d", c.name, got, ok, want)
		}
		if text := formatTime(c.format, got, zone); text != c.text {
			t.Errorf("%s: wrote %s, want %s", c.name, text, c.text)
		}
	}
	for _, raw := range []string{"", "null", `""`, `"soon"`, "1e300", "{}", `"0001-01-01"`} {
		if v, ok := parseTime("", []byte(raw), zone); ok {
			t.Errorf("%s is read as %d", raw, v)
		}
	}
}

func TestNextLink(t *testing.T) {
	for _, c := range []struct{ name, header, want string }{
		{"one", `</a?page=2>; rel="next"`, "/a?page=2"},
		{"second", `</a>; rel="prev", <https://h/b?x=1,2>; title="n"; rel=next`, "https://h/b?x=1,2"},
		{"several relations", `</c>; rel="last next"`, "/c"},
		{"none", `</c>; rel="prev"`, ""},
		{"broken", `</c; rel=next`, ""},
		{"empty", ``, ""},
	} {
		if got := nextLink(c.header); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlaceHidesSecrets(t *testing.T) {
	u, err := url.Parse("https://u:p@h/a%20b?kind=全部&app_key=1&token=2&Sign=3&page=4")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := place(u), "https://h/a%20b?Sign=***&app_key=***&kind=全部&page=4&token=***"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		list string
		want []string
	}{
		{`[]`, nil}, {`[ ]`, nil}, {`[1]`, []string{"1"}}, {`[1,]`, []string{"1"}},
		{` [ {"a":"]"} , [1,[2]] ,"x,y" ]`, []string{`{"a":"]"}`, `[1,[2]]`, `"x,y"`}},
		{`[,1]`, []string{"", "1"}}, {`[1 2,3]`, []string{"1 2", "3"}}, {`["a" "b,c",3]`, []string{`"a" "b,c"`, "3"}},
	} {
		e := newElements([]byte(strings.TrimSpace(c.list)))
		var got []string
		for {
			raw, ok := e.next()
			if !ok {
				break
			}
			got = append(got, string(raw))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.list, d)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":{"b":[1,"\"",{}]},"c":null}`, `[1,`, `[}]`, `{"a" 1}`, `["\`, `[,,]`, `{"a":`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		lookup(raw, "a.b")
		if len(raw) < 2 || raw[0] != '[' || raw[len(raw)-1] != ']' {
			return
		}
		if end, ok := skip(raw, 0); !ok || end > len(raw) {
			return
		}
		n := 0
		for e := newElements(raw); ; n++ {
			if _, ok := e.next(); !ok {
				break
			}
			if n > len(raw) {
				t.Fatal("more elements than bytes")
			}
		}
	})
}

func FuzzMark(f *testing.F) {
	for _, s := range []string{"", `{"v":1,"high":5}`, `{"v":1,"run":{"since":3,"page":2,"skip":4,"read":9,"total":-1}}`, `{"v":2}`, `{`, `[]`, `{"v":1}{}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMark(text)
		if err != nil {
			if !BadMark.Is(err) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		again, err := parseMark(m.String())
		if err != nil || !cmp.Equal(m, again) {
			t.Fatalf("%s becomes %s: %v", text, m, err)
		}
	})
}
