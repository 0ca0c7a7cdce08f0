package console

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"huiliu/marts/query"
)

// publish writes a snapshot of the office in which 25 pairs of persons, one of
// organisations, two categories and a unit wait.
func publish(t *testing.T, dir, id string) {
	t.Helper()
	folder := filepath.Join(dir, "snapshots", id, "office")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for _, q := range []string{
		"ATTACH " + query.Quote(filepath.Join(folder, "huiliu.duckdb")) + " AS p", "CREATE SCHEMA p.core", "CREATE SCHEMA p.mart", "CREATE SCHEMA p.ref",
		`CREATE TABLE p.core.link_review AS SELECT 'person' AS entity, 'a:' || i AS row_a, 'b:' || i AS row_b, 'p-' || i AS entity_a, 'q-' || i AS entity_b,
			'<张>* ' || i AS said_a, NULL AS said_b, (1 - i / 100)::DECIMAL(9,6) AS probability, '姓名相同；但电话不同' AS reason, 1 + i % 2 AS pairs FROM range(25) r(i)
			UNION ALL SELECT 'organisation', 'o:1', 'o:2', 'o-1', 'o-2', '甲公司', '甲有限公司', 0.5, '名称相近', 12`,
		`CREATE TABLE p.core.link AS SELECT 'person' AS entity, 'p-0' AS entity_id, 'a:' || i AS row_id, CASE WHEN i > 0 THEN 'a:0' END AS near_row_id, '电话相同' AS reason FROM range(3) r(i)`,
		"CREATE TABLE p.core.link_alias AS SELECT 'person' AS entity, 'old' AS alias_id, 'p-0' AS entity_id",
		`CREATE TABLE p.core.suggestion AS SELECT * FROM (VALUES
			('r:1', 'category', 'C1', '市容 / 乱倒垃圾', 0.81, 'unsure', '“垃圾”等词多见于该类别', '噪声 12%', true), ('r:2', 'category', NULL, NULL, NULL, 'no_words', NULL, NULL, true),
			('r:3', 'category', 'C1', '市容 / 乱倒垃圾', 0.97, 'accepted', NULL, NULL, false), ('r:1', 'unit', '城管中队', '城管中队', 0.6, 'unsure', NULL, NULL, true))
			v(request_id, kind, label, label_name, probability, state, reason, others, waits)`,
		"CREATE TABLE p.core.category_label AS SELECT * FROM (VALUES ('C1', '市容 / 乱倒垃圾', 3), ('C2', '噪声', 5)) v(label, name, requests)",
		"CREATE TABLE p.core.service_request AS SELECT 'r:' || i AS id, NULL::VARCHAR AS title, '路口*号堆了垃圾' AS description_mask, DATE '2025-12-01' AS requested_on, CASE WHEN i = 3 THEN '城管中队' END AS agency FROM range(1, 4) r(i)",
		"DETACH p",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	m := `{"snapshot": "` + id + `", "as_of": "2026-01-01", "tables": [{"name": "core.link_review", "columns": []}, {"name": "core.link", "columns": []}, {"name": "core.link_alias", "columns": []}, {"name": "core.suggestion", "columns": []}, {"name": "core.category_label", "columns": []}, {"name": "core.service_request", "columns": []}]}`
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(m), 0o600); err != nil {
		t.Fatal(err)
	}
	current := filepath.Join(dir, "snapshots", "current")
	if err := os.Remove(current); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.Symlink(id, current); err != nil {
		t.Fatal(err)
	}
}

// reviewing is a console with a snapshot, and what was decided on it.
type reviewing struct {
	t       *testing.T
	dir     string
	page    *Console
	decided []Decision
	refuse  error
}

func newReview(t *testing.T) *reviewing {
	r := &reviewing{t: t, dir: t.TempDir()}
	publish(t, r.dir, "0001")
	r.page = New(Options{Site: "云溪街道", Zone: time.UTC, Host: "example.com", Store: r.dir, Metrics: NewMetrics(), Work: func() Work { return Work{} }, Planned: func() []Planned { return nil },
		Decide: func(_ context.Context, d Decision) error {
			if r.refuse == nil {
				r.decided = append(r.decided, d)
			}
			return r.refuse
		}})
	return r
}

func (r *reviewing) do(request *http.Request) (int, string) {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.page.ServeHTTP(w, request)
	return w.Code, w.Body.String()
}

func (r *reviewing) get(path string) string {
	r.t.Helper()
	_, body := r.do(httptest.NewRequest(http.MethodGet, path, nil))
	return body
}

func (r *reviewing) post(form url.Values) (int, string) {
	r.t.Helper()
	request := httptest.NewRequest(http.MethodPost, "/review", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(request)
}

func TestReviewLists(t *testing.T) {
	r := newReview(t)
	page := r.get("/review")
	for _, want := range []string{"人员 25 组", "单位 1 组", "&lt;张&gt;* 0", "99.9%", "99.0%", "（没有可显示的内容）", "所属对象共 3 行", "姓名相同；但电话不同", "是同一人", "还有 1 对相近的行", "下一页"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(page, "<fieldset>"); n != shownAtOnce {
		t.Errorf("%d pairs together", n)
	}
	if page := r.get("/review?kind=person&from=20"); strings.Count(page, "<fieldset>") != 5 || !strings.Contains(page, "上一页") || strings.Contains(page, "下一页") {
		t.Errorf("the last pairs:\n%s", page)
	}
	if page := r.get("/review?kind=organisation"); !strings.Contains(page, "甲有限公司") || !strings.Contains(page, "不是同一单位") || !strings.Contains(page, "还有 11 对") {
		t.Errorf("organisations:\n%s", page)
	}
	if page := r.get("/review?kind=x'%3B--&from=-3"); strings.Count(page, "<fieldset>") != shownAtOnce {
		t.Errorf("a kind that is none:\n%s", page)
	}
	if !strings.Contains(r.get("/"), "29 项待核对") {
		t.Error("the first page does not count what waits")
	}
}

func TestReviewLooksUp(t *testing.T) {
	r := newReview(t)
	for _, id := range []string{"p-0", "old"} {
		page := r.get("/review?id=" + id)
		if strings.Count(page, "与最相近的一行拆开") != 2 || strings.Count(page, "电话相同") != 3 {
			t.Errorf("%s:\n%s", id, page)
		}
	}
	if page := r.get("/review?id=" + url.QueryEscape("' OR true --")); !strings.Contains(page, "没有这个对象") {
		t.Errorf("an id that is none:\n%s", page)
	}
}

func TestReviewDecides(t *testing.T) {
	r := newReview(t)
	form := url.Values{"back": {"/review?kind=person&from=0"}, "by": {" 王工 "}, "decision": {"same 3"}, "of3": {"person"}, "a3": {"a:3"}, "b3": {"b:3"}, "note3": {"电话核实"}, "a4": {"a:4"}}
	if code, body := r.post(form); code != http.StatusSeeOther {
		t.Fatalf("%d %s", code, body)
	}
	want := []Decision{{Of: "person", RowA: "a:3", RowB: "b:3", Word: "same", By: "王工", Note: "电话核实"}}
	if diff := cmp.Diff(want, r.decided); diff != "" {
		t.Fatalf("decided (-want +got):\n%s", diff)
	}
	if page := r.get("/review?kind=person"); strings.Count(page, "已记录：同一（王工）") != 1 {
		t.Errorf("the page does not tell what was decided:\n%s", page)
	}
	publish(t, r.dir, "0002")
	if page := r.get("/review?kind=person"); strings.Contains(page, "已记录") {
		t.Error("a new snapshot is told what the one before did not know")
	}
}

func TestReviewRefuses(t *testing.T) {
	whole := url.Values{"by": {"王工"}, "decision": {"apart 0"}, "of0": {"person"}, "a0": {"a:0"}, "b0": {"b:0"}}
	for name, c := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"nobody":          {func(f url.Values) { f.Set("by", "  ") }, "请先填写核对人"},
		"the key Enter":   {func(f url.Values) { f.Del("decision") }, "没有收到完整的决定"},
		"another word":    {func(f url.Values) { f.Set("decision", "drop 0") }, "没有收到完整的决定"},
		"another pair":    {func(f url.Values) { f.Set("decision", "same 9") }, "没有收到完整的决定"},
		"places":          {func(f url.Values) { f.Set("of0", "place") }, "没有收到完整的决定"},
		"an endless note": {func(f url.Values) { f.Set("note0", strings.Repeat("长", longestText+1)) }, "不超过 500 字"},
	} {
		r := newReview(t)
		form := url.Values{}
		for k, v := range whole {
			form[k] = v
		}
		c.change(form)
		if code, body := r.post(form); code != http.StatusBadRequest || !strings.Contains(body, c.want) || len(r.decided) > 0 {
			t.Errorf("%s: %d, %v\n%s", name, code, r.decided, body)
		}
	}
	r := newReview(t)
	r.refuse = errors.New("没有这一行")
	if code, body := r.post(whole); code != http.StatusUnprocessableEntity || !strings.Contains(body, "没有这一行") || strings.Contains(body, "已记录") {
		t.Errorf("refused: %d\n%s", code, body)
	}
	foreign := httptest.NewRequest(http.MethodPost, "/review", strings.NewReader(whole.Encode()))
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if code, _ := r.do(foreign); code != http.StatusForbidden {
		t.Errorf("another site's form: %d", code)
	}
	elsewhere := url.Values{"back": {"//example.org/review?"}}
	for k, v := range whole {
		elsewhere[k] = v
	}
	r.refuse = nil
	w := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/review", strings.NewReader(elsewhere.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.page.ServeHTTP(w, request); w.Header().Get("Location") != "/review" {
		t.Errorf("it leads to %s", w.Header().Get("Location"))
	}
}

func TestReviewSuggestions(t *testing.T) {
	r := newReview(t)
	page := r.get("/review?kind=category")
	for _, want := range []string{"类别 2 件", "承办单位 1 件", "建议：市容 / 乱倒垃圾 <b>81.0%</b>", "没有建议：没有认识的词", "路口*号堆了垃圾", "其他可能：噪声 12%", `<option value="C2">噪声</option>`, `name="label0" value="C1"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "r:3") {
		t.Error("what was accepted waits")
	}
	if page := r.get("/review?kind=unit"); !strings.Contains(page, `<option value="城管中队">`) || strings.Count(page, "<fieldset>") != 1 {
		t.Errorf("units:\n%s", page)
	}
	form := url.Values{"by": {"王工"}, "decision": {"is 1"}, "of1": {"category"}, "a1": {"r:2"}, "label1": {" C2 "}, "back": {"/review?kind=category"}}
	if code, body := r.post(form); code != http.StatusSeeOther {
		t.Fatalf("%d %s", code, body)
	}
	if page := r.get("/review?kind=category"); !strings.Contains(page, "已记录：确定 C2（王工）") {
		t.Errorf("the page does not tell what was decided:\n%s", page)
	}
	form.Set("decision", "none 1")
	if code, body := r.post(form); code != http.StatusSeeOther {
		t.Fatalf("%d %s", code, body)
	}
	want := []Decision{{Of: "category", RowA: "r:2", Label: "C2", Word: "is", By: "王工"}, {Of: "category", RowA: "r:2", Word: "none", By: "王工"}}
	if diff := cmp.Diff(want, r.decided); diff != "" {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
	form.Set("decision", "is 1")
	form.Set("label1", " ")
	if code, body := r.post(form); code != http.StatusBadRequest || !strings.Contains(body, "请先填写类别") || !strings.Contains(body, "没有认识的词") {
		t.Errorf("no label: %d %s", code, body)
	}
	form.Set("decision", "same 1")
	if code, _ := r.post(form); code != http.StatusBadRequest {
		t.Errorf("a category is the same: %d", code)
	}
}

// A name that leads here and is not this machine's reads and decides nothing.
func TestStrangeHost(t *testing.T) {
	r := newReview(t)
	r.page.Host = "huiliu.office"
	for host, want := range map[string]int{"evil.example": 403, "evil.example:8737": 403, "127.0.0.1:8737": 200, "[::1]:8737": 200, "localhost": 200, "Huiliu.Office:80": 200} {
		request := httptest.NewRequest(http.MethodGet, "/review", nil)
		request.Host = host
		if code, _ := r.do(request); code != want {
			t.Errorf("%s: %d", host, code)
		}
		request = httptest.NewRequest(http.MethodGet, "/healthz", nil)
		request.Host = host
		if code, _ := r.do(request); code != 200 {
			t.Errorf("/healthz of %s: %d", host, code)
		}
	}
}

// A snapshot of a program before has no such column.
func TestReviewOfAnEarlierSnapshot(t *testing.T) {
	r := newReview(t)
	c, err := duckdb.NewConnector(filepath.Join(r.dir, "snapshots", "0001", "office", "huiliu.duckdb"), nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	if _, err := db.Exec("ALTER TABLE core.link_review DROP COLUMN pairs; DROP TABLE core.suggestion"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if page := r.get("/review"); !strings.Contains(page, "没有待核对的事项") || strings.Contains(page, "未能完成") {
		t.Errorf("an earlier snapshot:\n%s", page)
	}
}

// The key Enter in a field presses a form's first button: in no form may that
// be one that decides.
func TestEnterDecidesNothing(t *testing.T) {
	first := regexp.MustCompile(`(?s)<form method="post" action="/review".*?(<button[^>]*>)`)
	r := newReview(t)
	found := first.FindAllStringSubmatch(r.get("/review?id=p-0")+r.get("/review?kind=unit"), -1)
	if len(found) < 3 {
		t.Fatalf("%d forms", len(found))
	}
	for _, f := range found {
		if f[1] != "<button hidden disabled>" {
			t.Errorf("Enter presses %s", f[1])
		}
	}
}

// Before anything is published, and where a snapshot has no links, the page
// says so.
func TestReviewWithNothing(t *testing.T) {
	r := newReview(t)
	if err := os.Remove(filepath.Join(r.dir, "snapshots", "current")); err != nil {
		t.Fatal(err)
	}
	if page := r.get("/review"); !strings.Contains(page, "尚未发布数据") || !strings.Contains(page, "没有待核对的事项") {
		t.Errorf("nothing published:\n%s", page)
	}
}
