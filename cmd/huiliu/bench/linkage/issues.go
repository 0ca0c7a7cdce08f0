package linkage

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/zeebo/xxh3"
	_ "modernc.org/sqlite" // the city's API feeds are SQLite files

	"huiliu/internal/fault"
	"huiliu/transform/link/issue"
)

// issueSets measure which requests become one issue.
func issueSets() []Set {
	return []Set{
		{Name: "messages-issues", Run: messageIssues},
		{Name: "city-issues", Run: cityIssues},
	}
}

// grouped is a grouping as it is measured.
type grouped struct {
	issues  []issue.Issue
	of      map[string]int // request to issue
	seconds float64
}

func group(requests []issue.Request) (*grouped, error) {
	start := time.Now()
	issues, err := issue.Group(requests, issue.DefaultOptions())
	if err != nil {
		return nil, err
	}
	g := &grouped{issues: issues, of: map[string]int{}, seconds: time.Since(start).Seconds()}
	for n, i := range issues {
		for _, m := range i.Members {
			g.of[m.ID] = n
		}
	}
	return g, nil
}

// shape tells the figures that show a blob.
func (g *grouped) shape(set string) []Figure {
	largest, several := 0, 0
	for _, i := range g.issues {
		largest = max(largest, len(i.Members))
		if len(i.Members) > 1 {
			several++
		}
	}
	return []Figure{
		{Set: set, Name: "issues", Unit: "issues", Value: float64(len(g.issues))},
		{Set: set, Name: "issues of several", Unit: "issues", Value: float64(several)},
		{Set: set, Name: "largest issue", Unit: "requests", Value: float64(largest)},
		{Set: set, Name: "time", Unit: "s", Value: g.seconds},
	}
}

// f1 is the harmonic mean of precision and recall from counts.
func f1(right, made, true_ float64) float64 {
	if made+true_ == 0 {
		return 0
	}
	return 2 * right / (made + true_)
}

// burst is one problem that very many messages are about. A message is about
// it when its title and body together name the estate and the problem.
type burst struct {
	name           string
	place, problem *regexp.Regexp
}

// The word rules were checked by reading all messages that name the estate.
var bursts = []burst{
	{"parking", regexp.MustCompile("伊景园|滨河苑"), regexp.MustCompile("车位|捆绑|绑定")},
	{"mixing plant", regexp.MustCompile("丽发"), regexp.MustCompile("搅拌")},
}

func messageIssues(_ context.Context, data string) ([]Figure, error) {
	const set = "messages-issues"
	requests, err := messages(filepath.Join(data, "cn-citizen-messages", "attachment3_messages.xlsx"))
	if err != nil {
		return nil, err
	}
	g, err := group(requests)
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, b := range bursts {
		out = append(out, Figure{Set: set, Name: "f1 of " + b.name, Value: g.burst(requests, b), Floor: .95, Aim: .97})
	}
	out = append(out, Figure{Set: set, Name: "equal bodies together", Value: g.equalBodies(requests), Floor: .99, Aim: 1})
	judged, err := g.judged()
	if err != nil {
		return nil, err
	}
	return append(append(out, judged...), g.shape(set)...), nil
}

// burst is the F1 of the issue that holds most of a burst's messages.
func (g *grouped) burst(requests []issue.Request, b burst) float64 {
	about, in := 0, make([]int, len(g.issues))
	for _, r := range requests {
		if text := r.Title + r.Body; b.place.MatchString(text) && b.problem.MatchString(text) {
			about++
			in[g.of[r.ID]]++
		}
	}
	most := slices.Index(in, slices.Max(in))
	return f1(float64(in[most]), float64(len(g.issues[most].Members)), float64(about))
}

// equalBodies is the share of messages whose body was sent before that are in
// one issue with the earlier one.
func (g *grouped) equalBodies(requests []issue.Request) float64 {
	first := map[string]int{}
	same, together := 0., 0.
	for _, r := range requests {
		n, ok := first[r.Body]
		switch {
		case !ok:
			first[r.Body] = g.of[r.ID]
			continue
		case n == g.of[r.ID]:
			together++
		}
		same++
	}
	return together / max(1, same)
}

//go:embed testdata/issue_pairs.tsv
var pairsRead embed.FS

// judged measures pairs that were read against verdicts: 1 for one problem at
// one place, which one case worker would answer at once; 0 else.
func (g *grouped) judged() ([]Figure, error) {
	file, err := pairsRead.Open("testdata/issue_pairs.tsv")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	table := csv.NewReader(file)
	table.Comma = '\t'
	table.Comment = '#'
	rows, err := table.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read judged pairs: %w", err)
	}
	verdict := map[[2]string]float64{}
	right, made := 0., 0.
	for _, r := range rows {
		v, err := strconv.ParseFloat(r[2], 64)
		if err != nil {
			return nil, fmt.Errorf("read verdict: %w", err)
		}
		verdict[[2]string{r[0], r[1]}] = v
		a, okA := g.of[r[0]]
		if b, okB := g.of[r[1]]; okA && okB && a == b {
			made++
			right += v
		}
	}
	drawn, read, good := g.drawn(200), 0., 0.
	for _, p := range drawn {
		if v, ok := verdict[p]; ok {
			read++
			good += v
		}
	}
	const set = "messages-issues"
	return []Figure{
		{Set: set, Name: "precision of 200 drawn pairs", Value: good / max(1, read), Floor: .8, Aim: .85},
		{Set: set, Name: "drawn pairs not read", Unit: "pairs", Value: float64(len(drawn)) - read},
		{Set: set, Name: "precision of all read pairs still made", Value: right / max(1, made), Floor: .8, Aim: .85},
		{Set: set, Name: "read pairs still made", Unit: "pairs", Value: made},
	}, nil
}

// drawn are n pairs from issues of 2 to 12 requests, by a hash of their
// identifiers, the smaller identifier first.
func (g *grouped) drawn(n int) [][2]string {
	var pairs [][2]string
	for _, i := range g.issues {
		if len(i.Members) > 12 {
			continue
		}
		for k, a := range i.Members {
			for _, b := range i.Members[:k] {
				pairs = append(pairs, [2]string{min(a.ID, b.ID), max(a.ID, b.ID)})
			}
		}
	}
	hash := func(p [2]string) uint64 { return xxh3.HashString(p[0] + "\t" + p[1]) }
	slices.SortFunc(pairs, func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(hash(a), hash(b)), strings.Compare(a[0]+a[1], b[0]+b[1]))
	})
	return pairs[:min(n, len(pairs))]
}

// messages reads id, user, title, time and body: the time stands before the
// body, and is text in most rows, a day number of Excel in some.
func messages(name string) ([]issue.Request, error) {
	book, err := excelize.OpenFile(name)
	if err != nil {
		return nil, fmt.Errorf("open messages: %w", err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	var out []issue.Request
	for n, row := range rows {
		if n == 0 || len(row) < 5 {
			continue
		}
		at, err := messageTime(row[3])
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", n+1, err)
		}
		out = append(out, issue.Request{ID: row[0], Reporter: row[1], Title: row[2], At: at, Body: strings.TrimSpace(row[4])})
	}
	return out, nil
}

func messageTime(s string) (time.Time, error) {
	if at, err := time.Parse("2006/1/2 15:04:05", s); err == nil {
		return at, nil
	}
	days, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read time: %w", err)
	}
	return excelize.ExcelDateToTime(days, false)
}

// cityIssues measures a made city's requests, whose texts are made of few
// words: the place as it is after address linking, and as text alone.
func cityIssues(ctx context.Context, _ string) ([]Figure, error) {
	dir, err := os.MkdirTemp("", "huiliu-bench-issues-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
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
		{Set: set, Name: "f1", Value: f, Floor: .9, Aim: .95},
		{Set: set, Name: "precision", Value: p},
		{Set: set, Name: "recall", Value: r},
		{Set: set, Name: "f1, addresses not linked", Value: alone},
		{Set: set, Name: "precision, addresses not linked", Value: pa},
		{Set: set, Name: "recall, addresses not linked", Value: ra},
	}, linked.shape(set)...), nil
}

// noCity is raised where the city's program was not built.
var noCity = &fault.Kind{
	Code: "bench_no_city", Class: fault.Missing,
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
