-- name: mart.finding_finished_but_reported
-- kind: table
-- label: 比对：项目已完工仍有投诉
-- description: Projects reported finished within the last two years about whose building and matter (ref.project_matter) two or more issues were reported in the year after the finishing day, by building number or by the place that both addresses lead to. Issues count, not requests: one problem that many call about is one, and one that began before counts if it is reported after. Possible, not sure, where two issues are not at the building with .95 or more; where two are, the less sure requests do not count. Row b is the first request after the finishing day, so that a finding keeps its number when more come.
-- grain: row_a
-- owner: data
-- reads: core.project, core.service_request, core.issue_member, core.address, ref.project_matter
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
WITH finished AS (
  SELECT * FROM core.project WHERE finished_on <= getvariable('as_of') AND finished_on > getvariable('as_of') - INTERVAL 2 YEAR
), met AS (
  SELECT p.id AS project, r.id AS request, 1::DECIMAL(9,6) AS probability FROM finished p JOIN core.service_request r ON r.building_no = p.building_no
  UNION ALL
  SELECT p.id, r.id, least(p.place_probability, r.place_probability) FROM finished p JOIN core.address a ON a.place_id = p.place_id AND a.level = 'building' JOIN core.service_request r ON r.place_id = p.place_id
  WHERE r.building_no IS NULL OR p.building_no IS NULL
), heard AS (
  SELECT p.id AS project, r.id AS request, r.source, r.requested_on, coalesce(i.issue_id, r.id) AS issue_id, m.probability
  FROM met m JOIN finished p ON p.id = m.project JOIN core.service_request r ON r.id = m.request LEFT JOIN core.issue_member i ON i.id = r.id
  WHERE r.requested_on > p.finished_on AND r.requested_on <= p.finished_on + INTERVAL 1 YEAR AND r.requested_on <= getvariable('as_of')
    AND EXISTS (SELECT 1 FROM ref.project_matter t WHERE t.kind = p.kind AND t.matter IN (r.category_2, r.category_3))
), weighed AS (
  SELECT project, count(DISTINCT issue_id) FILTER (probability >= 0.95) >= 2 AS solid FROM heard GROUP BY project HAVING count(DISTINCT issue_id) >= 2
), counting AS (
  SELECT h.* FROM heard h JOIN weighed w ON w.project = h.project WHERE NOT w.solid OR h.probability >= 0.95
), counted AS (
  SELECT project, count(DISTINCT issue_id) AS issues, count(*) AS requests, max(requested_on) AS last_on, min(probability) AS probability, string_agg(request, ' ' ORDER BY requested_on, request) AS requests_list
  FROM counting GROUP BY project
), first_heard AS (
  SELECT * FROM counting QUALIFY row_number() OVER (PARTITION BY project ORDER BY requested_on, request) = 1
)
SELECT CASE WHEN c.probability >= 0.95 THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, coalesce(p.building_no, a.building_no, p.place_id) AS subject, p.community_id,
  p.source AS source_a, p.id AS row_a, concat_ws(' ', p.kind, p.project_no) || ' 已完工' AS said_a, p.finished_on AS day_a,
  f.source AS source_b, f.request AS evidence_b, '完工后一年内同一事项又有 ' || c.issues || ' 个问题、' || c.requests || ' 件诉求，最近 ' || c.last_on AS said_b, f.requested_on AS day_b,
  c.probability AS link_probability, p.id || ' ' || c.requests_list AS evidence_rows
FROM finished p JOIN counted c ON c.project = p.id JOIN first_heard f ON f.project = p.id LEFT JOIN core.address a ON a.place_id = p.place_id
