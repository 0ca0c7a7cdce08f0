-- name: core.event
-- kind: table
-- label: 事件
-- description: What happened to entities' rows; only ever added to.
-- grain: event_id
-- owner: data
-- reads: staging.event
-- roles: office analyst
-- partition: happened_on
-- column event_id: 事件标识
-- column id: 所属行的标识
-- column entity: 实体类型
-- column event: 事件
-- column source: 来源
-- column happened_at: 时刻（UTC）
-- column happened_on: 日期（当地）
-- column source_page: 来源页（ops.page 的 page）
SELECT event_id, id, entity, event, source, happened_at, happened_on, source_page
FROM staging.event
