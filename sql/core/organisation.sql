-- name: core.organisation
-- kind: table
-- label: 单位
-- description: Organisations: rows that core.link says are one carry one organisation_id. A row that names no community belongs to the one whose name stands in its registered address, followed by 社区, 村 or 居委: the longest name, and none when two are as long.
-- grain: id
-- owner: data
-- reads: staging.organisation, core.link, ref.area_name, core.located
-- roles: office analyst
-- column organisation_id: 单位标识
-- column place_id: 地点标识（core.address；地址或楼栋编号能确定到楼栋或门牌号时）
-- column place_probability: 地点属实的概率
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column community_state: 社区对应情况：known 已对应，address 由注册地址得出，unknown 来源给出但无法对应，none 来源未给
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
-- audit not_null: id, source, source_table, community_state, organisation_id
-- audit related: community_id to ref.area.area_id
-- audit rows_of: load.organisation
WITH stems AS (
  SELECT DISTINCT area_id, regexp_replace(spelling, '(社区|居委会|村)$', '') AS stem
  FROM ref.area_name WHERE level = 'community' AND regexp_full_match(spelling, '\p{Han}{2,}(社区|居委会|村)')
), found AS (
  SELECT o.id, s.area_id, rank() OVER (PARTITION BY o.id ORDER BY length(s.stem) DESC) AS place_in_line
  FROM staging.organisation o
  JOIN stems s ON contains(o.business_address, s.stem || '社区') OR contains(o.business_address, s.stem || '村') OR contains(o.business_address, s.stem || '居委')
  WHERE o.community_code IS NULL AND o.community IS NULL
), named AS (
  SELECT id, min(area_id) AS area_id FROM found WHERE place_in_line = 1 GROUP BY id HAVING count(DISTINCT area_id) = 1
)
SELECT r.*, l.entity_id AS organisation_id, located.place_id, located.place_probability, coalesce(c.area_id, n.area_id, a.area_id) AS community_id,
  CASE WHEN coalesce(c.area_id, n.area_id) IS NOT NULL THEN 'known' WHEN a.area_id IS NOT NULL THEN 'address' WHEN r.community_code IS NULL AND r.community IS NULL THEN 'none' ELSE 'unknown' END AS community_state
FROM staging.organisation r
LEFT JOIN core.located located ON located.row_id = r.id
LEFT JOIN core.link l ON l.entity = 'organisation' AND l.row_id = r.id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
LEFT JOIN named a ON a.id = r.id
