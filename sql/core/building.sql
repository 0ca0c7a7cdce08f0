-- name: core.building
-- kind: table
-- label: 楼栋
-- description: Buildings: rows of all departments that name the same building number carry one building_id.
-- grain: id
-- owner: data
-- reads: staging.building, ref.area_name
-- roles: office analyst
-- column building_id: 楼栋标识
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
SELECT r.* , 'b-' || substr(md5(coalesce(r.building_no, r.id)), 1, 16) AS building_id, coalesce(c.area_id, n.area_id) AS community_id
FROM staging.building r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
