-- name: core.link
-- kind: table
-- label: 关联
-- description: Which entity each row of each department is, how sure that is, and why: places, persons and organisations by the linkage (docs/linkage.md), buildings by their number. A row that is like no other stands alone. At which place a resident or the recipient of a benefit lives is not told.
-- grain: entity, row_id
-- owner: data
-- reads: load.link_row, staging.building, staging.person, staging.benefit
-- roles: office analyst
-- column entity: 实体类型
-- column entity_id: 实体标识
-- column row_id: 来源行标识
-- column rule: 规则：model 由相似程度，same 与另一行内容相同，address 地址指向同一处，decision 经人工确认，building_no 楼栋编号相同，alone 未与其他行关联
-- column probability: 与最相近一行为同一实体的概率（未与其他行关联时为 1）
-- column near_row_id: 最相近的一行
-- column reason: 理由
-- audit not_null: entity, entity_id, row_id, rule, probability
-- audit accepted: rule in model, same, decision, address, building_no, alone
SELECT kind AS entity, entity_id, id AS row_id, rule, probability, near_id AS near_row_id, reason
FROM load.link_row WHERE stamp IS NOT NULL AND entity_id IS NOT NULL
  AND NOT (kind = 'place' AND (id IN (SELECT id FROM staging.person) OR id IN (SELECT id FROM staging.benefit)))
UNION ALL
SELECT 'building', 'b-' || substr(md5(building_no), 1, 16), id, 'building_no', 1, NULL, '楼栋编号相同'
FROM staging.building WHERE building_no IS NOT NULL
