-- name: mart.finding_paid_after_leaving
-- kind: table
-- label: 比对：已迁出或死亡仍在保
-- description: Social assistance that 民政 still pays to a person whom 公安 lists as moved away, dead or struck off, by the links between their rows. Possible, not sure, where a row is that person with less than .95.
-- grain: row_a, evidence_b
-- owner: data
-- reads: core.person, core.benefit, core.link
-- column certainty: 确定程度：sure 确定，possible 需核对
-- column subject_kind: 对象：building 楼栋，person 人员
-- column subject: 对象标识（楼栋编号或人员实体标识）
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
-- audit not_null: certainty, subject_kind, subject, source_a, row_a, said_a, said_b
-- audit accepted: certainty in sure, possible
SELECT CASE WHEN least(l.probability, o.probability) >= 0.95 THEN 'sure' ELSE 'possible' END AS certainty, 'person' AS subject_kind, l.entity_id AS subject, p.community_id,
  p.source AS source_a, p.id AS row_a, '户籍状态：' || p.register_status AS said_a, NULL::DATE AS day_a,
  b.source AS source_b, b.id AS evidence_b, b.scheme || '：' || b.status AS said_b, b.granted_on AS day_b, least(l.probability, o.probability) AS link_probability
FROM core.person p JOIN core.link l ON l.entity = 'person' AND l.row_id = p.id
JOIN core.link o ON o.entity = 'person' AND o.entity_id = l.entity_id
JOIN core.benefit b ON b.id = o.row_id
WHERE p.register_status IN ('迁出', '死亡', '注销') AND b.scheme = '社会救助' AND b.status = '在保'
