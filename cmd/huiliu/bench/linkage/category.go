package linkage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"

	"huiliu/internal/bayes"
	"huiliu/transform/suggest"
)

// categorySets measure how well the category of a message is suggested.
func categorySets() []Set { return []Set{{Name: "category", Run: runCategory}} }

const (
	// categoryFolds parts of the messages are each suggested by a fit that has
	// not seen them; a message's part is the hash of its number.
	categoryFolds = 10
	// reliabilityBins are those of the expected calibration error.
	reliabilityBins = 10
)

// runCategory suggests the first level for each labelled message. A fit sees
// the names of the second and third level under each first one as well.
func runCategory(ctx context.Context, data string) ([]Figure, error) {
	start := time.Now()
	dir := filepath.Join(data, "cn-citizen-messages")
	tree, err := categoryTree(filepath.Join(dir, "attachment1_label_tree.xlsx"))
	if err != nil {
		return nil, err
	}
	messages, err := labelledMessages(filepath.Join(dir, "attachment2_sample_labelled.xlsx"))
	if err != nil {
		return nil, err
	}
	var tally categoryTally
	for fold := range categoryFolds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := tally.fold(messages, tree, fold); err != nil {
			return nil, err
		}
	}
	return tally.figures(len(messages), time.Since(start)), nil
}

// categoryTree reads the three levels; the first one's name is the label.
func categoryTree(path string) ([]suggest.Node, error) {
	rows, err := workbookRows(path)
	var out []suggest.Node
	for _, r := range rows {
		if len(r) > 0 && r[0] != "" {
			out = append(out, suggest.Node{Code: r[0], Names: r})
		}
	}
	return out, err
}

// labelledMessages reads number, title (third column), body (fifth) and first
// level (sixth). The sheet claims far more rows than it has, and one number
// stands twice.
func labelledMessages(path string) ([]suggest.Example, error) {
	rows, err := workbookRows(path)
	seen := map[string]bool{}
	var out []suggest.Example
	for _, r := range rows {
		if len(r) < 6 || r[0] == "" || seen[r[0]] {
			continue
		}
		seen[r[0]] = true
		out = append(out, suggest.Example{ID: r[0], Title: r[2], Body: r[4], Category: r[5]})
	}
	return out, err
}

// workbookRows are the rows of a workbook's first sheet below its header.
func workbookRows(path string) ([][]string, error) {
	book, err := excelize.OpenFile(path)
	if err != nil {
		return nil, fmt.Errorf("open workbook: %w", err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("read %s: %d rows: %w", filepath.Base(path), len(rows), err)
	}
	return rows[1:], nil
}

// categoryTally collects what was suggested for messages not seen by the fit.
type categoryTally struct {
	truth, given  []string
	judged        []bayes.Judged
	brier         float64
	accepted, hit int
}

func (t *categoryTally) fold(messages []suggest.Example, tree []suggest.Node, fold int) error {
	corpus := suggest.Corpus{Categories: tree}
	var outside []suggest.Example
	for _, e := range messages {
		if sum := sha256.Sum256([]byte(e.ID)); (int(sum[0])<<8+int(sum[1]))%categoryFolds == fold {
			outside = append(outside, e)
		} else {
			corpus.Examples = append(corpus.Examples, e)
		}
	}
	model, err := suggest.Fit(corpus, suggest.Options{})
	if err != nil {
		return err
	}
	for _, e := range outside {
		t.add(e.Category, model.Suggest(e.Title, e.Body).Category)
	}
	return nil
}

func (t *categoryTally) add(truth string, got suggest.Outcome) {
	top := got.Ranked[0]
	right := top.Code == truth
	t.truth, t.given = append(t.truth, truth), append(t.given, top.Code)
	t.judged = append(t.judged, bayes.Judged{Probability: top.Probability, Right: right})
	// Of the squared distance to the truth, the part of the top label alone:
	// the probability that the suggestion is right is what is shown.
	miss := top.Probability
	if right {
		miss--
	}
	t.brier += miss * miss
	if got.State == suggest.Accepted {
		t.accepted++
		if right {
			t.hit++
		}
	}
}

func (t *categoryTally) figures(messages int, took time.Duration) []Figure {
	n := float64(messages)
	var right float64
	for i := range t.truth {
		if t.truth[i] == t.given[i] {
			right++
		}
	}
	f := func(name string, value, floor, aim float64) Figure {
		return Figure{Set: "category", Name: name, Value: value, Floor: floor, Aim: aim}
	}
	most := func(name string, value, ceiling float64) Figure {
		return Figure{Set: "category", Name: name, Value: value, Floor: ceiling, Less: true}
	}
	seconds := most("seconds", took.Seconds(), 30)
	seconds.Unit = "s"
	return []Figure{
		f("macro-f1", macroF1(t.truth, t.given), 0.86, 0.86),
		f("accuracy", right/n, 0.865, 0),
		most("calibration error", bayes.CalibrationError(t.judged, reliabilityBins), 0.07),
		most("brier", t.brier/n, 0.1),
		f("accepted", float64(t.accepted)/n, 0.85, 0),
		f("right among the accepted", float64(t.hit)/float64(max(1, t.accepted)), 0.9, 0),
		{Set: "category", Name: "messages", Unit: "rows", Value: n},
		seconds,
	}
}

// macroF1 is the mean over the true labels of 2·hits ÷ (given + true).
func macroF1(truth, given []string) float64 {
	hits, sizes := map[string]float64{}, map[string]float64{}
	labels := slices.Compact(slices.Sorted(slices.Values(truth)))
	for i := range truth {
		sizes[truth[i]]++
		sizes[given[i]]++
		if truth[i] == given[i] {
			hits[truth[i]]++
		}
	}
	var sum float64
	for _, l := range labels {
		sum += 2 * hits[l] / sizes[l]
	}
	return sum / float64(max(1, len(labels)))
}
