package bayes

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The rows of the reference: scikit-learn 1.9.1, ComplementNB and
// MultinomialNB with alpha 0.5 and these sample weights.
func reference() ([]Row, Shape) {
	return []Row{
		{Terms: []Term{{0, 2}, {1, 1}}, Class: 0, Weight: 1},
		{Terms: []Term{{0, 1}, {3, 3}}, Class: 1, Weight: 2},
		{Terms: []Term{{1, 2}, {2, 1}}, Class: 2, Weight: 1},
		{Terms: []Term{{2, 4}, {3, 1}}, Class: 2, Weight: 1},
		{Terms: []Term{{0, 1}, {1, 1}, {3, 0.5}}, Class: 0, Weight: 0.5},
	}, Shape{Terms: 4, Classes: 3}
}

var queries = [][]Term{{{0, 1}, {2, 2}}, {{1, 1}, {3, 1}}, {}}

func TestFitAgainstReference(t *testing.T) {
	for _, c := range []struct {
		name   string
		method Method
		want   [][]float64
	}{
		{"complement", Complement, [][]float64{
			{4.345328357337489, 3.4621622469990188, 7.747127168829769},
			{2.8495497633759097, 3.3676036643740055, 2.710824127984935},
			{0, 0, 0},
		}},
		{"multinomial", Multinomial, [][]float64{
			{-7.084709447826972, -8.389359819906353, -5.203007186743712},
			{-4.5589808035187165, -4.438116101324926, -4.295015257684252},
			{-1.2992829841302609, -1.0116009116784799, -1.0116009116784799},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, shape := reference()
			l, err := Fit(rows, shape, c.method, 0.5)
			if err != nil {
				t.Fatal(err)
			}
			for i, q := range queries {
				nearly(t, l.Score(q), c.want[i], 1e-12)
			}
		})
	}
}

func nearly(t *testing.T, got, want []float64, within float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= within) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestFitRefuses(t *testing.T) {
	row := func(r Row) []Row { return []Row{r} }
	for _, c := range []struct {
		name      string
		rows      []Row
		shape     Shape
		smoothing float64
		want      error
	}{
		{"no rows", nil, Shape{2, 2}, 1, ErrEmpty},
		{"no terms", row(Row{Weight: 1}), Shape{0, 2}, 1, ErrEmpty},
		{"no classes", row(Row{Weight: 1}), Shape{2, 0}, 1, ErrEmpty},
		{"no smoothing", row(Row{Weight: 1}), Shape{2, 2}, 0, ErrOption},
		{"smoothing not a number", row(Row{Weight: 1}), Shape{2, 2}, math.NaN(), ErrOption},
		{"class too high", row(Row{Class: 2, Weight: 1}), Shape{2, 2}, 1, ErrRow},
		{"weight not a number", row(Row{Weight: math.NaN()}), Shape{2, 2}, 1, ErrRow},
		{"no weight", row(Row{}), Shape{2, 2}, 1, ErrRow},
		{"term too high", row(Row{Terms: []Term{{2, 1}}, Weight: 1}), Shape{2, 2}, 1, ErrRow},
		{"terms out of order", row(Row{Terms: []Term{{1, 1}, {0, 1}}, Weight: 1}), Shape{2, 2}, 1, ErrRow},
		{"term twice", row(Row{Terms: []Term{{1, 1}, {1, 1}}, Weight: 1}), Shape{2, 2}, 1, ErrRow},
		{"term below nothing", row(Row{Terms: []Term{{1, -1}}, Weight: 1}), Shape{2, 2}, 1, ErrRow},
	} {
		if _, err := Fit(c.rows, c.shape, Complement, c.smoothing); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestOneClassScoresNothing(t *testing.T) {
	l, err := Fit([]Row{{Terms: []Term{{0, 1}}, Weight: 1}}, Shape{2, 1}, Complement, 1)
	if err != nil {
		t.Fatal(err)
	}
	nearly(t, l.Score([]Term{{0, 3}, {1, 1}}), []float64{0}, 0)
}

func TestUnknownTermsSayNothing(t *testing.T) {
	rows, shape := reference()
	l, err := Fit(rows, shape, Complement, 1)
	if err != nil {
		t.Fatal(err)
	}
	nearly(t, l.Score([]Term{{4, 9}, {math.MaxUint32, 1}}), l.Score(nil), 0)
	if l.Of(4, 0) != 0 || l.Of(0, 3) != 0 || l.Of(0, -1) != 0 {
		t.Error("a coefficient outside the shape is not 0")
	}
}

// drawRows makes rows of any shape that Fit takes.
func drawRows(t *rapid.T, shape Shape) []Row {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Row {
		r := Row{Class: rapid.IntRange(0, shape.Classes-1).Draw(t, "class"), Weight: rapid.Float64Range(0.1, 9).Draw(t, "weight")}
		for id := range shape.Terms {
			if rapid.Bool().Draw(t, "has") {
				r.Terms = append(r.Terms, Term{uint32(id), rapid.Float64Range(0, 5).Draw(t, "term")})
			}
		}
		return r
	}), 1, 12).Draw(t, "rows")
}

func TestFitIsIndependentOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := Shape{Terms: 5, Classes: 3}
		rows := drawRows(t, shape)
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		for _, m := range []Method{Multinomial, Complement} {
			a, err := Fit(rows, shape, m, 0.3)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Fit(shuffled, shape, m, 0.3)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Coefficient, b.Coefficient) || !slices.Equal(a.Bias, b.Bias) {
				t.Fatal("another order gives another fit")
			}
		}
	})
}

// A row of weight 2 is two rows.
func TestWeightCountsRows(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		shape := Shape{Terms: 4, Classes: 3}
		rows := drawRows(r, shape)
		heavy := slices.Clone(rows)
		for i := range heavy {
			heavy[i].Weight *= 2
		}
		for _, m := range []Method{Multinomial, Complement} {
			a, err := Fit(append(slices.Clone(rows), rows...), shape, m, 0.3)
			if err != nil {
				r.Fatal(err)
			}
			b, err := Fit(heavy, shape, m, 0.3)
			if err != nil {
				r.Fatal(err)
			}
			for i := range a.Coefficient {
				if math.Abs(a.Coefficient[i]-b.Coefficient[i]) > 1e-9 {
					r.Fatalf("%v and %v", a.Coefficient[i], b.Coefficient[i])
				}
			}
		}
	})
}

func TestMultinomialIsADistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := Shape{Terms: 4, Classes: 2}
		l, err := Fit(drawRows(t, shape), shape, Multinomial, 0.7)
		if err != nil {
			t.Fatal(err)
		}
		for c := range shape.Classes {
			var sum float64
			for id := range shape.Terms {
				sum += math.Exp(l.Of(uint32(id), c))
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("class %d sums to %v", c, sum)
			}
		}
	})
}

func TestRankAndSoftmax(t *testing.T) {
	if got := Rank([]float64{1, 3, 3, 2}); !slices.Equal(got, []int{1, 2, 3, 0}) {
		t.Errorf("Rank = %v", got)
	}
	nearly(t, Softmax([]float64{1, 0.5, 0}, 1), []float64{0.506480391055654, 0.3071958857184984, 0.18632372322584756}, 1e-12)
	nearly(t, Softmax([]float64{1e6, 0}, 1), []float64{1, 0}, 0)
	nearly(t, Softmax([]float64{1e6, 0}, -1), []float64{0, 1}, 0)
	nearly(t, Softmax(nil, 1), []float64{}, 0)
}
