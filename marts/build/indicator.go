package build

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"time"

	"huiliu/internal/stat"
)

const (
	indicatorFigure = "mart.indicator_figure"
	// indicatorRules changes when the same cases would give other figures.
	indicatorRules = "1"
	// wholeStreet is the area of all cases, those without a community too.
	wholeStreet = "street"
)

// indicatorStep makes mart.indicator_figure of mart.indicator_case: what SQL
// can't say of the indicators, their intervals and their medians.
type indicatorStep struct{}

func (indicatorStep) Name() string    { return "indicator figures" }
func (indicatorStep) Version() string { return indicatorRules }
func (indicatorStep) Reads() []string {
	return []string{"ref.indicator_measure", "mart.indicator_case"}
}

func (indicatorStep) Writes() []*Model {
	return []*Model{{
		Name: indicatorFigure, Kind: "table", Label: "指标数值", Owner: "data",
		Description: "The figures of mart.indicator before classes: by measure, period and area the cases, those in the numerator, and the value with its 95 % interval. A share has Wilson's; a median and a nine-tenths quantile are by Kaplan and Meier with Brookmeyer and Crowley's; a density has the exact one of a Poisson count (Garwood 1936), in events; a mean stands only where all cases have ended, and has none, nor has what is counted in full. Values and limits are millionths; shares are of one. An area is the whole street, a community, or unknown.",
		Grain:       []string{"code", "version", "part", "counted", "period_kind", "period_from", "area"},
		Columns: map[string]string{
			"code": "指标编号", "version": "版本", "part": "另列项", "counted": "计数单位", "period_kind": "周期：month 月，quarter 季，year 年", "period_from": "周期首日", "area": "区域",
			"cases": "个案数（分母）", "hits": "计入分子的个案数；时长类为已结束的", "value": "数值（百万分之一）", "low": "95% 区间下限（百万分之一）", "high": "95% 区间上限（百万分之一）",
		},
		Audits: []Audit{{Kind: "not_null", Columns: []string{"code", "version", "part", "counted", "period_kind", "period_from", "area", "cases", "hits"}}},
	}}
}

// measured is what cases have in common that make one figure.
type measured struct {
	code, version, part, counted, shape, period, area string
	from                                              time.Time
}

// figure is what the cases of one measure, period and area add up to.
type figure struct {
	cases, hits, sum, longest int64
	// timed says that spans are kept, for a quantile.
	timed bool
	spans []stat.Span
}

func (indicatorStep) Run(ctx context.Context, s StepContext) error {
	found, err := s.Conn.QueryContext(ctx, fmt.Sprintf(`SELECT c.code, c.version, c.part, c.counted, m.shape, p.of, date_trunc(p.of, c.day)::DATE, a.area, coalesce(c.hit, c.ended, false), coalesce(c.took, 0), count(*)
		FROM mart.indicator_case c
		JOIN ref.indicator_measure m USING (code, version, part, counted)
		JOIN (VALUES ('month'), ('quarter'), ('year')) p(of) ON c.period_kind IS NULL OR c.period_kind = p.of
		CROSS JOIN LATERAL (SELECT unnest(['%s', coalesce(c.community_id, 'unknown')])) a(area)
		GROUP BY ALL ORDER BY ALL`, wholeStreet))
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	defer found.Close()
	var rows [][]driver.Value
	var at measured
	var sum figure
	flush := func() {
		if sum.cases > 0 {
			rows = append(rows, append([]driver.Value{at.code, at.version, at.part, at.counted, at.period, at.from, at.area, sum.cases, sum.hits}, sum.values(at.shape)...))
		}
		sum = figure{}
	}
	for found.Next() {
		var k measured
		var hit bool
		var took, times int64
		if err := found.Scan(&k.code, &k.version, &k.part, &k.counted, &k.shape, &k.period, &k.from, &k.area, &hit, &took, &times); err != nil {
			return fmt.Errorf("read cases: %w", err)
		}
		if k != at {
			flush()
			at = k
			sum.timed = k.shape == "median" || k.shape == "nine_tenths"
		}
		sum.add(hit, took, times)
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	flush()
	return s.Fill(ctx, indicatorFigure, "code VARCHAR, version VARCHAR, part VARCHAR, counted VARCHAR, period_kind VARCHAR, period_from DATE, area VARCHAR, cases BIGINT, hits BIGINT, value BIGINT, low BIGINT, high BIGINT", rows)
}

func (f *figure) add(hit bool, took, times int64) {
	f.cases += times
	f.sum += took * times
	f.longest = max(f.longest, took)
	if hit {
		f.hits += times
	}
	for i := int64(0); f.timed && i < times; i++ {
		f.spans = append(f.spans, stat.Span{Time: float64(took), Ended: hit})
	}
}

// values are value, low and high in millionths; nothing where the cases don't
// say.
func (f *figure) values(shape string) []driver.Value {
	switch shape {
	case "share":
		if i, ok := stat.Wilson(f.hits, f.cases, level); ok {
			return []driver.Value{millionths(float64(f.hits) / float64(f.cases)), millionths(i.Low), millionths(i.High)}
		}
	case "density":
		low, high := stat.PoissonInterval(f.cases, level)
		return []driver.Value{f.cases * 1e6, millionths(low), millionths(high)}
	case "stock":
		return []driver.Value{f.cases * 1e6, nil, nil}
	case "longest":
		return []driver.Value{f.longest * 1e6, nil, nil}
	case "mean":
		if f.hits == f.cases {
			return []driver.Value{millionths(float64(f.sum) / float64(f.cases)), nil, nil}
		}
	case "median":
		return f.quantile(0.5)
	case "nine_tenths":
		return f.quantile(0.9)
	}
	return []driver.Value{nil, nil, nil}
}

func (f *figure) quantile(q float64) []driver.Value {
	at, i, ok := stat.Quantile(stat.KaplanMeier(f.spans), q, level)
	if !ok {
		return []driver.Value{nil, nil, nil}
	}
	out := []driver.Value{millionths(at), nil, nil}
	for k, bound := range []float64{i.Low, i.High} {
		if !math.IsInf(bound, 0) {
			out[k+1] = millionths(bound)
		}
	}
	return out
}
