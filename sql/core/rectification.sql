-- name: core.rectification
-- kind: table
-- label: 整改
-- description: Rectifications of the ledger, one row each.
-- grain: id
-- owner: data
-- reads: staging.rectification, ref.area_name
-- roles: office analyst
-- partition: opened_on
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
SELECT r.* , coalesce(c.area_id, n.area_id) AS community_id
FROM staging.rectification r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
