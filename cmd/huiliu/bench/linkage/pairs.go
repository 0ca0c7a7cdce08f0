package linkage

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"huiliu/transform/address/pair"
)

// pairSets are the Chinese address pairs judged as no match, partial or full.
func pairSets() []Set {
	return []Set{{Name: "address-pairs", Run: addressPairs}}
}

// addressPairs learns on nine tenths of the queries and opens the tenth that a
// hash of the query chooses once. All candidates of a query are on one side.
// Rarity is counted over all texts, which needs no judgement. The order of the
// candidates in the file is not used. The cross-validated figure is a little
// kind: the second layer learns from first-layer models that have seen the
// other folds.
func addressPairs(ctx context.Context, data string) ([]Figure, error) {
	began := time.Now()
	queries, texts, err := readPairs(filepath.Join(data, "cn-addresses", "address_pairs_round1_fold0.tsv"))
	if err != nil {
		return nil, err
	}
	var learn, held []pair.Query
	for _, q := range queries {
		if xxh3.HashString(q.First)%10 == 0 {
			held = append(held, q)
		} else {
			learn = append(learn, q)
		}
	}
	reader := pair.Reader{Corpus: pair.NewCorpus(texts)}
	model, err := pair.Fit(reader, learn, pair.Default())
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	told := count(held, model.Decide)
	seconds := time.Since(began).Seconds()
	ruled := count(queries, func(q pair.Query) []pair.Verdict {
		var out []pair.Verdict
		a := reader.Read(q.First)
		for _, text := range q.Seconds {
			out = append(out, pair.Rules(a, reader.Read(text)))
		}
		return out
	})
	figures := []Figure{
		{Name: "macro-f1, held out", Value: pair.MacroF1(told), Floor: 0.715, Aim: 0.74},
		{Name: "macro-f1, cross-validated", Value: pair.MacroF1(model.Checked), Floor: 0.725, Aim: 0.74},
		{Name: "macro-f1 by rules alone", Value: pair.MacroF1(ruled), Floor: 0.53},
	}
	for class, f := range pair.F1(told) {
		figures = append(figures, Figure{Name: fmt.Sprintf("f1 of class %d, held out", class), Value: f})
	}
	figures = append(figures, Figure{Name: "seconds", Unit: "s", Value: seconds})
	for i := range figures {
		figures[i].Set = "address-pairs"
	}
	return figures, nil
}

// count compares what is decided with what was judged.
func count(queries []pair.Query, decide func(pair.Query) []pair.Verdict) (counts [pair.Classes][pair.Classes]int) {
	for _, q := range queries {
		for i, v := range decide(q) {
			counts[q.Classes[i]][v.Class]++
		}
	}
	return counts
}

// readPairs reads lines of two addresses and a class, tabs between them, and
// groups them by the first address.
func readPairs(path string) (queries []pair.Query, texts []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	at := map[string]int{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 || len(fields[2]) != 1 || fields[2] < "0" || fields[2] > "2" {
			return nil, nil, fmt.Errorf("%s:%d: not two addresses and a class", path, n)
		}
		i, known := at[fields[0]]
		if !known {
			i = len(queries)
			at[fields[0]] = i
			queries = append(queries, pair.Query{First: fields[0]})
			texts = append(texts, fields[0])
		}
		q := &queries[i]
		q.Seconds = append(q.Seconds, fields[1])
		q.Classes = append(q.Classes, pair.Class(fields[2][0]-'0'))
		texts = append(texts, fields[1])
	}
	return queries, texts, lines.Err()
}
