-- name: ref.taxonomy
-- kind: table
-- label: 分类目录
-- description: Category trees by version. A code that a version lists twice keeps its first row.
-- grain: scheme, code, version
-- owner: data
-- reads: staging.taxonomy
-- roles: office analyst district
-- column scheme: 目录
-- column code: 编码
-- column name: 名称
-- column parent_code: 上级编码
-- column level: 层级
-- column version: 版本
-- column valid_from: 启用日期
-- audit not_null: scheme, code, version
WITH ranked AS (
  SELECT coalesce(scheme, source) AS scheme, coalesce(code, name) AS code, name, parent_code, level, coalesce(version, '1') AS version, valid_from,
    row_number() OVER (PARTITION BY coalesce(scheme, source), coalesce(code, name), coalesce(version, '1') ORDER BY id) AS place_in_line
  FROM staging.taxonomy WHERE coalesce(code, name) IS NOT NULL
)
SELECT scheme, code, name, parent_code, level, version, valid_from
FROM ranked WHERE place_in_line = 1
