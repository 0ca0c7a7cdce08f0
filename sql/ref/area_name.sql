-- name: ref.area_name
-- kind: table
-- label: 区划的各种写法
-- description: Every code, name and alias by which an area may be written, each leading to one area; a spelling that two areas of a level share leads nowhere.
-- grain: level, spelling
-- owner: data
-- reads: ref.area
-- roles: office analyst
-- column level: 层级
-- column spelling: 写法（编码、名称或别名）
-- column area_id: 区划标识
WITH spelt AS (
  SELECT level, area_id, area_code AS spelling FROM ref.area
  UNION SELECT level, area_id, name FROM ref.area
  UNION SELECT level, area_id, unnest(aliases) FROM ref.area
)
SELECT level, spelling, min(area_id) AS area_id
FROM spelt WHERE spelling IS NOT NULL
GROUP BY level, spelling HAVING count(DISTINCT area_id) = 1
