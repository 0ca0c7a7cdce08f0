-- name: mart.finding_closed_but_reported
-- kind: table
-- label: 比对：隐患销号后仍有投诉
-- description: Structural hazards that 应急 closed and about whose building people complained of its safety after, by building number or by the place that both addresses lead to; one row a hazard; a complaint speaks of one, where there are several of one that it surely is about before others, and of these of the last that was closed before it. Row b is the first complaint, so that a finding keeps its number when more come. Possible, not sure, where no complaint is at the building with .95 or more; where one is, the less sure ones do not count.
-- grain: row_a
-- owner: data
-- reads: core.hazard, core.service_request, core.issue_member, core.address
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
-- column evidence_rows: 全部依据：甲乙双方各行标识，以空格分隔
-- audit not_null: certainty, subject_kind, subject, source_a, row_a, said_a, said_b
-- audit accepted: certainty in sure, possible
WITH closed AS (
  SELECT * FROM core.hazard WHERE kind = '房屋结构' AND found_on <= getvariable('as_of') AND closed_on IS NOT NULL
), complaint AS (
  SELECT * FROM core.service_request WHERE category_2 = '房屋安全' AND requested_on <= getvariable('as_of')
), met AS (
  SELECT h.id AS hazard, r.id AS request, 1::DECIMAL(9,6) AS probability FROM closed h JOIN complaint r ON r.building_no = h.building_no
  UNION ALL
  SELECT h.id, r.id, least(h.place_probability, r.place_probability) FROM closed h JOIN complaint r ON r.place_id = h.place_id WHERE r.building_no IS NULL OR h.building_no IS NULL
), heard AS (
  SELECT h.id AS hazard, r.id AS request, r.requested_on, coalesce(i.issue_id, r.id) AS issue_id, m.probability, m.probability >= 0.95 AS solid
  FROM met m JOIN closed h ON h.id = m.hazard JOIN complaint r ON r.id = m.request LEFT JOIN core.issue_member i ON i.id = r.id
  WHERE r.requested_on > h.closed_on
  QUALIFY row_number() OVER (PARTITION BY r.id ORDER BY solid DESC, h.closed_on DESC, h.id, m.probability DESC) = 1
), counting AS (
  SELECT * FROM heard QUALIFY solid = max(solid) OVER (PARTITION BY hazard)
), counted AS (
  SELECT hazard, count(*) AS requests, count(DISTINCT issue_id) AS issues, max(requested_on) AS last_on, min(probability) AS probability, string_agg(request, ' ' ORDER BY requested_on, request) AS requests_list FROM counting GROUP BY hazard
), first_heard AS (
  SELECT * FROM counting QUALIFY row_number() OVER (PARTITION BY hazard ORDER BY requested_on, request) = 1
)
SELECT CASE WHEN c.probability >= 0.95 THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, coalesce(h.building_no, r.building_no, p.building_no, h.place_id) AS subject, coalesce(h.community_id, r.community_id) AS community_id,
  h.source AS source_a, h.id AS row_a, '隐患 ' || coalesce(h.hazard_no, '') || ' 已销号' AS said_a, h.closed_on AS day_a,
  r.source AS source_b, r.id AS evidence_b, '销号后又有房屋安全类诉求 ' || c.requests || ' 件、' || c.issues || ' 个问题，最近 ' || c.last_on AS said_b, r.requested_on AS day_b,
  c.probability AS link_probability, h.id || ' ' || c.requests_list AS evidence_rows
FROM counted c JOIN first_heard f ON f.hazard = c.hazard JOIN core.hazard h ON h.id = c.hazard JOIN core.service_request r ON r.id = f.request LEFT JOIN core.address p ON p.place_id = h.place_id
