-- name: core.category_label
-- kind: table
-- label: 类别标签
-- description: The labels by which the category of a request is suggested and decided, and what each means in words. A label is the department's code, or its most exact name where it gives none. Code and names are those that most requests with the label have, each by itself, since not every department gives all; of labels that no request has, those of the latest version of the tree.
-- grain: label
-- owner: data
-- reads: staging.service_request, ref.taxonomy, load.suggest_decision
-- roles: office analyst
-- column label: 标签（部门的类别编码；部门不给编码时为最细一级名称）
-- column name: 名称（逐级以 / 分隔）
-- column category_code: 类别编码
-- column category_1: 一级类别
-- column category_2: 二级类别
-- column category_3: 三级类别
-- column requests: 部门给出该类别的诉求件数（件）
-- column origin: 出处：request 诉求，tree 分类目录，person 人工新增
-- audit not_null: label, name, requests, origin
-- audit accepted: origin in request, tree, person
WITH labelled AS (
  SELECT coalesce(category_code, category_3, category_2, category_1) AS label, category_code, category_1, category_2, category_3 FROM staging.service_request
), part AS (
  SELECT label, 0 AS level, category_code AS value FROM labelled
  UNION ALL SELECT label, 1, category_1 FROM labelled
  UNION ALL SELECT label, 2, category_2 FROM labelled
  UNION ALL SELECT label, 3, category_3 FROM labelled
), voted AS (
  SELECT label, level, value, row_number() OVER (PARTITION BY label, level ORDER BY count(*) DESC, value) AS place_in_line
  FROM part WHERE label IS NOT NULL AND value IS NOT NULL GROUP BY label, level, value
), used AS (
  SELECT label, max(CASE WHEN level = 0 THEN value END) AS category_code, max(CASE WHEN level = 1 THEN value END) AS category_1, max(CASE WHEN level = 2 THEN value END) AS category_2, max(CASE WHEN level = 3 THEN value END) AS category_3
  FROM voted WHERE place_in_line = 1 GROUP BY label
), counted AS (
  SELECT label, count(*) AS requests FROM labelled WHERE label IS NOT NULL GROUP BY label
), node AS (
  -- Of codes in several trees or versions the latest.
  SELECT scheme, code, version, name, parent_code, row_number() OVER (PARTITION BY code ORDER BY valid_from DESC NULLS LAST, version DESC, scheme) AS place_in_line FROM ref.taxonomy
), listed AS (
  -- A request has three levels; of a deeper tree these are the lowest.
  SELECT n.code AS label, coalesce(g.name, p.name, n.name, n.code) AS category_1, CASE WHEN g.code IS NOT NULL THEN p.name WHEN p.code IS NOT NULL THEN n.name END AS category_2, CASE WHEN g.code IS NOT NULL THEN n.name END AS category_3
  FROM node n
  LEFT JOIN ref.taxonomy p ON p.scheme = n.scheme AND p.version = n.version AND p.code = n.parent_code
  LEFT JOIN ref.taxonomy g ON g.scheme = p.scheme AND g.version = p.version AND g.code = p.parent_code
  WHERE n.place_in_line = 1
), all_labels AS (
  SELECT u.label, u.category_code, u.category_1, u.category_2, u.category_3, c.requests, 'request' AS origin FROM used u JOIN counted c ON c.label = u.label
  UNION ALL
  SELECT label, label, category_1, category_2, category_3, 0, 'tree' FROM listed WHERE label NOT IN (SELECT label FROM used)
  UNION ALL
  SELECT DISTINCT label, NULL, label, NULL, NULL, 0, 'person' FROM load.suggest_decision
  WHERE kind = 'category' AND decision = 'is' AND label NOT IN (SELECT label FROM used) AND label NOT IN (SELECT label FROM listed)
)
SELECT label, coalesce(nullif(concat_ws(' / ', category_1, category_2, category_3), ''), label) AS name, category_code, category_1, category_2, category_3, requests, origin FROM all_labels
