package build

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/stat"
)

// Both lists are whole, and every indicator either has a measure of its own or
// says what is missing.
func TestTheListsOfIndicatorsAreWhole(t *testing.T) {
	b, _ := emptyBuild(t)
	ask := func(query string) (n int64) {
		t.Helper()
		if err := b.conn.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for query, want := range map[string]int64{
		"SELECT count(*) FROM ref.indicator WHERE list = '述职'":                                                                                                                      28,
		"SELECT count(DISTINCT class) FROM ref.indicator WHERE list = '述职'":                                                                                                         5,
		"SELECT count(*) FROM ref.indicator WHERE list = '社区检查'":                                                                                                                    42,
		"SELECT count(DISTINCT class) FROM ref.indicator WHERE list = '社区检查'":                                                                                                       8,
		"SELECT count(*) FROM ref.indicator WHERE list = '社区检查' AND monthly":                                                                                                        23,
		"SELECT count(DISTINCT class) FROM ref.indicator WHERE monthly":                                                                                                             6,
		"SELECT count(*) FROM ref.indicator WHERE monthly AND list = '述职'":                                                                                                          0,
		"SELECT count(*) FROM ref.indicator WHERE (status = 'computed') = (missing IS NOT NULL) OR (status = 'computed') = (definition IS NULL)":                                    0,
		"SELECT count(*) FROM ref.indicator WHERE (target IS NULL) <> (target_op IS NULL)":                                                                                          0,
		"SELECT count(*) FROM ref.indicator i WHERE (status = 'computed') <> EXISTS (FROM ref.indicator_measure m WHERE m.code = i.code AND m.version = i.version AND m.part = '')": 0,
		"SELECT count(*) FROM ref.indicator_measure m WHERE event NOT IN ('due', 'opened', 'called', 'settled', 'incident', 'standing', 'asked', 'staged')":                         0,
		"SELECT count(DISTINCT code) FROM mart.indicator":                                                                                                                           70,
	} {
		if got := ask(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// Known truth of each shape. 40 of 50 have Wilson's [66.96 %, 88.76 %] (z² = 3.8415); Garwood's
// interval of ten is 4.795 to 18.391; of spans 1, 2, 3 (open), 4 half have
// ended by 2 and nine tenths by 4.
func TestFiguresOfEachShape(t *testing.T) {
	share := figure{}
	share.add(true, 0, 40)
	share.add(false, 0, 10)
	ten, spans, ended := figure{}, figure{timed: true}, figure{}
	ten.add(false, 7, 10)
	for _, s := range []stat.Span{{Time: 1, Ended: true}, {Time: 2, Ended: true}, {Time: 3}, {Time: 4, Ended: true}} {
		spans.add(s.Ended, int64(s.Time), 1)
	}
	ended.add(true, 10, 2)
	ended.add(true, 41, 1)
	open := figure{timed: true}
	open.add(false, 5, 3)
	open.add(true, 1, 1)
	for name, c := range map[string]struct {
		of    *figure
		shape string
		want  []int64
	}{
		"share":                     {&share, "share", []int64{800000, 669629, 887562}},
		"density":                   {&ten, "density", []int64{10000000, 4795389, 18390356}},
		"stock":                     {&ten, "stock", []int64{10000000, -1, -1}},
		"longest":                   {&spans, "longest", []int64{4000000, -1, -1}},
		"mean":                      {&ended, "mean", []int64{20333333, -1, -1}},
		"mean of what is open":      {&spans, "mean", []int64{-1, -1, -1}},
		"nine tenths":               {&spans, "nine_tenths", []int64{4000000, 2000000, 4000000}},
		"too much open to say":      {&open, "median", []int64{-1, -1, -1}},
		"a share of nothing":        {&figure{}, "share", []int64{-1, -1, -1}},
		"a shape that is not known": {&ten, "cube", []int64{-1, -1, -1}},
	} {
		var got []int64
		for _, v := range c.of.values(c.shape) {
			n, ok := v.(int64)
			if !ok {
				n = -1
			}
			got = append(got, n)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if median := spans.values("median")[0]; median != int64(2000000) {
		t.Errorf("median %v", median)
	}
}
