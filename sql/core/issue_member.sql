-- name: core.issue_member
-- kind: table
-- label: 诉求归入问题
-- description: Which issue each request belongs to: requests of all channels about one problem, by place, time, category and words (the linkage, docs/linkage.md), each with the probability and the reason in words. A request without a day is an issue alone. A matter is what may come again long after, by a plain rule: the same category and place without a limit of days. Its place is the request's own point to a ten-thousandth of a degree (about 10 m), else its building number, else its normalised address. On the synthetic city, whose truth is known, pairs of requests are joined to issues with precision .97 and recall .996; that a closed request came again within 90 days is told by the matter with .84 and .97.
-- grain: id
-- owner: data
-- reads: core.service_request, core.link
-- roles: office analyst
-- column id: 诉求（core.service_request 的 id）
-- column issue_id: 问题标识
-- column matter_id: 同一事项标识（同类别、同一处，坐标约十米，不论相隔多久；无可用位置的各为一项）
-- column place_rule: 同一事项所依据的位置：point 自带坐标（约十米方格），building 楼栋编号，address 归一化地址，none 无可用位置，各为一项
-- column place_in_line: 在该问题中的次序（1 为首件）
-- column probability: 与该问题其他诉求为同一问题的概率（仅此一件时为 1）
-- column near_id: 最相近的一件诉求
-- column reason: 理由
-- audit not_null: id, issue_id, matter_id, place_rule, place_in_line, probability
-- audit accepted: place_rule in point, building, address, none
-- audit related: id to core.service_request.id
-- audit rows_of: load.service_request
WITH keyed AS (
  SELECT id, requested_on, requested_at, category_1, coalesce(category_3, category_2) AS category,
    CASE WHEN requested_on IS NULL OR coalesce(category_1, category_2, category_3) IS NULL THEN 'none' WHEN place_source = 'own' THEN 'point' WHEN building_no IS NOT NULL THEN 'building' WHEN address_token IS NOT NULL THEN 'address' ELSE 'none' END AS place_rule,
    CASE WHEN place_source = 'own' THEN concat_ws('/', round(lat * 10000)::BIGINT, round(long * 10000)::BIGINT) ELSE coalesce(building_no, address_token) END AS spot
  FROM core.service_request
), alone AS (
  SELECT * REPLACE (CASE WHEN place_rule = 'none' THEN id ELSE spot END AS spot) FROM keyed
), lined AS (
  SELECT a.*, coalesce(l.entity_id, 'i-' || substr(md5(a.id), 1, 16)) AS issue_id, coalesce(l.probability, 1) AS probability, l.near_row_id AS near_id, l.reason,
    row_number() OVER (PARTITION BY place_rule, spot, category_1, category ORDER BY requested_on, requested_at NULLS LAST, id) AS place_in_matter
  FROM alone a LEFT JOIN core.link l ON l.entity = 'issue' AND l.row_id = a.id
)
SELECT id, issue_id, 'm-' || substr(md5(max(CASE WHEN place_in_matter = 1 THEN id END) OVER (PARTITION BY place_rule, spot, category_1, category)), 1, 16) AS matter_id, place_rule,
  row_number() OVER (PARTITION BY issue_id ORDER BY requested_on NULLS LAST, requested_at NULLS LAST, id) AS place_in_line, probability, near_id, reason
FROM lined
