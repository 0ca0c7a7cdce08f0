-- name: core.person
-- kind: table
-- label: 居民
-- description: One row a resident: the rows of registers that core.link joins; every other row stands alone. Each attribute is that of the source which speaks for it (core.golden), so a resident's community may be known from a benefit; what has no golden value, and the row's own id, source, times and place, are those of the register that was updated last.
-- grain: person_id
-- owner: data
-- reads: staging.person, core.link, core.golden, ref.area_name
-- roles: office analyst
-- column person_id: 居民标识
-- column rows_joined: 合并的来源行数
-- column community_id: 社区（ref.area 的 area_id；无法对应时为空）
-- column community_state: 社区对应情况：known 已对应，unknown 来源给出但无法对应，none 来源未给
-- column source_page: 来源页（ops.page 的 page）
-- column source_row: 来源文件或应答中的行号
-- audit not_null: id, source, source_table, community_state
-- audit related: community_id to ref.area.area_id
-- audit not_null: person_id, rows_joined
WITH keyed AS (
  SELECT r.*, coalesce(l.entity_id, 'p-' || substr(md5(r.id), 1, 16)) AS person_id
  FROM staging.person r LEFT JOIN core.link l ON l.entity = 'person' AND l.row_id = r.id
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY updated_at DESC NULLS LAST, id) AS place_in_line, count(*) OVER (PARTITION BY person_id) AS rows_joined
  FROM keyed
), golden AS (
  SELECT entity_id,
    max(value_token) FILTER (attribute = 'name') AS name_token, max(value) FILTER (attribute = 'name') AS name_mask,
    max(value_token) FILTER (attribute = 'identity_no') AS identity_no_token, max(value) FILTER (attribute = 'identity_no') AS identity_no_mask, bool_and(sound) FILTER (attribute = 'identity_no') AS identity_valid,
    max(value) FILTER (attribute = 'sex') AS sex, max(value) FILTER (attribute = 'birth_date')::DATE AS birth_date,
    max(value_token) FILTER (attribute = 'phone') AS phone_token, max(value) FILTER (attribute = 'phone') AS phone_mask, max(value) FILTER (attribute = 'household_no') AS household_no,
    max(value_token) FILTER (attribute = 'registered_address') AS registered_address_token, max(value) FILTER (attribute = 'registered_address') AS registered_address_mask,
    max(value_token) FILTER (attribute = 'home_address') AS home_address_token, max(value) FILTER (attribute = 'home_address') AS home_address_mask,
    max(value) FILTER (attribute = 'building_no') AS building_no, max(value) FILTER (attribute = 'community') AS community_id, max(value) FILTER (attribute = 'grid') AS grid,
    max(value) FILTER (attribute = 'register_status') AS register_status
  FROM core.golden WHERE entity = 'person' GROUP BY entity_id
)
SELECT r.* EXCLUDE (place_in_line) REPLACE (
    coalesce(g.name_token, r.name_token) AS name_token, coalesce(g.name_mask, r.name_mask) AS name_mask,
    coalesce(g.identity_no_token, r.identity_no_token) AS identity_no_token, coalesce(g.identity_no_mask, r.identity_no_mask) AS identity_no_mask, coalesce(g.identity_valid, r.identity_valid) AS identity_valid,
    coalesce(g.sex, r.sex) AS sex, coalesce(g.birth_date, r.birth_date) AS birth_date,
    coalesce(g.phone_token, r.phone_token) AS phone_token, coalesce(g.phone_mask, r.phone_mask) AS phone_mask, coalesce(g.household_no, r.household_no) AS household_no,
    coalesce(g.registered_address_token, r.registered_address_token) AS registered_address_token, coalesce(g.registered_address_mask, r.registered_address_mask) AS registered_address_mask,
    coalesce(g.home_address_token, r.home_address_token) AS home_address_token, coalesce(g.home_address_mask, r.home_address_mask) AS home_address_mask,
    coalesce(g.building_no, r.building_no) AS building_no, coalesce(g.grid, r.grid) AS grid, coalesce(g.register_status, r.register_status) AS register_status),
  coalesce(g.community_id, c.area_id, n.area_id) AS community_id,
  CASE WHEN coalesce(g.community_id, c.area_id, n.area_id) IS NOT NULL THEN 'known' WHEN r.community_code IS NULL AND r.community IS NULL THEN 'none' ELSE 'unknown' END AS community_state
FROM ranked r
LEFT JOIN golden g ON g.entity_id = r.person_id
LEFT JOIN ref.area_name c ON c.level = 'community' AND c.spelling = r.community_code
LEFT JOIN ref.area_name n ON n.level = 'community' AND n.spelling = r.community
WHERE r.place_in_line = 1
