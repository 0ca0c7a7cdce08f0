-- name: mart.indicator_staged
-- kind: table
-- label: 指标个案：分段时限
-- description: The cases of the stages that a request passes in a set time: accepted within 24 hours, closed within 30 days with pauses added. A case counts on the day its stage falls due, when that is past or the stage is done. A source that never says when it accepted or closed anything has no case.
-- grain: code, version, part, counted, id
-- owner: data
-- reads: ref.indicator_measure, core.service_request, mart.rectification_ledger
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
WITH stages AS (
  SELECT 'accepted' AS hit, id, source, community_id, requested_on + 1 AS due_on, CASE WHEN accepted_on <= getvariable('as_of') THEN accepted_on END AS done_on,
    date_diff('second', requested_at, accepted_at) <= 86400 AS in_time, count(accepted_at) OVER (PARTITION BY source) > 0 AS told
  FROM core.service_request WHERE requested_on <= getvariable('as_of') AND requested_at IS NOT NULL
  UNION ALL
  SELECT 'mended', id, source, community_id, opened_on + 30 + paused_days::INTEGER, closed_on, closed_on <= opened_on + 30 + paused_days::INTEGER, state <> 'unknown'
  FROM mart.rectification_ledger WHERE kind = 'service_request'
)
SELECT m.code, m.version, m.part, m.counted, s.id, s.due_on AS day, s.community_id, s.done_on IS NOT NULL AND coalesce(s.in_time, false) AS hit, NULL::BIGINT AS took, NULL::BOOLEAN AS ended
FROM ref.indicator_measure m JOIN stages s ON s.hit = m.hit AND (m.source IS NULL OR s.source = m.source)
WHERE m.event = 'staged' AND s.told AND (s.due_on < getvariable('as_of') OR s.due_on = getvariable('as_of') AND s.done_on IS NOT NULL)
