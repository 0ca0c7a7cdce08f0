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
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the city's API feeds are SQLite files

	"huiliu/internal/fault"
	"huiliu/transform/link/issue"
)

// cityIssues measures a made city's requests, whose texts are made of few
// words: the place as it is after address linking, and as text alone.
func cityIssues(ctx context.Context, _ string) (figures []Figure, err error) {
	dir, err := os.MkdirTemp("", "huiliu-bench-issues-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := makeCity(ctx, dir); err != nil {
		return nil, err
	}
	requests, err := cityRequests(ctx, filepath.Join(dir, "feeds", "rexian", "api.db"))
	if err != nil {
		return nil, err
	}
	truth, err := cityTruth(filepath.Join(dir, "truth", "issue.csv"))
	if err != nil {
		return nil, err
	}
	places, err := cityTruth(filepath.Join(dir, "truth", "place.csv"))
	if err != nil {
		return nil, err
	}
	text, err := group(requests)
	if err != nil {
		return nil, err
	}
	for i := range requests {
		requests[i].Place = issue.Place{ID: places[requests[i].ID], Level: issue.Building}
	}
	linked, err := group(requests)
	if err != nil {
		return nil, err
	}
	const set = "city-issues"
	p, r, f := linked.pairwise(truth)
	pa, ra, alone := text.pairwise(truth)
	return append([]Figure{
		{Set: set, Name: "f1", Value: f, Floor: .95, Aim: .95},
		{Set: set, Name: "precision", Value: p},
		{Set: set, Name: "recall", Value: r},
		{Set: set, Name: "f1, addresses not linked", Value: alone, Floor: .7},
		{Set: set, Name: "precision, addresses not linked", Value: pa},
		{Set: set, Name: "recall, addresses not linked", Value: ra},
	}, linked.shape(set)...), nil
}

// noCity is raised where the city's program was not built.
var noCity = &fault.Kind{
	Code: "bench_link_no_city", Class: fault.Missing,
	Cause: fault.Text{EN: "the synthetic city's program is not there", ZH: "找不到合成城市程序"},
	Mend:  fault.Text{EN: "run `make build`: it leaves bin/city beside bin/huiliu", ZH: "运行 `make build`，会在 bin/huiliu 旁生成 bin/city"},
}

// makeCity writes the hotline's feed of a made city, with its truth.
func makeCity(ctx context.Context, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find program: %w", err)
	}
	generator := filepath.Join(filepath.Dir(self), "city")
	if _, err := os.Stat(generator); err != nil {
		return noCity.At(generator).Because(err)
	}
	if out, err := exec.CommandContext(ctx, generator, "make", "--dir", dir, "--department", "rexian").CombinedOutput(); err != nil {
		return fmt.Errorf("make city: %w: %s", err, out)
	}
	return nil
}

// pairwise measures pairs of requests in one issue.
func (g *grouped) pairwise(truth map[string]string) (precision, recall, f float64) {
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
	return right / max(1, mine), right / max(1, there), f1(right, mine, there)
}

// cityRequests reads the hotline's feed.
func cityRequests(ctx context.Context, name string) (requests []issue.Request, err error) {
	db, err := sql.Open("sqlite", "file:"+name+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT key, body FROM request ORDER BY key`)
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
		var r struct {
			Text     string    `json:"description"`
			Category string    `json:"service_code"`
			At       time.Time `json:"requested_datetime"`
			Address  string    `json:"address"`
			Channel  string    `json:"channel"`
			Phone    string    `json:"reporter_phone"`
		}
		if err := json.Unmarshal(body, &r); err != nil {
			return nil, fmt.Errorf("read request: %w", err)
		}
		requests = append(requests, issue.Request{ID: id, Body: r.Text, Category: r.Category, At: r.At,
			Place: issue.Place{Text: r.Address}, Channel: r.Channel, Reporter: r.Phone})
	}
	return requests, rows.Err()
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
		if len(row) == 4 && row[2] == "request" {
			out[row[3]] = row[0]
		}
	}
}
