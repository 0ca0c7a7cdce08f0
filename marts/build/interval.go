package build

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"huiliu/internal/stat"
)

const (
	rectificationLedger   = "mart.rectification_ledger"
	rectificationInterval = "mart.rectification_interval"
	// level is the confidence of every interval.
	level = 0.95
	// enough is how many cases a share or a median needs (指标库 通则 4).
	enough = 30
	// intervalRules changes when the same ledger would give other intervals.
	intervalRules = "1"
)

// intervalStep makes mart.rectification_interval of mart.rectification_ledger:
// how sure the trend's shares are, and how long things take when some are
// still open.
type intervalStep struct{}

func (intervalStep) Name() string    { return "rectification intervals" }
func (intervalStep) Version() string { return intervalRules }
func (intervalStep) Reads() []string { return []string{rectificationLedger} }

func (intervalStep) Writes() []*Model {
	return []*Model{{
		Name: rectificationInterval, Kind: "table", Label: "整改按期率与用时的区间", Owner: "data",
		Description: "For each kind and period of the trend: the share closed in time of what fell due, with its Wilson interval, and the Kaplan–Meier median of the days that what was opened took, what is still open censored. Numbers are whole: shares in millionths.",
		Grain:       []string{"kind", "period_kind", "period_start"}, Roles: []string{"office", "analyst"},
		Columns: map[string]string{
			"kind": "类型：service_request 诉求，rectification 整改，hazard 隐患", "period_kind": "周期：month 月，week 周（周一起）", "period_start": "周期首日",
			"due": "期内到期（件）", "on_time": "期内到期中按期（件）", "share_millionths": "按期率（百万分之一）", "share_low_millionths": "按期率 95% 区间下限（百万分之一）", "share_high_millionths": "按期率 95% 区间上限（百万分之一）",
			"opened": "本期新增（件）", "still_open": "本期新增中未结（件）", "median_days": "办结用时中位数（天）", "median_low": "中位数 95% 区间下限（天）", "median_high": "中位数 95% 区间上限（天；为空表示尚不能确定）",
			"class": "数据状况：ok 可用，not_enough 到期和新增均不足 30 件",
		},
		Audits: []Audit{{Kind: "not_null", Columns: []string{"kind", "period_kind", "period_start", "due", "on_time", "opened", "still_open", "class"}}},
	}}
}

// period is one line of the trend.
type period struct {
	kind, of string
	start    time.Time
}

// tally is what a period adds up.
type tally struct {
	due, onTime int64
	spans       []stat.Span
	open        int64
}

func (intervalStep) Run(ctx context.Context, s StepContext) error {
	found, err := tallies(ctx, s)
	if err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(found), func(a, b period) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.of, b.of), a.start.Compare(b.start))
	})
	var rows [][]driver.Value
	for _, k := range keys {
		rows = append(rows, append([]driver.Value{k.kind, k.of, k.start}, found[k].values()...))
	}
	return s.Fill(ctx, rectificationInterval, `kind VARCHAR, period_kind VARCHAR, period_start DATE, due BIGINT, on_time BIGINT, share_millionths BIGINT, share_low_millionths BIGINT, share_high_millionths BIGINT,
		opened BIGINT, still_open BIGINT, median_days BIGINT, median_low BIGINT, median_high BIGINT, class VARCHAR`, rows)
}

// tallies reads the ledger. What says nothing of its end is in no median.
func tallies(ctx context.Context, s StepContext) (map[period]*tally, error) {
	rows, err := s.Conn.QueryContext(ctx, `SELECT kind, p.of, date_trunc(p.of, opened_on)::DATE, CASE WHEN due_on <= ? AND on_time IS NOT NULL THEN date_trunc(p.of, due_on)::DATE END, coalesce(on_time, false), took_days, state
		FROM `+rectificationLedger+` CROSS JOIN (VALUES ('month'), ('week')) p(of)`, s.AsOf)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", rectificationLedger, err)
	}
	defer rows.Close()
	out := map[period]*tally{}
	of := func(k period) *tally {
		if out[k] == nil {
			out[k] = &tally{}
		}
		return out[k]
	}
	for rows.Next() {
		var kind, periodKind, state string
		var opened time.Time
		var due *time.Time
		var onTime bool
		var took int64
		if err := rows.Scan(&kind, &periodKind, &opened, &due, &onTime, &took, &state); err != nil {
			return nil, fmt.Errorf("read %s: %w", rectificationLedger, err)
		}
		t := of(period{kind, periodKind, opened})
		if state != "unknown" {
			t.spans = append(t.spans, stat.Span{Time: float64(took), Ended: state == "closed"})
		}
		if state == "open" {
			t.open++
		}
		if due != nil {
			t := of(period{kind, periodKind, *due})
			t.due++
			if onTime {
				t.onTime++
			}
		}
	}
	return out, rows.Err()
}

// values are the columns behind the period's.
func (t *tally) values() []driver.Value {
	out := []driver.Value{t.due, t.onTime, nil, nil, nil, int64(len(t.spans)), t.open, nil, nil, nil, "not_enough"}
	if i, ok := stat.Wilson(t.onTime, t.due, level); ok && t.due >= enough {
		out[2], out[3], out[4] = millionths(float64(t.onTime)/float64(t.due)), millionths(i.Low), millionths(i.High)
		out[10] = "ok"
	}
	if len(t.spans) >= enough {
		if median, i, ok := stat.Quantile(stat.KaplanMeier(t.spans), 0.5, level); ok {
			out[7], out[8], out[9] = days(median), days(i.Low), days(i.High)
			out[10] = "ok"
		}
	}
	return out
}

func millionths(v float64) int64 { return int64(math.Round(v * 1e6)) }

// days is a whole number of days, nothing when it can't be told yet.
func days(v float64) driver.Value {
	if math.IsInf(v, 0) {
		return nil
	}
	return int64(v)
}
