package link

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"huiliu/internal/conf"
	"huiliu/transform/link/block"
)

// EM finds the parameters that patterns were drawn from: expected counts of
// three comparisons under known m, u and λ, all pairs being candidates.
func TestFitFindsWhatWasPutIn(t *testing.T) {
	s := spec(t, `
fields: {a: {}, b: {}, c: {}}
compare:
  - {field: a, levels: [exact]}
  - {field: b, levels: [exact, damerau 1]}
  - {field: c, levels: [exact]}
block: {rules: [a]}
`)
	const pairs, lambda = 1e7, 0.01
	m := [][]float64{{0.9, 0.1}, {0.8, 0.15, 0.05}, {0.95, 0.05}}
	u := [][]float64{{0.02, 0.98}, {0.01, 0.04, 0.95}, {0.05, 0.95}}
	var tallies []Tally
	for a := range 2 {
		for b := range 3 {
			for c := range 2 {
				n := pairs * (lambda*m[0][a]*m[1][b]*m[2][c] + (1-lambda)*u[0][a]*u[1][b]*u[2][c])
				tallies = append(tallies, Tally{Pattern((a + 1) | (b+1)<<4 | (c+1)<<8), n})
			}
		}
	}
	model, err := Fit(s, Evidence{Candidates: tallies, Random: tallies, Possible: pairs, Rows: 4500}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(model.Prior-lambda) > 0.0005 {
		t.Errorf("λ %g, want %g", model.Prior, lambda)
	}
	for i, c := range model.Comparisons {
		for class, l := range c.Levels {
			if math.Abs(l.M-m[i][class]) > 0.01 || math.Abs(l.U-u[i][class]) > 0.001 {
				t.Errorf("%s %s: m %.4f, want %.4f; u %.4f, want %.4f", c.Field, l.Level, l.M, m[i][class], l.U, u[i][class])
			}
		}
	}
}

func TestFalling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "classes")
		m, u := make([]float64, n), make([]float64, n)
		sum := 0.0
		for i := range n {
			m[i], u[i] = rapid.Float64Range(1e-6, 1).Draw(t, "m"), rapid.Float64Range(1e-6, 1).Draw(t, "u")
			sum += m[i]
		}
		falling(m, u)
		after := 0.0
		for i := range n {
			after += m[i]
			if i > 0 && m[i]/u[i] > m[i-1]/u[i-1]*(1+1e-9) {
				t.Fatalf("m/u rises: %v, %v", m, u)
			}
		}
		if math.Abs(after-sum) > 1e-9 {
			t.Fatalf("m came from %g to %g", sum, after)
		}
	})
}

func TestWrongSpecs(t *testing.T) {
	for _, c := range []struct {
		name, text string
		fault      interface{ Is(error) bool }
	}{
		{"empty", "", conf.MissingKey},
		{"no rules", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]", conf.MissingKey},
		{"unknown key", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a], cape: 3}", conf.UnknownKey},
		{"unknown field", "fields: {a: {}}\ncompare: [{field: b, levels: [exact]}]\nblock: {rules: [a]}", UnknownField},
		{"unknown field in a rule", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [year(b)]}", UnknownField},
		{"swapped with nothing", "fields: {a: {}}\ncompare: [{field: a, levels: [swapped b]}]\nblock: {rules: [a]}", UnknownField},
		{"unknown step", "fields: {a: {do: [shout]}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a]}", WrongStep},
		{"a date without days", "fields: {a: {do: [date YYYY-MM]}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a]}", WrongStep},
		{"no levels", "fields: {a: {}}\ncompare: [{field: a, levels: []}]\nblock: {rules: [a]}", WrongSpec},
		{"certain", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a]}\nmatch: 1", WrongSpec},
		{"review over match", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a]}\nreview: 0.9", WrongSpec},
		{"near in split", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a], split: [\"near(3, a)\"]}", WrongSpec},
		{"cap of one", "fields: {a: {}}\ncompare: [{field: a, levels: [exact]}]\nblock: {rules: [a], cap: 1}", WrongSpec},
	} {
		if _, err := ParseSpec("x.yaml", []byte(c.text)); !c.fault.Is(err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		steps []string
		text  string
		want  string
	}{
		{[]string{"width", "lower"}, "ＡＢ１", "ab1"},
		{[]string{"accents"}, "Müller", "Muller"},
		{[]string{"squash"}, "  a \t b ", "a b"},
		{[]string{"join"}, "张 三", "张三"},
		{[]string{"words"}, "a-b, (c)", "a b c"},
		{[]string{"digits"}, "(010) 12", "01012"},
		{[]string{"sort"}, "c b a", "a b c"},
		{[]string{"date DD/MM/YYYY"}, "03/02/2001", "20010203"},
		{[]string{"date YYYY年MM月DD日"}, "2001年02月03日", "20010203"},
		{[]string{"date DD/MM/YYYY"}, " 99/02/2001", "99/02/2001"},
	} {
		f, err := FieldSpec{Do: c.steps}.compile("x", "f")
		if err != nil {
			t.Fatal(err)
		}
		if got := f.normal(c.text); got != c.want {
			t.Errorf("%v of %q: %q", c.steps, c.text, got)
		}
	}
}

func TestSampleIsOfAllPairsAlike(t *testing.T) {
	d := &Data{Seed: 7}
	d.Table.Rows = 40
	for _, first := range []int{0, 10} {
		d.Table.First = first
		if got := len(d.Sample(1000)); float64(got) != d.Possible() {
			t.Errorf("%d of %g pairs", got, d.Possible())
		}
		seen := map[uint32]int{}
		for seed := range uint64(200) {
			d.Seed = seed
			for _, p := range d.Sample(100) {
				a, b := p.Rows()
				if a == b || first > 0 && (a >= 10 || b < 10) {
					t.Fatalf("%d and %d are no pair", a, b)
				}
				seen[a]++
				seen[b]++
			}
		}
		if len(seen) != 40 {
			t.Errorf("%d rows were drawn", len(seen))
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add([]byte(persons))
	f.Add([]byte("fields: {a: {do: [date YYYYMMDD]}}\ncompare: []\nblock: {}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSpec("x.yaml", text)
		if err != nil {
			return
		}
		records := &Records{IDs: []string{"1", "2", "3"}, Columns: map[string][]string{}}
		for _, field := range s.Fields {
			for _, c := range field.From {
				records.Columns[c] = []string{"a", "a", "b"}
			}
		}
		for name := range s.Fields {
			records.Columns[name] = []string{"a", "a", "b"}
		}
		if _, err := Run(t.Context(), s, records, nil); err != nil && !NothingToFit.Is(err) && !block.TooManyPairs.Is(err) {
			t.Fatal(err)
		}
	})
}

func FuzzReadModel(f *testing.F) {
	f.Add([]byte(`{"version":"x","comparisons":[{"field":"a"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := ReadModel(text); err == nil && m.Version != m.hash() {
			t.Fatal("a changed model was read")
		}
	})
}
