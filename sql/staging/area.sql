-- name: staging.area
-- kind: view
-- label: 区划：各部门来的有效行
-- description: Live rows of every department as the loader keeps them, without what only the loader needs.
-- grain: id
-- owner: data
-- reads: load.area
SELECT * EXCLUDE (_key, _deleted, _sealed, _page, _row), _page AS source_page, _row AS source_row
FROM load.area
WHERE _deleted IS NULL
