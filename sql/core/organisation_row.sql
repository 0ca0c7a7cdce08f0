-- name: core.organisation_row
-- kind: table
-- label: 单位：各部门所记
-- description: What every department says of an organisation, one row a row of theirs, with its entity's id; a row without a link stands alone. The community is the area that the row's code or name means. Nothing in a row tells when it was said.
-- grain: id
-- owner: data
-- reads: staging.organisation, core.link, ref.area_name
-- column entity_id: 单位标识
-- column day: 部门如此记载的日期
-- column community: 社区（ref.area 的 area_id）
-- audit not_null: entity_id, id, source
SELECT coalesce(l.entity_id, 'o-' || substr(md5(r.id), 1, 16)) AS entity_id, NULL::DATE AS day, r.* EXCLUDE (source_page, source_row) REPLACE (coalesce(c.area_id, n.area_id) AS community)
FROM staging.organisation r
LEFT JOIN core.link l ON l.entity = 'organisation' AND l.row_id = r.id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
