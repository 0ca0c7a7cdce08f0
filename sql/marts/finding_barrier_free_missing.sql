-- name: mart.finding_barrier_free_missing
-- kind: table
-- label: 比对：无障碍改造逾期未做
-- description: Barrier-free works that were approved for the holder of a valid disability certificate (scheme 无障碍改造计划, its ended_on the day by which it is due), past that day, with no work of that kind listed for the same person (scheme 无障碍改造) on or after the approval, by the links between their rows. A person whom 公安 lists as dead, or as moved away and nowhere else, is left out. Possible, not sure, where a row is that person with less than .95, where a work of that kind is listed for the person without its day, or where one that is tied to no other certificate was done in the same building since: it may be the one.
-- grain: row_a
-- owner: data
-- reads: core.benefit, core.link, core.person_row
-- column certainty: 确定程度：sure 确定，possible 需核对
-- column subject_kind: 对象：building 楼栋，person 人员，organisation 单位
-- column subject: 对象标识（楼栋编号，或人员、单位的实体标识）
-- column community_id: 社区（ref.area 的 area_id）
-- column source_a: 甲方来源
-- column row_a: 甲方行标识
-- column said_a: 甲方记录
-- column day_a: 甲方日期
-- column source_b: 乙方来源
-- column evidence_b: 乙方行标识；空表示乙方没有记录
-- column said_b: 乙方记录
-- column day_b: 乙方日期
-- column link_probability: 所用关联的概率：各行归入该对象的概率中最小者（编号相同为 1；未用到关联时为空）
-- column evidence_rows: 全部依据：甲乙双方各行标识，以空格分隔
-- audit not_null: certainty, subject_kind, subject, source_a, row_a, said_a, said_b
-- audit accepted: certainty in sure, possible
WITH held AS (
  SELECT b.*, l.probability FROM core.benefit b JOIN core.link l ON l.entity = 'person' AND l.row_id = b.id
  WHERE b.scheme IN ('残疾人证', '无障碍改造计划', '无障碍改造')
), certified AS (
  SELECT * FROM held WHERE scheme = '残疾人证' AND status = '有效'
  QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY granted_on DESC NULLS LAST, id) = 1
), gone AS (
  SELECT entity_id FROM core.person_row WHERE source = 'gongan' GROUP BY entity_id
  HAVING count(*) FILTER (register_status = '死亡') > 0 OR count(*) FILTER (register_status IN ('迁出', '注销')) = count(*)
), done AS (
  SELECT * FROM held WHERE scheme = '无障碍改造' AND coalesce(served_on, getvariable('as_of')) <= getvariable('as_of')
), due AS (
  SELECT p.*, c.id AS certificate, c.kind AS disability, c.level AS grade, least(p.probability, c.probability) AS least_probability
  FROM held p JOIN certified c ON c.person_id = p.person_id
  WHERE p.scheme = '无障碍改造计划' AND p.status = '已批准' AND p.ended_on < getvariable('as_of')
    AND NOT EXISTS (SELECT 1 FROM gone g WHERE g.entity_id = p.person_id)
    AND NOT EXISTS (SELECT 1 FROM done d WHERE d.person_id = p.person_id AND d.kind = p.kind AND (d.served_on >= p.granted_on OR d.served_on IS NOT NULL AND p.granted_on IS NULL))
), undated AS (
  SELECT p.id, min(d.id) AS work FROM due p JOIN done d ON d.person_id = p.person_id AND d.kind = p.kind AND d.served_on IS NULL GROUP BY p.id
), beside AS (
  SELECT p.id, min(d.id) AS work FROM due p JOIN done d ON d.building_no = p.building_no AND d.kind = p.kind AND coalesce(d.served_on >= p.granted_on, true)
  WHERE NOT EXISTS (SELECT 1 FROM certified c WHERE c.person_id = d.person_id) GROUP BY p.id
)
SELECT CASE WHEN p.least_probability >= 0.95 AND b.work IS NULL AND u.work IS NULL THEN 'sure' ELSE 'possible' END AS certainty, 'person' AS subject_kind, p.person_id AS subject, p.community_id,
  p.source AS source_a, p.id AS row_a, concat_ws('', '残疾人证（', p.disability, p.grade, '）有效；已批准无障碍改造：', p.kind) AS said_a, p.granted_on AS day_a,
  p.source AS source_b, NULL::VARCHAR AS evidence_b, '应于 ' || p.ended_on || ' 前完成，' || CASE WHEN u.work IS NULL THEN '没有该项完工记录' ELSE '有一条该项完工记录但没有日期，请核对' END || CASE WHEN b.work IS NULL THEN '' ELSE '；同一楼栋另有一处未对应到持证人，请核对' END AS said_b, p.ended_on AS day_b,
  p.least_probability AS link_probability, concat_ws(' ', p.certificate, p.id, u.work, b.work) AS evidence_rows
FROM due p LEFT JOIN beside b ON b.id = p.id LEFT JOIN undated u ON u.id = p.id
