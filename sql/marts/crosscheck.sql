-- name: mart.crosscheck
-- kind: table
-- label: 跨部门比对
-- description: What only a comparison of departments reveals, one row a finding with both sides' evidence, the rule in its version of the day, and what the person who checked it in this version last said. Each rule is a model of its own (mart.finding_*). Rows meet by a number, or by the linkage of places and persons, whose probability is told.
-- grain: finding
-- owner: data
-- reads: mart.finding_graded_unlisted, mart.finding_closed_but_reported, mart.finding_reported_unlisted, mart.finding_paid_after_leaving, mart.finding_permit_without_licence, mart.finding_barrier_free_missing, mart.finding_finished_but_reported, mart.finding_values_disagree, ref.crosscheck_rule, load.verdict
-- roles: office
-- column finding: 发现编号：由规则、对象和双方行标识（说法不一的，由双方说法）得出，同一发现编号不变
-- column rule: 规则编号（ref.crosscheck_rule）
-- column rule_version: 规则版本
-- column severity: 程度：high 高，middle 中，low 低
-- column certainty: 确定程度：sure 确定，possible 需核对
-- column subject_kind: 对象：building 楼栋，person 人员，organisation 单位
-- column subject: 对象标识（楼栋编号，或人员、单位的实体标识）
-- column community_id: 社区（ref.area 的 area_id）
-- column source_a: 甲方来源
-- column row_a: 甲方行标识
-- column said_a: 甲方记录
-- column day_a: 甲方日期
-- column source_b: 乙方来源
-- column evidence_b: 乙方行标识；空表示乙方没有记录
-- column said_b: 乙方记录
-- column day_b: 乙方日期
-- column link_probability: 所用关联的概率：各行归入该对象的概率中最小者（编号相同为 1；未用到关联时为空）
-- column evidence_rows: 全部依据：甲乙双方各行标识，以空格分隔
-- column explanation: 说明；说法不一的，写明取哪一方、为何
-- column verdict: 核查结论：right 属实，wrong 不属实，unclear 无法判断；空表示尚未核查
-- column judged_on: 核查日期（当地）
-- audit not_null: finding, rule, rule_version, severity, certainty, subject_kind, subject, source_a, row_a, said_a, said_b, explanation
-- audit accepted: certainty in sure, possible
-- audit accepted: verdict in right, wrong, unclear
WITH found AS (
  SELECT 'graded_unlisted' AS rule, * FROM mart.finding_graded_unlisted
  UNION ALL BY NAME SELECT 'closed_but_reported' AS rule, * FROM mart.finding_closed_but_reported
  UNION ALL BY NAME SELECT 'reported_unlisted' AS rule, * FROM mart.finding_reported_unlisted
  UNION ALL BY NAME SELECT 'paid_after_leaving' AS rule, * FROM mart.finding_paid_after_leaving
  UNION ALL BY NAME SELECT 'permit_without_licence' AS rule, * FROM mart.finding_permit_without_licence
  UNION ALL BY NAME SELECT 'barrier_free_missing' AS rule, * FROM mart.finding_barrier_free_missing
  UNION ALL BY NAME SELECT 'finished_but_reported' AS rule, * FROM mart.finding_finished_but_reported
  UNION ALL BY NAME SELECT * FROM mart.finding_values_disagree
), named AS (
  SELECT 'f-' || substr(md5(CASE WHEN aspect IS NULL THEN concat_ws('|', rule, subject, row_a, coalesce(evidence_b, '')) ELSE concat_ws('|', rule, subject, aspect) END), 1, 12) AS finding, * FROM found
), rule AS (
  SELECT * FROM ref.crosscheck_rule WHERE valid_from <= getvariable('as_of') QUALIFY row_number() OVER (PARTITION BY rule ORDER BY valid_from DESC, version DESC) = 1
), last_word AS (
  SELECT finding, rule_version, verdict, judged_on FROM load.verdict WHERE judged_on <= getvariable('as_of') QUALIFY row_number() OVER (PARTITION BY finding, rule_version ORDER BY number DESC) = 1
)
SELECT f.finding, f.rule, r.version AS rule_version, r.severity, f.certainty, f.subject_kind, f.subject, f.community_id, f.source_a, f.row_a, f.said_a, f.day_a, f.source_b, f.evidence_b, f.said_b, f.day_b, f.link_probability, coalesce(f.evidence_rows, concat_ws(' ', f.row_a, f.evidence_b)) AS evidence_rows, concat_ws('：', r.explanation, f.note) AS explanation,
  v.verdict, v.judged_on
FROM named f JOIN rule r USING (rule) LEFT JOIN last_word v ON v.finding = f.finding AND v.rule_version = r.version
