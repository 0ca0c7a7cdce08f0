package main

import (
	"database/sql"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	_ "modernc.org/sqlite"

	"huiliu/fixtures/city"
)

// A city's departments that tell of residents, in which some birth dates and
// names are planted wrong. More seeds and sizes take the long tests.
func TestGoldenValues(t *testing.T) {
	cities := []city.Config{{Residents: 2000, Years: 2, Seed: 7}}
	if os.Getenv("HUILIU_SOAK") != "" {
		cities = append(cities, city.Config{Residents: 1000, Years: 1, Seed: 8}, city.Config{Residents: 5000, Years: 3, Seed: 9}, city.Config{Residents: 20000, Years: 2, Seed: 10})
	}
	for _, c := range cities {
		s, dir := siteOf(t, c)
		raw, err := os.ReadFile(s.path("huiliu.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		// Its jobs draw requests, which are not read here.
		text, _, _ := strings.Cut(string(raw), "\nschedule:")
		s.write("huiliu.yaml", text+"\n", 0o644)
		command, out := s.start("run", "--select", "ref,gongan,minzheng,weijian,renshe,canlian")
		if err := command.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		checkGolden(t, s, dir)
		checkVerdictOnValues(t, s)
	}
}

// checkVerdictOnValues: a disagreement is judged like any finding, keeps its
// number through the next build and counts for its rule.
func checkVerdictOnValues(t *testing.T, s *site) {
	t.Helper()
	before := s.rows("SELECT finding FROM mart.crosscheck WHERE rule = 'identity_disagrees' ORDER BY ALL")
	s.must("warning", "judge", before[0][0], "right", "--by", "王工")
	s.must("build")
	if d := cmp.Diff(before, s.rows("SELECT finding FROM mart.crosscheck WHERE rule = 'identity_disagrees' ORDER BY ALL")); d != "" {
		t.Errorf("findings have other numbers after a build: %s", d)
	}
	if got := s.rows("SELECT judged_right, findings - unjudged FROM mart.early_warning WHERE rule = 'identity_disagrees'"); len(got) != 1 || got[0][0] != "1" || got[0][1] != "1" {
		t.Errorf("the rule says %v", got)
	}
}

// stated is a row of a department: whose it is in truth, and what it says.
type stated struct {
	source, entity, birth, name string
	of                          city.Resident
}

// checkGolden holds what the marts say of birth dates and names to who the
// residents really are.
func checkGolden(t *testing.T, s *site, dir string) {
	t.Helper()
	rows := statedRows(t, s, dir)
	checkDisagreements(t, s, rows)
	checkBirths(t, s, rows)
	if bad := s.rows("SELECT column_name FROM (DESCRIBE core.golden) WHERE column_name LIKE '%token%'"); len(bad) > 0 {
		t.Errorf("pseudonyms left the house: %v", bad)
	}
}

// statedRows are the linked rows, by id.
func statedRows(t *testing.T, s *site, dir string) map[string]*stated {
	t.Helper()
	residents := map[string]city.Resident{}
	c, err := city.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.EachResident(func(r city.Resident) error {
		residents[r.Entity] = r
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	whose := map[string]city.Resident{}
	for _, l := range truthLines(t, dir, "person.csv") {
		whose[l[1]+"."+l[2]+":"+l[3]] = residents[l[0]]
	}
	rows := map[string]*stated{}
	for _, l := range s.rows("SELECT entity_id, row_id FROM core.link WHERE entity = 'person' ORDER BY ALL") {
		if of, ok := whose[l[1]]; ok {
			source, _, _ := strings.Cut(l[1], ".")
			rows[l[1]] = &stated{source: source, entity: l[0], of: of}
		}
	}
	for id, birth := range rawBirths(t, s, dir) {
		if r := rows[id]; r != nil {
			r.birth = birth
		}
	}
	for id, name := range rawNames(t, dir) {
		if r := rows[id]; r != nil {
			r.name = name
		}
	}
	// Who has somebody else's valid number is another matter than a wrong
	// value: entities of one resident alone are looked at.
	mixed, one := map[string]bool{}, map[string]string{}
	for _, r := range rows {
		if before, ok := one[r.entity]; ok && before != r.of.Entity {
			mixed[r.entity] = true
		}
		one[r.entity] = r.of.Entity
	}
	for id, r := range rows {
		if mixed[r.entity] {
			delete(rows, id)
		}
	}
	return rows
}

// rawBirths are the birth dates that departments say: of the register by its
// database, of the others as they were read.
func rawBirths(t *testing.T, s *site, dir string) map[string]string {
	t.Helper()
	out := readDatabase(t, filepath.Join(dir, "feeds", "gongan", "gongan.db"), "gongan.resident:", "SELECT id, csrq FROM resident")
	for _, l := range s.rows("SELECT id, birth_date FROM core.benefit WHERE birth_date IS NOT NULL") {
		out[l[0]] = l[1]
	}
	return out
}

// rawNames are the names that departments say, in their own feeds.
func rawNames(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := readDatabase(t, filepath.Join(dir, "feeds", "gongan", "gongan.db"), "gongan.resident:", "SELECT id, xm FROM resident")
	for _, table := range []string{"subsistence", "elderly_meal", "elderly_care"} {
		for id, name := range readDatabase(t, filepath.Join(dir, "feeds", "minzheng", "minzheng.db"), "minzheng."+table+":", "SELECT id, name FROM "+table) {
			out[id] = name
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "feeds", "weijian", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no feed of contracts", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(simplifiedchinese.GB18030.NewDecoder().Reader(f))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		lines, err := r.ReadAll()
		if f.Close(); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if len(l) == 15 { // a broken line has another number of fields
				out["weijian.contract:"+l[0]] = l[1]
			}
		}
	}
	return out
}

// readDatabase reads pairs of key and text.
func readDatabase(t *testing.T, path, prefix, query string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	out := map[string]string{}
	for found.Next() {
		var key string
		var text sql.NullString
		if err := found.Scan(&key, &text); err != nil {
			t.Fatal(err)
		}
		out[prefix+key] = text.String
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *stated) wrongBirth() bool {
	return r.birth != "" && r.birth != r.of.Birth.Format(time.DateOnly)
}

// wrongName looks through white space, as the marts do.
func (r *stated) wrongName() bool {
	return r.name != "" && strings.Join(strings.Fields(r.name), "") != r.of.Name
}

// checkDisagreements: what is planted wrong is found where another department
// says it right, and what is found is wrong on one side.
func checkDisagreements(t *testing.T, s *site, rows map[string]*stated) {
	t.Helper()
	type line struct{ row, label string }
	found := map[line]bool{}
	counts := map[string]int{}
	for _, f := range s.rows("SELECT row_a, evidence_b, said_b, certainty, explanation FROM mart.crosscheck WHERE rule = 'identity_disagrees'") {
		label, _, _ := strings.Cut(f[2], "：")
		found[line{f[1], label}] = true
		counts["found "+label]++
		if !strings.Contains(f[4], "取") {
			t.Errorf("%v does not say whom it takes", f)
		}
		a, b := rows[f[0]], rows[f[1]]
		if a == nil || b == nil || label == "姓名" && (a.name == "" || b.name == "") {
			continue // two residents with one number, or a feed not looked at
		}
		if wrong := map[string]bool{"出生日期": a.wrongBirth() || b.wrongBirth(), "姓名": a.wrongName() || b.wrongName(), "性别": false, "身份证号": strings.Contains(f[4], "未通过校验")}[label]; !wrong {
			t.Errorf("%v: both are right", f)
		}
	}
	// A department speaks by its latest row; where it has one alone, that one.
	alone, registered := map[[2]string]int{}, map[string]bool{}
	for _, r := range rows {
		alone[[2]string{r.entity, r.source}]++
		registered[r.entity] = registered[r.entity] || r.source == "gongan" && !r.wrongName() && !r.wrongBirth()
	}
	for id, r := range rows {
		if r.source == "gongan" || !registered[r.entity] || alone[[2]string{r.entity, "gongan"}] != 1 || alone[[2]string{r.entity, r.source}] != 1 {
			continue
		}
		for label, wrong := range map[string]bool{"出生日期": r.wrongBirth(), "姓名": r.wrongName()} {
			if wrong {
				counts["planted "+label]++
			}
			if label == "姓名" && r.name == "" {
				continue
			}
			if wrong != found[line{id, label}] {
				t.Errorf("%s: %s is wrong: %v, found: %v", id, label, wrong, !wrong)
			}
		}
	}
	if counts["planted 出生日期"] == 0 || counts["planted 姓名"] == 0 {
		t.Errorf("nothing is planted: %v", counts)
	}
	t.Logf("disagreements: %v", counts)
}

// checkBirths: golden birth dates are right for more residents than those of
// any single source, and no worse than the best where both speak.
func checkBirths(t *testing.T, s *site, rows map[string]*stated) {
	t.Helper()
	truth, right, given := map[string]string{}, map[string]int{}, map[string]int{}
	latest := map[string]map[string]bool{}
	for _, r := range rows {
		truth[r.entity] = r.of.Birth.Format(time.DateOnly)
		if r.birth == "" {
			continue
		}
		if latest[r.source] == nil {
			latest[r.source] = map[string]bool{}
		}
		// One right row is enough: this is the most that can be said for it.
		latest[r.source][r.entity] = latest[r.source][r.entity] || !r.wrongBirth()
	}
	for source, people := range latest {
		for _, ok := range people {
			given[source]++
			if ok {
				right[source]++
			}
		}
	}
	golden, of := 0, 0
	for _, l := range s.rows("SELECT entity_id, value FROM core.golden WHERE entity = 'person' AND attribute = 'birth_date'") {
		if want, ok := truth[l[0]]; ok {
			of++
			if l[1] == want {
				golden++
			}
		}
	}
	for source, n := range right {
		if golden <= n {
			t.Errorf("golden birth dates are right for %d residents, those of %s for %d", golden, source, n)
		}
	}
	t.Logf("birth dates right: golden %d of %d; by source %v of %v", golden, of, right, given)
}
