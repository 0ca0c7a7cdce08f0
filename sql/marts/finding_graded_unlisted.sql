-- name: mart.finding_graded_unlisted
-- kind: table
-- label: 比对：危房未列入隐患台账
-- description: Buildings that 住建 grades C or D and of which 应急 lists no structural hazard: none names their number, and none has an address that leads to them. Possible, not sure, where the address of an open hazard of the same community leads to no building: it may be the one that is missed.
-- grain: subject, row_a
-- owner: data
-- reads: core.building, core.hazard, ref.area
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
  WHERE h.building_no IS NULL AND NOT EXISTS (SELECT 1 FROM core.building k WHERE k.place_id = h.place_id) AND (h.closed_on IS NULL OR h.closed_on > getvariable('as_of'))
  GROUP BY 1
), graded AS (
  SELECT b.* FROM core.building b WHERE b.safety_grade IN ('C', 'D') AND b.building_no IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM structure h WHERE h.building_no = b.building_no)
    AND NOT EXISTS (SELECT 1 FROM structure h WHERE h.place_id = b.place_id)
)
SELECT CASE WHEN u.hazards IS NULL THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, g.building_no AS subject, g.community_id,
  g.source AS source_a, g.id AS row_a, '鉴定等级 ' || g.safety_grade AS said_a, g.graded_on AS day_a, 'yingji' AS source_b, NULL::VARCHAR AS evidence_b,
  CASE WHEN u.hazards IS NULL THEN '没有该楼栋的房屋结构隐患' ELSE '没有写明该楼栋的房屋结构隐患；同一社区另有 ' || u.hazards || ' 处无法确定楼栋，请核对' END AS said_b, NULL::DATE AS day_b, NULL::DECIMAL(9,6) AS link_probability
FROM graded g LEFT JOIN unnamed u USING (community_id)
