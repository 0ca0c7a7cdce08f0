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
  SELECT r.id, m.issue_id, m.matter_id, r.category_1, r.community_id, r.requested_on, coalesce(r.requested_at, r.requested_on::TIMESTAMP) AS requested,
    CASE WHEN r.closed_on <= getvariable('as_of') THEN r.closed_on END AS closed_on, coalesce(r.closed_at, r.closed_on::TIMESTAMP + INTERVAL 86399 SECOND) AS closed,
    coalesce(r.kind NOT IN ('咨询', '建议'), true) AND coalesce(r.channel NOT IN ('巡查', '视频', '12345转办'), true) AS complaint
  FROM core.service_request r JOIN core.issue_member m USING (id)
  WHERE m.place_rule <> 'none' AND r.requested_on <= getvariable('as_of')
), ends AS (
  SELECT '件' AS by_what, id, matter_id, category_1, community_id, closed_on, greatest(closed, requested) AS closed FROM placed WHERE closed_on IS NOT NULL
  UNION ALL
  SELECT '事', i.issue_id, max(p.matter_id), max(i.category_1), max(i.community_id), max(p.closed_on), max(greatest(p.closed, p.requested))
  FROM placed p JOIN core.issue i USING (issue_id) GROUP BY i.issue_id HAVING bool_and(p.closed_on IS NOT NULL)
), complaints AS (
  SELECT matter_id, requested, min(requested_on) AS requested_on FROM placed WHERE complaint GROUP BY ALL
), followed AS (
  SELECT e.*, c.requested_on - e.closed_on AS after FROM ends e ASOF LEFT JOIN complaints c ON c.matter_id = e.matter_id AND c.requested > e.closed
)
SELECT m.code, m.version, m.part, m.counted, f.id, f.closed_on AS day, f.community_id, coalesce(f.after <= m.wait_days, false) AS hit, NULL::BIGINT AS took, NULL::BOOLEAN AS ended
FROM ref.indicator_measure m
JOIN followed f ON f.by_what = m.counted AND f.closed_on + m.wait_days::INTEGER <= getvariable('as_of') AND (m.categories IS NULL OR list_contains(string_split(m.categories, '|'), f.category_1))
WHERE m.event = 'settled'
