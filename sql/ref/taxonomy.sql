-- name: ref.taxonomy
-- kind: table
-- label: 分类目录
-- description: Category trees, versioned.
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
SELECT coalesce(scheme, source) AS scheme, code, name, parent_code, level, coalesce(version, '1') AS version, valid_from
FROM staging.taxonomy
