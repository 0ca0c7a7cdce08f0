-- name: mart.indicator_case
-- kind: table
-- label: 指标个案
-- description: What stands behind each number of mart.indicator, one row a case: on which day it counts, where, and whether it is in the numerator or how long it took.
-- grain: code, version, part, counted, id, period_kind, day
-- owner: data
-- reads: mart.indicator_due, mart.indicator_called, mart.indicator_settled, mart.indicator_staged, mart.indicator_found
-- roles: office analyst
-- column code: 指标编号
-- column version: 版本
-- column part: 另列项；空为指标本身
-- column counted: 计数单位
-- column id: 个案标识（诉求、隐患、整改的行标识，或问题标识）
-- column day: 计入日期
-- column community_id: 社区（ref.area 的 area_id）
-- column period_kind: 只计入哪种周期（期末数）；空为各种
-- column hit: 是否计入分子（时长、起数类为空）
-- column took: 用时（天或分钟，依指标单位；未结束的算到截止日）
-- column ended: 是否已结束（只有时长类有）
-- audit not_null: code, version, part, counted, id, day
SELECT code, version, part, counted, id, day, community_id, NULL::VARCHAR AS period_kind, hit, took, ended FROM mart.indicator_due
UNION ALL
SELECT code, version, part, counted, id, day, community_id, NULL, hit, took, ended FROM mart.indicator_called
UNION ALL
SELECT code, version, part, counted, id, day, community_id, NULL, hit, took, ended FROM mart.indicator_settled
UNION ALL
SELECT code, version, part, counted, id, day, community_id, NULL, hit, took, ended FROM mart.indicator_staged
UNION ALL
SELECT code, version, part, counted, id, day, community_id, period_kind, NULL, took, ended FROM mart.indicator_found
