-- name: core.located
-- kind: table
-- label: 行所在地点
-- description: At which building, or house number, each department's row is, where its address or building number leads to one.
-- grain: row_id
-- owner: data
-- reads: load.link_row, load.link_place
-- column row_id: 来源行标识
-- column place_id: 地点标识
-- column place_probability: 地点属实的概率
-- audit not_null: row_id, place_id, place_probability
SELECT r.id AS row_id, r.entity_id AS place_id, r.probability AS place_probability
FROM load.link_row r JOIN load.link_place p ON p.entity_id = r.entity_id
WHERE r.kind = 'place' AND r.stamp IS NOT NULL AND p.level IN ('building', 'number')
