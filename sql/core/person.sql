-- name: core.person
-- kind: table
-- label: 居民
-- description: One row a resident: of the registers' rows that core.link says are one person, the one that was updated last speaks.
-- grain: person_id
-- owner: data
-- reads: staging.person, core.link, ref.area_name
-- roles: office analyst
-- column person_id: 居民标识
-- column rows_joined: 合并的来源行数
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column community_state: 社区对应情况：known 已对应，unknown 来源给出但无法对应，none 来源未给
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
-- audit not_null: id, source, source_table, community_state
-- audit related: community_id to ref.area.area_id
-- audit not_null: person_id, rows_joined
WITH keyed AS (
  SELECT r.*, l.entity_id AS person_id
  FROM staging.person r LEFT JOIN core.link l ON l.entity = 'person' AND l.row_id = r.id
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY updated_at DESC NULLS LAST, id) AS place_in_line, count(*) OVER (PARTITION BY person_id) AS rows_joined
  FROM keyed
)
SELECT r.* EXCLUDE (place_in_line), coalesce(c.area_id, n.area_id) AS community_id,
  CASE WHEN coalesce(c.area_id, n.area_id) IS NOT NULL THEN 'known' WHEN r.community_code IS NULL AND r.community IS NULL THEN 'none' ELSE 'unknown' END AS community_state
FROM ranked r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
WHERE r.place_in_line = 1
