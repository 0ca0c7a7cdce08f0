-- name: staging.event
-- kind: view
-- label: 事件
-- description: What happened to entities' rows, as the loader keeps it; never overwritten.
-- grain: event_id
-- owner: data
-- reads: load.event
SELECT _event AS event_id, id, entity, event, source, happened_at, happened_on, _page AS source_page
FROM load.event
