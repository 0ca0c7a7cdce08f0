-- name: mart.disagreement_district
-- publish: mart.disagreement
-- kind: table
-- label: 部门间一致程度（报区，小数隐去）
-- description: How often two departments differ, as it leaves the house: a row of which both, the differing or the agreeing are between 1 and 4 has none of its counts, nor a share that they could be reckoned from. No row is a sum of others.
-- grain: entity, attribute, source_a, source_b
-- owner: data
-- reads: mart.disagreement
-- roles: district
-- column entity: 实体类型
-- column attribute: 属性
-- column label: 属性名称
-- column source_a: 来源甲
-- column source_b: 来源乙
-- column compared: 双方都有值的实体数（个）
-- column differing: 其中不一致的实体数（个）
-- column share_millionths: 不一致率（百万分之一）
-- column share_low_millionths: 不一致率 95% 区间下限（百万分之一）
-- column share_high_millionths: 不一致率 95% 区间上限（百万分之一）
-- column class: 数据状况：ok 可用，not_enough 可比的不足 30 个
-- column suppressed: 因数量过小而隐去
-- audit not_null: entity, attribute, label, source_a, source_b, class, suppressed
WITH marked AS (
  SELECT *, compared BETWEEN 1 AND 4 OR differing BETWEEN 1 AND 4 OR compared - differing BETWEEN 1 AND 4 AS suppressed FROM mart.disagreement
)
SELECT entity, attribute, label, source_a, source_b, CASE WHEN NOT suppressed THEN compared END AS compared, CASE WHEN NOT suppressed THEN differing END AS differing,
  CASE WHEN NOT suppressed THEN share_millionths END AS share_millionths, CASE WHEN NOT suppressed THEN share_low_millionths END AS share_low_millionths, CASE WHEN NOT suppressed THEN share_high_millionths END AS share_high_millionths,
  class, suppressed
FROM marked
