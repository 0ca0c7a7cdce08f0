-- name: core.suggestion
-- kind: table
-- label: 类别与承办单位建议
-- description: What is suggested for each request of which no department says the category or the unit, and what a person decided of it, one row a request and kind. A suggestion changes nothing; what a person decides is told in core.service_request as a person's word. The reason quotes words of the request's masked text alone. A request of which a department speaks at last leaves the list. Who decided stays with the office (ops.suggest_decision).
-- grain: request_id, kind
-- owner: data
-- reads: staging.service_request, load.suggestion, load.suggest_decision, load.suggest_model, core.category_label
-- roles: office analyst
-- column request_id: 诉求（core.service_request 的 id）
-- column kind: 建议的内容：category 类别，unit 承办单位
-- column label: 建议值（类别为 core.category_label 的 label，承办单位为名称）
-- column label_name: 建议值名称（类别逐级以 / 分隔）
-- column probability: 建议正确的概率
-- column threshold: 采纳阈值（没有任何概率可采纳时为空）
-- column state: 建议情况：accepted 达到阈值，unsure 低于阈值，no_words 没有认识的词，no_threshold 样本不足以定阈值，one_label 只学过一个值，no_model 没有可学的样本
-- column reason: 理由（所引词语均出自脱敏内容）
-- column others: 其他可能的值及概率（以、分隔）
-- column model: 模型序号（没有模型时为 0）
-- column model_version: 模型版本
-- column decision: 人工决定：is 确定为 decided_label，none 无法确定；空为未决定
-- column decided_label: 人工确定的值
-- column decision_number: 决定的序号（ops.suggest_decision）
-- column decided_on: 决定日期（当地）
-- column waits: 待人工复核（未采纳且未决定）
-- audit not_null: request_id, kind, waits
-- audit accepted: kind in category, unit
-- audit accepted: state in accepted, unsure, no_words, no_threshold, one_label, no_model
-- audit accepted: decision in is, none
WITH lacking AS (
  SELECT id, 'category' AS kind FROM staging.service_request WHERE coalesce(category_code, category_3, category_2, category_1) IS NULL
  UNION ALL SELECT id, 'unit' FROM staging.service_request WHERE agency IS NULL
), standing AS (
  SELECT id, kind, number, decision, label, decided_on, row_number() OVER (PARTITION BY id, kind ORDER BY number DESC) AS place_in_line FROM load.suggest_decision
), decided AS (
  SELECT * FROM standing WHERE place_in_line = 1 AND decision <> 'open'
)
SELECT l.id AS request_id, l.kind, s.label, CASE WHEN l.kind = 'category' THEN coalesce(c.name, s.label) ELSE s.label END AS label_name, s.probability, s.threshold, s.state, s.reason, s.others, s.model, m.version AS model_version,
  d.decision, nullif(d.label, '') AS decided_label, d.number AS decision_number, d.decided_on, d.decision IS NULL AND s.state <> 'accepted' AS waits
FROM lacking l
LEFT JOIN load.suggestion s ON s.id = l.id AND s.kind = l.kind
LEFT JOIN decided d ON d.id = l.id AND d.kind = l.kind
LEFT JOIN load.suggest_model m ON m.number = s.model
LEFT JOIN core.category_label c ON c.label = s.label AND l.kind = 'category'
WHERE s.id IS NOT NULL OR d.id IS NOT NULL
