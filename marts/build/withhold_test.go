package build

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// counts are a month's numbers in the trend: opened, closed, due, on_time,
// overdue, reopened, backlog.
type counts [7]int64

// randomTrend is a chain of months whose backlog follows from what was opened
// and closed. Most numbers are nought or large, so that many months are shown.
func randomTrend(r *rand.Rand) []counts {
	number := func() int64 {
		if r.IntN(12) == 0 {
			return r.Int64N(5)
		}
		return 5 + r.Int64N(9)
	}
	months := make([]counts, 3+r.IntN(12))
	var backlog int64
	for i := range months {
		opened := number()
		closed := min(number(), backlog+opened)
		if r.IntN(4) == 0 { // the backlog falls to a few
			closed = max(0, backlog+opened-r.Int64N(6))
		}
		backlog += opened - closed
		onTime, overdue := number(), number()
		months[i] = counts{opened, closed, onTime + overdue, onTime, overdue, 0, backlog}
	}
	return months
}

// determined says which withheld cells follow by addition alone from those
// that are shown: it reduces the equations (this month's backlog is the one
// before, more what was opened, less what was closed; due is on time and
// overdue) and finds the unknowns that are left alone in theirs.
func determined(months []counts, shown []bool) (out []int64) {
	at := map[[2]int]int{}
	for i := range months {
		for k := range months[i] {
			if !shown[i] {
				at[[2]int{i, k}] = len(at)
			}
		}
	}
	values := make([]int64, len(at))
	for cell, n := range at {
		values[n] = months[cell[0]][cell[1]]
	}
	var equations [][]float64
	equation := func(cells map[[2]int]float64) {
		row := make([]float64, len(at))
		for cell, factor := range cells {
			if n, ok := at[cell]; ok {
				row[n] = factor
			}
		}
		equations = append(equations, row)
	}
	for i := range months {
		chain := map[[2]int]float64{{i, 6}: 1, {i, 0}: -1, {i, 1}: 1}
		if i > 0 {
			chain[[2]int{i - 1, 6}] = -1
		}
		equation(chain)
		equation(map[[2]int]float64{{i, 2}: 1, {i, 3}: -1, {i, 4}: -1})
	}
	for _, row := range reduce(equations) {
		alone := -1
		for n, f := range row {
			if f != 0 && alone >= 0 {
				alone = -2
				break
			}
			if f != 0 {
				alone = n
			}
		}
		if alone >= 0 {
			out = append(out, values[alone])
		}
	}
	return out
}

// reduce brings equations to reduced echelon form; their factors stay -1, 0
// and 1, for the system is a network's.
func reduce(rows [][]float64) [][]float64 {
	done := 0
	for column := 0; len(rows) > 0 && column < len(rows[0]) && done < len(rows); column++ {
		pivot := slices.IndexFunc(rows[done:], func(r []float64) bool { return r[column] != 0 })
		if pivot < 0 {
			continue
		}
		rows[done], rows[done+pivot] = rows[done+pivot], rows[done]
		for i, factor := 0, rows[done][column]; i < len(rows); i++ {
			if by := rows[i][column] / factor; i != done && by != 0 {
				for n := range rows[i] {
					rows[i][n] -= by * rows[done][n]
				}
			}
		}
		done++
	}
	return rows[:done]
}

// No small number that the district's trend withholds follows from what it
// shows: not by the sums in a month, nor along the backlog.
func TestTheDistrictsTrendCantBeReckonedBack(t *testing.T) {
	b, list := emptyBuild(t)
	ctx := context.Background()
	model := list[slices.IndexFunc(list, func(m *Model) bool { return m.Name == "mart.rectification_trend_district" })]
	r := rand.New(rand.NewPCG(1, 2))
	withheld, given := 0, 0
	for range 300 {
		months := randomTrend(r)
		var rows []string
		for i, m := range months {
			rows = append(rows, fmt.Sprintf("('hazard', 'month', DATE '2020-01-01' + INTERVAL %d MONTH, %s, 'not_enough')", i, strings.Trim(strings.ReplaceAll(fmt.Sprint(m), " ", ", "), "[]")))
		}
		if err := b.exec(ctx, "DELETE FROM build.mart.rectification_trend", "INSERT INTO build.mart.rectification_trend (kind, period_kind, period_start, opened, closed, due, on_time, overdue, reopened, backlog, class) VALUES "+strings.Join(rows, ", ")); err != nil {
			t.Fatal(err)
		}
		answer, err := b.conn.QueryContext(ctx, "SELECT NOT suppressed, opened, backlog FROM ("+model.SQL+") ORDER BY period_start")
		if err != nil {
			t.Fatal(err)
		}
		shown := showing(t, answer)
		for i, m := range months {
			small := slices.ContainsFunc(m[:], func(n int64) bool { return n >= 1 && n <= 4 })
			if small && shown[i] {
				t.Fatalf("month %d of %v is shown", i, months)
			}
			if shown[i] {
				given++
			} else {
				withheld++
			}
		}
		for _, n := range determined(months, shown) {
			if n >= 1 && n <= 4 {
				t.Fatalf("a withheld %d follows from what is shown\n%v\n%v", n, months, shown)
			}
		}
	}
	if withheld < 300 || given < 300 {
		t.Errorf("%d months withheld and %d given try little", withheld, given)
	}
}

// showing reads which months are shown, and that a withheld one has no number.
func showing(t *testing.T, rows *sql.Rows) (out []bool) {
	t.Helper()
	defer rows.Close()
	for rows.Next() {
		var shown bool
		var opened, backlog sql.NullInt64
		if err := rows.Scan(&shown, &opened, &backlog); err != nil {
			t.Fatal(err)
		}
		if shown != opened.Valid || shown != backlog.Valid {
			t.Errorf("shown is %v with %v and %v", shown, opened, backlog)
		}
		out = append(out, shown)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
