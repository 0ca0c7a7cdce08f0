-- name: mart.crosscheck
-- kind: table
-- label: 跨部门比对
-- description: What only a comparison of departments reveals, one row a finding with both sides' evidence, joined by sure keys alone. A finding is possible, not sure, where the other side has an open row of the kind in the same community that names no building: it may be the one that is missed. What needs an address or a name to be compared is not found here.
-- grain: rule, subject, evidence_b
-- owner: data
-- reads: core.building, core.hazard, core.service_request, core.person, core.benefit, core.link, ref.crosscheck_rule
-- roles: office
-- column rule: 规则编号（ref.crosscheck_rule）
-- column severity: 程度：high 高，middle 中
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
-- column explanation: 说明
-- audit not_null: rule, severity, certainty, subject_kind, subject, source_a, row_a, said_a, said_b, explanation
-- audit accepted: certainty in sure, possible
WITH structure AS (
  SELECT * FROM core.hazard WHERE kind = '房屋结构' AND found_on <= getvariable('as_of')
), unnamed AS (
  SELECT community_id, count(*) AS hazards FROM structure WHERE building_no IS NULL AND (closed_on IS NULL OR closed_on > getvariable('as_of')) GROUP BY 1
), graded AS (
  SELECT b.* FROM core.building b WHERE b.safety_grade IN ('C', 'D') AND b.building_no IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM structure h WHERE h.building_no = b.building_no)
), again AS (
  SELECT h.id AS hazard, h.source AS hazard_source, h.hazard_no, h.building_no, h.community_id, h.closed_on, r.id AS request, r.source AS request_source, r.request_no, r.requested_on
  FROM structure h JOIN core.service_request r ON r.building_no = h.building_no AND r.category_2 = '房屋安全' AND r.requested_on > h.closed_on AND r.requested_on <= getvariable('as_of')
  QUALIFY row_number() OVER (PARTITION BY r.id ORDER BY h.closed_on DESC, h.id) = 1
), gone AS (
  SELECT l.entity_id, p.id AS person, p.source AS person_source, p.register_status, p.community_id, b.id AS benefit, b.source AS benefit_source, b.scheme, b.status, b.granted_on
  FROM core.person p JOIN core.link l ON l.entity = 'person' AND l.row_id = p.id
  JOIN core.link o ON o.entity = 'person' AND o.entity_id = l.entity_id
  JOIN core.benefit b ON b.id = o.row_id
  WHERE p.register_status IN ('迁出', '死亡', '注销') AND b.scheme = '社会救助' AND b.status = '在保'
), found AS (
  SELECT 'graded_unlisted' AS rule, CASE WHEN u.hazards IS NULL THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, g.building_no AS subject, g.community_id,
    g.source AS source_a, g.id AS row_a, '鉴定等级 ' || g.safety_grade AS said_a, g.graded_on AS day_a, 'yingji' AS source_b, NULL::VARCHAR AS evidence_b,
    CASE WHEN u.hazards IS NULL THEN '没有该楼栋的房屋结构隐患' ELSE '没有写明该楼栋的房屋结构隐患；同一社区另有 ' || u.hazards || ' 处未写楼栋编号，请核对' END AS said_b, NULL::DATE AS day_b
  FROM graded g LEFT JOIN unnamed u USING (community_id)
  UNION ALL
  SELECT 'closed_but_reported', 'sure', 'building', building_no, community_id, hazard_source, hazard, '隐患 ' || coalesce(hazard_no, '') || ' 已销号', closed_on, request_source, request, '诉求 ' || coalesce(request_no, '') || '：房屋安全', requested_on FROM again
  UNION ALL
  SELECT 'paid_after_leaving', 'sure', 'person', entity_id, community_id, person_source, person, '户籍状态：' || register_status, NULL, benefit_source, benefit, scheme || '：' || status, granted_on FROM gone
)
SELECT f.rule, r.severity, f.certainty, f.subject_kind, f.subject, f.community_id, f.source_a, f.row_a, f.said_a, f.day_a, f.source_b, f.evidence_b, f.said_b, f.day_b, r.explanation
FROM found f JOIN ref.crosscheck_rule r USING (rule)
