-- name: mart.finding_reported_unlisted
-- kind: table
-- label: 比对：多次投诉而未列隐患
-- description: Buildings of a good or passable grade (A, B) with three or more complaints about their safety within a year and no structural hazard listed by 应急, by building number; one row a building, with the last complaint as evidence. Possible, not sure, where a hazard of the same community that was open within the year names no building: it may be the one that is missed.
-- grain: subject, row_a
-- owner: data
-- reads: core.building, core.hazard, core.service_request
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
-- audit not_null: certainty, subject_kind, subject, source_a, row_a, said_a, said_b
-- audit accepted: certainty in sure, possible
WITH structure AS (
  SELECT * FROM core.hazard WHERE kind = '房屋结构' AND found_on <= getvariable('as_of')
), unnamed AS (
  SELECT community_id, count(*) AS hazards FROM structure WHERE building_no IS NULL AND (closed_on IS NULL OR closed_on > getvariable('as_of') - INTERVAL 1 YEAR) GROUP BY 1
), reported AS (
  SELECT building_no, count(*) OVER (PARTITION BY building_no) AS requests, id AS last_id, source AS last_source, requested_on AS last_on
  FROM core.service_request
  WHERE category_2 = '房屋安全' AND building_no IS NOT NULL AND requested_on <= getvariable('as_of') AND requested_on > getvariable('as_of') - INTERVAL 1 YEAR
  QUALIFY row_number() OVER (PARTITION BY building_no ORDER BY requested_on DESC, id DESC) = 1
)
SELECT CASE WHEN u.hazards IS NULL THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, b.building_no AS subject, b.community_id,
  b.source AS source_a, b.id AS row_a, '鉴定等级 ' || b.safety_grade || '，没有该楼栋的房屋结构隐患' || CASE WHEN u.hazards IS NULL THEN '' ELSE '；同一社区另有 ' || u.hazards || ' 处未写楼栋编号，请核对' END AS said_a, b.graded_on AS day_a,
  r.last_source AS source_b, r.last_id AS evidence_b, '一年内房屋安全诉求 ' || r.requests || ' 件' AS said_b, r.last_on AS day_b
FROM core.building b JOIN reported r USING (building_no) LEFT JOIN unnamed u ON u.community_id = b.community_id
WHERE r.requests >= 3 AND b.safety_grade IN ('A', 'B') AND NOT EXISTS (SELECT 1 FROM structure h WHERE h.building_no = b.building_no)
