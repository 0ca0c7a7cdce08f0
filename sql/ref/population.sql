-- name: ref.population
-- kind: table
-- label: 人口
-- description: Residents by area and day of count, the denominators of rates. Where two rows speak of one area and day the newest version counts.
-- grain: area_id, as_of
-- owner: data
-- reads: staging.population, ref.area_name
-- roles: office analyst district
-- column area_id: 区划标识
-- column as_of: 截至日期
-- column residents: 常住人口（人）
-- column households: 户数（户）
-- column adults: 成年人口（人）
-- column elderly: 60 岁及以上（人）
-- column children: 3 岁以下（人）
-- column version: 版本
-- audit not_null: area_id, as_of
WITH placed AS (
  SELECT p.*, coalesce(n.area_id, 'community:' || p.area_code) AS area_id
  FROM staging.population p
  LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = p.area_code
  WHERE p.area_code IS NOT NULL AND p.as_of IS NOT NULL
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY area_id, as_of ORDER BY version DESC NULLS LAST, id) AS place_in_line FROM placed
)
SELECT area_id, as_of, residents, households, adults, elderly, children, version
FROM ranked WHERE place_in_line = 1
