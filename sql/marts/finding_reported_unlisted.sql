-- name: mart.finding_reported_unlisted
-- kind: table
-- label: 比对：多次投诉而未列隐患
-- description: Buildings of a good or passable grade (A, B) with three or more complaints about their safety within a year and no structural hazard listed by 应急, by building number or by the place that the addresses lead to; one row a building, with the last complaint as evidence and the least probability of those that count. Possible, not sure, where the address of a hazard of the same community that was open within the year leads to no building, or where a complaint is at the building with less than .95.
-- grain: subject, row_a
-- owner: data
-- reads: core.building, core.hazard, ref.area, core.service_request
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
WITH structure AS (
  SELECT * FROM core.hazard WHERE kind = '房屋结构' AND found_on <= getvariable('as_of')
), unnamed AS (
  -- A hazard of no known building, and one of no known community in each.
  SELECT a.area_id AS community_id, count(*) AS hazards FROM structure h JOIN ref.area a ON a.level = 'community' AND a.area_id = coalesce(h.community_id, a.area_id)
  WHERE h.building_no IS NULL AND NOT EXISTS (SELECT 1 FROM core.building k WHERE k.place_id = h.place_id) AND (h.closed_on IS NULL OR h.closed_on > getvariable('as_of') - INTERVAL 1 YEAR)
  GROUP BY 1
), complaint AS (
  SELECT * FROM core.service_request
  WHERE category_2 = '房屋安全' AND requested_on <= getvariable('as_of') AND requested_on > getvariable('as_of') - INTERVAL 1 YEAR
), met AS (
  SELECT b.id AS building, r.id, r.source, r.requested_on, 1::DECIMAL(9,6) AS probability FROM core.building b JOIN complaint r ON r.building_no = b.building_no
  UNION ALL
  SELECT b.id, r.id, r.source, r.requested_on, r.place_probability FROM core.building b JOIN complaint r ON r.place_id = b.place_id WHERE r.building_no IS DISTINCT FROM b.building_no
), reported AS (
  SELECT building, count(*) OVER (PARTITION BY building) AS requests, min(probability) OVER (PARTITION BY building) AS probability, id AS last_id, source AS last_source, requested_on AS last_on
  FROM met QUALIFY row_number() OVER (PARTITION BY building ORDER BY requested_on DESC, id DESC) = 1
)
SELECT CASE WHEN u.hazards IS NULL AND r.probability >= 0.95 THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, coalesce(b.building_no, b.building_id) AS subject, b.community_id,
  b.source AS source_a, b.id AS row_a, '鉴定等级 ' || b.safety_grade || '，没有该楼栋的房屋结构隐患' || CASE WHEN u.hazards IS NULL THEN '' ELSE '；同一社区另有 ' || u.hazards || ' 处无法确定楼栋，请核对' END AS said_a, b.graded_on AS day_a,
  r.last_source AS source_b, r.last_id AS evidence_b, '一年内房屋安全诉求 ' || r.requests || ' 件' AS said_b, r.last_on AS day_b, r.probability AS link_probability
FROM core.building b JOIN reported r ON r.building = b.id LEFT JOIN unnamed u ON u.community_id = b.community_id
WHERE r.requests >= 3 AND b.safety_grade IN ('A', 'B')
  AND NOT EXISTS (SELECT 1 FROM structure h WHERE h.building_no = b.building_no) AND NOT EXISTS (SELECT 1 FROM structure h WHERE h.place_id = b.place_id)
