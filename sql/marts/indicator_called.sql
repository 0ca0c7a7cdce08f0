-- name: mart.indicator_called
-- kind: table
-- label: 指标个案：回访
-- description: The cases of indicators that are counted on follow-up calls: each request by its last call up to the as-of day, on that day; a call about a request that is not here is a case of its own. A share of what is solved has the calls that reached someone who said whether it is. An issue counts on the day of the last such call, and is solved when each of its requests that was asked about is.
-- grain: code, version, part, counted, id
-- owner: data
-- reads: ref.indicator_measure, core.evaluation, core.service_request, core.issue_member, core.issue
-- column code: 指标编号
-- column version: 版本
-- column part: 另列项
-- column counted: 计数单位
-- column id: 个案标识
-- column day: 计入日期
-- column community_id: 社区
-- column hit: 是否计入分子
-- column took: 用时
-- column ended: 是否已结束
WITH calls AS (
  SELECT e.source, e.object_no, e.id, e.evaluated_on, coalesce(e.reached, false) AS reached, e.resolved,
    row_number() OVER (PARTITION BY e.source, e.object_no ORDER BY e.evaluated_on DESC, e.evaluated_at DESC NULLS LAST, e.id) AS back
  FROM core.evaluation e WHERE e.object_kind = 'service_request' AND e.reached IS NOT NULL AND e.evaluated_on <= getvariable('as_of')
), known AS (
  SELECT coalesce(r.id, c.id) AS request, r.community_id, c.evaluated_on, c.reached, c.resolved
  FROM calls c LEFT JOIN core.service_request r ON r.source = c.source AND r.request_no = c.object_no WHERE c.back = 1
), scoped AS (
  SELECT m.code, m.version, m.part, m.counted, k.*, CASE m.hit WHEN 'resolved' THEN k.resolved ELSE k.reached END AS hit
  FROM ref.indicator_measure m CROSS JOIN known k
  WHERE m.event = 'called' AND (m.hit = 'reached' OR k.reached AND k.resolved IS NOT NULL)
)
SELECT code, version, part, counted, request AS id, evaluated_on AS day, community_id, hit, NULL::BIGINT AS took, NULL::BOOLEAN AS ended
FROM scoped WHERE counted <> '事'
UNION ALL
SELECT s.code, s.version, s.part, s.counted, i.issue_id, max(s.evaluated_on), max(i.community_id), bool_and(s.hit), NULL, NULL
FROM scoped s JOIN core.issue_member m ON m.id = s.request JOIN core.issue i USING (issue_id)
WHERE s.counted = '事'
GROUP BY s.code, s.version, s.part, s.counted, i.issue_id
