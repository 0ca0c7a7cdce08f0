package link

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiliu/transform/link/block"
)

const persons = `
fields:
  given: {do: [lower, squash]}
  surname: {do: [lower, squash]}
  birth: {do: [digits]}
  town: {do: [lower], empty: [unknown]}
compare:
  - {field: given, levels: [exact, swapped surname, damerau 1], tf: true}
  - {field: surname, levels: [exact, swapped given, damerau 1], tf: true}
  - {field: birth, levels: [exact, damerau 1]}
  - {field: town, levels: [exact, jaccard grams 0.5 idf]}
block:
  rules: [birth, given + surname, deletes(surname) + year(birth)]
  cap: 50
`

func spec(t testing.TB, text string) *Spec {
	t.Helper()
	s, err := ParseSpec("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// crowd makes n records of n/2 persons, every second with an error; the
// person of the record with id i is i/2.
func crowd(n int) *Records {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		at := random.IntN(n)
		return fmt.Sprintf("%c%c%c%d", 'a'+at%26, 'a'+at/3%26, 'a'+at/7%26, at)
	}
	r := &Records{Columns: map[string][]string{}}
	var last [4]string
	for i := range n {
		row := last
		if i%2 == 0 {
			row = [4]string{word(60), word(200), fmt.Sprint(19500101 + random.IntN(40)*10000 + random.IntN(12)*100 + random.IntN(28)), word(20)}
		} else if f := random.IntN(8); f < 4 && len(row[f]) > 2 {
			row[f] = row[f][:1] + "x" + row[f][2:]
		} else if f == 4 {
			row[0], row[1] = row[1], row[0]
		}
		last = row
		r.IDs = append(r.IDs, fmt.Sprintf("%06d", i))
		for f, name := range []string{"given", "surname", "birth", "town"} {
			r.Columns[name] = append(r.Columns[name], row[f])
		}
	}
	return r
}

// shuffled is the same records in another order.
func shuffled(r *Records, seed uint64) *Records {
	order := rand.New(rand.NewPCG(seed, 3)).Perm(r.First)
	for _, i := range rand.New(rand.NewPCG(seed, 4)).Perm(len(r.IDs) - r.First) {
		order = append(order, r.First+i)
	}
	out := &Records{First: r.First, Columns: map[string][]string{}}
	for _, row := range order {
		out.IDs = append(out.IDs, r.IDs[row])
		for name, c := range r.Columns {
			out.Columns[name] = append(out.Columns[name], c[row])
		}
	}
	return out
}

// account is all that a run comes to, as bytes.
func account(t testing.TB, r *Result) []byte {
	t.Helper()
	var b bytes.Buffer
	model, err := r.Model.JSON()
	if err != nil {
		t.Fatal(err)
	}
	b.Write(model)
	for _, l := range r.Links {
		x, y := l.Pair.Rows()
		fmt.Fprintln(&b, r.Data.IDs[x], r.Data.IDs[y], l.Pattern, math.Float64bits(l.Bits))
	}
	for _, c := range r.Clusters {
		for _, row := range c {
			fmt.Fprint(&b, r.Data.IDs[row], " ")
		}
		fmt.Fprintln(&b)
	}
	reasons, err := json.Marshal([]any{r.Blocks, r.Scorer.Reasons(r.Pairs[0])})
	if err != nil {
		t.Fatal(err)
	}
	b.Write(reasons)
	return b.Bytes()
}

func run(t testing.TB, s *Spec, r *Records, m *Model) *Result {
	t.Helper()
	out, err := Run(t.Context(), s, r, m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPersonsAreFound(t *testing.T) {
	r := run(t, spec(t, persons), crowd(2000), nil)
	right, said := 0, 0
	for _, c := range r.Clusters {
		for i, a := range c {
			for _, b := range c[i+1:] {
				said++
				if a/2 == b/2 {
					right++
				}
			}
		}
	}
	if f1 := 2 * float64(right) / float64(said+1000); f1 < 0.97 {
		t.Errorf("F1 %.3f: %d right of %d", f1, right, said)
	}
	// λ is the share among all pairs: 1000 of 1,999,000.
	if r.Model.Prior < 0.8*1000/1_999_000 || r.Model.Prior > 1.2*1000/1_999_000 {
		t.Errorf("prior %g", r.Model.Prior)
	}
	for _, c := range r.Model.Comparisons {
		for i := 1; i < len(c.Levels); i++ {
			if c.Levels[i].Bits > c.Levels[i-1].Bits+1e-9 {
				t.Errorf("%s: a weaker level weighs more: %+v", c.Field, c.Levels)
			}
		}
	}
}

func TestEveryOrderGivesTheSameBytes(t *testing.T) {
	for _, lists := range []int{0, 300} {
		s := spec(t, persons)
		s.OneToOne = lists > 0
		s.Sample = 20_000
		records := crowd(600)
		records.First = lists
		want := account(t, run(t, s, records, nil))
		for seed := range uint64(12) {
			if got := account(t, run(t, s, shuffled(records, seed), nil)); !bytes.Equal(got, want) {
				t.Fatalf("order %d gives other bytes", seed)
			}
		}
	}
}

func TestAModelIsReadAndUsedAgain(t *testing.T) {
	s, records := spec(t, persons), crowd(600)
	first := run(t, s, records, nil)
	text, err := first.Model.JSON()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadModel(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(account(t, run(t, s, records, m)), account(t, first)) {
		t.Error("the model read links otherwise than the model made")
	}
	if _, err := ReadModel(bytes.Replace(text, []byte(`"rounds": `), []byte(`"rounds": 1`), 1)); !WrongModel.Is(err) {
		t.Errorf("a changed model: %v", err)
	}
	other := spec(t, strings.Replace(persons, "exact, damerau 1]}", "exact, damerau 2]}", 1))
	if _, err := Run(t.Context(), other, records, m); !WrongModel.Is(err) {
		t.Errorf("another specification: %v", err)
	}
	// No clear value may stand in a model.
	for _, town := range records.Columns["town"] {
		if len(town) > 4 && bytes.Contains(text, []byte(`"`+town+`"`)) {
			t.Errorf("the model holds %s", town)
		}
	}
}

func TestReasonsAddUp(t *testing.T) {
	r := run(t, spec(t, persons), crowd(600), nil)
	for _, l := range r.Links {
		sum := r.Model.PriorBits
		for _, reason := range r.Scorer.Reasons(l.Pair) {
			sum += reason.Bits
			if reason.Label.EN == "" || reason.Label.ZH == "" {
				t.Fatalf("no words for %+v", reason)
			}
		}
		if math.Abs(sum-l.Bits) > 1e-9 {
			t.Fatalf("reasons make %g, the weight is %g", sum, l.Bits)
		}
	}
}

func TestRareValuesWeighMore(t *testing.T) {
	s, records := spec(t, persons), crowd(600)
	for i := range 200 {
		records.Columns["surname"][i] = "often"
	}
	r := run(t, s, records, nil)
	weights := map[string]float64{}
	for _, p := range r.Pairs {
		a, b := p.Rows()
		if records.Columns["surname"][a] == records.Columns["surname"][b] {
			weights[records.Columns["surname"][a]] = r.Scorer.Reasons(p)[1].Bits
		}
	}
	for name, w := range weights {
		if name != "often" && w <= weights["often"] {
			t.Errorf("%s weighs %g, often %g", name, w, weights["often"])
		}
	}
	if len(weights) < 10 {
		t.Error("too few to tell", len(weights))
	}
}

func TestOneToOne(t *testing.T) {
	records := crowd(400)
	// Records of even ids make the first list, odd ones the second; and the
	// first record of the second list is there five times.
	list := func(odd int) (rows []int) {
		for i := odd; i < 400; i += 2 {
			rows = append(rows, i)
		}
		return rows
	}
	rows := append(list(0), list(1)...)
	r := &Records{First: 200, Columns: map[string][]string{}}
	for i, row := range append(rows, 1, 1, 1, 1) {
		r.IDs = append(r.IDs, fmt.Sprintf("%04d", i))
		for name, c := range records.Columns {
			r.Columns[name] = append(r.Columns[name], c[row])
		}
	}
	s := spec(t, persons+"one_to_one: true\n")
	out := run(t, s, r, nil)
	seen := map[uint32]bool{}
	right := 0
	for _, l := range out.Matches {
		a, b := l.Pair.Rows()
		if seen[a] || seen[b] || a >= 200 || b < 200 {
			t.Fatalf("%d and %d: not one to one", a, b)
		}
		seen[a], seen[b] = true, true
		if b == a+200 || a == 0 && b >= 400 {
			right++
		}
	}
	if right < 190 {
		t.Errorf("%d right of %d", right, len(out.Matches))
	}
	rowsIn := 0
	for _, c := range out.Clusters {
		rowsIn += len(c)
	}
	if rowsIn != 404 {
		t.Errorf("%d rows in clusters", rowsIn)
	}
}

func TestBadRecords(t *testing.T) {
	s := spec(t, persons)
	columns := func(n int, value string) map[string][]string {
		out := map[string][]string{}
		for _, name := range []string{"given", "surname", "birth", "town"} {
			out[name] = slices.Repeat([]string{value}, n)
		}
		return out
	}
	ids := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("%07d", i))
		}
		return out
	}
	lacking := columns(2, "a")
	delete(lacking, "town")
	for _, c := range []struct {
		name    string
		records *Records
		fault   interface{ Is(error) bool }
		alone   int
	}{
		{"no records", &Records{Columns: columns(0, "")}, nil, 0},
		{"one record", &Records{IDs: ids(1), Columns: columns(1, "a")}, nil, 1},
		{"one list is empty", &Records{IDs: ids(3), Columns: columns(3, "a"), First: 3}, nil, 3},
		{"all values empty", &Records{IDs: ids(50), Columns: columns(50, "")}, NothingToFit, 0},
		{"values that say nothing", &Records{IDs: ids(50), Columns: columns(50, "unknown")}, nil, -1},
		{"all equal, over the cap", &Records{IDs: ids(500), Columns: columns(500, "a")}, NothingToFit, 0},
		{"an id twice", &Records{IDs: []string{"a", "a"}, Columns: columns(2, "a")}, WrongRecords, 0},
		{"a column too short", &Records{IDs: ids(3), Columns: columns(2, "a")}, WrongRecords, 0},
		{"a column missing", &Records{IDs: ids(2), Columns: lacking}, MissingColumn, 0},
		{"first list too long", &Records{IDs: ids(2), Columns: columns(2, "a"), First: 3}, WrongRecords, 0},
	} {
		r, err := Run(t.Context(), s, c.records, nil)
		switch {
		case c.fault != nil:
			if !c.fault.Is(err) {
				t.Errorf("%s: %v", c.name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.alone >= 0 && len(r.Clusters) != c.alone:
			t.Errorf("%s: %d clusters", c.name, len(r.Clusters))
		}
	}
}

// Records that are all equal, in one block, hold no contrast: the random
// pairs look like the candidates, so nothing is said to match.
func TestAllEqualUnderTheCap(t *testing.T) {
	r := &Records{Columns: map[string][]string{}}
	for i := range 40 {
		r.IDs = append(r.IDs, fmt.Sprintf("%02d", i))
		for _, name := range []string{"given", "surname", "birth", "town"} {
			r.Columns[name] = append(r.Columns[name], "19800101")
		}
	}
	out := run(t, spec(t, persons), r, nil)
	for _, l := range out.Links {
		if math.IsNaN(l.Bits) || math.IsInf(l.Bits, 0) {
			t.Fatal("no number", l)
		}
	}
	if len(out.Clusters) != 1 && len(out.Clusters) != 40 {
		t.Errorf("%d clusters: equal records are all together or all apart", len(out.Clusters))
	}
}

// A field that is empty, constant, or one value in half of all records takes
// nothing from what the others find.
func TestFieldsThatSayLittle(t *testing.T) {
	for name, value := range map[string]func(i int, v string) string{
		"empty":    func(int, string) string { return "" },
		"constant": func(int, string) string { return "same" },
		"half":     func(i int, v string) string { return map[bool]string{true: "same", false: v}[i%4 < 2] },
	} {
		records := crowd(2000)
		for i, v := range records.Columns["town"] {
			records.Columns["town"][i] = value(i, v)
		}
		r := run(t, spec(t, persons), records, nil)
		right, said := 0, 0
		for _, l := range r.Matches {
			a, b := l.Pair.Rows()
			said++
			if a/2 == b/2 {
				right++
			}
		}
		if f1 := 2 * float64(right) / float64(said+1000); f1 < 0.94 {
			t.Errorf("%s: F1 %.3f", name, f1)
		}
	}
}

// Half of 30,000 records share one value of a blocked field.
func TestOneValueInHalfOfAllRows(t *testing.T) {
	records := crowd(30_000)
	for i := range 15_000 {
		records.Columns["birth"][i] = "19000101"
	}
	began := time.Now()
	r := run(t, spec(t, persons), records, nil)
	if r.Blocks[0].Dropped == 0 || r.Blocks[0].DroppedRows < 15_000 {
		t.Errorf("the block isn't told: %+v", r.Blocks[0])
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Error("took", took)
	}
}

// A chain of records, each near to the next, must not become one cluster.
func TestAWeakPairChainsNothing(t *testing.T) {
	s := &Scorer{spec: &Spec{Match: 0.5}, data: &Data{}}
	s.data.Table.Rows = 5
	// Rows 0, 1 and rows 2, 3 belong together; 1 and 2 are a weak pair, all
	// others are said to be none.
	link := func(a, b uint32, p float64) Link { return Link{Pair: block.NewPair(a, b), Bits: logit(p)} }
	links := []Link{link(0, 1, 0.99), link(1, 2, 0.6), link(2, 3, 0.99), link(0, 2, 0.01), link(0, 3, 0.01), link(1, 3, 0.01)}
	c := component{rows: []uint32{0, 1, 2, 3}, links: links}
	if got := fmt.Sprint(s.averageLink(c, nil)); got != "[[0 1] [2 3]]" {
		t.Error(got)
	}
}

// The chain algorithm gives what merging the best two first gives.
func TestAverageLinkIsBestFirst(t *testing.T) {
	s := &Scorer{spec: &Spec{Match: 0.5}, data: &Data{}}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 9).Draw(t, "rows")
		c := component{}
		near := map[[2]int]float64{}
		for i := range n {
			c.rows = append(c.rows, uint32(i))
			for j := i + 1; j < n; j++ {
				p := rapid.Float64Range(0.01, 0.99).Draw(t, "p")
				near[[2]int{i, j}] = p
				c.links = append(c.links, Link{Pair: block.NewPair(uint32(i), uint32(j)), Bits: logit(p)})
			}
		}
		got := s.averageLink(c, nil)
		slices.SortFunc(got, func(a, b []uint32) int { return int(a[0]) - int(b[0]) })
		if want := bestFirst(n, near); fmt.Sprint(got) != fmt.Sprint(want) {
			if !tied(near) {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}

// tied reports whether two pairs are as near as each other, or one is so near
// to the limit that rounding decides.
func tied(near map[[2]int]float64) bool {
	seen := map[float32]bool{}
	for _, p := range near {
		if seen[float32(p)] {
			return true
		}
		seen[float32(p)] = true
	}
	return false
}

func bestFirst(n int, near map[[2]int]float64) [][]uint32 {
	var clusters [][]uint32
	for i := range n {
		clusters = append(clusters, []uint32{uint32(i)})
	}
	for {
		best, a, b := 0.5, -1, -1
		for i := range clusters {
			for j := i + 1; j < len(clusters); j++ {
				sum := 0.0
				for _, x := range clusters[i] {
					for _, y := range clusters[j] {
						sum += near[[2]int{int(min(x, y)), int(max(x, y))}]
					}
				}
				if mean := sum / float64(len(clusters[i])*len(clusters[j])); mean >= best {
					best, a, b = mean, i, j
				}
			}
		}
		if a < 0 {
			return clusters
		}
		clusters[a] = append(clusters[a], clusters[b]...)
		slices.Sort(clusters[a])
		clusters = slices.Delete(clusters, b, b+1)
		slices.SortFunc(clusters, func(x, y []uint32) int { return int(x[0]) - int(y[0]) })
	}
}

// Thousands of records that are linked to each other are taken apart, in time
// under the square.
func TestHugeComponents(t *testing.T) {
	s := &Scorer{spec: &Spec{Match: 0.5}, data: &Data{}}
	var links []Link
	for i := range uint32(20_000) {
		links = append(links, Link{Pair: block.NewPair(i, i+1), Bits: 5})
	}
	rows := 0
	for _, c := range s.components(links) {
		if len(c.rows) > mostTogether {
			t.Fatalf("%d rows together", len(c.rows))
		}
		rows += len(c.rows)
	}
	if rows != 20_001 {
		t.Errorf("%d rows", rows)
	}
	for i := range links {
		links[i].Bits = float64(i * 7919 % 1000)
	}
	for _, c := range s.components(links) {
		if len(c.rows) > mostTogether {
			t.Fatalf("%d rows together", len(c.rows))
		}
	}
}

// A model of a field that no record has is read back too.
func TestModelOfAnEmptyField(t *testing.T) {
	s := spec(t, persons)
	r := crowd(200)
	for i := range r.Columns["town"] {
		r.Columns["town"][i] = ""
	}
	done, err := Run(t.Context(), s, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := done.Model.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadModel(text); err != nil {
		t.Error(err)
	}
}
