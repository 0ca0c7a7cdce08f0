-- name: mart.finding_graded_unlisted
-- kind: table
-- label: 比对：危房未列入隐患台账
-- description: Buildings graded C or D of which 应急 lists no structural hazard: none names their number, and none has an address that leads to them. Rows of one number, or of one place, are one building and one finding: row a is the one graded last, of one day the worst. A building that was graded A or B on a later day is left alone. Possible, not sure, where a row grades it A or B and it can't be told which came last, or where the address of an open hazard of the same community leads to no building: it may be the one that is missed.
-- grain: subject
-- owner: data
-- reads: core.building, core.address, core.hazard, ref.area
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
  WHERE h.building_no IS NULL AND NOT EXISTS (SELECT 1 FROM core.building k WHERE k.place_id = h.place_id) AND (h.closed_on IS NULL OR h.closed_on > getvariable('as_of'))
  GROUP BY 1
), placed AS (
  SELECT b.*, max(a.place_id) OVER (PARTITION BY coalesce(b.building_no, b.id)) AS stands FROM core.building b LEFT JOIN core.address a ON a.place_id = b.place_id AND a.level = 'building'
), housed AS (
  SELECT *, coalesce(stands, building_no, id) AS house FROM placed
), listed AS (
  SELECT house FROM housed b WHERE EXISTS (SELECT 1 FROM structure h WHERE h.building_no = b.building_no) OR EXISTS (SELECT 1 FROM structure h WHERE h.place_id = b.place_id)
), low AS (
  SELECT * FROM housed l WHERE safety_grade IN ('C', 'D') AND building_no IS NOT NULL AND house NOT IN (SELECT house FROM listed)
    AND NOT EXISTS (SELECT 1 FROM housed g WHERE g.house = l.house AND g.safety_grade IN ('A', 'B') AND g.graded_on > l.graded_on)
), otherwise AS (
  SELECT l.house, min(g.safety_grade || coalesce('，' || g.graded_on, '')) AS said, string_agg(DISTINCT g.id, ' ' ORDER BY g.id) AS evidence_rows
  FROM low l JOIN housed g ON g.house = l.house AND g.safety_grade IN ('A', 'B') AND (g.graded_on IS NULL OR l.graded_on IS NULL) GROUP BY l.house
), gathered AS (
  SELECT house, string_agg(id, ' ' ORDER BY id) AS evidence_rows FROM low GROUP BY house
), graded AS (
  SELECT l.*, g.evidence_rows FROM low l JOIN gathered g ON g.house = l.house
  QUALIFY row_number() OVER (PARTITION BY l.house ORDER BY l.graded_on DESC NULLS LAST, l.safety_grade DESC, l.building_no, l.id) = 1
)
SELECT CASE WHEN u.hazards IS NULL AND o.said IS NULL THEN 'sure' ELSE 'possible' END AS certainty, 'building' AS subject_kind, g.building_no AS subject, g.community_id,
  g.source AS source_a, g.id AS row_a, '鉴定等级 ' || g.safety_grade || coalesce('；另有记录为 ' || o.said || '，先后不明，请核对', '') AS said_a, g.graded_on AS day_a, 'yingji' AS source_b, NULL::VARCHAR AS evidence_b,
  CASE WHEN u.hazards IS NULL THEN '没有该楼栋的房屋结构隐患' ELSE '没有写明该楼栋的房屋结构隐患；同一社区另有 ' || u.hazards || ' 处无法确定楼栋，请核对' END AS said_b, NULL::DATE AS day_b, NULL::DECIMAL(9,6) AS link_probability, concat_ws(' ', g.evidence_rows, o.evidence_rows) AS evidence_rows
FROM graded g LEFT JOIN unnamed u USING (community_id) LEFT JOIN otherwise o ON o.house = g.house
