package main

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// serving is a running `huiliu serve`.
type serving struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
}

func (s *site) serve() *serving {
	s.t.Helper()
	c := exec.Command(os.Args[0], "serve", "--address", "127.0.0.1:0", "--config", s.path("huiliu.yaml"), "--store", s.path("var"), "--as-of", s.asOf)
	c.Env, c.Stderr = append(os.Environ(), s.env...), os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	at := strings.Index(line, "http://")
	if err != nil || at < 0 {
		s.t.Fatalf("serve said %q, %v", line, err)
	}
	v := &serving{t: s.t, cmd: c, base: strings.TrimSpace(line[at:])}
	s.t.Cleanup(func() { _ = c.Process.Kill() })
	return v
}

func (v *serving) get(path string) (int, string) {
	v.t.Helper()
	r, err := http.Get(v.base + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// await asks until a page holds a text.
func (v *serving) await(path, text string) string {
	v.t.Helper()
	body := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, body = v.get(path); strings.Contains(body, text) {
			return body
		}
	}
	v.t.Fatalf("%s never said %q: %s", path, text, body)
	return ""
}

// stop asks it to stop and waits; a stop takes five seconds at most.
func (v *serving) stop() {
	v.t.Helper()
	began := time.Now()
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Fatal(err)
	}
	err := v.cmd.Wait()
	if took := time.Since(began); took > 5*time.Second {
		v.t.Errorf("it took %s to stop", took)
	}
	if err != nil && v.cmd.ProcessState.ExitCode() != 130 {
		v.t.Errorf("it ended with %v", err)
	}
}

func TestServe(t *testing.T) {
	s := newSite(t, "serve")
	s.feed(4_000)
	v := s.serve()
	if code, _ := v.get("/healthz"); code != http.StatusOK {
		t.Errorf("healthz %d", code)
	}
	v.await("/readyz", "ok")
	page := v.await("/", "rectification_trend.csv")
	for _, want := range []string{"取数：requests", "正常", "export run trends", "2025Q4"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if metrics := v.await("/metrics", `huiliu_scheduled_total{name="export run trends",outcome="ok"} 1`); !strings.Contains(metrics, `huiliu_records_total{fate="read",source="requests"}`) {
		t.Error("records are not counted")
	}
	files, err := filepath.Glob(s.path("var", "exports", "trends", "*", "rectification_trend.csv"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	rel, _ := filepath.Rel(s.path("var"), files[0])
	if code, body := v.get("/files/" + filepath.ToSlash(rel)); code != http.StatusOK || !strings.HasPrefix(body, "\ufeff") {
		t.Errorf("the export can't be fetched: %d %.80q", code, body)
	}
	for _, path := range []string{"/files/store/huiliu.duckdb", "/files/key/site.key", "/files/reports/../store/huiliu.duckdb", "/files/exports/%2e%2e/store/huiliu.duckdb", "/files/exports/../../key", "/files//etc/passwd", "/files/exports", "/asset/x/page.html"} {
		if code, body := v.get(path); code == http.StatusOK {
			t.Errorf("%s is given out: %.80q", path, body)
		}
	}
	foreign, err := http.NewRequest(http.MethodPost, v.base+"/draft", strings.NewReader(url.Values{"period": {"2025Q4"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if r, err := http.DefaultClient.Do(foreign); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("another site's form: %v, %v", r, err)
	}
	if r, err := http.PostForm(v.base+"/draft", url.Values{"period": {"2025Q4"}}); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("the button: %v, %v", r, err)
	}
	v.await("/", "-2025Q4.docx")
	v.review(s)
	// A command that writes is done by the owner, and its own answer comes back.
	c, out := s.start("build")
	if err := c.Wait(); err != nil || !strings.Contains(out.String(), "snapshot") {
		t.Errorf("build beside serve: %v %s", err, out)
	}
	if c, out := s.start("serve"); c.Wait() == nil || !strings.Contains(out.String(), "store_owned") {
		t.Errorf("a second serve: %s", out)
	}
	v.stop()
	if _, err := os.Stat(s.path("var", "serve.sock")); err == nil {
		t.Error("the socket is left")
	}
	s.must("build")
}

// review: what is decided on the page of review is in the store, told by the
// next snapshot; what can't be decided says why, in Chinese.
func (v *serving) review(s *site) {
	v.t.Helper()
	rows := s.rows("SELECT row_id FROM core.link WHERE entity = 'person' ORDER BY row_id LIMIT 2")
	decide := func(a, b string) (int, string) {
		r, err := http.PostForm(v.base+"/review", url.Values{"by": {"王工"}, "note7": {"--电话核实"}, "decision": {"apart 7"}, "of7": {"person"}, "a7": {a}, "b7": {b}})
		if err != nil {
			v.t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			v.t.Fatal(err)
		}
		return r.StatusCode, string(body)
	}
	if code, body := decide(rows[0][0], rows[1][0]); code != http.StatusOK {
		v.t.Errorf("a decision: %d %s", code, body)
	}
	if code, body := decide(rows[0][0], "--nothing"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "没有以 person 关联过的行") {
		v.t.Errorf("a decision on a row that never was: %d %s", code, body)
	}
	s.must("build")
	want := [][]string{{"person", rows[0][0], rows[1][0], "apart", "王工", "true"}}
	if diff := cmp.Diff(want, s.rows("SELECT entity, row_a, row_b, decision, decided_by, note = '--电话核实' FROM ops.link_decision")); diff != "" {
		v.t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if _, body := v.get("/review"); !strings.Contains(body, "--电话核实") {
		v.t.Errorf("the page does not tell the decision:\n%s", body)
	}
}

// Stopped at any moment, serve goes on where it stood, and in the end
// publishes what an undisturbed run does.
func TestServeIsStopped(t *testing.T) {
	calm := newSite(t, "stop")
	calm.feed(12_000)
	started := time.Now()
	calm.must("run")
	span := time.Since(started)
	want := calm.published()
	wild := newSite(t, "stop")
	wild.feed(12_000)
	for range 4 {
		v := wild.serve()
		time.Sleep(time.Duration(rand.Int64N(int64(span))))
		v.stop()
	}
	wild.must("run")
	if d := cmp.Diff(want, wild.published()); d != "" {
		t.Error(d)
	}
}
