-- name: audit.heatmap_whole
-- kind: table
-- label: 热力计数与诉求总数一致
-- description: In every month each kind of area, with what has no place, holds every request and every issue once, by category and over all; and no cell or community has more issues than requests.
-- owner: data
-- reads: core.service_request, core.issue, mart.demand_heatmap_counts
WITH requests AS (
  SELECT date_trunc('month', requested_on)::DATE AS month, count(*) AS requests FROM core.service_request WHERE requested_on <= getvariable('as_of') GROUP BY ALL
), issues AS (
  SELECT date_trunc('month', first_requested_on)::DATE AS month, count(*) AS issues FROM core.issue WHERE first_requested_on <= getvariable('as_of') GROUP BY ALL
), want AS (
  SELECT r.month, category_level, area_kind, r.requests, coalesce(i.issues, 0) AS issues
  FROM requests r LEFT JOIN issues i USING (month) CROSS JOIN (VALUES (0), (1)) l(category_level) CROSS JOIN (VALUES ('community'), ('h3_8'), ('h3_9')) k(area_kind)
), have AS (
  SELECT month, category_level, area_kind, sum(requests)::BIGINT AS requests, sum(issues)::BIGINT AS issues, bool_or(issues > requests) AS more
  FROM mart.demand_heatmap_counts GROUP BY ALL
)
SELECT coalesce(w.month, h.month) AS month, coalesce(w.category_level, h.category_level) AS category_level, coalesce(w.area_kind, h.area_kind) AS area_kind, w.requests, h.requests AS counted, w.issues, h.issues AS issues_counted
FROM want w FULL JOIN have h ON h.month = w.month AND h.category_level = w.category_level AND h.area_kind = w.area_kind
WHERE w.requests IS DISTINCT FROM h.requests OR w.issues IS DISTINCT FROM h.issues OR h.more
