-- name: core.benefit
-- kind: table
-- label: 待遇与服务
-- description: Benefits and services to residents; person_id is the person that core.link says.
-- grain: id
-- owner: data
-- reads: staging.benefit, core.link, ref.area_name
-- roles: office analyst
-- partition: granted_on
-- column person_id: 居民标识
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column community_state: 社区对应情况：known 已对应，unknown 来源给出但无法对应，none 来源未给
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
-- audit not_null: id, source, source_table, community_state
-- audit related: community_id to ref.area.area_id
-- audit rows_of: load.benefit
SELECT r.*, l.entity_id AS person_id, coalesce(c.area_id, n.area_id) AS community_id,
  CASE WHEN coalesce(c.area_id, n.area_id) IS NOT NULL THEN 'known' WHEN r.community_code IS NULL AND r.community IS NULL THEN 'none' ELSE 'unknown' END AS community_state
FROM staging.benefit r
LEFT JOIN core.link l ON l.entity = 'person' AND l.row_id = r.id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
