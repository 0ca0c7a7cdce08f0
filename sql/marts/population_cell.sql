-- name: mart.population_cell
-- kind: table
-- label: 网格的在册人口
-- description: People of the resident register who live here (在册), by community and H3 cell of resolution 8 and 9, as the register says on the as-of day: it has no history. A person lies where the home's own point is, else where the building of that number is, by the first department that gives its point; one of neither is in the row placeless of the community, so that the rows of each kind of area add up to the register. They tell how a community's residents spread over cells, not how many there are.
-- grain: area_kind, area_id, community_id
-- owner: data
-- reads: core.person, core.building
-- roles: office analyst
-- audit not_null: area_kind, area_id, community_id, people, placed, registered
-- audit accepted: area_kind in h3_8, h3_9
-- column area_kind: 区域类型：h3_8 网格（8 级），h3_9 网格（9 级）；求和时只取一种
-- column area_id: H3 网格号，placeless 无可用位置
-- column community_id: 社区标识（unknown 未给社区或无法对应）
-- column people: 在册人数（人）
-- column placed: 该社区有位置的在册人数（人）
-- column registered: 该社区在册人数（人）
WITH points AS (
  SELECT building_no, h3_8, h3_9, row_number() OVER (PARTITION BY building_no ORDER BY source, source_table, id) AS place_in_line
  FROM core.building WHERE building_no IS NOT NULL AND place_state = 'ok'
), homes AS (
  SELECT coalesce(p.community_id, 'unknown') AS community_id,
    CASE WHEN p.place_state = 'ok' THEN p.h3_8 ELSE b.h3_8 END::VARCHAR AS cell_8, CASE WHEN p.place_state = 'ok' THEN p.h3_9 ELSE b.h3_9 END::VARCHAR AS cell_9
  FROM core.person p
  LEFT JOIN points b ON b.building_no = p.building_no AND b.place_in_line = 1
  WHERE p.register_status = '在册'
), spread AS (
  SELECT 'h3_8' AS area_kind, coalesce(cell_8, 'placeless') AS area_id, community_id FROM homes
  UNION ALL
  SELECT 'h3_9', coalesce(cell_9, 'placeless'), community_id FROM homes
), counted AS (
  SELECT area_kind, area_id, community_id, count(*) AS people FROM spread GROUP BY ALL
)
SELECT area_kind, area_id, community_id, people,
  coalesce(sum(people) FILTER (area_id <> 'placeless') OVER community, 0)::BIGINT AS placed, (sum(people) OVER community)::BIGINT AS registered
FROM counted
WINDOW community AS (PARTITION BY area_kind, community_id)
