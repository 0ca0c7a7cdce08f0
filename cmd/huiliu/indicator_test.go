package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// cityZone is the city's, and cityDay its today.
var (
	cityZone = time.FixedZone("CST", 8*3600)
	cityDay  = time.Date(2026, 1, 1, 0, 0, 0, 0, cityZone)
)

// checkIndicators reckons indicators from the departments' own feeds, without
// the house, and compares them month by month; and holds the repeat share to
// the truth of what was about one problem.
func checkIndicators(t *testing.T, s *site, dir string) {
	t.Helper()
	requests := cityRequests(t, s)
	due, closed, onTime := months{}, months{}, months{}
	for _, r := range requests {
		if r.due.Before(cityDay) || !r.closed.IsZero() && !r.due.After(cityDay) {
			due.add(r.due)
			if !r.closed.IsZero() {
				closed.add(r.due)
			}
			if r.onTime {
				onTime.add(r.due)
			}
		}
	}
	s.sameAs(t, "B1", "", "件", closed, due)
	s.sameAs(t, "B1", "按期办结率", "件", onTime, due)
	checkStages(t, s, requests)
	checkCalls(t, s)
	checkHazards(t, s, dir)
	checkRepeats(t, s, dir, requests)
}

// checkStages reckons the two stages of B2 that are told: the hotline alone
// says when it accepted.
func checkStages(t *testing.T, s *site, requests map[string]cityRequest) {
	t.Helper()
	accepted, toAccept, mended, toMend := months{}, months{}, months{}, months{}
	for id, r := range requests {
		if by := dayOf(r.requested).AddDate(0, 0, 1); strings.HasPrefix(id, "RX") && (by.Before(cityDay) || by.Equal(cityDay) && !r.accepted.IsZero()) {
			toAccept.add(by)
			if !r.accepted.IsZero() && r.accepted.Sub(r.requested) <= 24*time.Hour {
				accepted.add(by)
			}
		}
		if by := dayOf(r.requested).AddDate(0, 0, 30); by.Before(cityDay) || by.Equal(cityDay) && !r.closed.IsZero() {
			toMend.add(by)
			if !r.closed.IsZero() && !dayOf(r.closed).After(by) {
				mended.add(by)
			}
		}
	}
	s.sameAs(t, "B2", "24小时内受理", "件", accepted, toAccept)
	s.sameAs(t, "B2", "30日内整改", "件", mended, toMend)
}

// checkCalls reckons B5 from the hotline's follow-up calls.
func checkCalls(t *testing.T, s *site) {
	t.Helper()
	solved, valid, reached, called := months{}, months{}, months{}, months{}
	for _, e := range s.served(t, "/rexian/evaluations.json?page_size=500", "evaluations") {
		at := instantOf(e["called_datetime"])
		called.add(at)
		if e["reached"] != true {
			continue
		}
		reached.add(at)
		if e["solved"] != nil {
			valid.add(at)
		}
		if e["solved"] == "已解决" {
			solved.add(at)
		}
	}
	s.sameAs(t, "B5", "", "件", solved, valid)
	s.sameAs(t, "B5", "回访成功率", "件", reached, called)
}

// checkHazards reckons D1, 3.2, 3.3 and D3 from the emergency department's
// change logs.
func checkHazards(t *testing.T, s *site, dir string) {
	t.Helper()
	hazards := folded(t, filepath.Join(dir, "feeds", "yingji", "hazard_*.jsonl"), "hazard_id")
	due, closed, onTime, standing := months{}, months{}, months{}, months{}
	for _, h := range hazards {
		found, by, end := localOf(h["found_at"]), dayOf(localOf(h["deadline"])), localOf(h["closed_at"])
		if by.Before(cityDay) || !end.IsZero() && !by.After(cityDay) {
			due.add(by)
			if !end.IsZero() {
				closed.add(by)
			}
			if !end.IsZero() && !dayOf(end).After(by) {
				onTime.add(by)
			}
		}
		for m := time.Date(2023, 1, 1, 0, 0, 0, 0, cityZone); !m.After(cityDay); m = m.AddDate(0, 1, 0) {
			last := m.AddDate(0, 1, -1)
			if last.After(cityDay) {
				last = cityDay
			}
			if h["level"] == "重大" && !dayOf(found).After(last) && (end.IsZero() || dayOf(end).After(last)) {
				standing.add(m)
			}
		}
	}
	s.sameAs(t, "D1", "", "处", onTime, due)
	s.sameAs(t, "3.2", "", "处", closed, due)
	s.sameAs(t, "3.3", "", "处", standing, nil)

	happened, dealt := months{}, months{}
	for _, i := range folded(t, filepath.Join(dir, "feeds", "yingji", "incident_*.jsonl"), "incident_id") {
		happened.add(localOf(i["reported_at"]))
		if i["finished_at"] != nil {
			dealt.add(localOf(i["reported_at"]))
		}
	}
	s.sameAs(t, "D3", "", "起", dealt, happened)
}

// checkRepeats compares, request by request, what the house calls the same
// matter again with what the truth does.
func checkRepeats(t *testing.T, s *site, dir string, requests map[string]cityRequest) {
	t.Helper()
	problem, about := map[string]string{}, map[string][]string{}
	for _, l := range truthLines(t, dir, "issue.csv") {
		problem[l[3]] = l[0]
		about[l[0]] = append(about[l[0]], l[3])
	}
	both, only, missed, cases := 0, 0, 0, 0
	for _, row := range s.rows("SELECT r.request_no, c.hit FROM mart.indicator_case c JOIN core.service_request r USING (id) WHERE c.code = 'B6' AND c.counted = '件'") {
		first, again := requests[row[0]], false
		for _, key := range about[problem[row[0]]] {
			o, known := requests[key]
			again = again || known && key != row[0] && o.complaint && o.requested.After(first.closed) && dayOf(o.requested).Sub(dayOf(first.closed)) <= 90*24*time.Hour
		}
		cases++
		switch told := row[1] == "true"; {
		case told && again:
			both++
		case told:
			only++
		case again:
			missed++
		}
	}
	precision, recall := float64(both)/float64(both+only), float64(both)/float64(both+missed)
	t.Logf("of %d closed requests %d came again and are told so, %d are told so and did not, %d did and are not: precision %.3f, recall %.3f", cases, both, only, missed, precision, recall)
	if cases < 3000 || precision < 0.80 || recall < 0.93 {
		t.Errorf("repeats of %d: precision %.3f, recall %.3f", cases, precision, recall)
	}
}

// months counts by month.
type months map[string]int

func (m months) add(at time.Time) { m[at.In(cityZone).Format("2006-01")]++ }

// sameAs compares an indicator of the whole street, month by month.
func (s *site) sameAs(t *testing.T, code, part, counted string, numerator, denominator months) {
	t.Helper()
	gotNumerator, gotDenominator := months{}, months{}
	rows := s.rows(fmt.Sprintf("SELECT period, numerator, coalesce(denominator, 0) FROM mart.indicator WHERE code = '%s' AND part = '%s' AND counted = '%s' AND area = 'street' AND period_kind = 'month'", code, part, counted))
	for _, row := range rows {
		for k, m := range []months{gotNumerator, gotDenominator} {
			var n int
			if _, err := fmt.Sscan(row[k+1], &n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				m[row[0]] = n
			}
		}
	}
	if len(rows) < 30 || len(numerator) == 0 {
		t.Fatalf("%s: %d months, %d of them with something", code, len(rows), len(numerator))
	}
	if d := cmp.Diff(numerator, gotNumerator); d != "" {
		t.Errorf("%s %s, numerator: %s", code, part, d)
	}
	if d := cmp.Diff(denominator, gotDenominator); denominator != nil && d != "" {
		t.Errorf("%s %s, denominator: %s", code, part, d)
	}
}

// cityRequest is a request or a case as its department tells of it.
type cityRequest struct {
	requested, accepted, closed, due time.Time
	onTime, complaint                bool
}

func cityRequests(t *testing.T, s *site) map[string]cityRequest {
	t.Helper()
	out := map[string]cityRequest{}
	for _, r := range s.served(t, "/rexian/requests.json?page_size=500", "requests") {
		q := cityRequest{requested: instantOf(r["requested_datetime"]), accepted: instantOf(r["accepted_datetime"]), due: dayOf(instantOf(r["expected_datetime"])), complaint: r["kind"] == "投诉" || r["kind"] == "求助"}
		if r["status"] == "closed" {
			q.closed = instantOf(r["closed_datetime"])
		}
		q.onTime = !q.closed.IsZero() && !dayOf(q.closed).After(q.due)
		out[fmt.Sprint(r["service_request_id"])] = q
	}
	for _, r := range s.served(t, "/chengguan/api/cases?page_size=500", "list") {
		q := cityRequest{requested: localOf(r["filingTime"]), closed: localOf(r["closeTime"]), due: dayOf(localOf(r["deadline"])), complaint: r["source"] == "公众号"}
		q.onTime = !q.closed.IsZero() && fmt.Sprint(r["overdue"]) == "0"
		out[fmt.Sprint(r["caseNo"])] = q
	}
	return out
}

// served reads every whole item of a list that the city serves.
func (s *site) served(t *testing.T, path, list string) (out []map[string]any) {
	t.Helper()
	host := ""
	for _, e := range s.env {
		if value, ok := strings.CutPrefix(e, "CITY_HTTP="); ok {
			host = value
		}
	}
	for page := 1; ; page++ {
		answer, err := http.Get(fmt.Sprintf("%s%s&page=%d", host, path, page)) //nolint:noctx // a test's own server
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		err = json.NewDecoder(answer.Body).Decode(&body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := body["data"].(map[string]any); ok {
			body = data
		}
		items, _ := body[list].([]any)
		if len(items) == 0 {
			return out
		}
		for _, i := range items {
			item, ok := i.(map[string]any)
			if ok && (item["service_request_id"] != nil && item["requested_datetime"] != nil || item["evaluation_id"] != nil || item["caseNo"] != nil) {
				out = append(out, item)
			}
		}
	}
}

// folded reads a change log to its last state; a broken line changes nothing.
func folded(t *testing.T, pattern, key string) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	out := map[string]map[string]any{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var row map[string]any
			if json.Unmarshal(lines.Bytes(), &row) != nil {
				continue
			}
			id := fmt.Sprint(row[key])
			if out[id] = row; row["op"] == "d" {
				delete(out, id)
			}
		}
	}
	return out
}

func instantOf(v any) time.Time {
	at, _ := time.Parse(time.RFC3339, fmt.Sprint(v))
	return at
}

func localOf(v any) time.Time {
	at, _ := time.ParseInLocation(time.DateTime, fmt.Sprint(v), cityZone)
	return at
}

// dayOf is the local day's begin.
func dayOf(at time.Time) time.Time {
	y, m, d := at.In(cityZone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cityZone)
}
