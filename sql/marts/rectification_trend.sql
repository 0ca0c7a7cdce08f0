-- name: mart.rectification_trend
-- kind: table
-- label: 整改趋势
-- description: What was opened, closed and left open by month and by week, as plain counts; on time and overdue are of what was opened in the period, by the source's own word or by the expected day, up to the as-of day.
-- grain: kind, period_kind, period_start
-- owner: data
-- reads: core.service_request, core.rectification, core.hazard
-- roles: office analyst
-- column kind: 类型：service_request 诉求，rectification 整改，hazard 隐患
-- column period_kind: 周期：month 月，week 周（周一起）
-- column period_start: 周期首日
-- column opened: 新增（件）
-- column closed: 办结（件，有办结日期的）
-- column on_time: 本期新增中按期（件）
-- column overdue: 本期新增中逾期（件）
-- column reopened: 本期新增中有返工（件）
-- column backlog: 期末未结（件；来源不给办结日期时为空）
-- audit not_null: kind, period_kind, period_start, opened, closed, on_time, overdue, reopened
-- audit accepted: period_kind in month, week
WITH items AS (
  SELECT 'service_request' AS kind, requested_on AS opened_on, closed_on, expected_on AS due_on, on_time, coalesce(reopened_times, 0) > 0 AS reopened FROM core.service_request
  UNION ALL
  SELECT 'rectification', opened_on, closed_on, due_on, NULL, false FROM core.rectification
  UNION ALL
  SELECT 'hazard', found_on, closed_on, due_on, NULL, false FROM core.hazard
), judged AS (
  SELECT *, coalesce(on_time, closed_on <= due_on, CASE WHEN closed_on IS NULL AND due_on < getvariable('as_of') THEN false END) AS kept
  FROM items WHERE opened_on <= getvariable('as_of')
), moves AS (
  SELECT kind, opened_on AS on_day, 1 AS opened, 0 AS closed, kept IS TRUE AS on_time, kept IS FALSE AS overdue, reopened FROM judged
  UNION ALL
  SELECT kind, closed_on, 0, 1, false, false, false FROM judged WHERE closed_on <= getvariable('as_of')
), periods AS (
  SELECT kind, period_kind, date_trunc(period_kind, on_day)::DATE AS period_start,
    count(*) FILTER (opened = 1) AS opened, count(*) FILTER (closed = 1) AS closed, count(*) FILTER (on_time) AS on_time, count(*) FILTER (overdue) AS overdue, count(*) FILTER (reopened) AS reopened
  FROM moves CROSS JOIN (VALUES ('month'), ('week')) p(period_kind)
  GROUP BY ALL
), closable AS (
  SELECT kind, count(closed_on) > 0 AS has_closings FROM judged GROUP BY kind
)
SELECT p.kind, p.period_kind, p.period_start, p.opened, p.closed, p.on_time, p.overdue, p.reopened,
  CASE WHEN c.has_closings THEN (sum(p.opened - p.closed) OVER (PARTITION BY p.kind, p.period_kind ORDER BY p.period_start))::BIGINT END AS backlog
FROM periods p JOIN closable c USING (kind)
