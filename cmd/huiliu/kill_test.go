package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"huiliu/marts/build"
	"huiliu/marts/query"
)

// With HUILIU_CHILD set the test binary is huiliu itself, so that a test can
// kill the real program at any instant.
func TestMain(m *testing.M) {
	if os.Getenv("HUILIU_CHILD") != "" {
		os.Exit(process(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// program is what tests run and kill: the program that HUILIU_PROGRAM names, in
// CI the one that users get, else the test binary. Under the race detector that
// runs several times slower and tells races to nobody once it is killed; those
// of whole runs are looked for in serve.
func program() string {
	if path := os.Getenv("HUILIU_PROGRAM"); path != "" {
		return path
	}
	return os.Args[0]
}

// site is a folder with feeds, a key and a configuration.
type site struct {
	t    *testing.T
	dir  string
	env  []string
	asOf string
}

func newSite(t *testing.T, id string) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), asOf: "2026-01-01"}
	s.write("key", strings.Repeat("0123456789abcdef", 4)+"\n", 0o600)
	s.write("huiliu.yaml", strings.ReplaceAll(killConfig, "SITE", id), 0o644)
	s.env = []string{"HUILIU_CHILD=1", "HUILIU_KEY_FILE=" + s.path("key"), "FEEDS=" + s.path("feeds"), "HUILIU_LANG=en"}
	return s
}

const killConfig = `
site: {id: SITE, zone: Asia/Shanghai}
sources:
  - id: requests
    every: "* * * * *"
    connector: files
    connection: {root: "${FEEDS}/requests"}
    tables:
      - name: request
        change: upsert
        key: [id]
        version: updated
        read: {path: "*.csv"}
        maps:
          - entity: service_request
            when: [{field: title, not: [skip]}]
            fields: {request_no: id, title: title, requested: asked, updated: updated, category_1: category, reporter_phone: phone, reporter: caller}
            events: {requested: asked}
  - id: houses
    every: "* * * * *"
    connector: files
    connection: {root: "${FEEDS}/houses"}
    tables:
      - name: building
        change: snapshot
        key: [no]
        read: {path: "houses_*.csv", order: date, date: "houses_{20060102}.csv"}
        maps:
          - {entity: building, fields: {building_no: no, name: name, safety_grade: grade}}
exports:
  - {name: trends, tables: [mart.rectification_trend], formats: [csv]}
schedule:
  - {every: "0 0 1 1 *", do: export run trends}
`

func (s *site) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

func (s *site) write(name, text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// feed writes files with new, changed, repeated and broken rows, and three
// snapshots of houses in which some vanish and one returns.
func (s *site) feed(rows int) {
	d := rand.New(rand.NewPCG(1, 2))
	for file := range 4 {
		var out bytes.Buffer
		out.WriteString("id,title,asked,updated,category,phone,caller\n")
		for range rows / 4 {
			id := d.IntN(rows * 3 / 4)
			title := fmt.Sprintf("第%d件", d.IntN(9))
			if id%50 == 0 {
				title = "skip"
			}
			fmt.Fprintf(&out, "%d,%s,2025-%02d-%02d 10:00:00,2025-12-01 00:%02d:%02d,类别%d,1380000%04d,张%d\n", id, title, 1+id%12, 1+id%28, d.IntN(60), d.IntN(60), id%7, id%10000, id%100)
			if id%997 == 0 {
				out.WriteString("broken row\n")
			}
		}
		s.write(fmt.Sprintf("feeds/requests/%d.csv", file), out.String(), 0o644)
	}
	for day, skip := range []int{7, 5, 7} {
		var out bytes.Buffer
		out.WriteString("no,name,grade\n")
		for n := range 3000 {
			if n%skip != 0 {
				fmt.Fprintf(&out, "B%d,楼%d,%c\n", n, n, 'A'+(n+day)%4)
			}
		}
		s.write(fmt.Sprintf("feeds/houses/houses_2025010%d.csv", day+1), out.String(), 0o644)
	}
}

// start starts the program.
func (s *site) start(args ...string) (*exec.Cmd, *bytes.Buffer) {
	s.t.Helper()
	c := exec.Command(program(), append(args, "--config", s.path("huiliu.yaml"), "--store", s.path("var"), "--as-of", s.asOf, "-q")...)
	c.Env = append(os.Environ(), s.env...)
	out := &bytes.Buffer{}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	return c, out
}

// must runs the program to its end. A single Kafka node may be down at the
// moment, killed by another package's test: then it is tried again.
func (s *site) must(args ...string) {
	s.t.Helper()
	for try := 0; ; try++ {
		c, out := s.start(args...)
		err := c.Wait()
		switch {
		case err == nil:
			return
		case try < 60 && strings.Contains(out.String(), "[kafka_unreachable]"):
			time.Sleep(500 * time.Millisecond)
		default:
			s.t.Fatalf("huiliu %v: %v\n%s", args, err, out)
		}
	}
}

// killAfter runs the program and kills it after a pause, if it still runs.
func (s *site) killAfter(pause time.Duration, args ...string) (killed bool) {
	s.t.Helper()
	c, out := s.start(args...)
	timer := time.AfterFunc(pause, func() { _ = c.Process.Kill() })
	err := c.Wait()
	timer.Stop()
	if err != nil && c.ProcessState.ExitCode() >= 0 {
		s.t.Fatalf("huiliu %v failed by itself: %v\n%s", args, err, out)
	}
	return err != nil
}

// published is the digest of every published table, and the ledger in sum.
func (s *site) published() map[string]string {
	s.t.Helper()
	raw, err := os.ReadFile(s.path("var", "snapshots", "current", "office", "manifest.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var m build.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, t := range m.Tables {
		out[t.Name] = fmt.Sprintf("%d rows %s", t.Rows, t.Digest)
	}
	ctx := context.Background()
	d, err := query.Open(ctx, s.path("var", "snapshots"), "office")
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.Query(ctx, `SELECT source, sum(read) AS read, sum(new) AS new, sum(changed) AS changed, sum(unchanged) AS unchanged, sum(superseded) AS superseded, sum(deleted) AS deleted,
		sum(quarantined) AS quarantined, sum(filtered) AS filtered, sum(vanished) AS vanished FROM ops.ledger GROUP BY ALL ORDER BY source`)
	if err != nil {
		s.t.Fatal(err)
	}
	var ledger bytes.Buffer
	if err := query.WriteCSV(&ledger, rows); err != nil {
		s.t.Fatal(err)
	}
	out["ledger"] = ledger.String()
	return out
}

// kills is how often a test kills: some on a machine of a person, more in CI,
// many in the soak.
func kills() int {
	switch {
	case os.Getenv("HUILIU_SOAK") != "":
		return 200
	case os.Getenv("CI") == "true":
		return 30
	}
	return 6
}

// A run that is killed at any instant, however often, ends in what an
// undisturbed run publishes, and its ledger says the same.
func TestKilledRunsEndTheSame(t *testing.T) {
	calm := newSite(t, "kill")
	calm.feed(24_000)
	started := time.Now()
	calm.must("run")
	span := time.Since(started)
	want := calm.published()
	if !strings.Contains(want["ledger"], "requests,") || strings.Contains(want["core.service_request"], "0 rows") {
		t.Fatalf("the undisturbed run is empty: %v", want)
	}

	wild := newSite(t, "kill")
	wild.feed(24_000)
	died, tries := 0, 0
	for ; died < kills() && tries < 5*kills(); tries++ {
		if err := os.RemoveAll(wild.path("var")); err != nil {
			t.Fatal(err)
		}
		// A store lives until a run on it is left in peace, or for five kills.
		for range 5 {
			if !wild.killAfter(time.Duration(rand.Int64N(int64(span))), "run") {
				break
			}
			died++
		}
		wild.must("run")
		if d := cmp.Diff(want, wild.published()); d != "" {
			t.Fatalf("after %d kills in %d stores: %s", died, tries+1, d)
		}
	}
	t.Logf("%d kills in %d stores", died, tries)
	if died < kills() {
		t.Errorf("only %d kills hit a running process", died)
	}
}

// The same with puller and loader as two processes and a real cluster between
// them, whose brokers die too where there are three.
func TestKilledProcessesOnARealCluster(t *testing.T) {
	for name, nodes := range map[string]int{"HUILIU_TEST_KAFKA": 1, "HUILIU_TEST_KAFKA3": 3} {
		t.Run(name, func(t *testing.T) {
			brokers := os.Getenv(name)
			if brokers == "" {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%s is not set: CI starts a real Kafka and names it there", name)
				}
				t.Skipf("set %s to the addresses of a Kafka cluster (`.ci/servers.sh start` starts one)", name)
			}
			calm := newSite(t, "calm")
			calm.feed(8_000)
			calm.must("run")
			want := calm.published()
			wild := newSite(t, "k"+strconv.FormatInt(time.Now().UnixNano(), 36))
			wild.feed(8_000)
			wild.env = append(wild.env, "KAFKA_BROKERS="+brokers)
			wild.must("load")
			for round := range max(3, kills()/5) {
				wild.twoProcesses(round, nodes)
			}
			wild.must("pull")
			wild.must("load")
			wild.must("build")
			got := wild.published()
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// twoProcesses lets a puller and a loader work for a while and kills one or
// the other, or a broker between them.
func (s *site) twoProcesses(round, nodes int) {
	s.t.Helper()
	loader, _ := s.start("load", "--follow")
	puller, out := s.start("pull")
	pause := time.Duration(200+rand.IntN(2000)) * time.Millisecond
	control := os.Getenv("HUILIU_TEST_KAFKA_CTL")
	switch {
	case round%3 == 2 && nodes == 3 && control != "":
		node := strconv.Itoa(1 + rand.IntN(3))
		time.Sleep(pause)
		s.control(control, "kill", node)
		if err := puller.Wait(); err != nil {
			s.t.Errorf("the puller did not outlive a broker of three: %v\n%s", err, out)
		}
		s.control(control, "begin", node)
	case round%2 == 0:
		time.Sleep(pause)
		_ = puller.Process.Kill()
		_ = puller.Wait()
	default:
		time.Sleep(pause)
	}
	_ = loader.Process.Kill()
	_ = loader.Wait()
	_ = puller.Process.Kill()
	_ = puller.Wait()
}

func (s *site) control(script string, args ...string) {
	s.t.Helper()
	fields := append(strings.Fields(script), args...)
	if out, err := exec.Command(fields[0], fields[1:]...).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %v\n%s", fields, err, out)
	}
}
