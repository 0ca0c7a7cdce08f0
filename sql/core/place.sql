-- name: core.place
-- kind: table
-- label: 地点
-- description: Places, one row each as its department gave it.
-- grain: id
-- owner: data
-- reads: staging.place, ref.area_name
-- roles: office analyst
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
SELECT r.* , coalesce(c.area_id, n.area_id) AS community_id
FROM staging.place r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
