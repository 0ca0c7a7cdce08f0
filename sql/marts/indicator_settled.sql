-- name: mart.indicator_settled
-- kind: table
-- label: 指标个案：办结后再次投诉
-- description: The cases of repeat shares: what was closed and has since stood for the days that the measure waits, on the day of closing, and whether the same matter was complained of again within those days. The same matter is that of core.issue_member; what has no place can't be compared and is no case. Enquiries, suggestions, what patrols and cameras saw, and a case that only passes a call on are no complaint again. An issue is closed with the last of its requests, and comes again as another issue.
-- grain: code, version, part, counted, id
-- owner: data
-- reads: ref.indicator_measure, core.service_request, core.issue_member, core.issue
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
WITH placed AS (
  SELECT r.id, m.issue_id, m.matter_id, r.category_1, r.community_id, r.requested_on, r.requested_at, CASE WHEN r.closed_on <= getvariable('as_of') THEN r.closed_on END AS closed_on, r.closed_at,
    coalesce(r.kind NOT IN ('咨询', '建议'), true) AND coalesce(r.channel NOT IN ('巡查', '视频', '12345转办'), true) AS complaint
  FROM core.service_request r JOIN core.issue_member m USING (id)
  WHERE m.place_rule <> 'none' AND r.requested_on <= getvariable('as_of')
), ends AS (
  SELECT '件' AS by_what, id, matter_id, category_1, community_id, closed_on, closed_at, NULL AS issue_id FROM placed WHERE closed_on IS NOT NULL
  UNION ALL
  SELECT '事', i.issue_id, max(p.matter_id), max(i.category_1), max(i.community_id), max(p.closed_on), max(p.closed_at), i.issue_id
  FROM placed p JOIN core.issue i USING (issue_id) GROUP BY i.issue_id HAVING bool_and(p.closed_on IS NOT NULL)
), again AS (
  SELECT e.by_what, e.id, min(p.requested_on - e.closed_on) AS after
  FROM ends e JOIN placed p ON p.matter_id = e.matter_id AND p.complaint AND p.id <> e.id AND p.issue_id IS DISTINCT FROM e.issue_id
    AND coalesce(p.requested_at > e.closed_at, p.requested_on > e.closed_on)
  GROUP BY ALL
)
SELECT m.code, m.version, m.part, m.counted, e.id, e.closed_on AS day, e.community_id, coalesce(a.after <= m.wait_days, false) AS hit, NULL::BIGINT AS took, NULL::BOOLEAN AS ended
FROM ref.indicator_measure m
JOIN ends e ON e.by_what = m.counted AND e.closed_on + m.wait_days::INTEGER <= getvariable('as_of') AND (m.categories IS NULL OR list_contains(string_split(m.categories, '|'), e.category_1))
LEFT JOIN again a ON a.by_what = e.by_what AND a.id = e.id
WHERE m.event = 'settled'
