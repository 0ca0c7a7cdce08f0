package linkage

import (
	"cmp"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/zeebo/xxh3"

	"huiliu/transform/link/issue"
)

// issueSets measure which requests become one issue.
func issueSets() []Set {
	return []Set{
		{Name: "message-issues", Run: messageIssues},
		{Name: "city-issues", Run: cityIssues},
	}
}

// grouped is a grouping as it is measured.
type grouped struct {
	model   *issue.Model
	issues  []issue.Issue
	of      map[string]int // request to issue
	seconds float64
}

func group(requests []issue.Request) (*grouped, error) {
	start := time.Now()
	model, err := issue.Fit(requests, issue.DefaultOptions())
	if err != nil {
		return nil, err
	}
	grown, err := issue.Grow(model, &issue.Memory{}, issue.Change{Put: requests})
	if err != nil {
		return nil, err
	}
	g := &grouped{model: model, issues: grown.Issues, of: map[string]int{}, seconds: time.Since(start).Seconds()}
	for n, i := range g.issues {
		for _, m := range i.Members {
			g.of[m.ID] = n
		}
	}
	return g, nil
}

// daily tells whether the requests, grown from a store in ten parts in the
// order of time, came to the same issues: 1, or 0.
func (g *grouped) daily(requests []issue.Request) (float64, error) {
	sorted := slices.Clone(requests)
	slices.SortStableFunc(sorted, func(a, b issue.Request) int { return a.At.Compare(b.At) })
	store := &issue.Memory{}
	for part := range slices.Chunk(sorted, max(1, (len(sorted)+9)/10)) {
		grown, err := issue.Grow(g.model, store, issue.Change{Put: part})
		if err != nil {
			return 0, err
		}
		store.Apply(grown)
	}
	same := func(a, b issue.Issue) bool { return slices.Equal(a.Members, b.Members) }
	if slices.EqualFunc(g.issues, store.Issues(), same) {
		return 1, nil
	}
	return 0, nil
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
func f1(right, made, there float64) float64 {
	if made+there == 0 {
		return 0
	}
	return 2 * right / (made + there)
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
	const set = "message-issues"
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
	daily, err := g.daily(requests)
	if err != nil {
		return nil, err
	}
	out = append(out, Figure{Set: set, Name: "same issues when added in ten parts", Value: daily, Floor: 1, Aim: 1})
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
	const set = "message-issues"
	return []Figure{
		{Set: set, Name: "precision of 200 drawn pairs", Value: good / max(1, read), Floor: .8, Aim: .85},
		{Set: set, Name: "drawn pairs not read", Unit: "pairs", Value: float64(len(drawn)) - read, Floor: 60, Less: true},
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
