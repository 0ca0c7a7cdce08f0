-- name: core.person
-- kind: table
-- label: 居民
-- description: One row a resident: rows that share a valid identity number are one person, and the register that was updated last speaks; every other row stands alone until linkage joins it.
-- grain: person_id
-- owner: data
-- reads: staging.person, ref.area_name
-- roles: office analyst
-- column person_id: 居民标识
-- column rows_joined: 合并的来源行数
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
WITH keyed AS (
  SELECT r.*, 'p-' || substr(md5(CASE WHEN r.identity_valid THEN r.identity_no_token ELSE r.id END), 1, 16) AS person_id
  FROM staging.person r
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY updated_at DESC NULLS LAST, id) AS place_in_line, count(*) OVER (PARTITION BY person_id) AS rows_joined
  FROM keyed
)
SELECT r.* EXCLUDE (place_in_line), coalesce(c.area_id, n.area_id) AS community_id
FROM ranked r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
WHERE r.place_in_line = 1
