-- name: ops.fact
-- kind: table
-- label: 报告数字
-- description: One row a number in a report, with the query, rows and inputs that it came from; reports write their facts to append-only files, and none is there before the first report.
-- grain: report, fact
-- owner: data
-- reads: load.run
-- roles: office analyst
-- column report: 报告编号
-- column fact: 数字编号
-- column value: 数值（文本形式）
-- column query: 取数语句
-- column rows: 依据的行数
-- column inputs: 依据的来源页
-- column snapshot: 快照
-- column run: 运行编号
-- column previous: 上一条的 SHA-256
-- column sum: 本条的 SHA-256
SELECT NULL::VARCHAR AS report, NULL::VARCHAR AS fact, NULL::VARCHAR AS value, NULL::VARCHAR AS query, NULL::BIGINT AS rows, NULL::VARCHAR[] AS inputs,
  NULL::VARCHAR AS snapshot, run, NULL::VARCHAR AS previous, NULL::VARCHAR AS sum
FROM load.run WHERE false
