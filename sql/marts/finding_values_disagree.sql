-- name: mart.finding_values_disagree
-- kind: table
-- label: 比对：部门说法不一
-- description: What two departments say differently of one resident, building or organisation, where a rule of sql/golden calls it worth a finding; side a is the one that is taken as golden. Possible, not sure, where both rows do not carry one valid identity number, credit code or building number: they may be two.
-- grain: rule, subject, aspect
-- owner: data
-- reads: core.disagreement, core.link, core.golden, core.person_row, core.building_row, core.organisation_row, ref.area
-- column rule: 规则编号（ref.crosscheck_rule）
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
-- column aspect: 同一对象的第几种不一致（core.disagreement 的编号）
-- column note: 取哪一方、为何
-- audit not_null: rule, certainty, subject_kind, subject, source_a, row_a, said_a, source_b, evidence_b, said_b, aspect, note
-- audit accepted: certainty in sure, possible
WITH keyed AS (
  SELECT 'person' AS entity, id, CASE WHEN identity_valid THEN identity_no_token END AS key FROM core.person_row
  UNION ALL SELECT 'building' AS entity, id, building_no AS key FROM core.building_row
  UNION ALL SELECT 'organisation' AS entity, id, CASE WHEN credit_code_valid THEN credit_code END AS key FROM core.organisation_row
), home AS (
  SELECT entity, entity_id, value AS community_id FROM core.golden WHERE attribute = 'community'
), numbered AS (
  SELECT entity, entity_id, value AS building_no FROM core.golden WHERE entity = 'building' AND attribute = 'building_no'
)
SELECT CASE d.entity WHEN 'person' THEN 'identity_disagrees' WHEN 'building' THEN 'building_disagrees' ELSE 'organisation_disagrees' END AS rule,
  CASE WHEN a.key = b.key THEN 'sure' ELSE 'possible' END AS certainty, d.entity AS subject_kind, coalesce(n.building_no, d.entity_id) AS subject, h.community_id,
  d.source AS source_a, d.row_id AS row_a, d.label || '：' || coalesce(va.name, d.value) AS said_a, d.day AS day_a,
  d.other_source AS source_b, d.other_row_id AS evidence_b, d.label || '：' || coalesce(vb.name, d.other_value) || CASE WHEN d.other_value = d.value THEN '（原值不同）' ELSE '' END AS said_b, d.other_day AS day_b,
  least(la.probability, lb.probability) AS link_probability, d.disagreement AS aspect, d.why || CASE WHEN a.key = b.key THEN '' ELSE '；双方没有相同的证件号码或编号，也可能不是同一对象' END AS note
FROM core.disagreement d
JOIN keyed a ON a.entity = d.entity AND a.id = d.row_id
JOIN keyed b ON b.entity = d.entity AND b.id = d.other_row_id
LEFT JOIN core.link la ON la.entity = d.entity AND la.row_id = d.row_id
LEFT JOIN core.link lb ON lb.entity = d.entity AND lb.row_id = d.other_row_id
LEFT JOIN home h ON h.entity = d.entity AND h.entity_id = d.entity_id
LEFT JOIN numbered n ON n.entity = d.entity AND n.entity_id = d.entity_id
LEFT JOIN ref.area va ON d.attribute = 'community' AND va.area_id = d.value
LEFT JOIN ref.area vb ON d.attribute = 'community' AND vb.area_id = d.other_value
WHERE d.reported
