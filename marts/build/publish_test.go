package build

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/marts/query"
	"huiliu/marts/store"
)

// With HUILIU_BUILD_CHILD set, the test binary is a process that builds one
// snapshot after the other until it is killed, or, with HUILIU_BUILD_ROOM, one
// that finds no room for a file of more bytes.
func TestMain(m *testing.M) {
	if dir := os.Getenv("HUILIU_BUILD_CHILD"); dir != "" {
		if err := buildForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func buildForever(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		return err
	}
	if room, err := strconv.ParseUint(os.Getenv("HUILIU_BUILD_ROOM"), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
			return err
		}
		_, err := Build(ctx, Input{Store: s, Dir: filepath.Join(dir, "snapshots"), AsOf: day.AddDate(1, 0, 0), Site: "x"})
		fmt.Println(store.Full.Is(err), err)
		os.Exit(0)
	}
	fmt.Println("building")
	for days := rand.IntN(10000); ; days++ {
		in := Input{Store: s, Dir: filepath.Join(dir, "snapshots"), AsOf: day.AddDate(0, 0, days), Site: "x"}
		if _, err := Build(ctx, in); err != nil {
			return err
		}
	}
}

var day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Values that only the store may hold.
const (
	clearValue = "CLEAR-440102199001011234"
	tokenValue = "TOKEN-0f1e2d3c"
)

// filled is a store with a few thousand rows in several months, personal
// values sealed and as pseudonyms.
func filled(t *testing.T, rows int, o store.Options) *store.Store {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		fmt.Sprintf(`INSERT INTO store.load.service_request (id, source, source_table, requested_on, requested_at, closed_on, category_1, community, reporter_token, reporter_mask, h3_8, lat, long, place_state, _key, _page, _row, _sealed)
			SELECT 'h:' || i, 'h', 't', DATE '2025-01-01' + (i %% 200)::INTEGER, TIMESTAMP '2025-01-01' + to_days((i %% 200)::INTEGER), CASE WHEN i %% 3 > 0 THEN DATE '2025-01-03' + (i %% 200)::INTEGER END,
				'类' || (i %% 7), '社区' || (i %% 5), '%[2]s' || i, '王**', 100 + i %% 40, 22 + i %% 10 / 100, 114.0, 'ok', i, i // 100, i, '%[3]s'::BLOB FROM range(%[1]d) r(i)`, rows, tokenValue, clearValue),
		fmt.Sprintf(`INSERT INTO store.load.person (id, source, source_table, identity_no_token, identity_no_mask, identity_valid, name_token, name_mask, community_code, updated_at, _key, _page, _row, _sealed)
			SELECT 'p:' || i, 'p', 't', '%[1]s-' || (i // 2), '4401**********1234', i %% 4 < 2, '%[1]s', '王*', '1', TIMESTAMP '2025-01-01', i, 1, i, '%[2]s'::BLOB FROM range(400) r(i)`, tokenValue, clearValue),
		"INSERT INTO store.load.link_row (kind, id, stamp, node, entity_id, rule, probability) SELECT 'person', id, 1, 1, 'p-' || id, 'alone', 1 FROM store.load.person UNION ALL SELECT 'issue', id, 1, 0, 'i-' || id, 'alone', 1 FROM store.load.service_request",
		`INSERT INTO store.load.area (id, source, source_table, area_code, name, level, place_state, _key, _page, _row) SELECT 'a:' || i, 'a', 't', i::VARCHAR, '社区' || i, 'community', 'none', i, 2, i FROM range(5) r(i)`,
	} {
		if _, err := s.DB().ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func built(t *testing.T, s *store.Store, dir string) Result {
	t.Helper()
	r, err := Build(context.Background(), Input{Store: s, Dir: dir, AsOf: day, Site: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Two stores of the same rows give the same digests and the same bytes of
// every Parquet part, however many threads work; there are rows for two of
// DuckDB's row groups (122,880), so that threads share them.
func TestBuildsAreEqual(t *testing.T) {
	var digests []string
	parts := map[string]int{}
	for _, threads := range []int{1, 4} {
		dir := t.TempDir()
		r := built(t, filled(t, 125_000, store.Options{Threads: threads}), dir)
		text := ""
		for _, table := range r.Tables {
			text += table.Name + table.Digest + "\n"
			for _, p := range table.Parts {
				parts[p]++
			}
		}
		digests = append(digests, text)
	}
	if digests[0] != digests[1] {
		t.Errorf("one thread and four differ:\n%s\n%s", digests[0], digests[1])
	}
	for p, n := range parts {
		if n != 2 {
			t.Errorf("%s came of %d builds", p, n)
		}
	}
}

// What is published holds no pseudonym and nothing that was sealed, and no
// role sees another's tables.
func TestSnapshotsHoldNoSecret(t *testing.T) {
	dir := t.TempDir()
	built(t, filled(t, 500, store.Options{}), dir)
	ctx := context.Background()
	for _, role := range Roles {
		d, err := query.Open(ctx, dir, role)
		if err != nil {
			t.Fatal(err)
		}
		tables := strings.Join(d.Tables(), " ")
		if core := strings.Contains(tables, "core."); core == (role == "district") {
			t.Errorf("%s sees %s", role, tables)
		}
		for _, table := range d.Tables() {
			rows, err := d.Query(ctx, "SELECT * FROM "+table)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if err := query.WriteJSON(&out, rows); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{tokenValue, clearValue, "_token", "_sealed", `"_`} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%s: %s shows %s", role, table, secret)
				}
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), tokenValue) || strings.Contains(string(raw), clearValue) {
			t.Errorf("%s holds a secret", path)
		}
		if strings.HasPrefix(filepath.Base(path), ".") || strings.HasSuffix(path, ".wal") || strings.Contains(path, "work.duckdb") {
			t.Errorf("%s is left over", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The totals of what the district gets are those of the office, where
// nothing was withheld, and nothing small is there.
func TestTheDistrictGetsNoSmallCount(t *testing.T) {
	dir := t.TempDir()
	built(t, filled(t, 700, store.Options{}), dir)
	d, err := query.Open(context.Background(), dir, "district")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for text, want := range map[string]string{
		"SELECT count(*) FROM mart.rectification_trend WHERE least(opened, closed, on_time, overdue, reopened, backlog) BETWEEN 1 AND 4 OR period_kind = 'week'": "0",
	} {
		rows, err := d.Query(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := query.WriteTable(&out, rows, 0); err != nil || !strings.HasSuffix(strings.TrimSpace(out.String()), want) {
			t.Errorf("%s: %s %v", text, out.String(), err)
		}
	}
}

// A part that did not change is the same file in the next snapshot.
func TestUnchangedPartsAreLinked(t *testing.T) {
	s, dir := filled(t, 1000, store.Options{}), t.TempDir()
	first := built(t, s, dir)
	if _, err := s.DB().Exec(`INSERT INTO store.load.service_request (id, source, source_table, requested_on, _key, _page, _row) VALUES ('new', 'h', 't', '2025-02-01', 1, 9, 1);
		INSERT INTO store.load.link_row (kind, id, stamp, node, entity_id, rule, probability) VALUES ('issue', 'new', 1, 0, 'i-new', 'alone', 1);
		INSERT INTO store.load.ledger VALUES ('h', 't', 'r', 9, 'live', 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)`); err != nil {
		t.Fatal(err)
	}
	second := built(t, s, dir)
	if second.Skipped || first.Snapshot == second.Snapshot {
		t.Fatalf("a new row gives no new snapshot: %+v", second)
	}
	same, other := 0, 0
	for i, table := range second.Tables {
		if table.Name != "core.service_request" {
			continue
		}
		for k, p := range table.Parts {
			if first.Tables[i].Parts[k] != p {
				other++
				continue
			}
			a, err1 := os.Stat(filepath.Join(dir, first.Snapshot, "office", p))
			b, err2 := os.Stat(filepath.Join(dir, second.Snapshot, "analyst", p))
			if err1 != nil || err2 != nil || !os.SameFile(a, b) {
				t.Errorf("%s was written again", p)
			}
			same++
		}
	}
	if other != 1 || same != 6 {
		t.Errorf("%d parts are the same, %d others", same, other)
	}
}

// Old snapshots go, one that somebody reads stays.
func TestPruneLeavesWhatIsRead(t *testing.T) {
	s, dir := filled(t, 100, store.Options{}), t.TempDir()
	in := Input{Store: s, Dir: dir, AsOf: day, Site: "x"}
	first, err := Build(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := query.Open(context.Background(), dir, "analyst")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for range keep + 2 {
		in.AsOf = in.AsOf.AddDate(0, 0, 1)
		if _, err := Build(context.Background(), in); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !exists(filepath.Join(dir, first.Snapshot)) || len(entries) != keep+1+len([]string{"current", "ops"}) {
		t.Errorf("there are %v", entries)
	}
	rows, err := reader.Query(context.Background(), "SELECT count(*) FROM core.service_request")
	if err != nil {
		t.Fatal(err)
	}
	rows.Close()
}

// A builder that is killed at any instant leaves a whole snapshot as the
// current one, and the next build sweeps what it left.
func TestKilledBuilds(t *testing.T) {
	s := filled(t, 3000, store.Options{})
	store, dir := s.Dir(), filepath.Join(s.Dir(), "snapshots")
	built(t, s, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "HUILIU_BUILD_CHILD="+store)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "building\n" {
			t.Fatal(line, err)
		}
		time.Sleep(time.Duration(chance.IntN(2000)) * time.Millisecond)
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		wholeSnapshot(t, dir, fmt.Sprintf("kill %d", i))
	}
	again := filledAgain(t, store)
	built(t, again, dir)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s is left over", e.Name())
		}
	}
}

// A disk without room is a coded fault, and nothing is half-published.
func TestNoRoom(t *testing.T) {
	s := filled(t, 20_000, store.Options{})
	dir, snapshots := s.Dir(), filepath.Join(s.Dir(), "snapshots")
	built(t, s, snapshots)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{"4096", "65536", "300000"} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "HUILIU_BUILD_CHILD="+dir, "HUILIU_BUILD_ROOM="+room)
		out, err := child.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "true") {
			t.Errorf("%s bytes: %s %v", room, out, err)
		}
		wholeSnapshot(t, snapshots, room+" bytes")
		if left, _ := filepath.Glob(filepath.Join(snapshots, ".building-*")); len(left) > 0 {
			t.Errorf("%s bytes: left %v", room, left)
		}
	}
}

func filledAgain(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// wholeSnapshot reads every table of every role of the current snapshot and
// compares its digest with the manifest's.
func wholeSnapshot(t *testing.T, dir, when string) {
	t.Helper()
	ctx := context.Background()
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, role := range Roles {
		folder := filepath.Join(dir, "current", role)
		m, ok := readManifest(folder)
		if !ok || len(m.Tables) == 0 {
			t.Fatalf("%s: the current snapshot of %s has no manifest", when, role)
		}
		if _, err := conn.ExecContext(ctx, "ATTACH "+store.Quote(filepath.Join(folder, "huiliu.duckdb"))+" AS p (READ_ONLY)"); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		for _, table := range m.Tables {
			from := "p." + table.Name
			if len(table.Parts) > 0 {
				var files []string
				for _, p := range table.Parts {
					files = append(files, store.Quote(filepath.Join(folder, p)))
				}
				from = "read_parquet([" + strings.Join(files, ", ") + "])"
			}
			got, err := Digest(ctx, conn, from, table.Columns)
			if err != nil || got != table.Digest {
				t.Errorf("%s: %s for %s: digest %s, the manifest says %s, %v", when, table.Name, role, got, table.Digest, err)
			}
		}
		if _, err := conn.ExecContext(ctx, "DETACH p"); err != nil {
			t.Fatal(err)
		}
	}
}
