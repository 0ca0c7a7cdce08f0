-- name: mart.finding_permit_without_licence
-- kind: table
-- label: 比对：执照已注销仍持有效许可
-- description: Permits that a department lists as valid (有效, and not past their last day where they tell it) of an organisation whose licence 市场监管 lists as cancelled or revoked, by the links between their rows. A permit is an organisation's row of another department. Where both rows have a valid credit code, the codes must be equal; where the permit has none, an organisation that still has a living licence is left alone: it may be another firm of that name. Possible, not sure, where a row is that organisation with less than .95 and the codes do not say so.
-- grain: row_a, evidence_b
-- owner: data
-- reads: core.organisation, core.link
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
-- audit not_null: certainty, subject_kind, subject, source_a, row_a, said_a, said_b
-- audit accepted: certainty in sure, possible
WITH row_of AS (
  SELECT o.*, CASE WHEN o.credit_code_valid THEN o.credit_code END AS code, l.probability FROM core.organisation o JOIN core.link l ON l.entity = 'organisation' AND l.row_id = o.id
), licence AS (
  SELECT * FROM row_of WHERE source = 'shichang'
), living AS (
  -- A licence of which the state is not told may live.
  SELECT * FROM licence WHERE coalesce(status, '') NOT IN ('注销', '吊销')
), cancelled AS (
  SELECT * FROM licence WHERE status IN ('注销', '吊销') AND (closed_on IS NULL OR closed_on <= getvariable('as_of'))
), permit AS (
  SELECT * FROM row_of WHERE source <> 'shichang' AND status = '有效' AND coalesce(closed_on, getvariable('as_of')) >= getvariable('as_of')
), met AS (
  SELECT p.id AS permit, c.id AS licence, p.code IS NOT NULL AND p.code = c.code AS by_code FROM permit p JOIN cancelled c ON c.organisation_id = p.organisation_id
  WHERE p.code = c.code AND NOT EXISTS (SELECT 1 FROM living a WHERE a.code = p.code)
    OR (p.code IS NULL OR c.code IS NULL) AND NOT EXISTS (SELECT 1 FROM living a WHERE a.organisation_id = p.organisation_id)
)
SELECT CASE WHEN m.by_code OR least(c.probability, p.probability) >= 0.95 THEN 'sure' ELSE 'possible' END AS certainty, 'organisation' AS subject_kind, c.organisation_id AS subject, coalesce(c.community_id, p.community_id) AS community_id,
  c.source AS source_a, c.id AS row_a, '营业执照：' || c.status AS said_a, c.closed_on AS day_a,
  p.source AS source_b, p.id AS evidence_b, '许可 ' || concat_ws('：', p.organisation_no, p.scope) || '，有效' || coalesce('期至 ' || p.closed_on, '') AS said_b, p.closed_on AS day_b,
  CASE WHEN m.by_code THEN 1 ELSE least(c.probability, p.probability) END::DECIMAL(9,6) AS link_probability
FROM met m JOIN permit p ON p.id = m.permit JOIN cancelled c ON c.id = m.licence
QUALIFY row_number() OVER (PARTITION BY p.id ORDER BY m.by_code DESC, c.closed_on DESC NULLS LAST, c.id) = 1
