-- name: mart.rectification_trend
-- kind: table
-- label: 整改趋势
-- description: What was opened, closed, due and left open by month and by week up to the as-of day. On time and overdue are of what fell due in the period; the median is of what was opened in it, by Kaplan and Meier, with what is still open censored; both carry a 95 % interval and are empty where there is not enough to say.
-- grain: kind, period_kind, period_start
-- owner: data
-- reads: mart.rectification_ledger, mart.rectification_interval
-- roles: office analyst
-- column kind: 类型：service_request 诉求，rectification 整改，hazard 隐患
-- column period_kind: 周期：month 月，week 周（周一起）
-- column period_start: 周期首日
-- column opened: 新增（件）
-- column closed: 办结（件，有办结日期的）
-- column due: 期内到期（件）
-- column on_time: 期内到期中按期（件）
-- column overdue: 期内到期中逾期（件）
-- column reopened: 本期新增中有返工（件）
-- column backlog: 期末未结（件；来源不给办结日期时为空）
-- column on_time_share: 按期率（按期件数除以到期件数）
-- column on_time_low: 按期率 95% 区间下限（Wilson）
-- column on_time_high: 按期率 95% 区间上限（Wilson）
-- column median_days: 办结用时中位数（天，未结的按删失处理）
-- column median_low: 中位数 95% 区间下限（天）
-- column median_high: 中位数 95% 区间上限（天；为空表示尚不能确定）
-- column class: 数据状况：ok 可用，not_enough 数据不足，no_closings 来源不给办结日期
-- audit not_null: kind, period_kind, period_start, opened, closed, due, on_time, overdue, reopened, class
-- audit accepted: period_kind in month, week
-- audit accepted: class in ok, not_enough, no_closings
WITH moves AS (
  SELECT kind, opened_on AS on_day, 1 AS opened, 0 AS closed, 0 AS due, false AS on_time, false AS overdue, reopened > 0 AS reopened FROM mart.rectification_ledger
  UNION ALL
  SELECT kind, closed_on, 0, 1, 0, false, false, false FROM mart.rectification_ledger WHERE closed_on IS NOT NULL
  UNION ALL
  SELECT kind, due_on, 0, 0, 1, on_time IS TRUE, on_time IS FALSE, false FROM mart.rectification_ledger WHERE due_on <= getvariable('as_of') AND on_time IS NOT NULL
), periods AS (
  SELECT kind, period_kind, date_trunc(period_kind, on_day)::DATE AS period_start,
    count(*) FILTER (opened = 1) AS opened, count(*) FILTER (closed = 1) AS closed, count(*) FILTER (due = 1) AS due,
    count(*) FILTER (on_time) AS on_time, count(*) FILTER (overdue) AS overdue, count(*) FILTER (reopened) AS reopened
  FROM moves CROSS JOIN (VALUES ('month'), ('week')) p(period_kind)
  GROUP BY ALL
), closable AS (
  SELECT kind, bool_or(state <> 'unknown') AS has_closings FROM mart.rectification_ledger GROUP BY kind
)
SELECT p.kind, p.period_kind, p.period_start, p.opened, p.closed, p.due, p.on_time, p.overdue, p.reopened,
  CASE WHEN c.has_closings THEN (sum(p.opened - p.closed) OVER (PARTITION BY p.kind, p.period_kind ORDER BY p.period_start))::BIGINT END AS backlog,
  (i.share_millionths * 0.000001)::DECIMAL(7,6) AS on_time_share, (i.share_low_millionths * 0.000001)::DECIMAL(7,6) AS on_time_low, (i.share_high_millionths * 0.000001)::DECIMAL(7,6) AS on_time_high,
  i.median_days, i.median_low, i.median_high,
  CASE WHEN NOT c.has_closings THEN 'no_closings' ELSE coalesce(i.class, 'not_enough') END AS class
FROM periods p JOIN closable c USING (kind)
LEFT JOIN mart.rectification_interval i USING (kind, period_kind, period_start)
