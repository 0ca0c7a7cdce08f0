package boost

import (
	"bytes"
	"encoding/binary"
	"math"

	"huiliu/internal/fault"
)

// node is a question or, with left -1, a leaf. The right child follows the
// left one; children come after their parent.
type node struct {
	column int
	bin    uint8 // of the table that was learned from; not kept
	cut    float32
	left   int
	value  float64
}

type tree []node

// binned answers for a row of the table that is learned from.
func (t tree) binned(in *table, row int) float64 {
	at := 0
	for t[at].left >= 0 {
		n := &t[at]
		at = n.left
		if in.bins[n.column][row] > n.bin {
			at++
		}
	}
	return t[at].value
}

func (t tree) answer(row []float32) float64 {
	at := 0
	for t[at].left >= 0 {
		n := &t[at]
		at = n.left
		if ordered(row[n.column]) > n.cut {
			at++
		}
	}
	return t[at].value
}

// Model is what Fit learned. It may be used by many goroutines at once.
type Model struct {
	columns int
	base    []float64
	trees   []tree // round by round, class by class
}

// Classes is the number of classes.
func (m *Model) Classes() int { return len(m.base) }

// Columns is the length of the rows that the model takes.
func (m *Model) Columns() int { return m.columns }

// Probabilities gives each class's probability for a row; they add up to 1.
// A row that is too short is read as if what lacks were not a number.
func (m *Model) Probabilities(row []float32) []float64 {
	if len(row) < m.columns {
		long := make([]float32, m.columns)
		for i := copy(long, row); i < len(long); i++ {
			long[i] = float32(math.NaN())
		}
		row = long
	}
	out := append([]float64(nil), m.base...)
	for i, t := range m.trees {
		out[i%len(out)] += t.answer(row)
	}
	Softmax(out)
	return out
}

// Softmax turns scores, one for each class, into probabilities, in place.
// No scores give none.
func Softmax(s []float64) {
	if len(s) == 0 {
		return
	}
	top := s[0]
	for _, x := range s {
		top = max(top, x)
	}
	total := 0.0
	for i, x := range s {
		s[i] = math.Exp(x - top)
		total += s[i]
	}
	for i := range s {
		s[i] /= total
	}
}

// magic begins the bytes of a model; its last character is the format.
const magic = "hlboost1"

var unreadable = &fault.Kind{
	Code: "boost_model_unreadable", Class: fault.Input,
	Cause: fault.Text{EN: "these bytes are no model of trees: {why}", ZH: "不是可读的树模型：{why}"},
	Mend:  fault.Text{EN: "fit the model again, or restore the file", ZH: "请重新训练模型，或恢复该文件"},
}

// MarshalBinary gives the model's bytes, the same for the same model: the
// magic, columns, classes, trees; the priors; and per tree its nodes, a leaf
// as 0 and its float64, a question as its column plus 1 and its float32 cut.
// Children follow in the order of the nodes.
func (m *Model) MarshalBinary() ([]byte, error) {
	out := []byte(magic)
	for _, n := range []int{m.columns, len(m.base), len(m.trees)} {
		out = binary.AppendUvarint(out, uint64(n))
	}
	for _, b := range m.base {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(b))
	}
	for _, t := range m.trees {
		out = binary.AppendUvarint(out, uint64(len(t)))
		for _, n := range t {
			if n.left < 0 {
				out = binary.LittleEndian.AppendUint64(append(out, 0), math.Float64bits(n.value))
				continue
			}
			out = binary.AppendUvarint(out, uint64(n.column)+1)
			out = binary.AppendUvarint(out, uint64(n.left))
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(n.cut))
		}
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote; the error is a fault. It
// needs memory in proportion to the bytes given, whatever they claim.
func (m *Model) UnmarshalBinary(data []byte) error {
	body, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return unreadable.At("boost", "why", "magic")
	}
	r := &reader{Reader: bytes.NewReader(body)}
	columns, classes, trees := r.count(1<<20), r.count(1024), r.count(1<<26)
	if r.bad || columns < 1 || classes < 2 || trees%max(classes, 1) != 0 || trees > r.Len() {
		return unreadable.At("boost", "why", "sizes")
	}
	read := Model{columns: columns, base: make([]float64, classes)}
	for i := range read.base {
		read.base[i] = r.float64()
	}
	for range trees {
		t := r.tree(columns)
		if r.bad {
			return unreadable.At("boost", "why", "trees")
		}
		read.trees = append(read.trees, t)
	}
	if r.bad || r.Len() > 0 {
		return unreadable.At("boost", "why", "length")
	}
	*m = read
	return nil
}

// reader reads numbers and remembers whether one was bad.
type reader struct {
	*bytes.Reader
	bad bool
}

func (r *reader) count(most uint64) int {
	n, err := binary.ReadUvarint(r.Reader)
	if err != nil || n > most {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) fixed(n int) []byte {
	out := make([]byte, 8)
	if got, err := r.Read(out[:n]); err != nil || got < n {
		r.bad = true
	}
	return out
}

func (r *reader) float64() float64 {
	x := math.Float64frombits(binary.LittleEndian.Uint64(r.fixed(8)))
	if math.IsNaN(x) || math.IsInf(x, 0) {
		r.bad = true
	}
	return x
}

// tree reads one tree. Children pair up after their parent, so that every walk
// ends.
func (r *reader) tree(columns int) tree {
	n := r.count(1 << 13)
	if r.bad || n < 1 || n > r.Len() {
		r.bad = true
		return nil
	}
	t := make(tree, n)
	for i := range t {
		column := r.count(uint64(columns))
		if column == 0 {
			t[i] = node{left: -1, value: r.float64()}
			continue
		}
		left := r.count(uint64(n))
		cut := math.Float32frombits(binary.LittleEndian.Uint32(r.fixed(4)))
		if r.bad || left <= i || left+1 >= n || cut != cut {
			r.bad = true
			return nil
		}
		t[i] = node{column: column - 1, cut: cut, left: left}
	}
	return t
}
