-- name: core.link_review
-- kind: table
-- label: 待人工核对的关联
-- description: Entities that may be one and are not linked, each two of them told by their likeliest pair of rows. Two entities of which a person parted any two rows leave the list until the matter is opened again.
-- grain: entity, row_a, row_b
-- owner: data
-- reads: load.link_pair, load.link_row, load.link_decision, staging.person, staging.benefit, staging.service_request, staging.organisation, staging.inspection
-- roles: office analyst
-- column entity: 实体类型
-- column row_a: 甲行标识
-- column row_b: 乙行标识
-- column entity_a: 甲行所属实体
-- column entity_b: 乙行所属实体
-- column said_a: 甲行内容（脱敏）
-- column said_b: 乙行内容（脱敏）
-- column probability: 为同一实体的概率
-- column reason: 理由
-- column pairs: 两个实体之间像是同一的行对数，这里列出的是其中概率最高的一对
-- audit not_null: entity, row_a, row_b, entity_a, entity_b, probability, reason, pairs
WITH node AS (
  SELECT kind, node, min(id) AS row_id, min(entity_id) AS entity_id FROM load.link_row WHERE stamp IS NOT NULL GROUP BY kind, node
), said AS (
  SELECT 'person' AS entity, id, concat_ws(' ', name_mask, identity_no_mask, birth_date, phone_mask, home_address_mask) AS words FROM staging.person
  UNION ALL SELECT 'person', id, concat_ws(' ', name_mask, identity_no_mask, birth_date, phone_mask, home_address_mask) FROM staging.benefit
  UNION ALL SELECT 'person', id, concat_ws(' ', reporter_mask, reporter_phone_mask, requested_on) FROM staging.service_request
  UNION ALL SELECT 'person', id, concat_ws(' ', representative_mask, phone_mask, name) FROM staging.organisation
  UNION ALL SELECT 'organisation', id, concat_ws(' ', name, credit_code, business_address) FROM staging.organisation
  UNION ALL SELECT 'organisation', id, concat_ws(' ', object_name, credit_code, inspected_on) FROM staging.inspection
  UNION ALL SELECT 'organisation', id, concat_ws(' ', place_name, address_mask, requested_on) FROM staging.service_request
  UNION ALL SELECT 'organisation', id, concat_ws(' ', provider, scheme, granted_on) FROM staging.benefit
), standing AS (
  SELECT kind, least(a, b) AS a, greatest(a, b) AS b, decision, row_number() OVER (PARTITION BY kind, least(a, b), greatest(a, b) ORDER BY number DESC) AS place_in_line FROM load.link_decision
), parted AS (
  SELECT DISTINCT s.kind, least(a.entity_id, b.entity_id) AS entity_a, greatest(a.entity_id, b.entity_id) AS entity_b
  FROM standing s JOIN load.link_row a ON a.kind = s.kind AND a.id = s.a JOIN load.link_row b ON b.kind = s.kind AND b.id = s.b
  WHERE s.place_in_line = 1 AND s.decision = 'apart'
), half AS MATERIALIZED (
  -- One end after the other: a plan that joins both ends by their kind first
  -- would meet every node with every other.
  SELECT p.kind, p.b, p.bits, p.reason, a.row_id, a.entity_id FROM load.link_pair p JOIN node a ON a.kind = p.kind AND a.node = p.a
), paired AS (
  SELECT h.kind AS entity, least(h.row_id, b.row_id) AS row_a, greatest(h.row_id, b.row_id) AS row_b,
    CASE WHEN h.row_id < b.row_id THEN h.entity_id ELSE b.entity_id END AS entity_a, CASE WHEN h.row_id < b.row_id THEN b.entity_id ELSE h.entity_id END AS entity_b,
    least(0.999999, 1 / (1 + pow(2, -h.bits)))::DECIMAL(9,6) AS probability, h.reason
  FROM half h JOIN node b ON b.kind = h.kind AND b.node = h.b
  WHERE h.entity_id <> b.entity_id
), likeliest AS (
  SELECT *, count(*) OVER matter AS pairs FROM paired
  WINDOW matter AS (PARTITION BY entity, least(entity_a, entity_b), greatest(entity_a, entity_b))
  QUALIFY row_number() OVER (PARTITION BY entity, least(entity_a, entity_b), greatest(entity_a, entity_b) ORDER BY probability DESC, row_a, row_b) = 1
)
SELECT p.*, a.words AS said_a, b.words AS said_b
FROM likeliest p LEFT JOIN said a ON a.entity = p.entity AND a.id = p.row_a LEFT JOIN said b ON b.entity = p.entity AND b.id = p.row_b
ANTI JOIN parted s ON s.kind = p.entity AND s.entity_a = least(p.entity_a, p.entity_b) AND s.entity_b = greatest(p.entity_a, p.entity_b)
