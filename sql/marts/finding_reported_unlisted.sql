-- name: mart.finding_reported_unlisted
-- kind: table
-- label: 比对：多次投诉而未列隐患
-- description: Buildings of a good or passable grade (A, B) about whose safety three or more people complained within a year and of which 应急 lists no structural hazard, by building number or by the place that the addresses lead to. People count, not requests: who calls again is one, by the linkage of persons; a request without name and telephone is one more, unless it was passed on from another channel. Rows of one number, or of one place, are one building and one finding: row a is the one graded last, row b the last complaint, with the least probability of those that count. Possible, not sure, where it takes requests without name and telephone to make three, where the address of a hazard of the same community that was open within the year leads to no building, or where a complaint is at the building with less than .95.
-- grain: subject
-- owner: data
-- reads: core.building, core.address, core.hazard, ref.area, core.service_request, core.issue_member
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
WITH structure AS (
  SELECT * FROM core.hazard WHERE kind = '房屋结构' AND found_on <= getvariable('as_of')
), unnamed AS (
  -- A hazard of no known building, and one of no known community in each.
  SELECT a.area_id AS community_id, count(*) AS hazards FROM structure h JOIN ref.area a ON a.level = 'community' AND a.area_id = coalesce(h.community_id, a.area_id)
  WHERE h.building_no IS NULL AND NOT EXISTS (SELECT 1 FROM core.building k WHERE k.place_id = h.place_id) AND (h.closed_on IS NULL OR h.closed_on > getvariable('as_of') - INTERVAL 1 YEAR)
  GROUP BY 1
), placed AS (
  SELECT b.*, max(a.place_id) OVER (PARTITION BY coalesce(b.building_no, b.id)) AS stands FROM core.building b LEFT JOIN core.address a ON a.place_id = b.place_id AND a.level = 'building'
), housed AS (
  SELECT *, coalesce(stands, building_no, id) AS house FROM placed
), passed_over AS (
  -- Listed, or graded so that another rule looks at it.
  SELECT house FROM housed b WHERE safety_grade NOT IN ('A', 'B') AND NOT EXISTS (SELECT 1 FROM housed g WHERE g.house = b.house AND g.safety_grade IN ('A', 'B') AND g.graded_on > b.graded_on) OR EXISTS (SELECT 1 FROM structure h WHERE h.building_no = b.building_no) OR EXISTS (SELECT 1 FROM structure h WHERE h.place_id = b.place_id)
), complaint AS (
  SELECT r.*, coalesce(i.issue_id, r.id) AS issue_id FROM core.service_request r LEFT JOIN core.issue_member i ON i.id = r.id
  WHERE r.category_2 = '房屋安全' AND r.requested_on <= getvariable('as_of') AND r.requested_on > getvariable('as_of') - INTERVAL 1 YEAR
), met AS (
  SELECT b.house, r.id, 1::DECIMAL(9,6) AS probability FROM housed b JOIN complaint r ON r.building_no = b.building_no
  UNION ALL
  SELECT b.house, r.id, r.place_probability FROM housed b JOIN complaint r ON r.place_id = b.place_id WHERE r.building_no IS NULL OR b.building_no IS NULL OR NOT EXISTS (SELECT 1 FROM core.building k WHERE k.building_no = r.building_no)
), heard AS (
  SELECT house, id, max(probability) AS probability FROM met GROUP BY house, id
), counted AS (
  SELECT h.house, count(DISTINCT r.reporter_id) AS known, count(*) FILTER (r.reporter_id IS NULL AND r.origin_no IS NULL) AS nameless, count(*) AS requests, count(DISTINCT r.issue_id) AS issues,
    min(h.probability) AS probability, string_agg(r.id, ' ' ORDER BY r.requested_on, r.id) AS requests_list
  FROM heard h JOIN complaint r ON r.id = h.id GROUP BY h.house HAVING count(DISTINCT r.reporter_id) + count(*) FILTER (r.reporter_id IS NULL AND r.origin_no IS NULL) >= 3
), last_heard AS (
  SELECT h.house, r.id, r.source, r.requested_on FROM heard h JOIN complaint r ON r.id = h.id QUALIFY row_number() OVER (PARTITION BY h.house ORDER BY r.requested_on DESC, r.id DESC) = 1
), good AS (
  SELECT * FROM housed WHERE safety_grade IN ('A', 'B') AND house NOT IN (SELECT house FROM passed_over)
), gathered AS (
  SELECT house, string_agg(id, ' ' ORDER BY id) AS building_rows FROM good GROUP BY house
), graded AS (
  SELECT g.*, w.building_rows FROM good g JOIN gathered w ON w.house = g.house
  QUALIFY row_number() OVER (PARTITION BY g.house ORDER BY g.graded_on DESC NULLS LAST, g.safety_grade DESC, g.building_no NULLS LAST, g.id) = 1
)
SELECT CASE WHEN u.hazards IS NULL AND c.probability >= 0.95 AND c.known >= 3 THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, coalesce(b.building_no, b.building_id) AS subject, b.community_id,
  b.source AS source_a, b.id AS row_a, '鉴定等级 ' || b.safety_grade || '，没有该楼栋的房屋结构隐患' || CASE WHEN u.hazards IS NULL THEN '' ELSE '；同一社区另有 ' || u.hazards || ' 处无法确定楼栋，请核对' END AS said_a, b.graded_on AS day_a,
  l.source AS source_b, l.id AS evidence_b, '一年内 ' || (c.known + c.nameless) || ' 人反映房屋安全，共 ' || c.requests || ' 件诉求、' || c.issues || ' 个问题' || CASE WHEN c.known >= 3 THEN '' ELSE '；其中 ' || c.nameless || ' 件未留姓名和电话，可能重复' END AS said_b, l.requested_on AS day_b,
  c.probability AS link_probability, b.building_rows || ' ' || c.requests_list AS evidence_rows
FROM graded b JOIN counted c ON c.house = b.house JOIN last_heard l ON l.house = b.house LEFT JOIN unnamed u ON u.community_id = b.community_id
