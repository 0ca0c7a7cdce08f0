-- name: core.service_request
-- kind: table
-- label: 诉求与案件
-- description: Service requests and cases of all channels, one row each, with the community they belong to and the place that may be drawn. What a department says of category and unit stays as it is; where none does, a person's decision stands there, and a mere suggestion never (core.suggestion).
-- grain: id
-- owner: data
-- reads: staging.service_request, core.link, core.suggestion, core.category_label, ref.area, ref.area_name, core.located
-- roles: office analyst
-- partition: requested_on
-- column reporter_id: 诉求人（居民标识；未留姓名和电话时为空）
-- column category_from: 类别由谁给出：department 部门，person 人工确定；空为尚无
-- column unit_from: 承办单位由谁给出：department 部门，person 人工确定；空为尚无
-- column place_source: 位置来源：own 自带，community 取社区位置，suspect 坐标可疑不绘制，none 无
-- column place_id: 地点标识（core.address；地址或楼栋编号能确定到楼栋或门牌号时）
-- column place_probability: 地点属实的概率
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column community_state: 社区对应情况：known 已对应，unknown 来源给出但无法对应，none 来源未给
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
-- audit not_null: id, source, source_table, community_state
-- audit related: community_id to ref.area.area_id
-- audit rows_of: load.service_request
-- audit accepted: category_from in department, person
-- audit accepted: unit_from in department, person
-- audit accepted: place_source in own, community, suspect, none
WITH decided AS (
  SELECT s.request_id, s.kind, s.decided_label, c.category_code, c.category_1, c.category_2, c.category_3
  FROM core.suggestion s LEFT JOIN core.category_label c ON s.kind = 'category' AND c.label = s.decided_label WHERE s.decision = 'is'
), told AS (
  -- Of a category that a department gives in part the rest is not filled.
  SELECT r.* REPLACE (coalesce(r.category_code, c.category_code) AS category_code, coalesce(r.category_1, c.category_1) AS category_1, coalesce(r.category_2, c.category_2) AS category_2, coalesce(r.category_3, c.category_3) AS category_3, coalesce(r.agency, u.decided_label) AS agency),
    CASE WHEN coalesce(r.category_code, r.category_3, r.category_2, r.category_1) IS NOT NULL THEN 'department' WHEN c.request_id IS NOT NULL THEN 'person' END AS category_from,
    CASE WHEN r.agency IS NOT NULL THEN 'department' WHEN u.request_id IS NOT NULL THEN 'person' END AS unit_from
  FROM staging.service_request r
  LEFT JOIN decided c ON c.request_id = r.id AND c.kind = 'category'
  LEFT JOIN decided u ON u.request_id = r.id AND u.kind = 'unit'
), resolved AS (
  SELECT r.*, l.entity_id AS reporter_id, located.place_id, located.place_probability, coalesce(c.area_id, n.area_id) AS community_id,
    CASE WHEN coalesce(c.area_id, n.area_id) IS NOT NULL THEN 'known' WHEN r.community_code IS NULL AND r.community IS NULL THEN 'none' ELSE 'unknown' END AS community_state
  FROM told r
  LEFT JOIN core.located located ON located.row_id = r.id
  LEFT JOIN core.link l ON l.entity = 'person' AND l.row_id = r.id
  LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
  LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
)
SELECT r.* EXCLUDE (lat, long, h3_7, h3_8, h3_9, place_state),
  CASE WHEN r.place_state = 'ok' THEN r.lat WHEN a.place_state = 'ok' THEN a.lat END AS lat,
  CASE WHEN r.place_state = 'ok' THEN r.long WHEN a.place_state = 'ok' THEN a.long END AS long,
  CASE WHEN r.place_state = 'ok' THEN r.h3_7 WHEN a.place_state = 'ok' THEN a.h3_7 END AS h3_7,
  CASE WHEN r.place_state = 'ok' THEN r.h3_8 WHEN a.place_state = 'ok' THEN a.h3_8 END AS h3_8,
  CASE WHEN r.place_state = 'ok' THEN r.h3_9 WHEN a.place_state = 'ok' THEN a.h3_9 END AS h3_9,
  CASE WHEN r.place_state = 'ok' THEN 'own' WHEN a.place_state = 'ok' THEN 'community' WHEN 'suspect' IN (r.place_state, a.place_state) THEN 'suspect' ELSE 'none' END AS place_source
FROM resolved r
LEFT JOIN ref.area a ON a.area_id = r.community_id
