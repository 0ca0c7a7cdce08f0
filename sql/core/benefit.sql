-- name: core.benefit
-- kind: table
-- label: 待遇与服务
-- description: Benefits and services to residents; person_id joins them to core.person by a valid identity number.
-- grain: id
-- owner: data
-- reads: staging.benefit, ref.area_name
-- roles: office analyst
-- partition: granted_on
-- column person_id: 居民标识（身份证号校验通过时）
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
SELECT r.* , CASE WHEN r.identity_valid THEN 'p-' || substr(md5(r.identity_no_token), 1, 16) END AS person_id, coalesce(c.area_id, n.area_id) AS community_id
FROM staging.benefit r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
