-- name: core.person_row
-- kind: table
-- label: 居民：各部门所记
-- description: What every department says of a resident, one row a row of theirs: residents, and benefits that a link joins to one. A resident's row without a link stands alone; a benefit without one is nobody's. The community is the area that the row's code or name means. A benefit says so at the latest on the day that it was given or served.
-- grain: id
-- owner: data
-- reads: staging.person, staging.benefit, core.link, ref.area_name
-- column entity_id: 居民标识
-- column day: 部门如此记载的日期
-- column community: 社区（ref.area 的 area_id）
-- audit not_null: entity_id, id, source
SELECT coalesce(l.entity_id, 'p-' || substr(md5(r.id), 1, 16)) AS entity_id, r.id, r.source, r.source_table, r.updated_on AS day,
  r.person_no, r.name_token, r.name_mask, r.identity_no_token, r.identity_no_mask, r.identity_valid, r.sex, r.birth_date, r.phone_token, r.phone_mask, r.household_no,
  r.registered_address_token, r.registered_address_mask, r.home_address_token, r.home_address_mask, r.building_no, coalesce(c.area_id, n.area_id) AS community, r.community_code, r.grid, r.register_status, r.updated_on
FROM staging.person r
LEFT JOIN core.link l ON l.entity = 'person' AND l.row_id = r.id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
UNION ALL
SELECT l.entity_id, r.id, r.source, r.source_table,
  greatest(CASE WHEN r.served_on <= getvariable('as_of') THEN r.served_on END, CASE WHEN r.granted_on <= getvariable('as_of') THEN r.granted_on END) AS day,
  NULL, r.name_token, r.name_mask, r.identity_no_token, r.identity_no_mask, r.identity_valid, NULL, r.birth_date, r.phone_token, r.phone_mask, NULL,
  NULL, NULL, r.home_address_token, r.home_address_mask, r.building_no, coalesce(c.area_id, n.area_id), r.community_code, r.grid, NULL, NULL
FROM staging.benefit r
JOIN core.link l ON l.entity = 'person' AND l.row_id = r.id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
