-- name: ref.area_name
-- kind: table
-- label: 区划的各种写法
-- description: Every code, name and alias by which an area may be written, each leading to one area; a code goes before a name that reads like it, a name before an alias, and a spelling that two areas of a level share in the same way leads nowhere.
-- grain: level, spelling
-- owner: data
-- reads: ref.area
-- roles: office analyst
-- column level: 层级
-- column spelling: 写法（编码、名称或别名）
-- column area_id: 区划标识
-- audit not_null: level, spelling, area_id
-- audit related: area_id to ref.area.area_id
WITH spelt AS (
  SELECT level, area_id, area_code AS spelling, 1 AS precedence FROM ref.area
  UNION ALL SELECT level, area_id, name, 2 FROM ref.area
  UNION ALL SELECT level, area_id, unnest(aliases), 3 FROM ref.area
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY level, spelling ORDER BY precedence) AS place_in_line FROM spelt WHERE spelling IS NOT NULL
)
SELECT level, spelling, min(area_id) AS area_id
FROM ranked WHERE place_in_line = 1
GROUP BY level, spelling HAVING count(DISTINCT area_id) = 1
