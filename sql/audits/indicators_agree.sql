-- name: audit.indicators_agree
-- kind: table
-- label: 指标与整改趋势一致
-- description: What fell due in a month and was done in time is the same number in the indicators (B1 by requests, D1) and in the rectification trend.
-- owner: data
-- reads: mart.indicator, mart.rectification_trend
WITH told AS (
  SELECT CASE code WHEN 'D1' THEN 'hazard' ELSE 'service_request' END AS kind, period_from, numerator, denominator
  FROM mart.indicator WHERE area = 'street' AND period_kind = 'month' AND class <> 'no_data' AND (code = 'B1' AND part = '按期办结率' AND counted = '件' OR code = 'D1' AND part = '')
), trend AS (
  SELECT kind, period_start, due, on_time FROM mart.rectification_trend WHERE period_kind = 'month' AND kind IN ('hazard', 'service_request') AND period_start <= getvariable('as_of')
)
SELECT coalesce(t.kind, r.kind) AS kind, coalesce(t.period_from, r.period_start) AS month, t.numerator, r.on_time, t.denominator, r.due
FROM told t FULL JOIN trend r ON r.kind = t.kind AND r.period_start = t.period_from
WHERE coalesce(t.numerator, 0) <> coalesce(r.on_time, 0) OR coalesce(t.denominator, 0) <> coalesce(r.due, 0)
