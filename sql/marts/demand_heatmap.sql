-- name: mart.demand_heatmap
-- kind: table
-- label: 诉求热力
-- description: Service requests by month, category and place: communities, and H3 cells of resolution 8 for requests that have a place which may be drawn. Plain counts of requests, not yet of issues; a rate only where residents are known. A community that is no area of the site stands by its spelling.
-- grain: month, category, area_kind, area_id
-- owner: data
-- reads: core.service_request, ref.area, ref.population
-- roles: office analyst
-- column month: 月份（首日）
-- column category: 一级类别
-- column area_kind: 区域类型：community 社区，h3_8 网格（8 级）
-- column area_id: 区域标识（社区标识、spelling: 加来源写法、unknown 或 H3 网格）
-- column area_name: 社区名称
-- column requests: 诉求件数（件）
-- column residents: 常住人口（人）
-- column rate_per_1000: 每千人诉求件数
-- column rate_class: ok 可算，no_denominator 无人口数
-- audit not_null: month, category, area_kind, area_id, requests, rate_class
-- audit accepted: rate_class in ok, no_denominator
WITH people AS (
  SELECT area_id, residents FROM (
    SELECT area_id, residents, row_number() OVER (PARTITION BY area_id ORDER BY as_of DESC) AS latest
    FROM ref.population WHERE as_of <= getvariable('as_of'))
  WHERE latest = 1
), placed AS (
  SELECT date_trunc('month', requested_on)::DATE AS month, coalesce(category_1, '未分类') AS category, coalesce(community_id, 'spelling:' || community, 'unknown') AS area_id,
    CASE WHEN community_id IS NULL THEN community END AS spelling, h3_8
  FROM core.service_request WHERE requested_on IS NOT NULL
), counted AS (
  SELECT month, category, 'community' AS area_kind, area_id, spelling, count(*) AS requests
  FROM placed GROUP BY ALL
  UNION ALL
  SELECT month, category, 'h3_8', h3_8::VARCHAR, NULL, count(*)
  FROM placed WHERE h3_8 IS NOT NULL GROUP BY ALL
)
SELECT c.month, c.category, c.area_kind, c.area_id, coalesce(a.name, c.spelling) AS area_name, c.requests, p.residents,
  CASE WHEN p.residents > 0 THEN (c.requests * 1000::DECIMAL(18,3) / p.residents)::DECIMAL(18,3) END AS rate_per_1000,
  CASE WHEN p.residents > 0 THEN 'ok' ELSE 'no_denominator' END AS rate_class
FROM counted c
LEFT JOIN ref.area a ON a.area_id = c.area_id
LEFT JOIN people p ON p.area_id = c.area_id
