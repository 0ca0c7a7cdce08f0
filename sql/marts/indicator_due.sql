-- name: mart.indicator_due
-- kind: table
-- label: 指标个案：到期与用时
-- description: The cases of indicators that are counted on the rectification ledger: what fell due up to the as-of day and is judged there, as the trend counts it, and how long what was opened took. An issue falls due when all its requests have, and is done when all are; its community is that of its first request.
-- grain: code, version, part, counted, id
-- owner: data
-- reads: ref.indicator_measure, mart.rectification_ledger, core.issue, core.issue_member
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
WITH scoped AS (
  SELECT m.code, m.version, m.part, m.counted, m.event, l.id, l.opened_on, l.due_on, l.community_id, l.took_days, l.state,
    CASE m.hit WHEN 'closed' THEN l.state = 'closed' ELSE coalesce(l.on_time, false) END AS hit,
    coalesce(l.due_on <= getvariable('as_of') AND l.on_time IS NOT NULL AND (m.hit = 'on_time' OR l.state <> 'unknown'), false) AS judged
  FROM ref.indicator_measure m
  JOIN mart.rectification_ledger l ON l.kind = m.kind AND (m.origin IS NULL OR l.origin = m.origin) AND (m.source IS NULL OR l.source = m.source)
    AND (m.categories IS NULL OR list_contains(string_split(m.categories, '|'), l.category))
)
SELECT code, version, part, counted, id, due_on AS day, community_id, hit, NULL::BIGINT AS took, NULL::BOOLEAN AS ended
FROM scoped WHERE event = 'due' AND counted <> '事' AND judged
UNION ALL
SELECT s.code, s.version, s.part, s.counted, i.issue_id, max(s.due_on), max(i.community_id), bool_and(s.hit), NULL, NULL
FROM scoped s JOIN core.issue_member m USING (id) JOIN core.issue i USING (issue_id)
WHERE s.event = 'due' AND s.counted = '事'
GROUP BY s.code, s.version, s.part, s.counted, i.issue_id HAVING bool_and(s.judged)
UNION ALL
SELECT code, version, part, counted, id, opened_on, community_id, NULL, took_days, state = 'closed'
FROM scoped WHERE event = 'opened' AND state <> 'unknown'
