-- name: mart.demand_heatmap_counts
-- kind: table
-- label: 诉求热力计数
-- description: What the heatmap counts, before rates and intervals: requests, and issues by their first request, by month, category and place up to the as-of day. Places are communities (one that is no area of the site by its spelling, one that was not given as unknown) and H3 cells of resolution 8 and 9. Only a request's own point is in a cell; one that has none, a suspect one, or its community's alone is in the row placeless of its month, so that the rows of each kind of area add up to the same total. Level 0 of the category is all of them. A community's residents are those of the last count up to the month's end, else of the first count after it, never after the as-of day. A cell's are estimated: each community's residents, spread over cells as its registered people who can be placed are, and summed; people of no known community count as not placed. A cell has none where nobody is placed in it, or where of any of its communities the residents are not known, or the register places under half or over one and a half times as many people.
-- grain: month, category_level, category, area_kind, area_id
-- owner: data
-- reads: core.service_request, core.issue, ref.area, ref.population, mart.population_cell
-- audit not_null: month, category_level, category, area_kind, area_id, requests, issues
-- audit accepted: area_kind in community, h3_8, h3_9
-- column month: 月份（首日）
-- column category_level: 类别层级：0 全部合计，1 一级类别
-- column category: 一级类别（合计行为“全部”）
-- column area_kind: 区域类型：community 社区，h3_8 网格（8 级），h3_9 网格（9 级）
-- column area_id: 区域标识（社区标识、spelling: 加来源写法、unknown 未给社区；H3 网格号，placeless 无可用位置）
-- column area_name: 社区名称
-- column requests: 诉求件数（件）
-- column issues: 问题数（事，同一问题的多件诉求只计首件）
-- column residents: 常住人口（人；网格为推算数）
-- column residents_as_of: 人口数截至日期（网格取所含社区中最早的）
WITH placed AS (
  SELECT date_trunc('month', r.requested_on)::DATE AS month, coalesce(r.category_1, '未分类') AS category, i.issue_id,
    coalesce(r.community_id, 'spelling:' || r.community, 'unknown') AS community, CASE WHEN r.community_id IS NULL THEN r.community END AS spelling,
    CASE WHEN r.place_source = 'own' THEN r.h3_8::VARCHAR END AS cell_8, CASE WHEN r.place_source = 'own' THEN r.h3_9::VARCHAR END AS cell_9
  FROM core.service_request r
  LEFT JOIN core.issue i ON i.request_id = r.id
  WHERE r.requested_on <= getvariable('as_of')
), spread AS (
  SELECT month, category, issue_id, 'community' AS area_kind, community AS area_id, spelling FROM placed
  UNION ALL
  SELECT month, category, issue_id, 'h3_8', coalesce(cell_8, 'placeless'), NULL FROM placed
  UNION ALL
  SELECT month, category, issue_id, 'h3_9', coalesce(cell_9, 'placeless'), NULL FROM placed
), counted AS (
  SELECT month, 1 AS category_level, category, area_kind, area_id, spelling, count(*) AS requests, count(issue_id) AS issues FROM spread GROUP BY ALL
  UNION ALL
  SELECT month, 0, '全部', area_kind, area_id, spelling, count(*), count(issue_id) FROM spread GROUP BY ALL
), people AS (
  SELECT m.month, p.area_id, p.residents, p.as_of, row_number() OVER (PARTITION BY m.month, p.area_id ORDER BY p.as_of >= m.month + INTERVAL 1 MONTH, abs(p.as_of - (m.month + INTERVAL 1 MONTH)::DATE)) AS nearest
  FROM (SELECT DISTINCT month FROM counted) m JOIN ref.population p ON p.as_of <= getvariable('as_of') AND p.residents IS NOT NULL
), residents AS (
  SELECT month, 'community' AS area_kind, area_id, residents, as_of FROM people WHERE nearest = 1
  UNION ALL
  SELECT m.month, c.area_kind, c.area_id,
    CASE WHEN bool_and(coalesce(2 * c.placed >= p.residents AND 2 * c.placed <= 3 * p.residents, false)) THEN ((sum(p.residents::HUGEINT * c.people * 1000000 // c.placed) + 500000) // 1000000)::BIGINT END, min(p.as_of)
  FROM (SELECT DISTINCT month FROM counted) m CROSS JOIN mart.population_cell c
  LEFT JOIN people p ON p.month = m.month AND p.area_id = c.community_id AND p.nearest = 1
  WHERE c.area_id <> 'placeless' AND c.community_id <> 'unknown'
  GROUP BY ALL
)
SELECT c.month, c.category_level::TINYINT AS category_level, c.category, c.area_kind, c.area_id, coalesce(a.name, c.spelling) AS area_name, c.requests, c.issues,
  p.residents, CASE WHEN p.residents IS NOT NULL THEN p.as_of END AS residents_as_of
FROM counted c
LEFT JOIN ref.area a ON c.area_kind = 'community' AND a.area_id = c.area_id
LEFT JOIN residents p ON p.month = c.month AND p.area_kind = c.area_kind AND p.area_id = c.area_id
