package linkage

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the city's API feeds are SQLite files

	"huiliu/internal/fault"
	"huiliu/internal/geo"
	"huiliu/transform/link/issue"
)

// citySeeds are the cities that are measured: what holds for one alone was
// learned from it.
var citySeeds = []int{1, 2, 3, 4}

// cityIssues measures made cities' requests, whose texts are made of few words,
// of the hotline and of city management: the place as it is after address
// linking, and as the rows have it.
func cityIssues(ctx context.Context, _ string) (figures []Figure, err error) {
	dir, err := os.MkdirTemp("", "huiliu-bench-issues-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	const set = "city-issues"
	for _, seed := range citySeeds {
		c, err := readCity(ctx, filepath.Join(dir, strconv.Itoa(seed)), seed)
		if err != nil {
			return nil, err
		}
		rows, err := group(c.requests)
		if err != nil {
			return nil, err
		}
		for i := range c.requests {
			place := &c.requests[i].Place
			place.ID, place.Level = c.places[c.requests[i].ID], issue.Building
		}
		linked, err := group(c.requests)
		if err != nil {
			return nil, err
		}
		figures = append(figures, linked.pairwise(c.truth, set, fmt.Sprintf("seed %d", seed), .95, .95)...)
		figures = append(figures, rows.pairwise(c.truth, set, fmt.Sprintf("seed %d, places as rows have them", seed), .9, .95)...)
		if seed != citySeeds[0] {
			continue
		}
		daily, err := linked.daily(c.requests)
		if err != nil {
			return nil, err
		}
		figures = append(figures, Figure{Set: set, Name: "same issues when added in ten parts", Value: daily, Floor: 1, Aim: 1})
		calls, err := group(slices.DeleteFunc(slices.Clone(c.requests), func(r issue.Request) bool { return r.Number == "" }))
		if err != nil {
			return nil, err
		}
		figures = append(figures, calls.pairwise(c.truth, set, "calls alone", .95, .95)...)
		figures = append(figures, linked.shape(set)...)
	}
	return figures, nil
}

// madeCity is a made city's requests and the truth of them.
type madeCity struct {
	requests      []issue.Request
	truth, places map[string]string
}

func readCity(ctx context.Context, dir string, seed int) (*madeCity, error) {
	if err := makeCity(ctx, dir, seed); err != nil {
		return nil, err
	}
	calls, err := readFeed(ctx, filepath.Join(dir, "feeds", "rexian", "api.db"), "request", call)
	if err != nil {
		return nil, err
	}
	cases, err := readFeed(ctx, filepath.Join(dir, "feeds", "chengguan", "api.db"), "case", managed)
	if err != nil {
		return nil, err
	}
	c := &madeCity{requests: append(calls, cases...)}
	if c.truth, err = cityTruth(filepath.Join(dir, "truth", "issue.csv")); err != nil {
		return nil, err
	}
	c.places, err = cityTruth(filepath.Join(dir, "truth", "place.csv"))
	return c, err
}

// noCity is raised where the city's program was not built.
var noCity = &fault.Kind{
	Code: "bench_link_no_city", Class: fault.Missing,
	Cause: fault.Text{EN: "the synthetic city's program is not there", ZH: "找不到合成城市程序"},
	Mend:  fault.Text{EN: "run `make build`: it leaves bin/city beside bin/huiliu", ZH: "运行 `make build`，会在 bin/huiliu 旁生成 bin/city"},
}

// makeCity writes the feeds of requests of a made city, with their truth.
func makeCity(ctx context.Context, dir string, seed int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find program: %w", err)
	}
	generator := filepath.Join(filepath.Dir(self), "city")
	if _, err := os.Stat(generator); err != nil {
		return noCity.At(generator).Because(err)
	}
	command := exec.CommandContext(ctx, generator, "make", "--dir", dir, "--seed", strconv.Itoa(seed),
		"--department", "rexian", "--department", "chengguan")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make city: %w: %s", err, out)
	}
	return nil
}

// pairwise measures pairs of requests in one issue.
func (g *grouped) pairwise(truth map[string]string, set, of string, floor, aim float64) []Figure {
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	whole, both, mine := map[string]int{}, map[string]int{}, 0.
	for n, i := range g.issues {
		mine += pairs(len(i.Members))
		for _, m := range i.Members {
			whole[truth[m.ID]]++
			both[strconv.Itoa(n)+" "+truth[m.ID]]++
		}
	}
	right, there := 0., 0.
	for _, n := range whole {
		there += pairs(n)
	}
	for _, n := range both {
		right += pairs(n)
	}
	return []Figure{
		{Set: set, Name: "f1, " + of, Value: f1(right, mine, there), Floor: floor, Aim: aim},
		{Set: set, Name: "precision, " + of, Value: right / max(1, mine)},
		{Set: set, Name: "recall, " + of, Value: right / max(1, there)},
	}
}

// readFeed reads the rows of an API's feed.
func readFeed(ctx context.Context, name, table string, row func(id string, body []byte) (issue.Request, error)) (out []issue.Request, err error) {
	db, err := sql.Open("sqlite", "file:"+name+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT key, body FROM "`+table+`" ORDER BY key`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return nil, err
		}
		r, err := row(id, body)
		if err != nil {
			return nil, fmt.Errorf("read %s %s: %w", table, id, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// call reads a request of the hotline. Its latitude is text at times.
func call(id string, body []byte) (issue.Request, error) {
	var r struct {
		Text     string    `json:"description"`
		Category string    `json:"service_code"`
		At       time.Time `json:"requested_datetime"`
		Address  string    `json:"address"`
		Building string    `json:"address_id"`
		Lat      any       `json:"lat"`
		Long     any       `json:"long"`
		Channel  string    `json:"channel"`
		Phone    string    `json:"reporter_phone"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return issue.Request{}, err
	}
	place := issue.Place{ID: r.Building, Level: issue.Building, Text: r.Address, Point: spot(geo.WGS84, r.Lat, r.Long)}
	return issue.Request{ID: id, Body: r.Text, Category: r.Category, At: r.At, Place: place, Channel: r.Channel, Reporter: r.Phone, Number: id}, nil
}

// managed reads a case of city management.
func managed(id string, body []byte) (issue.Request, error) {
	var r struct {
		Text     string `json:"description"`
		Category string `json:"classCode"`
		Filed    string `json:"filingTime"`
		Address  string `json:"address"`
		Lat      any    `json:"lat"`
		Long     any    `json:"lng"`
		Channel  string `json:"source"`
		Hotline  string `json:"hotlineNo"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return issue.Request{}, err
	}
	at, err := time.ParseInLocation(time.DateTime, r.Filed, cityZone)
	if err != nil {
		return issue.Request{}, err
	}
	place := issue.Place{Text: r.Address, Point: spot(geo.GCJ02, r.Lat, r.Long)}
	return issue.Request{ID: id, Body: r.Text, Category: r.Category, At: at, Place: place, Channel: r.Channel, Origin: r.Hotline}, nil
}

// cityZone is the zone of the city's local times, which knows no summer time.
var cityZone = time.FixedZone("", 8*60*60)

// spot is a point where the row has one: 0 is none.
func spot(datum geo.Datum, lat, long any) *issue.Point {
	x, okX := lat.(float64)
	y, okY := long.(float64)
	if !okX || !okY || x == 0 || y == 0 {
		return nil
	}
	x, y = geo.ToWGS84(datum, x, y)
	return &issue.Point{Lat: x, Long: y}
}

// cityTruth reads which entity each request belongs to.
func cityTruth(name string) (map[string]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	out, table := map[string]string{}, csv.NewReader(file)
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read truth: %w", err)
		}
		if len(row) == 4 && (row[2] == "request" || row[2] == "case") {
			out[row[3]] = row[0]
		}
	}
}
