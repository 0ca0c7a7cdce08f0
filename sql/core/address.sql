-- name: core.address
-- kind: table
-- label: 地点（由地址得出）
-- description: The places that the departments' addresses and building numbers lead to, each at the level that could be told for sure. Road, number, compound and building are those that an address of a building, organisation, project or public place says; the words of residents' addresses are not told.
-- grain: place_id
-- owner: data
-- reads: load.link_place, ref.area_name
-- roles: office analyst
-- column place_id: 地点标识
-- column level: 层级：building 楼栋，number 门牌号，compound 小区，road 道路，community 社区
-- column rows: 来源行数
-- column building_no: 楼栋编号
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column road: 道路
-- column number: 门牌号
-- column compound: 小区（统一写法）
-- column house: 幢号
-- column lat: 纬度（度，WGS 84）
-- column long: 经度（度，WGS 84）
-- audit not_null: place_id, level, rows
-- audit accepted: level in building, number, compound, road, community
-- audit related: community_id to ref.area.area_id
SELECT p.entity_id AS place_id, p.level, p.rows, p.building_no, coalesce(n.area_id, m.area_id) AS community_id, p.road, p.number, p.compound, p.house, p.lat, p.long
FROM load.link_place p
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = p.community
LEFT JOIN ref.area_name m ON m.level = 'community' AND m.spelling = p.community || '社区'
