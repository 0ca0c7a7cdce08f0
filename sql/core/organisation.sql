-- name: core.organisation
-- kind: table
-- label: 单位
-- description: Organisations: rows with the same valid unified social credit code carry one organisation_id.
-- grain: id
-- owner: data
-- reads: staging.organisation, ref.area_name
-- roles: office analyst
-- column organisation_id: 单位标识
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
SELECT r.* , 'o-' || substr(md5(CASE WHEN r.credit_code_valid THEN r.credit_code ELSE r.id END), 1, 16) AS organisation_id, coalesce(c.area_id, n.area_id) AS community_id
FROM staging.organisation r
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
