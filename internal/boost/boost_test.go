package boost

import (
	"bytes"
	"math"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"huiliu/internal/fault"
)

// sample is a table drawn by the linear congruential generator of ISO C's
// example rand, so that other software can draw the same.
func sample(n int) (rows [][]float32, classes []int) {
	state := uint64(20240601)
	next := func() int {
		state = (state*1103515245 + 12345) % (1 << 31)
		return int(state >> 16)
	}
	for range n {
		var r [6]int
		row := make([]float32, 6)
		for j := range r {
			r[j] = next() % 23
			row[j] = float32(r[j])
		}
		score := r[0]*2 + r[1] + r[4]
		if r[3] > 11 {
			score = r[0]*2 + r[1] - r[2]
		}
		class := 2
		switch {
		case score < 20:
			class = 0
		case score < 38:
			class = 1
		}
		if next()%10 == 0 {
			class = next() % 3
		}
		rows, classes = append(rows, row), append(classes, class)
	}
	return rows, classes
}

func loss(m *Model, rows [][]float32, classes []int) float64 {
	total := 0.0
	for i, r := range rows {
		total -= math.Log(m.Probabilities(r)[classes[i]])
	}
	return total / float64(len(rows))
}

// The values are of xgboost 3.2.0, tree_method hist, eta 0.3, max_bin 255,
// the base margin set to the priors; it sums in 32 bits, hence the tolerance.
func TestReference(t *testing.T) {
	rows, classes := sample(400)
	depth := Setting{Classes: 3, Rounds: 10, Leaves: 8, Depth: 3, Rate: 0.3, L2: 1, MinHessian: 1, RowShare: 1, ColumnShare: 1, Bins: 255}
	leaves := depth
	leaves.Rounds, leaves.Leaves, leaves.Depth, leaves.L2, leaves.MinHessian = 25, 7, 6, 3, 2
	leaves.ClassWeights = []float64{1, 2, 0.5}
	for _, c := range []struct {
		name string
		s    Setting
		want map[int][3]float64
		loss float64
	}{
		{"by depth", depth, map[int][3]float64{
			0: {0.039019, 0.067668, 0.893313}, 1: {0.092215, 0.764609, 0.143176}, 2: {0.845365, 0.127319, 0.027316},
			17: {0.043054, 0.135897, 0.821048}, 256: {0.753004, 0.212879, 0.034118}, 399: {0.723919, 0.210789, 0.065292},
		}, 0.42027926},
		{"by leaves, weighted", leaves, map[int][3]float64{
			0: {0.009235, 0.070993, 0.919773}, 1: {0.052957, 0.915287, 0.031756}, 2: {0.928671, 0.069602, 0.001727},
			17: {0.070415, 0.246701, 0.682884}, 256: {0.61639, 0.378338, 0.005272}, 399: {0.86751, 0.117599, 0.014892},
		}, 0.30131084},
	} {
		m, err := Fit(rows, classes, c.s)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			for k, p := range m.Probabilities(rows[i]) {
				if math.Abs(p-want[k]) > 2e-5 {
					t.Errorf("%s: row %d class %d: %.6f, want %.6f", c.name, i, k, p, want[k])
				}
			}
		}
		if got := loss(m, rows, classes); math.Abs(got-c.loss) > 2e-5 {
			t.Errorf("%s: loss %.6f, want %.6f", c.name, got, c.loss)
		}
	}
}

func marshal(t *testing.T, rows [][]float32, classes []int, s Setting) []byte {
	t.Helper()
	m, err := Fit(rows, classes, s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func quick() Setting {
	s := Default(3)
	s.Rounds, s.Leaves, s.Seed = 12, 8, 7
	return s
}

func TestSameBytesInAnyOrderOnAnyCores(t *testing.T) {
	rows, classes := sample(500)
	want := marshal(t, rows, classes, quick())
	slices.Reverse(rows)
	slices.Reverse(classes)
	if !bytes.Equal(want, marshal(t, rows, classes, quick())) {
		t.Error("the order of rows changed the model")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !bytes.Equal(want, marshal(t, rows, classes, quick())) {
		t.Error("the number of cores changed the model")
	}
	other := quick()
	other.Seed = 8
	if bytes.Equal(want, marshal(t, rows, classes, other)) {
		t.Error("the seed changed nothing")
	}
}

func TestLearnsWhatIsUnseen(t *testing.T) {
	rows, classes := sample(3000)
	s := Default(3)
	s.Rounds = 60
	m, err := Fit(rows[:2000], classes[:2000], s)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, r := range rows[2000:] {
		p := m.Probabilities(r)
		if slices.Index(p, slices.Max(p)) == classes[2000+i] {
			right++
		}
	}
	// One row in ten has a drawn class: .93 can be reached, chance is .40.
	if right < 760 {
		t.Errorf("%d of 1000 unseen rows right", right)
	}
}

func TestBadInput(t *testing.T) {
	rows, classes := sample(50)
	nan := float32(math.NaN())
	with := func(change func(*Setting)) Setting { s := quick(); change(&s); return s }
	for _, c := range []struct {
		name    string
		rows    [][]float32
		classes []int
		s       Setting
		want    *fault.Kind
	}{
		{"no rows", nil, nil, quick(), wrongTable},
		{"no columns", [][]float32{{}}, []int{0}, quick(), wrongTable},
		{"ragged", [][]float32{{1}, {1, 2}}, []int{0, 1}, quick(), wrongTable},
		{"class out of range", rows, append([]int{3}, classes[1:]...), quick(), wrongTable},
		{"fewer classes than rows", rows, classes[1:], quick(), wrongTable},
		{"too wide", [][]float32{make([]float32, 1<<20)}, []int{0}, quick(), wrongTable},
		{"one class", rows, classes, with(func(s *Setting) { s.Classes = 1 }), wrongSetting},
		{"rate", rows, classes, with(func(s *Setting) { s.Rate = math.NaN() }), wrongSetting},
		{"bins", rows, classes, with(func(s *Setting) { s.Bins = 256 }), wrongSetting},
		{"weights", rows, classes, with(func(s *Setting) { s.ClassWeights = []float64{1, 1} }), wrongSetting},
		{"weight of 0", rows, classes, with(func(s *Setting) { s.ClassWeights = []float64{1, 0, 1} }), wrongSetting},
		{"constant and missing", [][]float32{{1, nan}, {1, nan}, {1, nan}}, []int{0, 1, 2}, quick(), nil},
		{"one row", rows[:1], classes[:1], quick(), nil},
	} {
		m, err := Fit(c.rows, c.classes, c.s)
		if c.want != nil {
			if !c.want.Is(err) || m != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		total := 0.0
		for _, p := range m.Probabilities(c.rows[0]) {
			total += p
		}
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("%s: probabilities add up to %v", c.name, total)
		}
	}
}

func TestMissingValuesAreLeast(t *testing.T) {
	nan := float32(math.NaN())
	var rows [][]float32
	var classes []int
	for i := range 200 {
		x := float32(i%10 - 5)
		if i%2 == 0 {
			x = nan
		}
		rows, classes = append(rows, []float32{x}), append(classes, i%2)
	}
	s := quick()
	s.Classes = 2
	m, err := Fit(rows, classes, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row  []float32
		want int
	}{{[]float32{nan}, 0}, {nil, 0}, {[]float32{-5}, 1}, {[]float32{100}, 1}} {
		if p := m.Probabilities(c.row); p[c.want] < 0.6 {
			t.Errorf("%v: %v, want class %d", c.row, p, c.want)
		}
	}
}

func TestCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float32Range(-9, 9), 1, 200).Draw(t, "values")
		most := rapid.IntRange(2, 20).Draw(t, "most")
		got := cuts(slices.Clone(values), most)
		if len(got) >= most || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("cuts %v", got)
		}
		for _, c := range got {
			if !slices.Contains(values, c) || c == slices.Max(values) {
				t.Fatalf("%v cuts nothing off", c)
			}
		}
		if slices.Min(values) < slices.Max(values) && len(got) == 0 && len(values) < most {
			t.Fatal("no cut between two values")
		}
	})
}

func TestModelBytes(t *testing.T) {
	rows, classes := sample(300)
	data := marshal(t, rows, classes, quick())
	var m Model
	if err := m.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	again, _ := m.MarshalBinary()
	fresh, _ := Fit(rows, classes, quick())
	if !bytes.Equal(data, again) || m.Classes() != 3 || m.Columns() != 6 {
		t.Error("reading and writing is no identity")
	}
	for _, r := range rows {
		if !slices.Equal(m.Probabilities(r), fresh.Probabilities(r)) {
			t.Fatal("the read model answers otherwise")
		}
	}
	for n := range data {
		if err := new(Model).UnmarshalBinary(data[:n]); !unreadable.Is(err) {
			t.Fatalf("%d bytes of %d were read: %v", n, len(data), err)
		}
	}
}

func TestSoftmax(t *testing.T) {
	for _, c := range []struct{ in, want []float64 }{
		{nil, nil}, {[]float64{5}, []float64{1}}, {[]float64{-1e300, 0}, []float64{0, 1}},
		{[]float64{math.Log(1), math.Log(3)}, []float64{0.25, 0.75}}, {[]float64{1000, 1000}, []float64{0.5, 0.5}},
	} {
		got := slices.Clone(c.in)
		Softmax(got)
		for i, p := range got {
			if math.Abs(p-c.want[i]) > 1e-12 {
				t.Errorf("%v: %v, want %v", c.in, got, c.want)
			}
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	rows, classes := sample(60)
	s := quick()
	s.Rounds = 2
	m, err := Fit(rows, classes, s)
	if err != nil {
		f.Fatal(err)
	}
	data, _ := m.MarshalBinary()
	f.Add(data)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Model
		if err := m.UnmarshalBinary(data); err != nil {
			return
		}
		m.Probabilities(rows[0])
	})
}

func BenchmarkFit(b *testing.B) {
	rows, classes := sample(17000)
	for i, r := range rows {
		for len(r) < 120 {
			r = append(r, float32(mix(uint64(i*131+len(r)))%1000))
		}
		rows[i] = r
	}
	s := Default(3)
	s.Rounds = 300
	for b.Loop() {
		if _, err := Fit(rows, classes, s); err != nil {
			b.Fatal(err)
		}
	}
}
