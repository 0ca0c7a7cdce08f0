-- name: mart.data_quality
-- kind: table
-- label: 数据质量
-- description: Each department's table in numbers: the records it has, what became of them, what lies in quarantine and why. Only what the records say counts, not how often they were read: reading the same again changes nothing here.
-- grain: source, source_table
-- owner: data
-- reads: load.feed, load.ledger, load.record, load.quarantine
-- roles: office analyst
-- column source: 来源
-- column source_name: 来源名称
-- column source_table: 表
-- column records: 现有记录（条）
-- column new: 历次新增（条）
-- column changed: 历次变更（条）
-- column vanished: 历次快照中消失（条）
-- column quarantined: 隔离区内（条）
-- column cells: 隔离的字段值（个）
-- column quarantined_share: 隔离占全部的比例
-- column main_reason: 最常见的隔离原因（代码）
WITH counts AS (
  SELECT source, source_table, sum(new)::BIGINT AS new, sum(changed)::BIGINT AS changed, sum(vanished)::BIGINT AS vanished
  FROM load.ledger GROUP BY ALL
), records AS (
  SELECT feed, count(*) AS records FROM load.record WHERE NOT deleted GROUP BY feed
), bad AS (
  SELECT source, source_table, count(*) FILTER (kind <> 'cell') AS quarantined, count(*) FILTER (kind = 'cell') AS cells
  FROM load.quarantine GROUP BY ALL
), reasons AS (
  SELECT source, source_table, code, row_number() OVER (PARTITION BY source, source_table ORDER BY times DESC, code) AS place_in_line
  FROM (SELECT source, source_table, code, count(*) AS times FROM load.quarantine GROUP BY ALL)
)
SELECT f.source, f.source_name, f.source_table, coalesce(r.records, 0) AS records, coalesce(c.new, 0) AS new, coalesce(c.changed, 0) AS changed, coalesce(c.vanished, 0) AS vanished,
  coalesce(b.quarantined, 0) AS quarantined, coalesce(b.cells, 0) AS cells,
  CASE WHEN coalesce(r.records, 0) + coalesce(b.quarantined, 0) > 0
    THEN (coalesce(b.quarantined, 0)::DECIMAL(18,6) / (coalesce(r.records, 0) + coalesce(b.quarantined, 0)))::DECIMAL(9,6) END AS quarantined_share,
  y.code AS main_reason
FROM load.feed f
LEFT JOIN counts c USING (source, source_table)
LEFT JOIN records r ON r.feed = f.feed
LEFT JOIN bad b ON b.source = f.source AND b.source_table = f.source_table
LEFT JOIN reasons y ON y.source = f.source AND y.source_table = f.source_table AND y.place_in_line = 1
