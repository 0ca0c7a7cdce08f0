-- name: core.link_alias
-- kind: table
-- label: 关联别名
-- description: Former ids of entities that were merged or taken apart, and the id that they lead to today; none where the rows are gone.
-- grain: entity, alias_id
-- owner: data
-- reads: load.link_entity
-- roles: office analyst
-- column alias_id: 曾用标识
-- column entity_id: 现用标识（来源行均已不存在时为空）
-- column entity: 实体类型
-- audit not_null: entity, alias_id
WITH RECURSIVE way AS (
  SELECT kind, entity_id AS alias_id, became AS at, 1 AS steps FROM load.link_entity WHERE ended
  UNION ALL
  SELECT w.kind, w.alias_id, e.became, w.steps + 1
  FROM way w JOIN load.link_entity e ON e.kind = w.kind AND e.entity_id = w.at
  WHERE e.ended AND w.steps < 1000
), reached AS (
  SELECT w.kind, w.alias_id, w.at FROM way w JOIN load.link_entity e ON e.kind = w.kind AND e.entity_id = w.at AND NOT e.ended
)
SELECT f.entity_id AS alias_id, r.at AS entity_id, f.kind AS entity
FROM load.link_entity f LEFT JOIN reached r ON r.kind = f.kind AND r.alias_id = f.entity_id
WHERE f.ended
