-- name: ops.audit_log
-- kind: table
-- label: 操作审计
-- description: Who did what that needs a record, such as unsealing a value; written to append-only files, and empty before the first entry.
-- grain: number
-- owner: data
-- reads: load.run
-- roles: office analyst
-- column number: 序号
-- column at: 时刻（UTC）
-- column actor: 操作人
-- column role: 角色
-- column action: 操作
-- column object: 对象
-- column approval: 审批编号
-- column previous: 上一条的 SHA-256
-- column sum: 本条的 SHA-256
-- column run: 运行编号
SELECT NULL::BIGINT AS number, NULL::TIMESTAMP AS at, NULL::VARCHAR AS actor, NULL::VARCHAR AS role, NULL::VARCHAR AS action, NULL::VARCHAR AS object,
  NULL::VARCHAR AS approval, NULL::VARCHAR AS previous, NULL::VARCHAR AS sum, run
FROM load.run WHERE false
