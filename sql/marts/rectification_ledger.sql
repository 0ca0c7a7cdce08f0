-- name: mart.rectification_ledger
-- kind: table
-- label: 整改台账
-- description: Every promise to mend up to the as-of day, which an incident that was reported and dealt with is not: what was opened, when it is due, whether it was closed in time, and its light. The source's own deadline stands where it gives one, else the rule of ref.deadline; time that a matter was paused is added to either, as working days where the rule counts those. Green is before the last part of the time, yellow in it, red past the due day.
-- grain: kind, id
-- owner: data
-- reads: core.service_request, core.rectification, core.hazard, core.event, ref.deadline, ref.calendar
-- roles: office analyst
-- column kind: 类型：service_request 诉求，rectification 整改，hazard 隐患
-- column id: 标识
-- column source: 来源
-- column origin: 来源类型
-- column category: 类别
-- column agency: 责任单位
-- column community_id: 社区（ref.area 的 area_id）
-- column opened_on: 立项日期
-- column due_on: 应完成日期（已加上挂账时间）
-- column due_by: 时限依据：source 来源自定，其余为 ref.deadline 的规则编号；空为无依据
-- column closed_on: 销号或办结日期
-- column paused_days: 挂账（天）
-- column took_days: 用时（天，扣除挂账；未结的算到截止日）
-- column reopened: 返工或复发（次）
-- column state: 状态：open 未结，closed 已结，unknown 来源不给办结日期
-- column on_time: 是否按期；未到期的未结事项为空
-- column working_days_left: 距应完成还有（工作日，负数为已超期；仅未结）
-- column light: 灯号：green 绿，yellow 黄，red 红；仅未结
-- audit not_null: kind, id, source, state, paused_days, reopened
-- audit accepted: light in green, yellow, red
-- audit accepted: state in open, closed, unknown
WITH items AS (
  SELECT 'service_request' AS kind, id, source, '' AS origin, category_1 AS category, agency, community_id, requested_on AS opened_on, expected_on AS source_due, closed_on, on_time AS source_on_time, coalesce(reopened_times, 0) AS reopened_times
  FROM core.service_request
  UNION ALL
  SELECT 'rectification', id, source, coalesce(origin_kind, ''), category, agency, community_id, opened_on, due_on, closed_on, NULL, 0 FROM core.rectification
  UNION ALL
  SELECT 'hazard', id, source, coalesce(kind, ''), level, organisation_name, community_id, found_on, due_on, closed_on, NULL, 0 FROM core.hazard WHERE level IS DISTINCT FROM '事件'
), known AS (
  SELECT i.* REPLACE (CASE WHEN closed_on <= getvariable('as_of') THEN closed_on END AS closed_on), coalesce(least(closed_on, getvariable('as_of')), getvariable('as_of')) AS until,
    count(closed_on) OVER (PARTITION BY kind, source) > 0 AS has_closings
  FROM items i WHERE opened_on <= getvariable('as_of')
), calendar AS (
  SELECT day, working, (sum(working::INTEGER) OVER (ORDER BY day))::BIGINT AS n FROM ref.calendar
), pauses AS (
  SELECT id, happened_on AS paused_on, event, lead(event) OVER w AS next_event, lead(happened_on) OVER w AS next_on
  FROM core.event WHERE event IN ('paused', 'resumed', 'closed') AND happened_on <= getvariable('as_of')
  WINDOW w AS (PARTITION BY id ORDER BY happened_on, happened_at, event_id)
), paused AS (
  SELECT p.id, sum(greatest(date_diff('day', p.paused_on, least(coalesce(p.next_on, k.until), k.until)), 0))::BIGINT AS days,
    sum(greatest(coalesce(e.n - b.n, 0), 0))::BIGINT AS working_days
  FROM pauses p JOIN known k USING (id)
  LEFT JOIN calendar b ON b.day = p.paused_on
  LEFT JOIN calendar e ON e.day = least(coalesce(p.next_on, k.until), k.until)
  WHERE p.event = 'paused' GROUP BY p.id
), reopened AS (
  SELECT id, count(*) AS times FROM core.event WHERE event = 'reopened' AND happened_on <= getvariable('as_of') GROUP BY id
), ruled AS (
  SELECT k.*, coalesce(p.days, 0) AS paused_days, coalesce(p.working_days, 0) AS paused_working_days, greatest(k.reopened_times, coalesce(r.times, 0)) AS reopened,
    d.rule, d.amount, d.unit, coalesce(d.yellow_from, 0.80) AS yellow_from
  FROM known k LEFT JOIN paused p USING (id) LEFT JOIN reopened r USING (id)
  LEFT JOIN ref.deadline d ON d.kind = k.kind AND (d.origin = k.origin OR d.origin = '*') AND d.valid_from <= k.opened_on
  QUALIFY row_number() OVER (PARTITION BY k.kind, k.id ORDER BY (d.origin = k.origin) DESC NULLS LAST, d.valid_from DESC NULLS LAST) = 1
), due AS (
  SELECT r.*,
    CASE WHEN source_due IS NOT NULL THEN source_due + paused_days::INTEGER
      WHEN unit = 'day' THEN opened_on + (amount + paused_days)::INTEGER
      WHEN unit = 'working_day' THEN w.day END AS due_on,
    CASE WHEN source_due IS NOT NULL THEN 'source' WHEN unit = 'day' OR w.day IS NOT NULL THEN rule END AS due_by
  FROM ruled r
  LEFT JOIN calendar o ON o.day = r.opened_on
  LEFT JOIN calendar w ON w.working AND w.n = o.n + r.amount + r.paused_working_days AND r.unit = 'working_day'
)
SELECT d.kind, d.id, d.source, nullif(d.origin, '') AS origin, d.category, d.agency, d.community_id, d.opened_on, d.due_on, d.due_by, d.closed_on, d.paused_days,
  greatest(date_diff('day', d.opened_on, d.until) - d.paused_days, 0) AS took_days, d.reopened,
  CASE WHEN d.closed_on IS NOT NULL THEN 'closed' WHEN d.has_closings THEN 'open' ELSE 'unknown' END AS state,
  coalesce(d.source_on_time, d.closed_on <= d.due_on, CASE WHEN d.has_closings AND d.due_on < getvariable('as_of') THEN false END) AS on_time,
  CASE WHEN d.closed_on IS NULL AND d.has_closings THEN c.n - a.n END AS working_days_left,
  CASE WHEN d.closed_on IS NOT NULL OR NOT d.has_closings OR d.due_on IS NULL THEN NULL
    WHEN d.due_on < getvariable('as_of') THEN 'red'
    WHEN date_diff('day', d.opened_on, getvariable('as_of')) >= d.yellow_from * date_diff('day', d.opened_on, d.due_on) THEN 'yellow'
    ELSE 'green' END AS light
FROM due d
LEFT JOIN calendar c ON c.day = d.due_on
LEFT JOIN calendar a ON a.day = getvariable('as_of')
