-- name: mart.demand_heatmap_district
-- publish: mart.demand_heatmap
-- kind: table
-- label: 诉求热力（报区，小数隐去）
-- description: The heatmap as it leaves the house: counts under 5 are withheld, and where only one cell of a month and category would be, the next smallest is withheld too, so that no total gives it away.
-- grain: month, category, area_kind, area_id
-- owner: data
-- reads: mart.demand_heatmap
-- roles: district
-- column month: 月份（首日）
-- column category: 一级类别
-- column area_kind: 区域类型：community 社区，h3_8 网格（8 级）
-- column area_id: 区域标识（社区标识或 H3 网格）
-- column area_name: 社区名称
-- column requests: 诉求件数（件）
-- column residents: 常住人口（人）
-- column rate_per_1000: 每千人诉求件数
-- column rate_class: ok 可算，no_denominator 无人口数
-- column suppressed: 因数量过小而隐去
WITH marked AS (
  SELECT *, requests < 5 AS small,
    count(*) FILTER (requests < 5) OVER cell AS smalls,
    row_number() OVER (PARTITION BY month, category, area_kind ORDER BY requests < 5, requests, area_id) AS next_smallest
  FROM mart.demand_heatmap
  WINDOW cell AS (PARTITION BY month, category, area_kind)
), decided AS (
  SELECT *, small OR (smalls = 1 AND next_smallest = 1) AS suppressed FROM marked
)
SELECT month, category, area_kind, area_id, area_name,
  CASE WHEN NOT suppressed THEN requests END AS requests, residents,
  CASE WHEN NOT suppressed THEN rate_per_1000 END AS rate_per_1000, rate_class, suppressed
FROM decided
