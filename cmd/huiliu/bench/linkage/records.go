package linkage

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	specs "huiliu/examples/link"
	"huiliu/transform/link"
)

// recordSets are the sets of records whose true matches are known. What else
// links them is told by Splink 5.0.0 with the comparisons of its library and
// the blocking of its tutorials, a probability of .5 and connected
// components: FEBRL 3 .9989, fake_1000 .585, Chicago .816 (.843 by pairs).
func recordSets() []Set {
	febrl := func(number string) Set {
		return recordSet{
			name: "febrl" + number, spec: "febrl.yaml", floor: 0.9985, aim: 0.9985,
			read: one("febrl_dataset"+number+".csv", "rec_id", func(id string) string {
				// rec-N-org and rec-N-dup-K are of one person.
				id, _, _ = strings.Cut(strings.TrimPrefix(id, "rec-"), "-")
				return id
			}),
		}.set()
	}
	return []Set{
		febrl("1"),
		febrl("3"),
		recordSet{name: "dblp-acm", spec: "dblp-acm.yaml", floor: 0.985, aim: 0.985, read: dblpACM}.set(),
		recordSet{name: "chicago", spec: "chicago.yaml", floor: 0.90, aim: 0.90, read: one("chicago_early_childhood_true_ids.csv", "True Id", nil)}.set(),
		recordSet{name: "fake-1000", spec: "fake-1000.yaml", floor: 0.955, aim: 0.955, read: one("splink_fake_1000.csv", "cluster", nil)}.set(),
		million(),
	}
}

// truth are the true pairs of the records of one set, by their ids.
type truth map[[2]string]bool

// recordSet is a set that is linked by a specification and compared with its
// truth.
type recordSet struct {
	name, spec string
	// floor and aim are of the F1 that the set is judged by: of the matching
	// for two lists, else of the clusters.
	floor, aim float64
	read       func(folder string) (*link.Records, truth, error)
}

func (s recordSet) set() Set {
	return Set{Name: s.name, Run: func(ctx context.Context, data string) ([]Figure, error) {
		records, known, err := s.read(filepath.Join(data, "linkage"))
		if err != nil {
			return nil, err
		}
		return s.measure(ctx, records, known)
	}}
}

func (s recordSet) measure(ctx context.Context, records *link.Records, known truth) ([]Figure, error) {
	spec, err := readSpec(s.spec)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	r, err := link.Run(ctx, spec, records, nil)
	if err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	single, together := r.Links, r.Clusters
	pairs := judge(known, func(say func(a, b uint32)) {
		for _, l := range single {
			if l.Probability() >= spec.Match {
				say(l.Pair.Rows())
			}
		}
	}, r.Data.IDs)
	clusters := judge(known, inside(together), r.Data.IDs)
	return []Figure{
		{Set: s.name, Name: "f1 of pairs", Value: pairs.f1()},
		{Set: s.name, Name: "precision", Value: clusters.precision()},
		{Set: s.name, Name: "recall", Value: clusters.recall()},
		{Set: s.name, Name: "f1", Value: clusters.f1(), Floor: s.floor, Aim: s.aim},
		{Set: s.name, Name: "blocking recall", Value: blocked(known, r).recall()},
		{Set: s.name, Name: "pairs", Unit: "pairs", Value: float64(len(r.Pairs))},
		{Set: s.name, Name: "seconds", Unit: "s", Value: seconds},
	}, nil
}

func readSpec(name string) (*link.Spec, error) {
	text, err := specs.Specs.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	return link.ParseSpec(name, text)
}

// inside says all pairs within clusters.
func inside(clusters [][]uint32) func(func(a, b uint32)) {
	return func(say func(a, b uint32)) {
		for _, c := range clusters {
			for i, a := range c {
				for _, b := range c[i+1:] {
					say(a, b)
				}
			}
		}
	}
}

func blocked(known truth, r *link.Result) verdict {
	return judge(known, func(say func(a, b uint32)) {
		for _, p := range r.Pairs {
			say(p.Rows())
		}
	}, r.Data.IDs)
}

// verdict counts pairs: those said, those true, those both.
type verdict struct{ said, known, both int }

func judge(known truth, each func(say func(a, b uint32)), ids []string) verdict {
	v := verdict{known: len(known)}
	each(func(a, b uint32) {
		v.said++
		if known[pairOf(ids[a], ids[b])] {
			v.both++
		}
	})
	return v
}

func pairOf(a, b string) [2]string {
	if b < a {
		a, b = b, a
	}
	return [2]string{a, b}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (v verdict) precision() float64 { return ratio(v.both, v.said) }
func (v verdict) recall() float64    { return ratio(v.both, v.known) }
func (v verdict) f1() float64        { return ratio(2*v.both, v.said+v.known) }

// one reads a file in which a column tells the thing that a record is of. Its
// records get their line numbers for ids. same, when it is not nil, makes the
// thing of the column's text.
func one(file, column string, same func(string) string) func(string) (*link.Records, truth, error) {
	return func(folder string) (*link.Records, truth, error) {
		columns, rows, err := sheet(filepath.Join(folder, file), ',')
		if err != nil {
			return nil, nil, err
		}
		things, ok := columns[column]
		if !ok {
			return nil, nil, fmt.Errorf("%s has no column %s", file, column)
		}
		delete(columns, column)
		r := &link.Records{Columns: columns}
		members := map[string][]string{}
		for i := range rows {
			id := fmt.Sprintf("%07d", i)
			r.IDs = append(r.IDs, id)
			thing := things[i]
			if same != nil {
				thing = same(thing)
			}
			members[thing] = append(members[thing], id)
		}
		known := truth{}
		for _, m := range members {
			for i, a := range m {
				for _, b := range m[i+1:] {
					known[pairOf(a, b)] = true
				}
			}
		}
		return r, known, nil
	}
}

// dblpACM reads the two lists and the pairs that are one publication.
func dblpACM(folder string) (*link.Records, truth, error) {
	r := &link.Records{Columns: map[string][]string{}}
	for _, name := range []string{"dblp", "acm"} {
		columns, rows, err := sheet(filepath.Join(folder, "dblp_acm_"+name+".csv"), '%')
		if err != nil {
			return nil, nil, err
		}
		for _, id := range columns["id"] {
			r.IDs = append(r.IDs, name+id)
		}
		for _, c := range []string{"title", "authors", "venue", "year"} {
			r.Columns[c] = append(r.Columns[c], columns[c]...)
		}
		if r.First == 0 {
			r.First = rows
		}
	}
	columns, rows, err := sheet(filepath.Join(folder, "dblp_acm_gt.csv"), '%')
	if err != nil {
		return nil, nil, err
	}
	known := truth{}
	for i := range rows {
		known[pairOf("dblp"+columns["D1"][i], "acm"+columns["D2"][i])] = true
	}
	return r, known, nil
}

// sheet reads a delimited file with a header as columns.
func sheet(path string, comma rune) (map[string][]string, int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("open the set: %w", err)
	}
	defer file.Close()
	in := csv.NewReader(file)
	in.Comma, in.LazyQuotes, in.TrimLeadingSpace, in.FieldsPerRecord = comma, true, true, -1
	header, err := in.Read()
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", path, err)
	}
	columns := map[string][]string{}
	for rows := 0; ; rows++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return columns, rows, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read %s: %w", path, err)
		}
		for i, name := range header {
			cell := ""
			if i < len(cells) {
				cell = cells[i]
			}
			columns[name] = append(columns[name], cell)
		}
	}
}
