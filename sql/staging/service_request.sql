-- name: staging.service_request
-- kind: view
-- label: 诉求与案件：各部门来的有效行
-- description: Live rows of every department as the loader keeps them, without what only the loader needs.
-- grain: id
-- owner: data
-- reads: load.service_request
SELECT * EXCLUDE (_key, _deleted, _sealed, _page, _row), _page AS source_page, _row AS source_row
FROM load.service_request
WHERE _deleted IS NULL
