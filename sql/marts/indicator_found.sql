-- name: mart.indicator_found
-- kind: table
-- label: 指标个案：突发事件、重大隐患与提出的问题
-- description: The cases of indicators that are counted where something was found or asked: incidents with the minutes until they were dealt with, those that are not yet as far as the as-of day; grave hazards that stand at the end of each period, once for each kind of period, with the days since they were found; and issues by their first request.
-- grain: code, version, part, counted, id, period_kind, day
-- owner: data
-- reads: ref.indicator_measure, core.hazard, core.issue, core.service_request
-- column code: 指标编号
-- column version: 版本
-- column part: 另列项
-- column counted: 计数单位
-- column id: 个案标识
-- column day: 计入日期
-- column community_id: 社区
-- column period_kind: 只计入哪种周期（期末数）；空为各种
-- column took: 用时
-- column ended: 是否已结束
WITH grave AS (
  SELECT id, community_id, found_on, closed_on FROM core.hazard WHERE level = '重大' AND found_on <= getvariable('as_of')
), spans AS (
  SELECT 'month' AS period_kind, INTERVAL 1 MONTH AS span UNION ALL SELECT 'quarter', INTERVAL 3 MONTH UNION ALL SELECT 'year', INTERVAL 1 YEAR
), ends AS (
  SELECT s.period_kind, least((b.begin + s.span)::DATE - 1, getvariable('as_of')) AS day
  FROM spans s, unnest(generate_series((SELECT date_trunc(s.period_kind, min(found_on))::TIMESTAMP FROM grave), getvariable('as_of')::TIMESTAMP, s.span)) b(begin)
)
SELECT m.code, m.version, m.part, m.counted, h.id, h.found_on AS day, h.community_id, NULL AS period_kind,
  greatest(date_diff('minute', h.found_at, CASE WHEN h.closed_on <= getvariable('as_of') THEN h.closed_at ELSE getvariable('as_of')::TIMESTAMP END), 0) AS took, coalesce(h.closed_on <= getvariable('as_of'), false) AS ended
FROM ref.indicator_measure m CROSS JOIN core.hazard h
WHERE m.event = 'incident' AND h.level = '事件' AND h.found_on <= getvariable('as_of') AND h.found_at IS NOT NULL
UNION ALL
SELECT m.code, m.version, m.part, m.counted, g.id, e.day, g.community_id, e.period_kind, e.day - g.found_on, NULL
FROM ref.indicator_measure m CROSS JOIN ends e JOIN grave g ON g.found_on <= e.day AND (g.closed_on IS NULL OR g.closed_on > e.day)
WHERE m.event = 'standing'
UNION ALL
SELECT m.code, m.version, m.part, m.counted, i.issue_id, i.first_requested_on, i.community_id, NULL, NULL, NULL
FROM ref.indicator_measure m CROSS JOIN core.issue i JOIN core.service_request r ON r.id = i.request_id
WHERE m.event = 'asked' AND list_contains(string_split(m.categories, '|'), r.category_2) AND i.first_requested_on <= getvariable('as_of')
