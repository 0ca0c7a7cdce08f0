-- name: mart.data_quality
-- kind: table
-- label: 数据质量
-- description: Each department's table in numbers: what came, what became of it, what lies in quarantine and why.
-- grain: source, source_table
-- owner: data
-- reads: load.feed, load.ledger, load.quarantine
-- roles: office analyst
-- column source: 来源
-- column source_name: 来源名称
-- column source_table: 表
-- column read: 读入（条）
-- column new: 新增（条）
-- column changed: 变更（条）
-- column quarantined: 隔离（条）
-- column cells: 隔离的字段值（个）
-- column filtered: 按规则略过（条）
-- column vanished: 快照中消失（条）
-- column quarantined_share: 隔离占读入的比例
-- column main_reason: 最常见的隔离原因（代码）
-- column pages: 页数
WITH counts AS (
  SELECT source, source_table, sum(read)::BIGINT AS read, sum(new)::BIGINT AS new, sum(changed)::BIGINT AS changed, sum(quarantined)::BIGINT AS quarantined,
    sum(cells)::BIGINT AS cells, sum(filtered)::BIGINT AS filtered, sum(vanished)::BIGINT AS vanished, count(DISTINCT page) AS pages
  FROM load.ledger GROUP BY ALL
), reasons AS (
  SELECT source, source_table, code, row_number() OVER (PARTITION BY source, source_table ORDER BY times DESC, code) AS place_in_line
  FROM (SELECT source, source_table, code, count(*) AS times FROM load.quarantine GROUP BY ALL)
)
SELECT f.source, f.source_name, f.source_table, coalesce(c.read, 0) AS read, coalesce(c.new, 0) AS new, coalesce(c.changed, 0) AS changed, coalesce(c.quarantined, 0) AS quarantined,
  coalesce(c.cells, 0) AS cells, coalesce(c.filtered, 0) AS filtered, coalesce(c.vanished, 0) AS vanished,
  CASE WHEN c.read > 0 THEN (c.quarantined::DECIMAL(18,6) / c.read)::DECIMAL(9,6) END AS quarantined_share,
  r.code AS main_reason, coalesce(c.pages, 0) AS pages
FROM load.feed f
LEFT JOIN counts c USING (source, source_table)
LEFT JOIN reasons r ON r.source = f.source AND r.source_table = f.source_table AND r.place_in_line = 1
