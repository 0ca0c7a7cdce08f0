-- name: ref.deadline
-- kind: table
-- label: 时限规则
-- description: How long the matters of a kind may take where the source itself gives no deadline, by version; a matter falls under the rule that was valid when it was opened. A light turns yellow when the last part of the time begins.
-- grain: kind, origin, valid_from
-- owner: data
-- roles: office analyst district
-- column rule: 规则编号
-- column kind: 类型：service_request 诉求，rectification 整改，hazard 隐患
-- column origin: 来源类型；* 为其余全部
-- column amount: 时限
-- column unit: 单位：day 自然日，working_day 工作日
-- column yellow_from: 黄灯起点（已用时限占比）
-- column version: 版本
-- column valid_from: 启用日期
-- column basis: 依据
-- audit not_null: rule, kind, origin, amount, unit, yellow_from, version, valid_from
-- audit accepted: unit in day, working_day
SELECT rule, kind, origin, amount::BIGINT AS amount, unit, yellow_from::DECIMAL(3,2) AS yellow_from, version, valid_from::DATE AS valid_from, basis
FROM (VALUES
  ('R-30D', 'service_request', '*', 30, 'day', 0.8, '1', '2018-01-01', '群众意见：30 日整改（述职方案 6.3）；黄灯阈值为拟'),
  ('R-30D', 'hazard', '*', 30, 'day', 0.8, '1', '2018-01-01', '群众意见：30 日整改（述职方案 6.3）；黄灯阈值为拟'),
  ('R-30D', 'rectification', '*', 30, 'day', 0.8, '1', '2018-01-01', '群众意见：30 日整改（述职方案 6.3）；黄灯阈值为拟'),
  ('R-15W', 'rectification', '社区检查', 15, 'working_day', 0.8, '1', '2018-01-01', '检查整改：15 个工作日（社区检查方案 3.2、5.2）；黄灯阈值为拟'),
  ('R-90D', 'rectification', '述职评议', 90, 'day', 0.8, '1', '2018-01-01', '述职整改：周期 3 个月（述职方案 3.4）；黄灯阈值为拟')
) AS v(rule, kind, origin, amount, unit, yellow_from, version, valid_from, basis)
