-- name: mart.demand_heatmap_district
-- publish: mart.demand_heatmap
-- kind: table
-- label: 诉求热力（报区，小数隐去）
-- description: The heatmap as it leaves the house: counts under 5 are withheld, and with them as many others that no total gives one away: where one cell alone of a month and category would be withheld, or one alone of a month, the smallest of the rest is too.
-- grain: month, category, area_kind, area_id
-- owner: data
-- reads: mart.demand_heatmap
-- roles: district
-- column month: 月份（首日）
-- column category: 一级类别
-- column area_kind: 区域类型：community 社区，h3_8 网格（8 级）
-- column area_id: 区域标识（社区标识、spelling: 加来源写法、unknown 或 H3 网格）
-- column area_name: 社区名称
-- column requests: 诉求件数（件，过小而隐去时为空）
-- column residents: 常住人口（人）
-- column rate_per_1000: 每千人诉求件数
-- column rate_class: ok 可算，no_denominator 无人口数
-- column suppressed: 因数量过小而隐去
-- audit not_null: suppressed
WITH small AS (
  SELECT *, requests < 5 AS under, count(*) FILTER (requests < 5) OVER (PARTITION BY month, category, area_kind) AS unders,
    row_number() OVER (PARTITION BY month, category, area_kind ORDER BY requests < 5, requests, area_id) AS place_in_line
  FROM mart.demand_heatmap
), by_category AS (
  SELECT *, under OR (unders = 1 AND place_in_line = 1) AS withheld FROM small
), by_month AS (
  SELECT *, count(*) FILTER (withheld) OVER (PARTITION BY month, area_kind) AS withhelds,
    row_number() OVER (PARTITION BY month, area_kind ORDER BY withheld, requests, category, area_id) AS place_in_month
  FROM by_category
), decided AS (
  SELECT *, withheld OR (withhelds = 1 AND place_in_month = 1) AS suppressed FROM by_month
)
SELECT month, category, area_kind, area_id, area_name,
  CASE WHEN NOT suppressed THEN requests END AS requests, residents,
  CASE WHEN NOT suppressed THEN rate_per_1000 END AS rate_per_1000, rate_class, suppressed
FROM decided
