-- name: core.building
-- kind: table
-- label: 楼栋
-- description: Buildings: rows of all departments that name the same building number carry one building_id.
-- grain: id
-- owner: data
-- reads: staging.building, ref.area_name, core.located
-- roles: office analyst
-- column building_id: 楼栋标识
-- column place_id: 地点标识（core.address；地址或楼栋编号能确定到楼栋或门牌号时）
-- column place_probability: 地点属实的概率
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column community_state: 社区对应情况：known 已对应，unknown 来源给出但无法对应，none 来源未给
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
-- audit not_null: id, source, source_table, community_state
-- audit related: community_id to ref.area.area_id
-- audit rows_of: load.building
-- audit not_null: building_id
SELECT r.*, 'b-' || substr(md5(coalesce(r.building_no, r.id)), 1, 16) AS building_id, located.place_id, located.place_probability, coalesce(c.area_id, n.area_id) AS community_id,
  CASE WHEN coalesce(c.area_id, n.area_id) IS NOT NULL THEN 'known' WHEN r.community_code IS NULL AND r.community IS NULL THEN 'none' ELSE 'unknown' END AS community_state
FROM staging.building r
LEFT JOIN core.located located ON located.row_id = r.id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
