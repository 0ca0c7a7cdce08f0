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

// publish writes a snapshot of the office in which 25 pairs of persons and one
// of organisations wait, and returns the store's folder.
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
		"DETACH p",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	m := `{"snapshot": "` + id + `", "as_of": "2026-01-01", "tables": [{"name": "core.link_review", "columns": []}, {"name": "core.link", "columns": []}, {"name": "core.link_alias", "columns": []}]}`
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
	r.page = New(Options{Site: "云溪街道", Zone: time.UTC, Store: r.dir, Metrics: NewMetrics(), Work: func() Work { return Work{} }, Planned: func() []Planned { return nil },
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
	if n := strings.Count(page, "<fieldset>"); n != pairsAtOnce {
		t.Errorf("%d pairs together", n)
	}
	if page := r.get("/review?kind=person&from=20"); strings.Count(page, "<fieldset>") != 5 || !strings.Contains(page, "上一页") || strings.Contains(page, "下一页") {
		t.Errorf("the last pairs:\n%s", page)
	}
	if page := r.get("/review?kind=organisation"); !strings.Contains(page, "甲有限公司") || !strings.Contains(page, "不是同一单位") || !strings.Contains(page, "还有 11 对") {
		t.Errorf("organisations:\n%s", page)
	}
	if page := r.get("/review?kind=x'%3B--&from=-3"); strings.Count(page, "<fieldset>") != pairsAtOnce {
		t.Errorf("a kind that is none:\n%s", page)
	}
	if !strings.Contains(r.get("/"), "26 组待核对") {
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
	form := url.Values{"back": {"/review?kind=person&from=0"}, "by": {" 王工 "}, "decision": {"same 3"}, "entity3": {"person"}, "a3": {"a:3"}, "b3": {"b:3"}, "note3": {"电话核实"}, "a4": {"a:4"}}
	if code, body := r.post(form); code != http.StatusSeeOther {
		t.Fatalf("%d %s", code, body)
	}
	want := []Decision{{Entity: "person", RowA: "a:3", RowB: "b:3", Word: "same", By: "王工", Note: "电话核实"}}
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
	whole := url.Values{"by": {"王工"}, "decision": {"apart 0"}, "entity0": {"person"}, "a0": {"a:0"}, "b0": {"b:0"}}
	for name, c := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"nobody":          {func(f url.Values) { f.Set("by", "  ") }, "请先填写核对人"},
		"the key Enter":   {func(f url.Values) { f.Del("decision") }, "没有收到完整的决定"},
		"another word":    {func(f url.Values) { f.Set("decision", "drop 0") }, "没有收到完整的决定"},
		"another pair":    {func(f url.Values) { f.Set("decision", "same 9") }, "没有收到完整的决定"},
		"places":          {func(f url.Values) { f.Set("entity0", "place") }, "没有收到完整的决定"},
		"an endless note": {func(f url.Values) { f.Set("note0", strings.Repeat("长", longestText+1)) }, "各不超过 500 字"},
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

// The key Enter in a field presses a form's first button: in no form may that
// be one that decides.
func TestEnterDecidesNothing(t *testing.T) {
	first := regexp.MustCompile(`(?s)<form method="post" action="/review".*?(<button[^>]*>)`)
	found := first.FindAllStringSubmatch(newReview(t).get("/review?id=p-0"), -1)
	if len(found) < 2 {
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
	if page := r.get("/review"); !strings.Contains(page, "尚未发布数据") || !strings.Contains(page, "没有待核对的关联") {
		t.Errorf("nothing published:\n%s", page)
	}
}
