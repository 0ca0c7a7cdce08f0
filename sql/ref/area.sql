-- name: ref.area
-- kind: table
-- label: 区划
-- description: Areas of the site. Rows with one level and code are one area, however it is spelt: it takes the spelling that requests use most, the others are its aliases, with those that the source lists; a coordinate of zero is none, one outside the site's bounds is suspect. A row without a code stands by its name, one without a level counts as a community.
-- grain: area_id
-- owner: data
-- reads: staging.area, staging.service_request
-- roles: office analyst district
-- column area_id: 区划标识（层级:编码）
-- column level: 层级
-- column area_code: 编码
-- column name: 名称
-- column aliases: 别名
-- column parent_code: 上级编码
-- column lat: 纬度（度，WGS 84）
-- column long: 经度（度，WGS 84）
-- column h3_7: H3 网格，7 级
-- column h3_8: H3 网格，8 级
-- column h3_9: H3 网格，9 级
-- column place_state: ok 可用，none 无坐标，suspect 可疑（在辖区外）
-- column boundary: 边界（WKT，WGS 84）
-- column version: 版本
-- column valid_from: 启用日期
-- audit not_null: area_id, level, area_code, place_state
-- audit accepted: place_state in ok, none, suspect
WITH used AS (
  SELECT community_code AS area_code, community AS name, count(*) AS times
  FROM staging.service_request WHERE community IS NOT NULL GROUP BY ALL
), keyed AS (
  SELECT s.* REPLACE (coalesce(s.level, 'community') AS level, coalesce(s.area_code, s.name) AS area_code, coalesce(s.place_state, 'none') AS place_state)
  FROM staging.area s WHERE coalesce(s.area_code, s.name) IS NOT NULL
), rows AS (
  SELECT s.*, coalesce(u.times, 0) AS times,
    row_number() OVER (PARTITION BY s.level, s.area_code ORDER BY s.valid_from DESC NULLS LAST, coalesce(u.times, 0) DESC, s.id) AS by_name,
    row_number() OVER (PARTITION BY s.level, s.area_code ORDER BY CASE s.place_state WHEN 'ok' THEN 0 WHEN 'suspect' THEN 1 ELSE 2 END, s.valid_from DESC NULLS LAST, s.id) AS by_place
  FROM keyed s LEFT JOIN used u USING (area_code, name)
), spelt AS (
  SELECT level, area_code, name AS spelling FROM rows
  UNION ALL
  SELECT level, area_code, trim(unnest(string_split(aliases, '|'))) FROM rows
), names AS (
  SELECT level, area_code, list_sort(list(DISTINCT spelling)) AS spellings FROM spelt WHERE spelling <> '' GROUP BY ALL
)
SELECT n.level || ':' || n.area_code AS area_id, n.level, n.area_code, coalesce(n.name, n.area_code) AS name,
  list_filter(coalesce(s.spellings, []), lambda x: x <> coalesce(n.name, n.area_code)) AS aliases,
  n.parent_code, p.lat, p.long, p.h3_7, p.h3_8, p.h3_9, p.place_state, n.boundary, n.version, n.valid_from
FROM rows n
LEFT JOIN names s ON s.level = n.level AND s.area_code = n.area_code
JOIN rows p ON p.level = n.level AND p.area_code = n.area_code AND p.by_place = 1
WHERE n.by_name = 1
