package heatmap

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// table writes a month from lines such as "噪声 甲 2": a category and a
// community, or with a cell behind it the cell as well. Sums over all
// categories are added, as the model has them.
func table(lines ...string) []count {
	sums := map[[4]string]int64{}
	for _, line := range lines {
		f := strings.Fields(line)
		var n int64
		fmt.Sscan(f[len(f)-1], &n)
		for kind, area := range map[string]string{"community": f[1], "h3_8": f[2]} {
			sums[[4]string{"1", f[0], kind, area}] += n
			sums[[4]string{"0", "全部", kind, area}] += n
		}
	}
	var out []count
	for k, n := range sums {
		out = append(out, count{level: int(k[0][0] - '0'), category: k[1], kind: k[2], area: k[3], requests: n, issues: n})
	}
	slices.SortFunc(out, func(a, b count) int { return strings.Compare(name(a), name(b)) })
	return out
}

func name(c count) string { return c.category + " " + c.kind + " " + c.area }

func names(counts []count, rows []int) string {
	var out []string
	for _, i := range rows {
		out = append(out, name(counts[i]))
	}
	return strings.Join(out, ", ")
}

// Everything lies in one cell here, whose rows are large, so that the
// communities alone decide.
func TestWithholdByHand(t *testing.T) {
	for _, c := range []struct {
		about, want string
		lines       []string
	}{
		{"nothing small, nothing withheld", "", []string{"噪声 甲 x 9", "噪声 乙 x 20", "环境 甲 x 8", "环境 乙 x 7"}},
		// 2 stands in the sums of 甲 and of 噪声: of each another must go, and
		// those two need a fourth.
		{"one small count takes the cheapest cycle with it", "噪声 community 乙, 噪声 community 甲, 环境 community 乙, 环境 community 甲",
			[]string{"噪声 甲 x 2", "噪声 乙 x 9", "噪声 丙 x 90", "环境 甲 x 8", "环境 乙 x 7", "环境 丙 x 80"}},
		{"a month of four is withheld as a whole", "全部 community 甲, 全部 h3_8 x, 噪声 community 甲, 噪声 h3_8 x", []string{"噪声 甲 x 4"}},
	} {
		counts := table(c.lines...)
		if got := names(counts, withhold(counts)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.about, got, c.want)
		}
	}
	counts := table("噪声 甲 x 40", "噪声 乙 x 50", "环境 甲 x 60", "环境 乙 x 70")
	counts[slices.IndexFunc(counts, func(c count) bool { return name(c) == "噪声 community 甲" })].issues = 3
	if got := withhold(counts); len(got) < 4 || !strings.Contains(names(counts, got), "噪声 community 甲") {
		t.Errorf("few issues behind many requests are shown: %s", names(counts, got))
	}
}

// Two small counts of one and one are held down by their sum, though neither
// alone follows from it.
func TestWithholdWidensANarrowSum(t *testing.T) {
	counts := table("噪声 甲 x 1", "噪声 乙 x 1", "噪声 丙 x 30", "噪声 丁 x 40", "环境 甲 x 50", "环境 乙 x 60", "环境 丙 x 70", "环境 丁 x 80")
	got := names(counts, withhold(counts))
	if !strings.Contains(got, "噪声 community 丙") {
		t.Errorf("1 + 1 = 2 tells both: %s", got)
	}
}

// An attacker who knows every shown row and the month's total solves the sums
// exactly. On many random months nothing withheld follows, except where it
// would follow if every row were withheld; nothing small is shown; and the
// answer does not depend on the order of the rows.
func TestWithholdAgainstAnAttacker(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 11))
	shown, all := 0, 0
	for round := range 300 {
		var lines []string
		for range 3 + chance.IntN(30) {
			lines = append(lines, fmt.Sprintf("c%d a%d h%d %d", chance.IntN(4), chance.IntN(4), chance.IntN(4), 1+chance.IntN(1+chance.IntN(12))))
		}
		counts := table(lines...)
		rows := withhold(counts)
		hidden := make([]bool, len(counts))
		everything := make([]bool, len(counts))
		for i := range everything {
			everything[i] = true
		}
		for _, i := range rows {
			hidden[i] = true
		}
		unavoidable := determined(counts, everything)
		for i, known := range determined(counts, hidden) {
			if known && !unavoidable[i] {
				t.Errorf("round %d: %s follows from what is shown", round, name(counts[i]))
			}
		}
		for i := range counts {
			if !hidden[i] && counts[i].primary() {
				t.Errorf("round %d: %s is shown and small", round, name(counts[i]))
			}
		}
		shown, all = shown+len(counts)-len(rows), all+len(counts)
		shuffled := slices.Clone(counts)
		chance.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		slices.SortFunc(shuffled, func(a, b count) int { return strings.Compare(name(a), name(b)) })
		if again := names(shuffled, withhold(shuffled)); again != names(counts, rows) {
			t.Errorf("round %d: another answer the second time", round)
		}
	}
	if shown*5 < all {
		t.Errorf("only %d of %d rows are shown: too much is withheld", shown, all)
	}
}

// determined solves the sums for the hidden rows by elimination over the
// rationals: a hidden row follows when its unit vector lies in the row space.
func determined(counts []count, hidden []bool) []bool {
	m := newMonth(counts)
	column := map[int]int{}
	var rows []int
	for i, h := range hidden {
		if h {
			column[i] = len(rows)
			rows = append(rows, i)
		}
	}
	var matrix [][]*big.Rat
	for sum, touching := range m.touching {
		line := make([]*big.Rat, len(rows))
		for i := range line {
			line[i] = new(big.Rat)
		}
		for _, r := range touching {
			if hidden[r] {
				line[column[r]] = big.NewRat(int64(m.sign(r, sum)), 1)
			}
		}
		matrix = append(matrix, line)
	}
	at := 0
	for c := range rows {
		pivot := -1
		for r := at; r < len(matrix); r++ {
			if matrix[r][c].Sign() != 0 {
				pivot = r
				break
			}
		}
		if pivot < 0 {
			continue
		}
		matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
		scale := new(big.Rat).Inv(matrix[at][c])
		for k := range matrix[at] {
			matrix[at][k].Mul(matrix[at][k], scale)
		}
		for r := range matrix {
			if r == at || matrix[r][c].Sign() == 0 {
				continue
			}
			factor := new(big.Rat).Set(matrix[r][c])
			for k := range matrix[r] {
				matrix[r][k].Sub(matrix[r][k], new(big.Rat).Mul(factor, matrix[at][k]))
			}
		}
		at++
	}
	out := make([]bool, len(counts))
	for _, line := range matrix {
		last, n := -1, 0
		for c, v := range line {
			if v.Sign() != 0 {
				last, n = c, n+1
			}
		}
		if n == 1 {
			out[rows[last]] = true
		}
	}
	return out
}
