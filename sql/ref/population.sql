-- name: ref.population
-- kind: table
-- label: 人口
-- description: Residents by area and day of count; the denominators of rates.
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
SELECT coalesce(n.area_id, 'community:' || p.area_code) AS area_id, p.as_of, p.residents, p.households, p.adults, p.elderly, p.children
FROM staging.population p
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = p.area_code
