package heatmap

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"huiliu/internal/geo"
	"huiliu/marts/build"
	"huiliu/marts/query"
	"huiliu/marts/store"
)

var day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// publish builds and publishes a store of rows made by statements into a
// folder of snapshots; threads is how many work, 0 for as many as there are.
func publish(dir string, threads int, statements ...string) (err error) {
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "store"), store.Options{Threads: threads})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// What the linkage would have said: requests of one category at one numbered
	// building, or at one point on one day, are one issue; all other rows stand
	// alone.
	linked := `INSERT INTO store.load.link_row (kind, id, stamp, node, entity_id, rule, probability)
		SELECT 'issue', id, 1, 0, 'i-' || coalesce(building_no, CASE WHEN place_state = 'ok' THEN concat_ws('/', category_1, requested_on, lat) END, id), 'model', 1 FROM store.load.service_request UNION ALL
		SELECT 'person', id, 1, 0, 'p-' || id, 'alone', 1 FROM store.load.person`
	for _, q := range append(statements, linked) {
		if _, err := s.DB().ExecContext(ctx, q); err != nil {
			return err
		}
	}
	_, err = build.Build(ctx, build.Input{Store: s, Dir: filepath.Join(dir, "snapshots"), AsOf: day, Site: "x", Steps: []build.Step{Step{}}})
	return err
}

// published is publish for one test.
func published(t *testing.T, statements ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := publish(dir, 0, statements...); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "snapshots")
}

// many is a folder of snapshots of many requests, built once for all tests.
var many string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "huiliu-heatmap-")
	if err == nil {
		err = publish(dir, 4, requests(9000)...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	many = filepath.Join(dir, "snapshots")
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func open(t *testing.T, dir, role string) *query.DB {
	t.Helper()
	d, err := query.Open(context.Background(), dir, role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// ask returns an answer as CSV without its head.
func ask(t *testing.T, d *query.DB, text string) string {
	t.Helper()
	rows, err := d.Query(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := query.WriteCSV(&out, rows); err != nil {
		t.Fatal(err)
	}
	_, answer, _ := strings.Cut(strings.ReplaceAll(out.String(), "\r", ""), "\n")
	return strings.TrimSpace(answer)
}

// requests are statements for n rows: seven categories, five communities, nine
// cells, six months; every tenth has no place, every third row is about the
// same matter as the one before.
func requests(n int) []string {
	var cells []string
	for i := range 9 {
		cell := geo.Cell(22.7+float64(i)/200, 114.33)
		cells = append(cells, fmt.Sprintf("(%d, %d, %d)", i, geo.Parent(cell, 8), cell))
	}
	return []string{
		fmt.Sprintf(`INSERT INTO store.load.service_request (id, source, source_table, requested_on, category_1, community, community_code, h3_8, h3_9, lat, long, place_state, _key, _page, _row)
			SELECT 'h:' || i, 'h', 't', DATE '2025-01-01' + (i %% 180)::INTEGER, '类' || (i %% 7), CASE WHEN i %% 11 = 0 THEN '别处' END, CASE WHEN i %% 11 > 0 THEN (i * i %% 5)::VARCHAR END,
				c8, c9, 22.7 + (i // 3 %% 40) / 500, 114.3, CASE WHEN i %% 10 = 0 THEN 'none' ELSE 'ok' END, i, 1, i FROM range(%d) r(i) JOIN (VALUES %s) c(k, c8, c9) ON k = i %% 9`, n, strings.Join(cells, ", ")),
		`INSERT INTO store.load.area (id, source, source_table, area_code, name, level, place_state, boundary, _key, _page, _row)
			SELECT 'a:' || i, 'a', 't', i::VARCHAR, '社区' || i, 'community', 'none', CASE WHEN i < 4 THEN format('POLYGON(({0} 22.7,{1} 22.7,{1} 22.75,{0} 22.75,{0} 22.7))', 114.3 + i / 50, 114.32 + i / 50) END, i, 2, i FROM range(5) r(i)`,
		`INSERT INTO store.load.population (id, source, source_table, area_code, as_of, residents, _key, _page, _row)
			SELECT 'n:' || i, 'n', 't', i::VARCHAR, DATE '2025-01-01', 1000 * (i + 1), i, 3, i FROM range(4) r(i)`,
		// The register places 72 people of each 100 residents in the first eight
		// cells, few of them in the second.
		fmt.Sprintf(`INSERT INTO store.load.person (id, source, source_table, register_status, community_code, h3_8, h3_9, place_state, _key, _page, _row)
			SELECT 'p:' || i, 'p', 't', '在册', k.area, c8, c9, CASE WHEN i // 10 %% 10 > 0 THEN 'ok' ELSE 'none' END, i, 4, i
			FROM range(8000) r(i) JOIN (SELECT a::VARCHAR AS area, a FROM range(4) x(a)) k ON k.a = CASE WHEN i %% 10 < 1 THEN 0 WHEN i %% 10 < 3 THEN 1 WHEN i %% 10 < 6 THEN 2 ELSE 3 END
			JOIN (VALUES %s) c(k, c8, c9) ON c.k = CASE WHEN i // 100 = 79 THEN 1 WHEN i // 100 %% 8 = 1 THEN 0 ELSE i // 100 %% 8 END`, strings.Join(cells, ", ")),
	}
}

// By hand: 12 requests about 4 matters among 2,000 residents, and one among
// 500. The interval of 12 is 6.2006 to 20.9616 (scipy 1.17.1, chi2.ppf).
func TestRatesAndClasses(t *testing.T) {
	d := open(t, published(t,
		`INSERT INTO store.load.service_request (id, source, source_table, requested_on, category_1, community_code, building_no, _key, _page, _row)
			SELECT 'h:' || i, 'h', 't', DATE '2025-03-01', '噪声', '1', 'b' || i % 4, i, 1, i FROM range(12) r(i) UNION ALL
			SELECT 'g:' || i, 'h', 't', DATE '2025-03-01', '噪声', i::VARCHAR, NULL, 100 + i, 1, 100 + i FROM range(2, 5) r(i)`,
		`INSERT INTO store.load.area (id, source, source_table, area_code, name, level, _key, _page, _row) SELECT i::VARCHAR, 'a', 't', i::VARCHAR, '社区' || i, 'community', i, 1, i FROM range(1, 5) r(i)`,
		`INSERT INTO store.load.population (id, source, source_table, area_code, as_of, residents, _key, _page, _row) SELECT i::VARCHAR, 'n', 't', i::VARCHAR, DATE '2025-01-01', n, i, 1, i FROM (VALUES (1, 2000), (2, 500), (3, 0)) v(i, n)`,
	), "analyst")
	const want = `community:1,12,4,2000,6.000,3.100,10.481,ok,2.000,0.545,5.121,not_enough
community:2,1,1,500,2.000,0.051,11.143,not_enough,2.000,0.051,11.143,not_enough
community:3,1,1,0,,,,no_denominator,,,,no_denominator
community:4,1,1,,,,,no_denominator,,,,no_denominator`
	got := ask(t, d, `SELECT area_id, requests, issues, residents, rate_per_1000, rate_low, rate_high, rate_class, issue_rate_per_1000, issue_rate_low, issue_rate_high, issue_rate_class
		FROM mart.demand_heatmap WHERE area_kind = 'community' AND category_level = 1 ORDER BY area_id`)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := ask(t, d, "SELECT DISTINCT area_kind, area_id, rate_class FROM mart.demand_heatmap WHERE area_kind <> 'community' ORDER BY 1"); got != "h3_8,placeless,no_denominator\nh3_9,placeless,no_denominator" {
		t.Error(got)
	}
}

// The district sees no small count and no cell of resolution 9, and of what is
// shown everything is as the office sees it.
func TestTheDistrictGetsNoSmallCount(t *testing.T) {
	d, o := open(t, many, "district"), open(t, many, "office")
	for text, want := range map[string]string{
		"SELECT count(*) FROM mart.demand_heatmap WHERE requests < 5 OR issues BETWEEN 1 AND 4":                                                                                                          "0",
		"SELECT count(*) FILTER (suppressed) > 0, count(*) FILTER (NOT suppressed) > 100 FROM mart.demand_heatmap":                                                                                       "true,true",
		"SELECT DISTINCT area_kind FROM mart.demand_heatmap ORDER BY 1":                                                                                                                                  "community\nh3_8",
		"SELECT count(*) FROM mart.demand_heatmap WHERE suppressed AND coalesce(requests, issues, rate_per_1000, rate_low, rate_high, issue_rate_per_1000, issue_rate_low, issue_rate_high) IS NOT NULL": "0",
		// Neither the residents of a cell nor anything they follow from.
		"SELECT count(*) > 50, count(coalesce(residents_as_of::VARCHAR, residents::VARCHAR, rate_per_1000::VARCHAR, rate_low::VARCHAR, rate_high::VARCHAR, issue_rate_per_1000::VARCHAR, issue_rate_low::VARCHAR, issue_rate_high::VARCHAR)) FROM mart.demand_heatmap WHERE area_kind = 'h3_8' AND NOT suppressed": "true,0",
		"SELECT DISTINCT rate_class, issue_rate_class FROM mart.demand_heatmap WHERE area_kind = 'h3_8' AND NOT suppressed": "no_denominator,no_denominator",
		"SELECT count(*) FROM mart.demand_heatmap WHERE suppressed AND coalesce(rate_class, issue_rate_class) IS NOT NULL":  "0",
	} {
		if got := ask(t, d, text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	const shown = "SELECT * FROM (SELECT month, category_level, category, area_kind, area_id, requests, issues, CASE WHEN area_kind = 'community' THEN concat_ws('/', residents, rate_low, rate_class, issue_rate_high) END AS rates FROM mart.demand_heatmap WHERE %s) ORDER BY ALL"
	inside := strings.Split(ask(t, o, fmt.Sprintf(shown, "area_kind <> 'h3_9'")), "\n")
	for _, row := range strings.Split(ask(t, d, fmt.Sprintf(shown, "NOT suppressed")), "\n") {
		if _, found := slices.BinarySearch(inside, row); !found && !slices.Contains(inside, row) {
			t.Fatalf("the office has no row %s", row)
		}
	}
}

// Requests lie whole in every kind of area, whatever has no place.
func TestNothingIsLost(t *testing.T) {
	o := open(t, many, "office")
	if got := ask(t, o, "SELECT DISTINCT requests, issues FROM (SELECT sum(requests) AS requests, sum(issues) AS issues FROM mart.demand_heatmap GROUP BY area_kind, category_level)"); !strings.HasPrefix(got, "9000,") || strings.Contains(got, "\n") {
		t.Error(got)
	}
	if got := ask(t, o, "SELECT sum(requests) FROM mart.demand_heatmap WHERE area_kind = 'h3_8' AND area_id = 'placeless' AND category_level = 0"); got != "900" {
		t.Errorf("%s requests have no place, want 900", got)
	}
}

// A cell's residents are those of its communities, spread as the people are
// whom the register places, so that the cells together hold them all; nobody
// is known to live in the ninth cell, and it has no rate.
func TestResidentsOfCells(t *testing.T) {
	o := open(t, many, "office")
	for _, kind := range []string{"h3_8", "h3_9"} {
		got := ask(t, o, "SELECT DISTINCT sum(residents) BETWEEN 9995 AND 10005 FROM mart.demand_heatmap WHERE category_level = 0 AND area_kind = '"+kind+"' GROUP BY month")
		if got != "true" {
			t.Errorf("%s: the cells hold 10,000 residents: %s", kind, got)
		}
	}
	for text, want := range map[string]string{
		"SELECT area_kind, sum(people) FROM mart.population_cell GROUP BY 1 ORDER BY 1":                                                                                               "h3_8,8000\nh3_9,8000",
		"SELECT count(DISTINCT area_id) FROM mart.demand_heatmap WHERE area_kind = 'h3_9' AND residents IS NULL AND area_id <> 'placeless'":                                           "1",
		"SELECT count(*) FROM mart.demand_heatmap WHERE area_kind <> 'community' AND (residents IS NULL) <> (rate_class = 'no_denominator')":                                          "0",
		"SELECT count(*) > 50 FROM mart.demand_heatmap WHERE area_kind = 'h3_8' AND rate_class = 'ok' AND rate_low < rate_per_1000 AND rate_per_1000 < rate_high AND residents > 900": "true",
		"SELECT DISTINCT abs(rate_per_1000 - 1000.0 * requests / residents) < 0.001 FROM mart.demand_heatmap WHERE residents > 0":                                                     "true",
	} {
		if got := ask(t, o, text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	// The district has no table that tells of a cell's people.
	d := open(t, many, "district")
	if slices.Contains(d.Tables(), "mart.population_cell") {
		t.Error("the district is given people by cell")
	}
}
