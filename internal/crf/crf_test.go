package crf

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawLattice gives a small chain with drawn weights and scores.
func drawLattice(t *rapid.T, width float64) (*lattice, *links, Chain) {
	c := BIO([]string{"x", "y"})
	k := newLinks(c)
	draw := func() float64 { return rapid.Float64Range(-width, width).Draw(t, "weight") }
	for i := range k.log {
		k.log[i] = draw()
	}
	for _, s := range c.Starts {
		k.start[s] = draw()
	}
	for i := range k.stop {
		k.stop[i] = draw()
	}
	k.refresh()
	l := &lattice{}
	l.resize(rapid.IntRange(1, 5).Draw(t, "length"), len(c.Labels))
	for i := range l.score {
		l.score[i] = draw()
	}
	return l, k, c
}

// paths yields each sequence of labels that the chain permits, with its score.
func paths(l *lattice, k *links, c Chain, yield func(path []int, score float64)) {
	var walk func(path []int, score float64)
	walk = func(path []int, score float64) {
		p := len(path)
		if p == l.length {
			yield(path, score+k.stop[path[p-1]])
			return
		}
		for y := range c.Labels {
			with := score + l.row(l.score, p)[y]
			if p == 0 {
				if !math.IsInf(k.start[y], -1) {
					walk([]int{y}, with+k.start[y])
				}
				continue
			}
			for i, e := range k.edges {
				if int(e.from) == path[p-1] && int(e.to) == y {
					walk(append(slices.Clone(path), y), with+k.log[i])
				}
			}
		}
	}
	walk(nil, 0)
}

func TestMarginalsAndBestPathEqualEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, k, c := drawLattice(t, 4)
		logZ, best, top := math.Inf(-1), []int(nil), math.Inf(-1)
		scores := map[string]float64{}
		want := make([]float64, len(l.score))
		paths(l, k, c, func(path []int, score float64) {
			logZ = logAdd(logZ, score)
			scores[fmt.Sprint(path)] = score
			if score > top {
				best, top = path, score
			}
		})
		paths(l, k, c, func(path []int, score float64) {
			for p, y := range path {
				want[p*l.n+y] += math.Exp(score - logZ)
			}
		})
		got, ok := l.forwardBackward(k)
		if !ok || math.Abs(got-logZ) > 1e-9 {
			t.Fatalf("log Z = %v, %v, want %v", got, ok, logZ)
		}
		for i := range want {
			if v := l.alpha[i] * l.beta[i]; math.Abs(v-want[i]) > 1e-9 {
				t.Fatalf("marginal %d = %v, want %v", i, v, want[i])
			}
		}
		// Of several best paths either is right.
		path := l.viterbi(k)
		if score, ok := scores[fmt.Sprint(path)]; !ok || math.Abs(score-top) > 1e-9 {
			t.Fatalf("best path %v of %v, want %v of %v", path, score, best, top)
		}
		if exact := l.exact(k); math.Abs(exact-logZ) > 1e-9 {
			t.Fatalf("log Z in logarithms = %v, want %v", exact, logZ)
		}
	})
}

func TestWeightsFarApartGoThroughLogarithms(t *testing.T) {
	c := BIO([]string{"x", "y"})
	k := newLinks(c)
	for i := range k.log {
		k.log[i] = 2000
	}
	k.log[0] = -2000 // B-x to B-x, the only way the scores permit
	k.refresh()
	m := &Model{chain: c, links: k, features: []uint32{7}, spans: []int32{0, 4}, labels: []uint8{0, 1, 2, 3},
		weights: []float32{0, -9000, -9000, -9000}}
	m.index = newTable(m.features)
	labels, p := m.Marginals([][]uint32{{7}, {7}, {7}})
	if !slices.Equal(labels, []int{0, 0, 0}) {
		t.Fatalf("labels %v", labels)
	}
	for _, row := range p {
		if math.Abs(row[0]-1) > 1e-9 {
			t.Fatalf("marginals %v", p)
		}
	}
}

func TestGradientEqualsFiniteDifferences(t *testing.T) {
	c := BIO([]string{"x", "y"})
	data := []Sequence{{Features: [][]uint32{{1, 2}, {2, 3}, {1, 4}, {5}}, Labels: []int{0, 1, 2, 0}}}
	tr := newTrainer(c, data, Options{}.usual())
	k := tr.walk()
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range k.weights {
		k.weights[i].w = float32(dice.NormFloat64())
	}
	e := &tr.examples[0]
	value := func() float64 {
		k.load(e)
		v, ok := k.gradient(e)
		if !ok {
			t.Fatal("underflow")
		}
		return v
	}
	value()
	want := make([]float64, tr.size())
	for p := range e.labels {
		delta := k.lattice.row(k.lattice.alpha, p)
		for _, f := range e.known[e.at[p]:e.at[p+1]] {
			for j := tr.spans[f]; j < tr.spans[f+1]; j++ {
				want[j] += delta[tr.labels[j]]
			}
		}
	}
	copy(want[len(tr.labels):], k.expected)
	ends := want[len(tr.labels)+len(c.Edges):]
	for _, s := range c.Starts {
		ends[s] = k.lattice.row(k.lattice.alpha, 0)[s]
	}
	copy(ends[len(c.Labels):], k.lattice.row(k.lattice.alpha, len(e.labels)-1))
	const step = 1. / 1024
	for i := range want {
		if at := i - len(tr.labels) - len(c.Edges); at >= 0 && at < len(c.Labels) && at%2 == 1 {
			continue // I-x may not start
		}
		w := k.weights[i].w
		k.weights[i].w = w + step
		up := value()
		k.weights[i].w = w - step
		down := value()
		k.weights[i].w = w
		h := float64(w+step) - float64(w-step)
		if got := (up - down) / h; math.Abs(got-want[i]) > 1e-4 {
			t.Fatalf("gradient %d = %v, by differences %v", i, want[i], got)
		}
	}
}

// lessons are sequences whose label follows from a feature that lies two
// positions back, seen only through the label between.
func lessons(n int, seed uint64) []Sequence {
	dice := rand.New(rand.NewPCG(seed, 0))
	out := make([]Sequence, n)
	for i := range out {
		kind := dice.IntN(2)
		first := uint32(100 + kind)
		if dice.Float64() < .1 {
			first = 102
		}
		s := Sequence{Features: [][]uint32{{first}, {200 + dice.Uint32N(3)}, {300}}, Labels: []int{2 * kind, 2*kind + 1, 2*kind + 1}}
		out[i] = s
	}
	return out
}

func TestTrainLearnsWhatOnlyNeighboursTell(t *testing.T) {
	m, err := Train(BIO([]string{"x", "y"}), lessons(300, 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for _, s := range lessons(300, 2) {
		if s.Features[0][0] == 102 {
			continue
		}
		all++
		if slices.Equal(m.Viterbi(s.Features), s.Labels) {
			right++
		}
	}
	if right != all {
		t.Fatalf("%d of %d sequences right", right, all)
	}
	_, p := m.Marginals([][]uint32{{100}, {200}, {300}})
	if p[2][1] < .9 {
		t.Fatalf("the last label has probability %v", p[2][1])
	}
}

func TestOrderOfSequencesIsForgotten(t *testing.T) {
	data := lessons(100, 3)
	a, err := Train(BIO([]string{"x", "y"}), data, Options{Epochs: 3})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(data)
	b, err := Train(BIO([]string{"x", "y"}), data, Options{Epochs: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatal("another order of input gives another model")
	}
}

func TestTrainRefuses(t *testing.T) {
	good := BIO([]string{"x"})
	one := func(labels ...int) []Sequence {
		return []Sequence{{Features: make([][]uint32, len(labels)), Labels: labels}}
	}
	for name, c := range map[string]struct {
		chain Chain
		data  []Sequence
	}{
		"no sequence":         {good, nil},
		"only empty ones":     {good, one()},
		"begins inside":       {good, one(1)},
		"undeclared label":    {good, one(2)},
		"negative label":      {good, one(-1)},
		"forbidden neighbour": {BIO([]string{"x", "y"}), one(0, 3)},
		"labels missing":      {good, []Sequence{{Features: make([][]uint32, 2), Labels: []int{0}}}},
		"no labels":           {Chain{}, one(0)},
		"edges out of order":  {Chain{Labels: []string{"a"}, Starts: []int{0}, Edges: [][2]int{{0, 0}, {0, 0}}}, one(0)},
		"dead end":            {Chain{Labels: []string{"a", "b"}, Starts: []int{0}, Edges: [][2]int{{0, 1}}}, one(0)},
	} {
		if _, err := Train(c.chain, c.data, Options{}); !badTraining.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConstantFeaturesGiveTheCommonestLabel(t *testing.T) {
	var data []Sequence
	for i := range 30 {
		y := 0
		if i%3 == 0 {
			y = 2
		}
		data = append(data, Sequence{Features: [][]uint32{{1}}, Labels: []int{y}})
	}
	m, err := Train(BIO([]string{"x", "y"}), data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	labels, p := m.Marginals([][]uint32{{1}})
	if labels[0] != 0 || math.Abs(p[0][0]-2./3) > .08 {
		t.Fatalf("labels %v with %v, want 0 with 2/3", labels, p[0])
	}
}

func TestBytesComeBack(t *testing.T) {
	m, err := Train(BIO([]string{"x", "y"}), lessons(100, 4), Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := m.Bytes()
	back, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.Bytes(), b) {
		t.Fatal("the bytes changed")
	}
	for _, s := range lessons(50, 5) {
		_, p := m.Marginals(s.Features)
		_, q := back.Marginals(s.Features)
		for i := range p {
			if !slices.Equal(p[i], q[i]) {
				t.Fatalf("%v became %v", p[i], q[i])
			}
		}
	}
	for i := range b {
		if _, err := Decode(b[:i]); !badModel.Is(err) {
			t.Fatalf("cut at %d: %v", i, err)
		}
		changed := slices.Clone(b)
		changed[i] ^= 1
		if _, err := Decode(changed); !badModel.Is(err) {
			t.Fatalf("changed at %d: %v", i, err)
		}
	}
}

func TestPruneKeepsWhatWeighs(t *testing.T) {
	m, err := Train(BIO([]string{"x", "y"}), lessons(200, 6), Options{})
	if err != nil {
		t.Fatal(err)
	}
	small := m.Prune(.5)
	if small.Size() == 0 || small.Size() >= m.Size() {
		t.Fatalf("%d weights of %d are left", small.Size(), m.Size())
	}
	if got := small.Viterbi([][]uint32{{101}, {200}, {300}}); !slices.Equal(got, []int{2, 3, 3}) {
		t.Fatalf("labels %v", got)
	}
}

func TestNothingIsLabelledWithNothing(t *testing.T) {
	m, err := Train(BIO([]string{"x"}), []Sequence{{Features: [][]uint32{{1}}, Labels: []int{0}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Viterbi(nil); len(got) != 0 {
		t.Fatalf("%v", got)
	}
	if labels, p := m.Marginals(nil); len(labels)+len(p) != 0 {
		t.Fatalf("%v %v", labels, p)
	}
	if got := m.Viterbi([][]uint32{nil, {99}}); len(got) != 2 {
		t.Fatalf("unknown features: %v", got)
	}
}

func FuzzDecode(f *testing.F) {
	m, err := Train(BIO([]string{"x", "y"}), lessons(20, 7), Options{Epochs: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Bytes()[len(magic) : len(m.Bytes())-8])
	f.Add([]byte{1, 1, 'a', 1, 0, 0, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		// The check sum would keep the fuzzer out, so it is put right.
		b := sealed(body)
		m, err := Decode(b)
		if err != nil {
			return
		}
		if back, err := Decode(m.Bytes()); err != nil || !bytes.Equal(back.Bytes(), m.Bytes()) {
			t.Fatalf("a model that was read is not read again: %v", err)
		}
		m.Viterbi([][]uint32{{1}, {2, 3}, nil})
		m.Marginals([][]uint32{{1}, {2, 3}, nil})
	})
}
