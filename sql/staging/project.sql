-- name: staging.project
-- kind: view
-- label: 项目：各部门来的有效行
-- description: Live rows of every department as the loader keeps them, without what only the loader needs.
-- grain: id
-- owner: data
-- reads: load.project
SELECT * EXCLUDE (_key, _deleted, _sealed, _page, _row), _page AS source_page, _row AS source_row
FROM load.project
WHERE _deleted IS NULL
